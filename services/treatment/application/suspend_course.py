"""Suspend a course because of a red flag: dose changes freeze, the drug goes on."""

from datetime import datetime
from uuid import UUID

from services.treatment.application.changing import commit, load, stating
from services.treatment.application.citing import require_own
from services.treatment.application.ports import Work
from services.treatment.domain import course as life
from services.treatment.domain.course import Course
from shared.events.treatment import CourseSuspended


async def suspend_course(
    work: Work,
    *,
    course_id: UUID,
    expected: int,
    reason: str,
    flag_id: UUID | None,
    now: datetime,
) -> Course:
    """Raises: Unknown, StaleVersion, IllegalMove, SomebodyElses."""
    found = await load(work, course_id, now=now, expected=expected)
    cited = (flag_id,) if flag_id else ()
    await require_own(work, found.course.patient_id, flag_ids=cited, flags_in="flag_id")
    return await commit(
        work,
        found.course,
        life.suspend(found.course, today=found.today),
        stating(CourseSuspended),
        on=found.today,
        now=now,
        kind="suspended",
        text="Suspended: no dose changes, the drug goes on",
        reason=reason,
        known_then={"flag": str(flag_id)} if flag_id else None,
    )
