"""Hold a taper: the dose stays, every later date moves with it (T-07)."""

from datetime import datetime
from uuid import UUID

from services.treatment.application.changing import commit, load, stating
from services.treatment.application.ports import Formulary, Work
from services.treatment.application.propose_plan_change import overtake, propose_gentler
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
    formulary: Formulary,
    book: Rulebook,
    now: datetime,
) -> Course:
    """The signed plan lets a nurse do this for so many days; a longer hold is proposed and signed.

    Raises:
        Unknown, IllegalMove, PlanSuperseded, NotAuthorised, StaleVersion
    """
    found = await load(work, course_id, now=now)
    held = tapering.hold(
        found.course,
        plan_version=plan_version,
        days=days,
        today=found.today,
        at=now,
        by_prescriber=False,
        cadence=book.steps,
    )
    stored = await commit(
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
    await overtake(work, stored)
    await propose_gentler(work, stored, formulary=formulary, book=book, now=now)
    return stored
