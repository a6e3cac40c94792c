"""A reminder as its caller may see it, and the engine's last sign of life."""

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


async def engine_seen_at(tx: Transaction) -> datetime | None:
    """When an engine last ticked; None when none ever did."""
    beats = select(heartbeat.c.at).where(heartbeat.c.component == COMPONENT)
    newest = beats.order_by(heartbeat.c.at.desc()).limit(1)
    found: datetime | None = (await tx.session.execute(newest)).scalar_one_or_none()
    return found
