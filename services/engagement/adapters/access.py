"""Who may see what of a person's: the one place that decides."""

from uuid import UUID

from services.engagement.application.ports import Viewer, Work
from services.engagement.domain.team import Patient
from services.engagement.domain.wording import reads_of_medicines
from shared.runtime.http import ApiError, Call


async def visible_patient(work: Work, call: Call, patient_id: UUID) -> Patient:
    """The person, if the access table opens this operation to the caller's relation to them.

    Raises:
        ApiError: 404, nobody has this id.
        OutsideRelation: answered 404 as well, and audited.
    """
    patient = await work.patients.find(patient_id)
    if patient is None:
        raise ApiError(404, "not-found", "There is no such record.")
    call.admit(patient_id, team=patient.team, care_team=patient.care_team)
    return patient


def viewer(call: Call) -> Viewer:
    """The caller as the list needs them."""
    who = call.principal
    return Viewer(
        staff_id=who.staff_id,
        role=who.role.value,
        teams=call.reach.teams,
        stands_in_for=call.reach.standing.covers,
    )


def medicines_for(call: Call) -> bool:
    """Whether the caller may read of medicines."""
    return reads_of_medicines(call.principal.role.value)
