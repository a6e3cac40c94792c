"""What people do about a reminder."""

from uuid import UUID

from services.engagement.adapters.db import SqlWork
from services.engagement.adapters.http.seen import reminder_now, require_visible
from services.engagement.application.acknowledge_reminder import acknowledge_reminder
from services.engagement.application.record_outcome import record_outcome
from services.engagement.domain.acts import Act
from services.engagement.domain.rules import Rules
from shared.api.engagement import Acknowledgement, NewOutcome, ReminderBody
from shared.api.identity import CLINICIANS
from shared.runtime import clock
from shared.runtime.http import Api, Call

ACTS = (404, 409, 412, 422)


def add_acts(api: Api, rules: Rules) -> None:
    """Add this file's routes."""

    @api.post(
        "/api/v1/reminders/{reminder_id}/acknowledge", roles=CLINICIANS, raises=ACTS, if_match=True
    )
    async def acknowledge(call: Call, reminder_id: UUID, body: Acknowledgement) -> ReminderBody:
        """Take it in hand; its escalation stops."""
        work = SqlWork(call.tx, rules)
        await require_visible(work, call, reminder_id)
        await acknowledge_reminder(
            work,
            reminder_id=reminder_id,
            seen_version=call.if_match,
            by=call.principal.staff_id,
            meaning=body.meaning,
            until=body.until,
            rules=rules,
            now=call.tx.now,
        )
        return await reminder_now(work, call, reminder_id, rules)

    @api.post(
        "/api/v1/reminders/{reminder_id}/outcomes", roles=CLINICIANS, raises=ACTS, if_match=True
    )
    async def record_what_came_of_it(
        call: Call, reminder_id: UUID, body: NewOutcome
    ) -> ReminderBody:
        """Say what came of working on it; that decides what happens next."""
        work = SqlWork(call.tx, rules)
        await require_visible(work, call, reminder_id)
        told_now = await record_outcome(
            work,
            reminder_id=reminder_id,
            seen_version=call.if_match,
            by=call.principal.staff_id,
            act=Act(body.outcome),
            at=body.at,
            to=body.to,
            note=body.note,
            rules=rules,
            now=call.tx.now,
            real_now=clock.real_now(),
        )
        now = await reminder_now(work, call, reminder_id, rules)
        return now.model_copy(update={"told_now": told_now})
