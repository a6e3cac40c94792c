"""Record a contact, or that somebody did not come."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from services.engagement.application.ports import Work
from services.engagement.application.replan import replan
from services.engagement.application.support_known import support_known
from services.engagement.application.support_telling import (
    tell_contact,
    tell_life_event,
    tell_programme,
)
from services.engagement.domain.local_time import local_day
from services.engagement.domain.owed_by_support import Known
from services.engagement.domain.rules import Rules
from services.engagement.domain.support import contact as contacts
from services.engagement.domain.support import life_event, missed
from services.engagement.domain.support import programme as programmes
from services.engagement.domain.support.carer import check_given
from services.engagement.domain.support.contact import Contact, Purpose
from services.engagement.domain.support.programme import Programme
from services.engagement.domain.support.refusals import RuleBroken, UnknownSupport
from shared.events.engagement import (
    ContactMissed,
    ContactRecorded,
    LifeEventFollowedUp,
    ProgrammeChanged,
)


async def record_contact(work: Work, *, contact: Contact, rules: Rules, now: datetime) -> Contact:
    """Check it, store it, tell the others, and plan what follows.

    A miss starts the way back to the person; speaking with them ends it.

    Raises:
        RuleBroken: it cannot have happened like this; names the field and the rule.
    """
    patient = await work.patients.hold(contact.patient_id)
    zone = rules.place(patient).zone
    contact = replace(contact, on=local_day(contact.at, zone))
    mode = rules.support.modes.get(contact.mode)
    if mode is None:
        raise RuleBroken("mode-unknown", "There is no such way to meet.", field="mode")
    if contact.at > now:
        raise contacts.in_the_future(rules.support.limits)
    contacts.check(contact, mode, rules.support.limits, today=local_day(now, zone))
    known = await support_known(work, contact.patient_id)
    programme = _programme_of(contact, known)
    if programme is not None:
        programmes.check_contact(
            programme,
            rules.support.kinds[programme.kind],
            contact,
            known.of(programme),
            modes=rules.support.modes,
            cbt_content=rules.support.cbt_content,
        )
    if contact.purpose is Purpose.CARER or contact.carer_id is not None:
        around = await work.support.surroundings.get(contact.patient_id)
        check_given(
            around.carers if around else (),
            contact.carer_id,
            contact.carer_support,
            next_on=contact.next_on,
        )
    _require_own_event(contact, known)
    contact = _in_context(contact, known, rules)
    await _keep(work, contact, known, programme, now=now)
    await replan(work, patient_id=contact.patient_id, rules=rules, now=now)
    return contact


def _programme_of(contact: Contact, known: Known) -> Programme | None:
    if contact.programme_id is None:
        if contact.purpose is Purpose.PROGRAMME:
            raise RuleBroken(
                "programme-missing",
                "Say which programme this meeting belongs to.",
                field="programme_id",
            )
        return None
    for one in known.programmes:
        if one.programme_id == contact.programme_id:
            return one
    raise RuleBroken("programme-unknown", "The person has no such programme.", field="programme_id")


def _require_own_event(contact: Contact, known: Known) -> None:
    """What a contact is about is the same person's, whatever its purpose."""
    own = {event.life_event_id for event in known.life_events}
    own |= {drop.reading_id for drop in known.drops}
    if contact.subject_id is not None and contact.subject_id not in own:
        sentence = "The person has no such life event."
        raise RuleBroken("life-event-unknown", sentence, field="life_event_id")


def _in_context(contact: Contact, known: Known, rules: Rules) -> Contact:
    """With the misses in a row, and why a miss cannot wait."""
    urgent: tuple[str, ...] = ()
    if contact.is_miss:
        urgent = missed.urgency(
            contact.on,
            flags=known.flags,
            courses=known.courses,
            starts=[one.started_on for one in known.programmes],
            rules=rules.support.missed,
        )
    return replace(
        contact,
        urgent_because=urgent,
        missed_in_a_row=contacts.missed_in_a_row((*known.contacts, contact)),
    )


async def _keep(
    work: Work, contact: Contact, known: Known, programme: Programme | None, *, now: datetime
) -> None:
    await work.support.contacts.put(contact)
    tell_contact(work, ContactMissed if contact.is_miss else ContactRecorded, contact)
    if contact.purpose is Purpose.LIFE_EVENT and contact.reached:
        await _follow_up(work, contact.subject_id, known, now)
    if programme is not None and contact.is_occasion:
        after = programmes.changed(programme)
        await work.support.programmes.put(after)
        tell_programme(work, ProgrammeChanged, after, (*known.contacts, contact), known.plan)


async def _follow_up(work: Work, life_event_id: UUID | None, known: Known, now: datetime) -> None:
    event = next((e for e in known.life_events if e.life_event_id == life_event_id), None)
    if event is None:
        raise UnknownSupport
    after = life_event.followed_up(event, now)
    await work.support.life_events.put(after)
    tell_life_event(work, LifeEventFollowedUp, after)
