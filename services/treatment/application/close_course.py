"""Close the record of a course, once nobody is owed a look any more."""

from datetime import datetime
from uuid import UUID

from services.treatment.application.changing import commit, load, stating
from services.treatment.application.ports import Work
from services.treatment.domain import course as life
from services.treatment.domain.course import Course
from shared.events.treatment import CourseClosed


async def close_course(
    work: Work, *, course_id: UUID, expected: int, reason: str, now: datetime
) -> Course:
    """Raises: Unknown, StaleVersion, IllegalMove."""
    found = await load(work, course_id, now=now, expected=expected, to_end_it=True)
    closed = life.close(found.course, today=found.today, has_left_care=not found.patient.in_care)
    return await commit(
        work,
        found.course,
        closed,
        stating(CourseClosed),
        on=found.today,
        now=now,
        kind="closed",
        text="Closed",
        reason=reason,
    )
