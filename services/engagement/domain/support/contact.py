"""One contact with a person, or the attempt at it, and what may be recorded about it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from services.engagement.domain.local_time import in_utc
from services.engagement.domain.support.refusals import RuleBroken
from services.engagement.domain.support.rules import Limits, Mode


class Purpose(StrEnum):
    """Why there was a contact."""

    PROGRAMME = "programme"
    OUTREACH = "outreach"
    LIFE_EVENT = "life-event"
    MOTIVATION = "motivation"
    CARER = "carer"
    OTHER = "other"


class Outcome(StrEnum):
    """What came of it. ``called-off`` is by the person, ``cancelled`` by us."""

    TOOK_PLACE = "took-place"
    MISSED = "missed"
    CALLED_OFF = "called-off"
    CANCELLED = "cancelled"
    NOT_REACHED = "not-reached"


WRITTEN = frozenset({"letter", "text", "email"})
"""Ways to write: nobody has spoken with the person yet. The content file says so as well."""
OCCASIONS = frozenset({Outcome.TOOK_PLACE, Outcome.MISSED, Outcome.CALLED_OFF, Outcome.CANCELLED})
_TALKS = frozenset({Purpose.OUTREACH, Purpose.LIFE_EVENT, Purpose.MOTIVATION})


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """``minutes`` is 0 unless it took place. ``note`` is in no event, log or list.

    ``step`` is the rung of the graded ladder, ``together`` whether somebody went along, and
    the anxieties are ratings before and after it. ``carer_support`` is what a carer was given.
    """

    contact_id: UUID
    patient_id: UUID
    purpose: Purpose
    mode: str
    outcome: Outcome
    at: datetime
    on: date
    minutes: int
    by: UUID
    recorded_at: datetime
    programme_id: UUID | None = None
    next_on: date | None = None
    group: bool = False
    together: bool = False
    step: int | None = None
    anxiety_before: int | None = None
    anxiety_after: int | None = None
    cbt_content: tuple[str, ...] = ()
    mode_reason: str | None = None
    subject_id: UUID | None = None
    """The life event or the ruler reading it answers."""
    carer_id: UUID | None = None
    carer_support: tuple[str, ...] = ()
    urgent_because: tuple[str, ...] = ()
    missed_in_a_row: int = 0
    note: str | None = None

    @property
    def reached(self) -> bool:
        """Whether somebody spoke with the person themselves."""
        return (
            self.outcome is Outcome.TOOK_PLACE
            and self.purpose is not Purpose.CARER
            and self.mode not in WRITTEN
        )

    @property
    def is_miss(self) -> bool:
        """Whether the person did not come. A carer who did not is no reason to look for them."""
        return self.outcome is Outcome.MISSED and self.purpose is not Purpose.CARER

    @property
    def is_occasion(self) -> bool:
        """Whether it was one of the programme's own meetings, held or not."""
        return self.purpose is Purpose.PROGRAMME and self.outcome in OCCASIONS

    @property
    def is_meeting(self) -> bool:
        """Whether a meeting of the programme took place."""
        return self.purpose is Purpose.PROGRAMME and self.outcome is Outcome.TOOK_PLACE

    @property
    def is_missed_meeting(self) -> bool:
        """Whether the person did not come to a meeting of the programme."""
        return self.purpose is Purpose.PROGRAMME and self.outcome is Outcome.MISSED


def check(contact: Contact, mode: Mode, limits: Limits, *, today: date) -> None:
    """Refuse what cannot have happened like this.

    Raises:
        RuleBroken: names the field.
    """
    if contact.on > today:
        raise in_the_future(limits)
    _check_minutes(contact, limits)
    if mode.written:
        _check_written(contact)
    if contact.next_on is not None and contact.next_on <= contact.on:
        raise RuleBroken("next-before-this", "The next meeting is after this one.", field="next_on")
    for name in ("anxiety_before", "anxiety_after"):
        rating = getattr(contact, name)
        if rating is not None and not limits.lowest_rating <= rating <= limits.highest_rating:
            raise RuleBroken(
                "rating-out-of-range",
                f"Ratings go from {limits.lowest_rating} to {limits.highest_rating}.",
                field=name,
            )


def in_the_future(limits: Limits) -> RuleBroken:
    """The refusal of a contact that has not taken place yet."""
    return RuleBroken(
        "contact-in-the-future",
        "A contact is recorded afterwards.",
        field="at",
        rule=limits.recorded_rule,
    )


def _check_written(contact: Contact) -> None:
    """A letter or a message is no meeting and no talk: it takes nothing off the list."""
    if contact.purpose is Purpose.PROGRAMME:
        raise RuleBroken(
            "written-is-no-meeting",
            "A letter or a message is not a meeting: record it as an attempt to reach them.",
            field="mode",
            rule="R-26",
        )
    if contact.purpose in _TALKS and contact.outcome is Outcome.TOOK_PLACE:
        raise RuleBroken(
            "written-is-no-talk",
            "Nobody has spoken with the person yet: a letter or a message is an attempt.",
            field="mode",
            rule="6.4",
        )


def _check_minutes(contact: Contact, limits: Limits) -> None:
    if contact.outcome is not Outcome.TOOK_PLACE:
        if contact.minutes:
            raise RuleBroken(
                "minutes-without-contact",
                "What did not take place has no minutes.",
                field="minutes",
                rule=limits.minutes_rule,
            )
        return
    if not limits.shortest_minutes <= contact.minutes <= limits.longest_minutes:
        raise RuleBroken(
            "minutes-out-of-range",
            f"A contact takes {limits.shortest_minutes} to {limits.longest_minutes} minutes.",
            field="minutes",
            rule=limits.minutes_rule,
        )


def in_order(contacts: Iterable[Contact]) -> Sequence[Contact]:
    """As they happened; what was recorded late stands where it belongs."""
    return sorted(contacts, key=_when)


def _when(one: Contact) -> tuple[datetime, datetime, UUID]:
    return in_utc(one.at), one.recorded_at, one.contact_id


def missed_in_a_row(contacts: Iterable[Contact]) -> int:
    """Misses since somebody last spoke with the person."""
    count = 0
    for one in in_order(contacts):
        if one.reached:
            count = 0
        elif one.is_miss:
            count += 1
    return count
