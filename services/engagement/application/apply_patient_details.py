"""Assessment says who a person is and in which zone they live."""

from datetime import datetime
from uuid import UUID

from services.engagement.application.ports import Identity, Work
from services.engagement.application.replan import replan
from services.engagement.domain.rules import Rules


async def apply_patient_details(
    work: Work, *, patient_id: UUID, identity: Identity, rules: Rules, now: datetime
) -> None:
    """Keep the identifiers; another zone moves what has not been shown yet.

    Raises:
        UnknownZone: nobody lives in that zone.
    """
    before = await work.patients.hold(patient_id)
    await work.patients.identify(patient_id, identity)
    work.audit("patient.identified", object=f"patient:{patient_id}", subject=patient_id)
    if identity.zone != before.zone:  # all that what is owed follows from
        await replan(work, patient_id=patient_id, rules=rules, now=now)
