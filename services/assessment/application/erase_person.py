"""Erase who a person was and how to reach them; what was measured and decided stays.

Two people do it (the caller sees to that), and it cannot be taken back: whoever returns is
enrolled as somebody new.
"""

from dataclasses import replace
from datetime import date
from uuid import UUID

from services.assessment.application.finding import known
from services.assessment.application.ports import Work
from services.assessment.application.telling import tell_details, tell_patient
from services.assessment.domain.patient import Patient, PatientStatus, erased
from services.assessment.domain.refusals import Conflict
from services.assessment.domain.safety import FlagStatus
from shared.events.assessment import PatientLeftCare

RESTORED = "restored-from-a-backup"


async def erase_person(
    work: Work, *, patient_id: UUID, reason: str, expected: int | None, on: date
) -> Patient:
    """Keep the record and forget the person, here and wherever their details were told.

    Raises:
        Unknown, StaleVersion: nothing was changed.
        Conflict: they are in care, a safety flag is open, or they were erased before.
    """
    patient = await erasable(work, patient_id=patient_id, expected=expected, on=on)
    await work.patients.erase(patient, reason=reason)
    tell_details(work, patient)
    work.audit(
        "patient.erased",
        object=f"patient:{patient_id}",
        subject=patient_id,
        version=patient.version,
        reason=reason,
    )
    return patient


async def erase_again(work: Work, *, patient_id: UUID, on: date) -> None:
    """Erase somebody whom a backup from before the erasure has brought back, whatever else that
    backup says of them. Nobody has to agree a second time.

    Raises:
        Unknown: nobody has this id.
    """
    before = known(await work.patients.hold(patient_id))
    ended = replace(before, status=PatientStatus.LEFT_CARE, left_on=on)
    patient = erased(ended if before.in_care else before, on=on)
    await work.patients.erase(patient, reason=RESTORED)
    tell_details(work, patient)
    if before.in_care:
        tell_patient(work, PatientLeftCare, patient)
    work.audit(
        "patient.erased",
        object=f"patient:{patient_id}",
        subject=patient_id,
        version=patient.version,
        reason=RESTORED,
    )


async def erasable(work: Work, *, patient_id: UUID, expected: int | None, on: date) -> Patient:
    """What the record would be; nothing is changed.

    Raises:
        Unknown, StaleVersion, Conflict: as above.
    """
    patient = erased(known(await work.patients.hold(patient_id), expected=expected), on=on)
    flags = await work.flags.of(patient_id)
    if any(flag.status is not FlagStatus.CLOSED for flag in flags):
        raise Conflict("open-flags", "A safety flag is open: somebody may have to reach them.")
    return patient
