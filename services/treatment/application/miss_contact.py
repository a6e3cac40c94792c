"""Somebody did not come to a contact while a step of a taper is being lived."""

from datetime import datetime
from uuid import UUID

from services.treatment.application.changing import commit, known_patient, stating
from services.treatment.application.ports import Work
from services.treatment.domain import tapering
from shared.events.treatment import ReviewPlanned


async def miss_contact(work: Work, *, patient_id: UUID, now: datetime) -> None:
    """A nurse calls on the same day; the gate stays shut until somebody is reached."""
    for course in await work.courses.of(patient_id):
        patient = await known_patient(work, patient_id)
        today = patient.today(now)
        asked = tapering.miss_contact(course, today=today)
        if asked is course:
            continue
        await commit(
            work,
            course,
            asked,
            stating(ReviewPlanned),
            on=today,
            now=now,
            kind="contact-missed",
            text="A contact was missed while a step is being lived: call today",
        )
