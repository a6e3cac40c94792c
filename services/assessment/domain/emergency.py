"""Breaking the glass: one record, opened to read by somebody who does not look after the person.

It is never prevented and never quiet: the reason is a code and a sentence, the access ends by
itself, the team sees it on the record, and a second person judges it.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from services.assessment.domain.refusals import Conflict, FourEyes

LASTS = timedelta(minutes=60)
REVIEWED_WITHIN = 2
"""Working days (Monday to Friday) until somebody else must have judged it."""
_SATURDAY = 5


class Reason(StrEnum):
    """Why the record could not wait for its team."""

    PERSON_AT_RISK = "person-at-risk"
    TEAM_UNREACHABLE = "team-unreachable"
    HANDOVER_MISSED = "handover-missed"
    ANOTHER_EMERGENCY = "another-emergency"


class Judgement(StrEnum):
    """What the second person found."""

    JUSTIFIED = "justified"
    NOT_JUSTIFIED = "not-justified"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One opening of one record. ``words`` say what happened; they stay in this database."""

    grant_id: UUID
    patient_id: UUID
    staff_id: UUID
    reason: Reason
    words: str
    opened_at: datetime
    until: datetime
    reviewed_at: datetime | None = None
    reviewed_by: UUID | None = None
    judgement: Judgement | None = None
    review_words: str | None = None

    @property
    def review_by(self) -> date:
        """The last day on which the judgement is in time."""
        day, left = self.opened_at.date(), REVIEWED_WITHIN
        while left:
            day += timedelta(days=1)
            left -= day.weekday() < _SATURDAY
        return day

    def is_overdue(self, today: date) -> bool:
        """Whether nobody judged it in time."""
        return self.judgement is None and today > self.review_by


def opened(
    *,
    grant_id: UUID,
    patient_id: UUID,
    staff_id: UUID,
    reason: Reason,
    words: str,
    now: datetime,
) -> Look:
    """A new look, from now on for as long as it lasts."""
    return Look(
        grant_id=grant_id,
        patient_id=patient_id,
        staff_id=staff_id,
        reason=reason,
        words=words,
        opened_at=now,
        until=now + LASTS,
    )


def reviewed(look: Look, *, by: UUID, judgement: Judgement, words: str, now: datetime) -> Look:
    """The look with its judgement.

    Raises:
        FourEyes: nobody judges their own.
        Conflict: somebody has.
    """
    if by == look.staff_id:
        raise FourEyes("own-look", "Somebody else has to judge your own emergency access.")
    if look.judgement is not None:
        raise Conflict("already-reviewed", "Somebody judged this already.")
    return replace(look, reviewed_at=now, reviewed_by=by, judgement=judgement, review_words=words)
