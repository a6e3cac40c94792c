"""The dose of support: contacts, minutes and modes by month, charted like a medicine."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from services.engagement.domain.support.contact import Contact, Outcome, Purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """One calendar month. ``agreed`` leaves out what was called off by either side."""

    first: date
    contacts: int
    minutes: int
    missed: int
    agreed: int
    modes: Mapping[str, int]


def by_month(contacts: Iterable[Contact], *, until: date) -> Sequence[Month]:
    """From the first contact's month to the present one; empty months are there too."""
    known = [one for one in contacts if one.on <= until and one.purpose is not Purpose.CARER]
    if not known:
        return ()
    month = min(one.on for one in known).replace(day=1)
    found = []
    while month <= until:
        following = _after(month)
        found.append(_month(month, [one for one in known if month <= one.on < following]))
        month = following
    return found


def _month(first: date, contacts: Sequence[Contact]) -> Month:
    held = [one for one in contacts if one.outcome is Outcome.TOOK_PLACE]
    missed = [one for one in contacts if one.outcome is Outcome.MISSED]
    meetings = [one for one in held if one.purpose is Purpose.PROGRAMME]
    return Month(
        first=first,
        contacts=len(held),
        minutes=sum(one.minutes for one in held),
        missed=len(missed),
        agreed=len(meetings) + len(missed),
        modes=Counter(one.mode for one in held),
    )


def _after(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)
