"""Undo an end of care that was a mistake or is over, and let messages begin again.

Two acts of two moments: a person who was wrongly recorded as dead comes back at once, and is
written to only when somebody has looked and says so.
"""

from uuid import UUID

from services.assessment.application.finding import known
from services.assessment.application.ports import Work
from services.assessment.application.telling import tell_patient
from services.assessment.domain.patient import Patient, returned, with_messages
from shared.events.assessment import PatientMessagesRestarted, PatientReturnedToCare


async def return_to_care(work: Work, *, patient_id: UUID, reason: str, expected: int) -> Patient:
    """Record that care goes on, and tell everyone who had stopped.

    Raises:
        Unknown, StaleVersion, Conflict: nothing was changed.
    """
    before = known(await work.patients.hold(patient_id), expected=expected)
    patient = returned(before)
    await work.patients.save(patient, reason=reason)
    tell_patient(work, PatientReturnedToCare, patient)
    return patient


async def restart_messages(work: Work, *, patient_id: UUID, reason: str, expected: int) -> Patient:
    """Record that the person may be written to again.

    Raises:
        Unknown, StaleVersion, Conflict: nothing was changed.
    """
    before = known(await work.patients.hold(patient_id), expected=expected)
    patient = with_messages(before)
    await work.patients.save(patient, reason=reason)
    tell_patient(work, PatientMessagesRestarted, patient)
    return patient
