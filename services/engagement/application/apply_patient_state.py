"""Assessment says where a person is in care: other owners, or nothing owed any more."""

from datetime import datetime
from uuid import UUID

from services.engagement.application.ports import Work
from services.engagement.application.replan import replan
from services.engagement.domain.rules import Rules
from services.engagement.domain.team import CareStatus


async def apply_patient_state(
    work: Work,
    *,
    patient_id: UUID,
    status: CareStatus,
    team: str,
    care_team: tuple[UUID, ...],
    messages_stopped: bool = False,
    rules: Rules,
    now: datetime,
) -> None:
    """Follow the care team. Whoever has left care is owed nothing but the end of an open flag.

    ``messages_stopped``: they are in care again and nothing is sent to them yet.
    """
    await work.patients.hold(patient_id)
    await work.patients.place(
        patient_id,
        status=status,
        team=team,
        care_team=care_team,
        messages_stopped=messages_stopped,
    )
    work.audit("patient.placed", object=f"patient:{patient_id}", subject=patient_id)
    await replan(work, patient_id=patient_id, rules=rules, now=now)
