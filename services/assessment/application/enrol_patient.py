"""Take a person into care, unless they may be there already."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from services.assessment.application.ports import Work
from services.assessment.application.set_care_team import require_owners
from services.assessment.application.telling import tell_details, tell_patient
from services.assessment.domain.patient import Details, Patient, check_details
from services.assessment.domain.refusals import Conflict
from shared.events.assessment import PatientEnrolled


async def enrol_patient(
    work: Work,
    *,
    patient_id: UUID,
    details: Details,
    team: str,
    care_team: tuple[UUID, ...],
    callers_teams: Collection[str],
    duplicate_reason: str | None,
    now: datetime,
) -> Patient:
    """Enrol, and tell the others.

    Raises:
        RuleViolation: details that cannot be, a team nobody works in, an unknown colleague.
        Conflict: name and birth date are known; ``candidates`` in its context are ids only.
    """
    check_details(details, today=now.date())
    await require_owners(work, team=team, care_team=care_team, callers_teams=callers_teams)
    alike = await work.patients.alike(identity=details.identity, birth_date=details.birth_date)
    if alike and duplicate_reason is None:
        raise Conflict(
            "possible-duplicate",
            "Somebody with this name and birth date is enrolled. Look first; go on with a reason.",
            field="duplicate_reason",
            context={"candidates": [str(candidate) for candidate in alike]},
        )
    patient = Patient(
        patient_id=patient_id,
        details=details,
        team=team,
        care_team=tuple(dict.fromkeys(care_team)),
        enrolled_on=now.astimezone(details.zone).date(),
    )
    await work.patients.add(patient, duplicate_reason=duplicate_reason if alike else None)
    tell_patient(work, PatientEnrolled, patient)
    tell_details(work, patient)
    return patient
