"""End care: the person left, or has died. Open flags stay open until somebody closes them; every
one-time link ends, and none works again should the end of care be undone."""

from datetime import date, datetime
from uuid import UUID

from services.assessment.application.finding import known
from services.assessment.application.invite_to_answer import end_links
from services.assessment.application.ports import Work
from services.assessment.application.telling import tell_patient
from services.assessment.domain.patient import Patient, PatientStatus, left_care
from shared.events.assessment import PatientLeftCare


async def leave_care(
    work: Work,
    *,
    patient_id: UUID,
    status: PatientStatus,
    on: date,
    reason: str,
    expected: int,
    now: datetime,
) -> Patient:
    """Record the end of care, and tell everyone who might still write to the person.

    Raises:
        Unknown, StaleVersion, Conflict, RuleViolation: nothing was changed.
    """
    before = known(await work.patients.hold(patient_id), expected=expected)
    today = now.astimezone(before.details.zone).date()
    patient = left_care(before, status=status, on=on, today=today)
    await work.patients.save(patient, reason=reason)
    await end_links(work, patient_id=patient_id, now=now)
    tell_patient(work, PatientLeftCare, patient)
    return patient
