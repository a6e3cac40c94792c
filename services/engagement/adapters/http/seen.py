"""A reminder as its caller may see it, and the engine's last sign of life."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from services.engagement.adapters.access import medicines_for, visible_patient
from services.engagement.adapters.bodies import reminder_body
from services.engagement.adapters.db import SqlWork
from services.engagement.adapters.ticks import COMPONENT
from services.engagement.application.surroundings import on_call_now
from services.engagement.domain import errors
from services.engagement.domain.on_call import ON_CALL
from services.engagement.domain.rules import Rules
from shared.api.engagement import ReminderBody
from shared.runtime.db import Transaction
from shared.runtime.http import Call
from shared.runtime.tables import heartbeat


async def require_visible(work: SqlWork, call: Call, reminder_id: UUID) -> UUID:
    """Whom this reminder is about, if the caller may see that person."""
    patient_id = await work.reminders.patient_of(reminder_id)
    if patient_id is None:
        raise errors.UnknownReminder
    await visible_patient(work, call, patient_id)
    return patient_id


async def reminder_now(work: SqlWork, call: Call, reminder_id: UUID, rules: Rules) -> ReminderBody:
    """The reminder as it is now, for the caller."""
    now = call.tx.now
    listed = await work.reminders.one(reminder_id, now)
    if listed is None:
        raise errors.UnknownReminder
    went_to_call = listed.row.for_role == ON_CALL
    on_call = await on_call_now(work, rules=rules, now=now) if went_to_call else {}
    return reminder_body(listed, rules.kinds, now, on_call, medicines=medicines_for(call))


@dataclass(frozen=True, slots=True)
class Beat:
    """When an engine last ticked, in real time; and which reminder waited longest after that tick,
    by the time at which it was due."""

    seen_at: datetime | None
    oldest_due_at: datetime | None


async def last_beat(tx: Transaction) -> Beat:
    """The engine's last sign of life; empty when there never was one."""
    columns = (heartbeat.c.at, heartbeat.c.oldest_due_at)
    beats = select(*columns).where(heartbeat.c.component == COMPONENT)
    newest = beats.order_by(heartbeat.c.at.desc()).limit(1)
    row = (await tx.session.execute(newest)).one_or_none()
    return Beat(None, None) if row is None else Beat(row.at, row.oldest_due_at)
