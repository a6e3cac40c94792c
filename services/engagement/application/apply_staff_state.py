"""The portal says who works here: what somebody leaves behind goes to somebody else."""

from datetime import datetime

from services.engagement.application.ports import Work
from services.engagement.application.replan import replan
from services.engagement.domain.rules import Rules
from services.engagement.domain.team import Colleague


async def apply_staff_state(
    work: Work, *, colleague: Colleague, rules: Rules, now: datetime
) -> None:
    """Remember the colleague and plan anew whomever they look after."""
    await work.staff.put(colleague)
    work.audit("staff.known", object=f"staff:{colleague.staff_id}")
    for patient_id in sorted(await work.patients.around(colleague.staff_id)):
        await replan(work, patient_id=patient_id, rules=rules, now=now)
