"""Everything known about one person that support depends on."""

from uuid import UUID

from services.engagement.application.ports import Work
from services.engagement.domain.errors import NotInCare, StaleVersion
from services.engagement.domain.owed_by_support import Known
from services.engagement.domain.support.missed import open_run
from services.engagement.domain.support.programme import Programme
from services.engagement.domain.support.refusals import UnknownSupport
from services.engagement.domain.team import Patient


async def support_known(work: Work, patient_id: UUID) -> Known:
    """Read it all, with what other services said."""
    support = work.support
    plans = await support.plans.of_patient(patient_id)
    contacts = await support.contacts.of_patient(patient_id)
    is_missing = open_run(contacts) is not None  # only then is there anything to decide
    has_carer = any(one.carer_id for one in contacts)
    around = await support.surroundings.get(patient_id) if has_carer else None
    return Known(
        programmes=await support.programmes.of_patient(patient_id),
        contacts=contacts,
        life_events=await support.life_events.of_patient(patient_id),
        drops=await support.drops.of_patient(patient_id),
        plan=plans[0] if plans else None,
        carers=around.carers if around else (),
        decisions=await support.decisions.of_patient(patient_id) if is_missing else (),
        flags=await work.flags.of_patient(patient_id),
        courses=await work.courses.of_patient(patient_id),
        signatures=await work.signatures.of_patient(patient_id),
    )


async def in_care(work: Work, patient_id: UUID) -> Patient:
    """The person, in care, with nobody else deciding about them until we commit.

    Raises:
        NotInCare: they left or have died; what took place before may still be recorded.
    """
    patient = await work.patients.hold(patient_id)
    if not patient.in_care:
        raise NotInCare
    return patient


async def programme_in_hand(
    work: Work, programme_id: UUID, seen_version: int, *, to_end_it: bool = False
) -> Programme:
    """The programme, with nobody else deciding about the person until we commit.

    ``to_end_it``: the programme of somebody no longer in care may be closed, and nothing else.

    Raises:
        UnknownSupport, StaleVersion: there is none, or it is not what was seen.
        NotInCare: the person left or has died.
    """
    found = await work.support.programmes.get(programme_id)
    if found is None:
        raise UnknownSupport
    if to_end_it:
        await work.patients.hold(found.patient_id)
    else:
        await in_care(work, found.patient_id)
    found = await work.support.programmes.get(programme_id)
    if found is None:
        raise UnknownSupport
    if found.version != seen_version:
        raise StaleVersion
    return found
