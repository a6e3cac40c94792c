"""One person's reminders, and one of them from its first try to its last."""

from datetime import datetime
from uuid import UUID

from services.engagement.adapters.access import medicines_for, visible_patient
from services.engagement.adapters.bodies import history_body, reminder_body
from services.engagement.adapters.db import SqlWork
from services.engagement.adapters.http.seen import reminder_now, require_visible
from services.engagement.application.ports import Stretch
from services.engagement.application.surroundings import on_call_now
from services.engagement.domain.errors import UnknownReminder
from services.engagement.domain.reminder import EVERY_STATE, OPEN
from services.engagement.domain.rules import Rules
from shared.api.body import Page
from shared.api.engagement import ReminderBody, ReminderHistory, RemindersQuery
from shared.api.identity import CLINICIANS
from shared.runtime.http import Api, Call, decode_cursor, encode_cursor

_SHOWN = {"all": EVERY_STATE, "open": OPEN, "closed": EVERY_STATE - OPEN}


def add_reminders(api: Api, rules: Rules) -> None:
    """Add this file's routes."""

    @api.get("/api/v1/patients/{patient_id}/reminders", roles=CLINICIANS, raises=(404, 422))
    async def read_patient_reminders(
        call: Call, patient_id: UUID, query: RemindersQuery
    ) -> Page[ReminderBody]:
        """Everything planned, open and closed for one person, latest due first unless the query
        says otherwise."""
        work = SqlWork(call.tx, rules)
        await visible_patient(work, call, patient_id)
        found = await work.reminders.of_patient(
            patient_id,
            call.tx.now,
            Stretch(
                states=_SHOWN[query.show],
                soonest_first=query.sort == "due",
                after=decode_cursor(query.cursor, datetime, UUID),
                limit=query.limit + 1,
            ),
        )
        items = tuple(
            reminder_body(row, rules.kinds, call.tx.now, medicines=medicines_for(call))
            for row in found[: query.limit]
        )
        last = items[-1] if len(found) > query.limit else None
        cursor = encode_cursor(last.due_at.isoformat(), str(last.reminder_id)) if last else None
        call.tx.audit(
            "reminders.read",
            object=f"patient:{patient_id}",
            subject=patient_id,
            reason=call.emergency,
        )
        return Page(items=items, next=cursor)

    @api.get("/api/v1/reminders/{reminder_id}", roles=CLINICIANS, raises=(404,))
    async def read_reminder(call: Call, reminder_id: UUID) -> ReminderBody:
        """One reminder."""
        work = SqlWork(call.tx, rules)
        patient_id = await require_visible(work, call, reminder_id)
        call.tx.audit(
            "reminder.read",
            object=f"reminder:{reminder_id}",
            subject=patient_id,
            reason=call.emergency,
        )
        return await reminder_now(work, call, reminder_id, rules)

    @api.get("/api/v1/reminders/{reminder_id}/history", roles=CLINICIANS, raises=(404,))
    async def read_reminder_history(call: Call, reminder_id: UUID) -> ReminderHistory:
        """What was tried, and who hears of it next if nobody takes it in hand."""
        work = SqlWork(call.tx, rules)
        patient_id = await require_visible(work, call, reminder_id)
        item = await work.reminders.look_at(reminder_id)
        if item is None:
            raise UnknownReminder
        attempts = await work.attempts.of([item.owner.reminder_id])
        call.tx.audit(
            "reminder.read",
            object=f"reminder:{reminder_id}",
            subject=patient_id,
            reason=call.emergency,
        )
        patient = await work.patients.find(patient_id)
        calls = await on_call_now(work, rules=rules, now=call.tx.now)
        on_call = calls.get(patient.team) if patient else None
        return history_body(item, attempts, rules.patience, on_call=on_call)
