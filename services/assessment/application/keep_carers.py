"""Say who is near to a person, and what each of them may be told."""

from uuid import UUID

from services.assessment.application.finding import known
from services.assessment.application.ports import Work
from services.assessment.application.telling import tell_details
from services.assessment.domain.contact import Carer
from services.assessment.domain.patient import Patient, with_carer, without_carer
from services.assessment.domain.refusals import Unknown


async def add_carer(work: Work, *, patient_id: UUID, carer: Carer, expected: int) -> Patient:
    """Add somebody.

    Raises:
        Unknown, StaleVersion, Conflict, RuleViolation: nothing was changed.
    """
    before = known(await work.patients.hold(patient_id), expected=expected)
    return await _kept(work, with_carer(before, carer))


async def change_carer(work: Work, *, patient_id: UUID, carer: Carer, expected: int) -> Patient:
    """Replace what is known of somebody, and what they may be told.

    Raises:
        Unknown, StaleVersion, Conflict, RuleViolation: nothing was changed.
    """
    before = known(await work.patients.hold(patient_id), expected=expected)
    if carer.carer_id not in {each.carer_id for each in before.carers}:
        raise Unknown("not-found", "There is no such carer.")
    return await _kept(work, with_carer(before, carer))


async def end_carer(
    work: Work, *, patient_id: UUID, carer_id: UUID, reason: str, expected: int
) -> Patient:
    """Take somebody off the record; they are told nothing from now on.

    Raises:
        Unknown, StaleVersion: nothing was changed.
    """
    before = known(await work.patients.hold(patient_id), expected=expected)
    return await _kept(work, without_carer(before, carer_id), reason=reason)


async def _kept(work: Work, patient: Patient, *, reason: str | None = None) -> Patient:
    await work.patients.save(patient, reason=reason)
    tell_details(work, patient)
    return patient
