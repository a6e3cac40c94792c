"""Something in a person's life: somebody speaks with them, and no dose is changed meanwhile."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from services.engagement.domain.support.refusals import AlreadyDone, RuleBroken
from services.engagement.domain.support.rules import LifeEventRule


class EventStatus(StrEnum):
    """Whether somebody has spoken with the person about it."""

    OPEN = "open"
    FOLLOWED_UP = "followed-up"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class LifeEvent:
    """``no_new_step_before`` is the first day a taper step may be taken again (T-22)."""

    life_event_id: UUID
    patient_id: UUID
    kind: str
    happened_on: date
    recorded_on: date
    recorded_at: datetime
    by: UUID
    contact_by: date
    no_new_step_before: date
    status: EventStatus = EventStatus.OPEN
    followed_up_at: datetime | None = None
    note: str | None = None
    version: int = 1


def contact_by(recorded_on: date, rule: LifeEventRule) -> date:
    """The last day for the talk, counted from when we learned of it."""
    return recorded_on + timedelta(days=rule.contact_within_days)


def no_new_step_before(happened_on: date, rule: LifeEventRule) -> date:
    """The first day on which a dose may go down again: the last held day is held whole."""
    return happened_on + timedelta(days=rule.no_new_step_days + 1)


def no_new_step_from(happened_on: date, rule: LifeEventRule) -> date:
    """The first day on which no step may be taken, for an event that is known to come."""
    return happened_on - timedelta(days=rule.no_new_step_days)


def check(kind: str, happened_on: date, today: date, rule: LifeEventRule) -> None:
    """Refuse an unknown kind and a day that cannot be meant.

    An event that is known to come (an anniversary, a birth, a move) may lie ahead.

    Raises:
        RuleBroken: names the field.
    """
    if kind not in rule.kinds:
        raise RuleBroken("life-event-unknown", "There is no such kind of event.", field="kind")
    if abs((happened_on - today).days) > rule.longest_ago_days:
        raise RuleBroken(
            "day-out-of-range", "The day is more than a year away.", field="happened_on"
        )


def followed_up(event: LifeEvent, at: datetime) -> LifeEvent:
    """Somebody spoke with the person about it.

    Raises:
        AlreadyDone: it is no longer open.
    """
    if event.status is not EventStatus.OPEN:
        raise AlreadyDone
    return replace(
        event, status=EventStatus.FOLLOWED_UP, followed_up_at=at, version=event.version + 1
    )


def withdrawn(event: LifeEvent) -> LifeEvent:
    """It was recorded by mistake; it holds nothing back.

    Raises:
        AlreadyDone: it was withdrawn before.
    """
    if event.status is EventStatus.WITHDRAWN:
        raise AlreadyDone
    return replace(event, status=EventStatus.WITHDRAWN, version=event.version + 1)
