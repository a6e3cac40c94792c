"""Somebody close to the person: what they may be told, and what they get (R-38, R-39)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from services.engagement.domain.support.contact import Contact, Outcome, Purpose, in_order
from services.engagement.domain.support.refusals import RuleBroken
from services.engagement.domain.support.rules import Topic

SUPPORT_SCOPE = "support"


class Give(StrEnum):
    """What a carer gets from us."""

    EDUCATION = "education"
    PRACTICAL = "practical"
    EMOTIONAL = "emotional"


@dataclass(frozen=True, slots=True, kw_only=True)
class Carer:
    """Named by the person. Without a scope they may tell us things and are told nothing."""

    carer_id: UUID
    name: str
    relationship: str
    scopes: tuple[str, ...] = ()

    @property
    def may_receive(self) -> bool:
        """Whether the person agreed that this carer is supported by us."""
        return SUPPORT_SCOPE in self.scopes


class Call(NamedTuple):
    """A call agreed with a carer, and when somebody spoke with them."""

    on: date
    done_at: datetime | None


def guidance_for(carer: Carer, topics: Iterable[Topic]) -> Sequence[Topic]:
    """What this carer may be given: nothing without consent, and no more than it covers."""
    if not carer.may_receive:
        return ()
    return [topic for topic in topics if topic.needs in carer.scopes]


def calls_with(carer: Carer, contacts: Iterable[Contact]) -> Sequence[Call]:
    """The calls agreed with a carer, in order; none once the person takes the consent back.

    Speaking with them settles what was agreed before, and agrees the next or none. An attempt in
    vain may put it off.
    """
    if not carer.may_receive:
        return ()
    found: list[Call] = []
    agreed: date | None = None
    for one in in_order(contacts):
        if one.purpose is not Purpose.CARER or one.carer_id != carer.carer_id:
            continue
        spoke = one.outcome is Outcome.TOOK_PLACE
        if spoke and agreed is not None:
            found.append(Call(agreed, one.recorded_at))
        agreed = one.next_on if spoke else one.next_on or agreed
    return [*found, Call(agreed, None)] if agreed else found


def check_given(
    carers: Iterable[Carer],
    carer_id: UUID | None,
    given: Iterable[str],
    *,
    next_on: date | None = None,
) -> None:
    """Refuse to give something to a carer the person did not agree to; a call agreed is given.

    Raises:
        RuleBroken: there is no such carer, or no consent.
    """
    carer = next((one for one in carers if one.carer_id == carer_id), None)
    if carer is None:
        raise RuleBroken(
            "carer-unknown", "The person named no such carer.", field="carer_id", rule="R-38"
        )
    if carer.may_receive or not (tuple(given) or next_on):
        return
    raise RuleBroken(
        "carer-without-consent",
        "The person did not agree that this carer receives anything. The carer may tell us"
        " things; record the contact without giving or agreeing anything.",
        field="next_on" if next_on else "carer_support",
        rule="R-39",
    )
