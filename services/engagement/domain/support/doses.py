"""The dose of support: contacts, minutes and modes by month, charted like a medicine."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from services.engagement.domain.support.contact import Contact, Outcome, Purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """One calendar month. ``missed`` and ``agreed`` are meetings of programmes; ``agreed`` leaves
    out what was called off by either side.

    ``days`` are those on which somebody spoke with the person, ``days_a_week`` their mean over
    the part of the month that has passed, to one decimal.
    """

    first: date
    contacts: int
    days: int
    days_a_week: Decimal
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
        theirs = [one for one in known if month <= one.on < following]
        found.append(_month(month, theirs, last=min(until, following - timedelta(days=1))))
        month = following
    return found


def _month(first: date, contacts: Sequence[Contact], *, last: date) -> Month:
    held = [one for one in contacts if one.outcome is Outcome.TOOK_PLACE]
    missed = [one for one in contacts if one.is_missed_meeting]
    meetings = [one for one in held if one.is_meeting]
    days = len({one.on for one in held if one.reached})
    return Month(
        first=first,
        contacts=len(held),
        days=days,
        days_a_week=_a_week(days, passed=(last - first).days + 1),
        minutes=sum(one.minutes for one in held),
        missed=len(missed),
        agreed=len(meetings) + len(missed),
        modes=Counter(one.mode for one in held),
    )


def _a_week(days: int, *, passed: int) -> Decimal:
    """Mean days of contact a week. The first days of a month count as a whole week: one contact
    on its first day is one day a week, not seven."""
    return (Decimal(7 * days) / max(passed, 7)).quantize(Decimal("0.1"), ROUND_HALF_UP)


def _after(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)
