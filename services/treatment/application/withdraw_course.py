"""Drop a proposal that was never confirmed."""

from datetime import datetime
from uuid import UUID

from services.treatment.application.changing import commit, load, stating
from services.treatment.application.ports import Work
from services.treatment.domain import course as life
from services.treatment.domain.course import Course
from shared.events.treatment import CourseClosed


async def withdraw_course(
    work: Work, *, course_id: UUID, expected: int, reason: str, now: datetime
) -> Course:
    """Raises: Unknown, StaleVersion, IllegalMove."""
    found = await load(work, course_id, now=now, expected=expected, to_end_it=True)
    return await commit(
        work,
        found.course,
        life.withdraw(found.course, today=found.today),
        stating(CourseClosed),
        on=found.today,
        now=now,
        kind="withdrawn",
        text="Proposal withdrawn",
        reason=reason,
    )
