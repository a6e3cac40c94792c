"""Who may see what of a person's: the one place that decides."""

from uuid import UUID

from services.engagement.application.ports import Viewer, Work
from services.engagement.domain.team import Patient
from shared.api.identity import Role
from shared.runtime.auth import Principal
from shared.runtime.http import ApiError, OutsideRelation

CLINICIANS = frozenset({Role.PRESCRIBER, Role.NURSE, Role.LEAD, Role.FACILITATOR})


async def visible_patient(work: Work, principal: Principal, patient_id: UUID) -> Patient:
    """The person, if the caller looks after them or works in their team.

    Raises:
        ApiError: 404, nobody has this id.
        OutsideRelation: answered 404 as well, and audited.
    """
    patient = await work.patients.find(patient_id)
    if patient is None:
        raise ApiError(404, "not-found", "There is no such record.")
    if principal.staff_id in patient.care_team or patient.team in principal.teams:
        return patient
    raise OutsideRelation(patient_id)


def viewer(principal: Principal) -> Viewer:
    """The caller as the list needs them."""
    return Viewer(
        staff_id=principal.staff_id, role=principal.role.value, teams=tuple(principal.teams)
    )
