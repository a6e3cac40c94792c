"""Record what a person answered about conditions and other medicines."""

from datetime import datetime
from uuid import UUID

from services.treatment.application.changing import known_patient
from services.treatment.application.ports import Work
from services.treatment.application.refusals import StaleVersion
from services.treatment.domain.errors import BadDate
from services.treatment.domain.person import HealthProfile
from services.treatment.domain.safety import Taken


async def record_health_profile(
    work: Work,
    *,
    patient_id: UUID,
    expected: int,
    conditions: frozenset[str],
    medicines: tuple[Taken, ...],
    note: str | None,
    asked_by: UUID,
    now: datetime,
) -> HealthProfile:
    """A new version beside the old ones.

    Raises:
        NotYetKnown, StaleVersion
        BadDate: a last dose in the future.
    """
    patient = await known_patient(work, patient_id)
    today = patient.today(now)
    if any(taken.last_on is not None and taken.last_on > today for taken in medicines):
        raise BadDate("A last dose lies in the future.", field="medicines")
    latest = await work.profiles.latest(patient_id)
    version = latest.version if latest else 0
    if version != expected:
        raise StaleVersion
    profile = HealthProfile(
        patient_id=patient_id,
        version=version + 1,
        asked_at=now,
        asked_by=asked_by,
        conditions=conditions,
        medicines=medicines,
        note=note,
    )
    await work.profiles.add(profile)
    work.audit(
        "health-profile.recorded",
        object=f"health-profile:{patient_id}",
        subject=patient_id,
        version=profile.version,
    )
    return profile
