"""Talk about motivation: why not lower, what would raise it, and a smaller step (R-34)."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from services.engagement.application.ports import Work
from services.engagement.application.record_contact import record_contact
from services.engagement.application.replan import replan
from services.engagement.application.support_telling import tell_drop
from services.engagement.domain.errors import StaleVersion
from services.engagement.domain.rules import Rules
from services.engagement.domain.support import motivation
from services.engagement.domain.support.contact import Contact
from services.engagement.domain.support.motivation import Drop, Talk
from services.engagement.domain.support.refusals import AlreadyDone, UnknownSupport
from shared.events.engagement import MotivationWorkedOn


async def work_on_motivation(
    work: Work,
    *,
    reading_id: UUID,
    seen_version: int,
    talk: Talk,
    contact: Contact,
    rules: Rules,
    now: datetime,
) -> Drop:
    """Keep what was said, and the contact it was said in.

    Raises:
        UnknownSupport, StaleVersion, AlreadyDone: there is none, or it is not as it was seen.
        RuleBroken: the contact cannot have happened like this.
    """
    drop = await _in_hand(work, reading_id, seen_version)
    after = motivation.worked_on(drop, talk)
    await work.support.drops.put(after)
    tell_drop(work, MotivationWorkedOn, after)
    await record_contact(work, contact=contact, rules=rules, now=now)
    return after


async def dismiss_drop(
    work: Work, *, reading_id: UUID, seen_version: int, reason: str, rules: Rules, now: datetime
) -> Drop:
    """A person decides that no talk is needed, and says why.

    Raises:
        UnknownSupport, StaleVersion, AlreadyDone: there is none, or it is not as it was seen.
    """
    drop = await _in_hand(work, reading_id, seen_version)
    if not drop.is_open:
        raise AlreadyDone
    after = replace(drop, dismissed=reason, version=drop.version + 1)
    await work.support.drops.put(after)
    work.audit(
        "motivation.dismissed",
        object=f"motivation:{reading_id}",
        subject=drop.patient_id,
        version=after.version,
    )
    await replan(work, patient_id=after.patient_id, rules=rules, now=now)
    return after


async def _in_hand(work: Work, reading_id: UUID, seen_version: int) -> Drop:
    drop = await work.support.drops.get(reading_id)
    if drop is None:
        raise UnknownSupport
    await work.patients.hold(drop.patient_id)
    drop = await work.support.drops.get(reading_id) or drop
    if drop.version != seen_version:
        raise StaleVersion
    return drop
