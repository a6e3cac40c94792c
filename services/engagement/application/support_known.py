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
    on_record = await work.on_record(patient_id)
    contacts, plans, around = on_record.contacts, on_record.plans, on_record.surroundings
    is_missing = open_run(contacts) is not None  # only then is there anything to decide
    has_carer = any(one.carer_id for one in contacts)
    return Known(
        programmes=on_record.programmes,
        contacts=contacts,
        life_events=on_record.life_events,
        drops=on_record.drops,
        plan=plans[0] if plans else None,
        carers=around[0].carers if around and has_carer else (),
        decisions=on_record.decisions if is_missing else (),
        flags=on_record.flags,
        courses=on_record.courses,
        signatures=on_record.signatures,
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
