"""Keep what the person's own calendar shows in step with their course."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from services.treatment.application.ports import Work
from services.treatment.domain.course import Course
from services.treatment.domain.diary import rewritten

NO_ZONE = "UTC"
"""Until the fact with the person's zone is here."""


async def keep_diary(work: Work, course: Course, *, now: datetime) -> None:
    """Write what changed of this course; called in the transaction that changes it.

    Nothing lies ahead of somebody who left care.
    """
    patient = await work.patients.get(course.patient_id)
    zone = (patient and patient.time_zone) or NO_ZONE
    has_left = patient is not None and patient.status not in {None, "active"}
    shown = replace(course, taper=None) if has_left else course
    kept = await work.diary.of_course(course.id)
    await work.diary.put(rewritten(kept, shown, zone=zone, at=now))


async def keep_diaries(work: Work, *, patient_id: UUID, now: datetime) -> None:
    """Every course of a person: their zone or place in care changed, or they ask for a calendar."""
    for course in await work.courses.of(patient_id):
        await keep_diary(work, course, now=now)
