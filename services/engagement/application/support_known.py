"""Everything known about one person that support depends on."""

from uuid import UUID

from services.engagement.application.ports import Work
from services.engagement.domain.errors import StaleVersion
from services.engagement.domain.owed_by_support import Known
from services.engagement.domain.support.programme import Programme
from services.engagement.domain.support.refusals import UnknownSupport


async def support_known(work: Work, patient_id: UUID) -> Known:
    """Read it all, with what other services said."""
    support = work.support
    plans = await support.plans.of_patient(patient_id)
    return Known(
        programmes=await support.programmes.of_patient(patient_id),
        contacts=await support.contacts.of_patient(patient_id),
        life_events=await support.life_events.of_patient(patient_id),
        drops=await support.drops.of_patient(patient_id),
        plan=plans[0] if plans else None,
        flags=await work.flags.of_patient(patient_id),
        courses=await work.courses.of_patient(patient_id),
    )


async def programme_in_hand(work: Work, programme_id: UUID, seen_version: int) -> Programme:
    """The programme, with nobody else deciding about the person until we commit.

    Raises:
        UnknownSupport, StaleVersion: there is none, or it is not what was seen.
    """
    found = await work.support.programmes.get(programme_id)
    if found is None:
        raise UnknownSupport
    await work.patients.hold(found.patient_id)
    found = await work.support.programmes.get(programme_id)
    if found is None:
        raise UnknownSupport
    if found.version != seen_version:
        raise StaleVersion
    return found
