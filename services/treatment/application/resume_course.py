"""Go on after a suspension. The end of a hold is a new version of its plan, which is signed."""

from datetime import date, datetime
from uuid import UUID

from services.treatment.application.changing import commit, load, stating
from services.treatment.application.ports import Work
from services.treatment.domain.course import Course
from services.treatment.domain.errors import IllegalMove, require_near
from services.treatment.domain.phases import Move, Phase, require
from services.treatment.domain.resumption import resume
from services.treatment.domain.rulebook import Rulebook
from shared.events.treatment import CourseResumed


async def resume_course(
    work: Work,
    *,
    course_id: UUID,
    expected: int,
    resume_on: date,
    reason: str,
    book: Rulebook,
    now: datetime,
) -> Course:
    """Raises: Unknown, IllegalMove, BadDate, StaleVersion."""
    found = await load(work, course_id, now=now, expected=expected)
    course = found.course
    require(Move.RESUME, course.phase)
    require_near(resume_on, today=found.today, most_days=book.most_ahead_days, field="resume_on")
    if course.phase is not Phase.SUSPENDED:
        raise IllegalMove("The end of a hold is a new version of the plan: propose it, then sign.")
    return await commit(
        work,
        course,
        resume(course, on=resume_on, today=found.today),
        stating(CourseResumed),
        on=resume_on,
        now=now,
        kind="resumed",
        text="Resumed",
        reason=reason,
    )
