"""Record that the old drug of a switch went down by one signed step; zero ends it."""

from datetime import date, datetime
from uuid import UUID

from services.treatment.application.changing import (
    commit,
    load,
    require_complete_information,
    stating,
)
from services.treatment.application.draft_taper import is_flagged
from services.treatment.application.ports import Work
from services.treatment.domain.course import Course
from services.treatment.domain.phases import Phase
from services.treatment.domain.rulebook import Rulebook
from services.treatment.domain.switching import take_leaving_step
from shared.events.treatment import CourseClosed, CourseDoseChanged


async def take_switch_step(
    work: Work, *, course_id: UUID, ordinal: int, taken_on: date, book: Rulebook, now: datetime
) -> Course:
    """Raises: Unknown, IllegalMove, InformationMissing, NoSuchItem, AlreadyDone, BadDate,
    Frozen."""
    found = await load(work, course_id, now=now)
    await require_complete_information(work, found.patient.id)
    taken = take_leaving_step(
        found.course,
        ordinal,
        taken_on=taken_on,
        today=found.today,
        at=now,
        flagged=await is_flagged(work, found.patient.id, book=book),
    )
    is_over = taken.phase is Phase.SWITCHED
    facts = [stating(CourseDoseChanged), *([stating(CourseClosed)] if is_over else [])]
    return await commit(
        work,
        found.course,
        taken,
        *facts,
        on=taken_on,
        now=now,
        kind="switch-step",
        text=f"Switch step {ordinal}: {taken.dose.text}",
    )
