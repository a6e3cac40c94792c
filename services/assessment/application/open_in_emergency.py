"""Let somebody read one record in an emergency, and have it judged by somebody else."""

from datetime import datetime
from uuid import UUID

from services.assessment.application.ports import Work
from services.assessment.domain import emergency
from services.assessment.domain.emergency import Judgement, Look, Reason
from services.assessment.domain.refusals import Unknown
from shared.events.assessment import GrantState, RecordOpened


async def open_in_emergency(
    work: Work, *, patient_id: UUID, staff_id: UUID, reason: Reason, words: str, now: datetime
) -> Look:
    """Open the record to this one colleague. A look that is still open is given back as it is:
    asking again makes it no longer."""
    if (live := await work.looks.live(patient_id, staff_id=staff_id, now=now)) is not None:
        return live
    look = emergency.opened(
        grant_id=work.new_id(),
        patient_id=patient_id,
        staff_id=staff_id,
        reason=reason,
        words=words,
        now=now,
    )
    await work.looks.add(look)
    grant = GrantState(
        grant_id=look.grant_id,
        patient_id=patient_id,
        staff_id=staff_id,
        reason=reason.value,
        opened_at=look.opened_at,
        until=look.until,
    )
    aggregate = f"grant:{look.grant_id}"
    work.publish(RecordOpened(grant=grant), subject=patient_id, aggregate=aggregate, version=1)
    return look


async def review_look(
    work: Work, *, grant_id: UUID, by: UUID, judgement: Judgement, words: str, now: datetime
) -> Look:
    """Keep what the second person found.

    Raises:
        Unknown, Conflict, FourEyes: nothing was changed.
    """
    look = await work.looks.hold(grant_id)
    if look is None:
        raise Unknown("not-found", "There is no such record.")
    judged = emergency.reviewed(look, by=by, judgement=judgement, words=words, now=now)
    await work.looks.save(judged)
    work.audit(
        "emergency-look.reviewed",
        object=f"grant:{grant_id}",
        subject=look.patient_id,
        reason=judgement.value,
    )
    return judged
