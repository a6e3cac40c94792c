"""Something happened in a person's life, or was recorded by mistake."""

from datetime import date, datetime
from uuid import UUID

from services.engagement.application.ports import Work
from services.engagement.application.replan import replan
from services.engagement.application.support_known import in_care
from services.engagement.application.support_telling import tell_life_event
from services.engagement.domain.errors import StaleVersion
from services.engagement.domain.local_time import local_day
from services.engagement.domain.rules import Rules
from services.engagement.domain.support import life_event
from services.engagement.domain.support.life_event import LifeEvent
from services.engagement.domain.support.refusals import UnknownSupport
from shared.events.engagement import LifeEventRecorded, LifeEventWithdrawn


async def record_life_event(
    work: Work,
    *,
    patient_id: UUID,
    kind: str,
    happened_on: date,
    note: str | None,
    by: UUID,
    rules: Rules,
    now: datetime,
) -> LifeEvent:
    """Open the contact within 7 days, and tell treatment to take no new step.

    Raises:
        RuleBroken: there is no such event, or its day cannot be meant.
    """
    patient = await in_care(work, patient_id)
    today = local_day(now, rules.place(patient).zone)
    rule = rules.support.life_events
    life_event.check(kind, happened_on, today, rule)
    event = LifeEvent(
        life_event_id=work.new_id(),
        patient_id=patient_id,
        kind=kind,
        happened_on=happened_on,
        recorded_on=today,
        recorded_at=now,
        by=by,
        contact_by=life_event.contact_by(today, rule),
        no_new_step_before=life_event.no_new_step_before(happened_on, rule),
        note=note,
    )
    await work.support.life_events.put(event)
    tell_life_event(work, LifeEventRecorded, event)
    await replan(work, patient_id=patient_id, rules=rules, now=now)
    return event


async def withdraw_life_event(
    work: Work, *, life_event_id: UUID, seen_version: int, rules: Rules, now: datetime
) -> LifeEvent:
    """It was a mistake; it holds nothing back any more.

    Raises:
        UnknownSupport, StaleVersion, AlreadyDone: there is none, or it is not as it was seen.
    """
    event = await work.support.life_events.get(life_event_id)
    if event is None:
        raise UnknownSupport
    await work.patients.hold(event.patient_id)
    event = await work.support.life_events.get(life_event_id) or event
    if event.version != seen_version:
        raise StaleVersion
    after = life_event.withdrawn(event)
    await work.support.life_events.put(after)
    tell_life_event(work, LifeEventWithdrawn, after)
    await replan(work, patient_id=after.patient_id, rules=rules, now=now)
    return after
