"""Give up a switch whose new drug did not work out: stay on the old one as it is taken now."""

from datetime import datetime
from uuid import UUID

from services.treatment.application.changing import commit, load, stating
from services.treatment.application.ports import Work
from services.treatment.application.refusals import Unknown
from services.treatment.domain.course import Course
from services.treatment.domain.switching import stay
from shared.events.treatment import CourseResumed


async def stay_on_drug(
    work: Work, *, course_id: UUID, expected: int, reason: str, now: datetime
) -> Course:
    """Raises: Unknown, StaleVersion, IllegalMove, OtherCourse."""
    found = await load(work, course_id, now=now, expected=expected)
    successor_id = found.course.successor_id
    successor = await work.courses.get(successor_id) if successor_id else None
    if successor is None:
        raise Unknown
    return await commit(
        work,
        found.course,
        stay(found.course, successor, today=found.today),
        stating(CourseResumed),
        on=found.today,
        now=now,
        kind="stayed",
        text=f"Switch given up: stays at {found.course.dose.text}",
        reason=reason,
    )
