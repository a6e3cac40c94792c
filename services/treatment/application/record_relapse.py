"""Record a relapse as a clinician judges it: the clock stops, history stays."""

from datetime import date, datetime
from uuid import UUID

from services.treatment.application.changing import commit, load, stopping
from services.treatment.application.ports import Work
from services.treatment.domain import course as life
from services.treatment.domain.course import Course
from shared.events.treatment import RelapseRecorded


async def record_relapse(
    work: Work, *, course_id: UUID, expected: int, relapse_on: date, reason: str, now: datetime
) -> Course:
    """Raises: Unknown, StaleVersion, IllegalMove, BadDate."""
    found = await load(work, course_id, now=now, expected=expected)
    return await commit(
        work,
        found.course,
        life.record_relapse(found.course, relapse_on, today=found.today),
        *stopping(found.course, RelapseRecorded),
        on=relapse_on,
        now=now,
        kind="relapse",
        text="Relapse: the clock stops",
        reason=reason,
    )
