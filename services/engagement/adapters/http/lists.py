"""What is due, in the order it should be read."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.engagement.adapters.access import CLINICIANS, viewer, visible_patient
from services.engagement.adapters.bodies import SECTIONS, reminder_body
from services.engagement.adapters.db import SqlWork
from services.engagement.adapters.http.seen import engine_seen_at, reminder_now, require_visible
from services.engagement.application.ports import Listed, Wanted
from services.engagement.domain.rules import Rules
from services.engagement.domain.worklist import Section
from shared.api.body import Page
from shared.api.engagement import ReminderBody, Scope, Worklist, WorklistQuery
from shared.runtime.http import Api, Call, PageQuery, decode_cursor, encode_cursor

_SECTION = {api: section for section, api in SECTIONS.items()}


def add_lists(api: Api, rules: Rules) -> None:
    """Add this file's routes."""

    @api.get("/api/v1/worklist", roles=CLINICIANS, raises=(422,))
    async def read_worklist(call: Call, query: WorklistQuery) -> Worklist:
        """What is due, in the order it should be read."""
        work = SqlWork(call.tx, rules)
        position = decode_cursor(query.cursor, datetime, int, int, datetime, UUID)
        as_of = min(position[0], call.tx.now) if position else call.tx.now
        wanted = Wanted(
            viewer=viewer(call),
            mine=query.scope is Scope.MINE,
            as_of=as_of,
            section=None if query.section is None else _SECTION[query.section],
            patient_id=query.patient_id,
            after=position[1:] if position else None,
            limit=query.limit + 1,
        )
        found = await work.reminders.listed(wanted)
        counts = await work.reminders.counts(wanted)
        items = tuple(reminder_body(row, rules.kinds, call.tx.now) for row in found[: query.limit])
        _audit_look(call, items)
        return Worklist(
            items=items,
            next=_next_on_list(found, query.limit, as_of),
            as_of=as_of,
            counts={SECTIONS[section]: count for section, count in counts.items()},
            engine_seen_at=await engine_seen_at(call.tx),
        )

    @api.get("/api/v1/patients/{patient_id}/reminders", roles=CLINICIANS, raises=(404, 422))
    async def read_patient_reminders(
        call: Call, patient_id: UUID, query: PageQuery
    ) -> Page[ReminderBody]:
        """Everything planned, open and closed for one person, latest due first."""
        work = SqlWork(call.tx, rules)
        await visible_patient(work, call, patient_id)
        after = decode_cursor(query.cursor, datetime, UUID)
        found = await work.reminders.of_patient(
            patient_id, call.tx.now, after=after, limit=query.limit + 1
        )
        items = tuple(reminder_body(row, rules.kinds, call.tx.now) for row in found[: query.limit])
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
        return await reminder_now(work, reminder_id, rules, call.tx.now)


def _audit_look(call: Call, items: tuple[ReminderBody, ...]) -> None:
    """One entry for each person on the page."""
    for patient_id in sorted({item.patient_id for item in items}):
        call.tx.audit("worklist.read", object=f"patient:{patient_id}", subject=patient_id)


def _next_on_list(found: Sequence[Listed], limit: int, as_of: datetime) -> str | None:
    if len(found) <= limit:
        return None
    last = found[limit - 1]
    section = Section.WAITING if last.section is None else last.section
    row = last.row
    return encode_cursor(
        as_of.isoformat(), int(section), row.risk, row.due_at.isoformat(), str(row.reminder_id)
    )
