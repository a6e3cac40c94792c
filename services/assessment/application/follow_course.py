"""Learn that a course started or ended, and measure from there."""

from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

from services.assessment.application.follow_trajectory import follow_trajectory
from services.assessment.application.ports import Work
from services.assessment.domain.content import Content
from services.assessment.domain.following import FollowedCourse, Milestones


async def follow_course(
    work: Work,
    content: Content,
    *,
    course_id: UUID,
    patient_id: UUID,
    indication: str,
    started_on: date | None,
    at: datetime,
) -> None:
    """Fix the baselines of a course that was confirmed; knowing it already changes nothing."""
    if await work.courses.get(course_id) is not None:
        return
    patient = await work.patients.hold(patient_id)
    today = at.astimezone(patient.details.zone).date() if patient else at.date()
    await work.courses.put(
        FollowedCourse(
            course_id=course_id,
            patient_id=patient_id,
            started_on=started_on or today,
            primary_instrument=content.outcomes.primary_for(indication),
        )
    )
    earlier = await work.courses.milestones(patient_id)
    version = earlier.version if earlier else 0
    await work.courses.put_milestones(
        Milestones(patient_id=patient_id, course_id=course_id, version=version)
    )
    work.audit("course.followed", object=f"course:{course_id}", subject=patient_id)
    await follow_trajectory(work, content, patient_id=patient_id)


async def stop_following(work: Work, *, course_id: UUID) -> None:
    """A closed course is no longer judged."""
    course = await work.courses.get(course_id)
    if course is None or course.closed:
        return
    await work.courses.put(replace(course, closed=True))
    work.audit("course.left", object=f"course:{course_id}", subject=course.patient_id)
