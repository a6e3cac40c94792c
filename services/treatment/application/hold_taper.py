"""Hold a taper: the dose stays, every later date moves with it (T-07)."""

from datetime import datetime
from uuid import UUID

from services.treatment.application.changing import commit, load, stating
from services.treatment.application.ports import Work
from services.treatment.domain import tapering
from services.treatment.domain.course import Course
from services.treatment.domain.rulebook import Rulebook
from shared.events.treatment import TaperHeld


async def hold_taper(
    work: Work,
    *,
    course_id: UUID,
    plan_version: int,
    days: int,
    reason: str,
    by_prescriber: bool,
    book: Rulebook,
    now: datetime,
) -> Course:
    """Raises: Unknown, IllegalMove, PlanSuperseded, NotAuthorised, StaleVersion."""
    found = await load(work, course_id, now=now)
    held = tapering.hold(
        found.course,
        plan_version=plan_version,
        days=days,
        today=found.today,
        by_prescriber=by_prescriber,
        cadence=book.steps,
    )
    return await commit(
        work,
        found.course,
        held,
        stating(TaperHeld),
        on=found.today,
        now=now,
        kind="held",
        text=f"Held for {days} days at {held.dose.text}",
        reason=reason,
    )
