"""The readiness rulers, and when the fall of one asks for a talk (R-34)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from services.engagement.domain.support.refusals import AlreadyDone
from services.engagement.domain.support.rules import MotivationRule

FELL, LOW = "fell", "low"


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """What was said about it. The words are the person's own and stay here."""

    at: datetime
    by: UUID
    why_not_lower: str
    what_would_raise: str
    smaller_step: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fall:
    """One ruler of a reading that asks for a talk. ``previous`` is when it was asked last."""

    ruler: str
    value: int
    previous: int | None
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    """A reading that asks for a talk. ``value`` and ``previous`` are of the lowest ruler that does.

    ``falls`` says which; those recorded before each ruler was looked at alone have none.
    """

    reading_id: UUID
    patient_id: UUID
    value: int
    previous: int | None
    measured_on: date
    because: tuple[str, ...]
    contact_by: date
    recorded_at: datetime
    falls: tuple[Fall, ...] = ()
    talk: Talk | None = None
    dismissed: str | None = None
    version: int = 1

    @property
    def is_open(self) -> bool:
        """Whether nobody has worked on it yet."""
        return self.talk is None and self.dismissed is None


def falls(
    now: Mapping[str, int], before: Mapping[str, int], rule: MotivationRule
) -> Sequence[Fall]:
    """Each ruler that asks for a talk by itself: another that stands still hides no fall."""
    found = []
    for ruler in rule.scales:
        value, previous = now.get(ruler), before.get(ruler)
        if value is not None and (because := why(value, previous, rule)):
            found.append(Fall(ruler=ruler, value=value, previous=previous, because=because))
    return found


def why(value: int, previous: int | None, rule: MotivationRule) -> tuple[str, ...]:
    """What about this ruler asks for a talk; nothing if it is fine."""
    found = []
    if previous is not None and previous - value >= rule.falls_by:
        found.append(FELL)
    if value <= rule.at_or_below:
        found.append(LOW)
    return tuple(found)


def contact_by(measured_on: date, rule: MotivationRule) -> date:
    """The last day for the talk."""
    return measured_on + timedelta(days=rule.contact_within_days)


def worked_on(drop: Drop, talk: Talk) -> Drop:
    """The talk took place.

    Raises:
        AlreadyDone: somebody recorded one before.
    """
    if not drop.is_open:
        raise AlreadyDone
    return replace(drop, talk=talk, version=drop.version + 1)
