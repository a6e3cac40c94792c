"""A danger said at a check-in raises its flag here, whoever recorded the check-in and however."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from services.assessment.application.ports import Work
from services.assessment.application.raise_flags import raise_flags
from services.assessment.domain.content import Content
from services.assessment.domain.patient import PatientStatus
from services.assessment.domain.safety import Flag, unreported


async def hear_check_in(
    work: Work,
    content: Content,
    *,
    patient_id: UUID,
    dangers: Collection[str],
    flag_ids: Collection[UUID],
    scored_in: Collection[UUID] = (),
    now: datetime,
) -> tuple[Flag, ...]:
    """One flag for each danger that was not reported here before the check-in was recorded.

    ``scored_in`` are only cited: an id that is nobody's, or another person's, silences nothing.
    """
    patient = await work.patients.hold(patient_id)
    if patient is None or patient.status is PatientStatus.DECEASED:
        return ()
    earlier = await work.flags.of(patient_id)
    return await raise_flags(
        work,
        content,
        unreported(content.safety.said(dangers), earlier, flag_ids=flag_ids, scored_in=scored_in),
        patient=patient,
        earlier=earlier,
        assessment_id=None,
        now=now,
    )
