"""Reading one person's record for the head of a page."""

from uuid import UUID

from aiohttp import web

from services.portal.clients import or_missing
from services.portal.pages.together import together
from services.portal.pages.visit import Visit
from services.portal.presenters import record
from services.portal.presenters.record import Record
from shared.api.assessment import FlagBody, PatientBody
from shared.api.body import Page
from shared.api.engagement import ReminderBody
from shared.api.treatment import CourseBody


async def read_record(visit: Visit, patient_id: UUID) -> Record:
    """The three services' parts of a record, side by side; a silent one leaves a gap.

    Raises:
        Refused: the person is not this member of staff's to see.
        Unreachable: even the name cannot be read.
    """
    care, missing = visit.care, visit.missing
    patient, courses, reminders = await together(
        care.assessment.get(f"/patients/{patient_id}", PatientBody),
        or_missing(
            care.treatment.get(f"/patients/{patient_id}/courses", Page[CourseBody]),
            missing=missing,
        ),
        or_missing(
            care.engagement.get(f"/patients/{patient_id}/reminders", Page[ReminderBody]),
            missing=missing,
        ),
    )
    return Record(
        patient=patient,
        flags=await _flags(visit, patient) if patient.open_flags else (),
        courses=None if courses is None else courses.items,
        reminders=None if reminders is None else reminders.items,
    )


async def _flags(visit: Visit, patient: PatientBody) -> tuple[FlagBody, ...]:
    query = {"patient_id": str(patient.patient_id)}
    return (await visit.care.assessment.get("/flags", Page[FlagBody], query)).items


async def record_page(
    visit: Visit, template: str, read: Record, *, tab: str, status: int = 200, **context: object
) -> web.Response:
    """A page of a record, under its head."""
    head = record.head(read, visit.setting, tab=tab)
    return visit.page(template, status=status, head=head, patient=read.patient, **context)
