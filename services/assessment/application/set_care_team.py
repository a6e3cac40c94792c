"""Say who looks after a person and may see them."""

from uuid import UUID

from services.assessment.application.finding import known
from services.assessment.application.ports import Work
from services.assessment.application.telling import tell_patient
from services.assessment.domain.patient import Patient, with_care_team
from services.assessment.domain.refusals import RuleViolation
from shared.events.assessment import CareTeamChanged


async def set_care_team(
    work: Work, *, patient_id: UUID, team: str, care_team: tuple[UUID, ...], expected: int
) -> Patient:
    """Replace team and care team.

    Raises:
        Unknown, StaleVersion, Conflict, RuleViolation: nothing was changed.
    """
    before = known(await work.patients.hold(patient_id), expected=expected)
    await require_colleagues(work, care_team)
    patient = with_care_team(before, team=team, care_team=care_team)
    await work.patients.save(patient)
    tell_patient(work, CareTeamChanged, patient)
    return patient


async def require_colleagues(work: Work, care_team: tuple[UUID, ...]) -> None:
    """Refuse somebody who does not work here.

    Raises:
        RuleViolation: names the place in the list.
    """
    here = await work.staff.active(care_team)
    for place, staff_id in enumerate(care_team):
        if staff_id not in here:
            sentence = "No active colleague has this id."
            raise RuleViolation("unknown-colleague", sentence, field=f"care_team/{place}")
