"""Record that a step's new dose was started; dose zero completes the plan."""

from datetime import date, datetime
from uuid import UUID

from services.treatment.application.around import around
from services.treatment.application.changing import (
    commit,
    load,
    require_complete_information,
    stating,
)
from services.treatment.application.ports import Work
from services.treatment.domain import tapering
from services.treatment.domain.course import Course
from services.treatment.domain.phases import Phase
from services.treatment.domain.rulebook import Rulebook
from shared.events.treatment import TaperCompleted, TaperStepTaken


async def take_step(
    work: Work,
    *,
    course_id: UUID,
    ordinal: int,
    plan_version: int,
    taken_on: date,
    book: Rulebook,
    now: datetime,
) -> Course:
    """Raises: Unknown, IllegalMove, InformationMissing, PlanSuperseded, NoSuchItem, AlreadyDone,
    BadDate, Frozen, StaleVersion."""
    found = await load(work, course_id, now=now)
    await require_complete_information(work, found.patient.id)
    taken = tapering.take_step(
        found.course,
        ordinal,
        plan_version=plan_version,
        taken_on=taken_on,
        today=found.today,
        at=now,
        around=await around(work, found, book=book),
        cadence=book.steps,
        surveillance=book.surveillance,
    )
    is_over = taken.phase is Phase.STOPPED_WATCH
    facts = [stating(TaperStepTaken), *([stating(TaperCompleted)] if is_over else [])]
    return await commit(
        work,
        found.course,
        taken,
        *facts,
        on=taken_on,
        now=now,
        kind="step-taken",
        text=f"Step {ordinal}: {taken.dose.text}",
    )
