"""One completed instrument on one day, and the readings that are taken from it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from services.assessment.domain.patient import Details
from services.assessment.domain.refusals import RuleViolation
from services.assessment.domain.scoring import Score
from services.assessment.domain.trajectory import Reading

A_DAY = timedelta(days=1)


class Mode(StrEnum):
    """How the answers were obtained; by proxy somebody else answered for the person."""

    IN_PERSON = "in-person"
    TELEPHONE = "telephone"
    REMOTE = "remote"
    PROXY = "proxy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What was sent: answers by item, items that do not apply, and the sender's own total,
    which is kept and compared and never used."""

    by_item: Mapping[str, int]
    not_applicable: tuple[str, ...] = ()
    submitted_total: int | None = None
    intent_stated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """The newest version of one completed instrument. ``reason`` is why it was amended;
    ``answered_by`` who answered in the person's place, as far as anybody said."""

    assessment_id: UUID
    patient_id: UUID
    instrument: str
    instrument_version: str
    taken_at: datetime
    taken_on: date
    mode: Mode
    answers: Answers
    score: Score
    recorded_at: datetime
    recorded_by: str
    answered_by: str | None = None
    reason: str | None = None
    version: int = 1

    @property
    def submitted_total_differs(self) -> bool:
        """Whether the sender counted otherwise than we did."""
        submitted = self.answers.submitted_total
        return submitted is not None and submitted != self.score.total

    @property
    def reading(self) -> Reading:
        return Reading(
            taken_on=self.taken_on,
            taken_at=self.taken_at,
            assessment_id=self.assessment_id,
            total=self.score.total,
        )


def day_taken(taken_at: datetime, *, details: Details, now: datetime) -> date:
    """The person's own day of an instant.

    Raises:
        RuleViolation: it is in the future, or before birth.
    """
    if taken_at > now:
        raise RuleViolation("taken-in-future", "That is in the future.", field="taken_at")
    if taken_at.date() + A_DAY < details.birth_date:  # also where no zone reaches: year 1
        raise _before_birth()
    taken_on = taken_at.astimezone(details.zone).date()
    if taken_on < details.birth_date:
        raise _before_birth()
    return taken_on


def _before_birth() -> RuleViolation:
    return RuleViolation("taken-before-birth", "That is before birth.", field="taken_at")


def amended(
    assessment: Assessment,
    *,
    answers: Answers,
    score: Score,
    reason: str,
    recorded_at: datetime,
    recorded_by: str,
) -> Assessment:
    """The next version, with other answers and the reason for them."""
    return replace(
        assessment,
        answers=answers,
        score=score,
        reason=reason,
        recorded_at=recorded_at,
        recorded_by=recorded_by,
        version=assessment.version + 1,
    )
