"""Loading what a use case changes: there, and at the version the caller saw."""

from typing import Protocol, TypeVar
from uuid import UUID

from services.assessment.application.ports import Work
from services.assessment.domain.patient import Patient, PatientStatus
from services.assessment.domain.refusals import Conflict, StaleVersion, Unknown


class Versioned(Protocol):
    @property
    def version(self) -> int: ...


V = TypeVar("V", bound=Versioned)


def known(found: V | None, *, expected: int | None = None) -> V:
    """What was found, at the version the caller last read where they say so.

    Raises:
        Unknown: nothing was found.
        StaleVersion: it has changed since.
    """
    if found is None:
        raise Unknown("not-found", "There is no such record.")
    if expected is not None and found.version != expected:
        raise StaleVersion
    return found


async def living(work: Work, patient_id: UUID) -> Patient:
    """The person, held; care may have ended, but the record of the dead is closed.

    Raises:
        Unknown: nobody has this id.
        Conflict: the person has died, or was erased.
    """
    return still_living(known(await work.patients.hold(patient_id)))


def still_living(patient: Patient) -> Patient:
    """The same person.

    Raises:
        Conflict: the person has died, or was erased.
    """
    if patient.status is PatientStatus.DECEASED:
        raise Conflict("deceased", "The record of a person who has died is closed.")
    if patient.erased_on is not None:
        raise Conflict("erased", f"Who this was has been erased on {patient.erased_on}.")
    return patient


async def in_care(work: Work, patient_id: UUID) -> Patient:
    """The person, held, and in care.

    Raises:
        Unknown: nobody has this id.
        Conflict: care has ended.
    """
    patient = known(await work.patients.hold(patient_id))
    if not patient.in_care:
        raise Conflict("not-in-care", "This person is no longer in care.")
    return patient
