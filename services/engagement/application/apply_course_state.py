"""Treatment says how a course stands: what is owed follows from it."""

from datetime import datetime

from services.engagement.application.ports import Work
from services.engagement.application.replan import replan
from services.engagement.domain.course import Course
from services.engagement.domain.rules import Rules


async def apply_course_state(work: Work, *, course: Course, rules: Rules, now: datetime) -> None:
    """Remember the state and plan the person anew."""
    await work.courses.put(course)
    work.audit("course.known", object=f"course:{course.course_id}", subject=course.patient_id)
    await replan(work, patient_id=course.patient_id, rules=rules, now=now)
