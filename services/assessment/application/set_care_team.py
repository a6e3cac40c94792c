"""Say who looks after a person and may see them."""

from collections.abc import Collection
from uuid import UUID

from services.assessment.application.finding import known
from services.assessment.application.ports import Work
from services.assessment.application.telling import tell_patient
from services.assessment.domain.patient import Patient, with_care_team
from services.assessment.domain.refusals import RuleViolation
from shared.events.assessment import CareTeamChanged


async def set_care_team(
    work: Work,
    *,
    patient_id: UUID,
    team: str,
    care_team: tuple[UUID, ...],
    callers_teams: Collection[str],
    reason: str | None,
    expected: int,
) -> Patient:
    """Replace team and care team. Another team is a transfer, which needs a reason.

    Raises:
        Unknown, StaleVersion, Conflict, RuleViolation: nothing was changed.
    """
    before = known(await work.patients.hold(patient_id), expected=expected)
    await require_owners(work, team=team, care_team=care_team, callers_teams=callers_teams)
    if team != before.team and reason is None:
        raise RuleViolation("required", "Say why the person is transferred.", field="reason")
    patient = with_care_team(before, team=team, care_team=care_team)
    await work.patients.save(patient, reason=reason)
    tell_patient(work, CareTeamChanged, patient)
    return patient


async def require_owners(
    work: Work, *, team: str, care_team: tuple[UUID, ...], callers_teams: Collection[str]
) -> None:
    """Refuse a team nobody works in and somebody who does not work here: nobody may see the
    person then. ``callers_teams`` are those the caller works in, known or not.

    Raises:
        RuleViolation: names the team, or the place in the list.
    """
    if team not in callers_teams and not await work.staff.works_in(team):
        raise RuleViolation("unknown-team", "Nobody works in a team of this code.", field="team")
    here = await work.staff.active(care_team)
    for place, staff_id in enumerate(care_team):
        if staff_id not in here:
            sentence = "No active colleague has this id."
            raise RuleViolation("unknown-colleague", sentence, field=f"care_team/{place}")
