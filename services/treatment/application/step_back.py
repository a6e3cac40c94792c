"""Return to the last tolerated dose; a gentler plan follows (T-08, T-09)."""

from datetime import date, datetime
from uuid import UUID

from services.treatment.application.changing import commit, load, stating
from services.treatment.application.ports import Work
from services.treatment.domain import tapering
from services.treatment.domain.course import Course
from services.treatment.domain.rulebook import Rulebook
from shared.events.treatment import TaperSteppedBack


async def step_back(
    work: Work,
    *,
    course_id: UUID,
    expected: int,
    plan_version: int,
    from_on: date,
    reason: str,
    book: Rulebook,
    now: datetime,
) -> Course:
    """Raises: Unknown, StaleVersion, IllegalMove, PlanSuperseded, BadDate."""
    found = await load(work, course_id, now=now, expected=expected)
    back = tapering.step_back(
        found.course,
        plan_version=plan_version,
        from_on=from_on,
        today=found.today,
        at=now,
        cadence=book.cadence,
    )
    return await commit(
        work,
        found.course,
        back,
        stating(TaperSteppedBack),
        on=from_on,
        now=now,
        kind="stepped-back",
        text=f"Back to {back.dose.text}",
        reason=reason,
    )
