"""The routes of engagement: the worklist, reminders, what came of them, and how all is going."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from services.engagement.adapters.access import CLINICIANS, viewer, visible_patient
from services.engagement.adapters.bodies import SECTIONS, reminder_body
from services.engagement.adapters.db import SqlWork
from services.engagement.adapters.ticks import COMPONENT
from services.engagement.application.acknowledge_reminder import acknowledge_reminder
from services.engagement.application.ports import Listed, Wanted
from services.engagement.application.record_outcome import record_outcome
from services.engagement.domain import errors
from services.engagement.domain.acts import Act
from services.engagement.domain.rules import Rules
from services.engagement.domain.worklist import Section
from shared.api.body import Page
from shared.api.engagement import (
    Acknowledgement,
    NewOutcome,
    ReminderBody,
    Scope,
    ServiceLevelQuery,
    ServiceLevels,
    Worklist,
    WorklistQuery,
)
from shared.api.identity import Role
from shared.runtime.db import Transaction
from shared.runtime.http import Api, Call, PageQuery, decode_cursor, encode_cursor
from shared.runtime.tables import heartbeat

PROBLEMS: dict[type[Exception], int] = {
    errors.Refusal: 409,
    errors.UnknownReminder: 404,
    errors.StaleVersion: 412,
    errors.DeferralTooLong: 422,
    errors.DeferralInThePast: 422,
    errors.UnknownColleague: 422,
}
ACTS = (404, 409, 412, 422)
WATCHERS = CLINICIANS | {Role.OPERATIONS, Role.AUDITOR}


def build_api(rules: Rules) -> Api:
    """All routes of this service."""
    api = Api(service="engagement", title="Mooring engagement", problems=PROBLEMS)
    _add_lists(api, rules)
    _add_acts(api, rules)
    _add_levels(api, rules)
    return api


def _add_lists(api: Api, rules: Rules) -> None:
    @api.get("/api/v1/worklist", roles=CLINICIANS, raises=(422,))
    async def read_worklist(call: Call, query: WorklistQuery) -> Worklist:
        """What is due, in the order it should be read."""
        work = SqlWork(call.tx, rules)
        position = decode_cursor(query.cursor, datetime, int, int, datetime, UUID)
        as_of = min(position[0], call.tx.now) if position else call.tx.now
        wanted = Wanted(
            viewer=viewer(call.principal),
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
            engine_seen_at=await _engine_seen_at(call.tx),
        )

    @api.get("/api/v1/patients/{patient_id}/reminders", roles=CLINICIANS, raises=(404, 422))
    async def read_patient_reminders(
        call: Call, patient_id: UUID, query: PageQuery
    ) -> Page[ReminderBody]:
        """Everything planned, open and closed for one person, latest due first."""
        work = SqlWork(call.tx, rules)
        await visible_patient(work, call.principal, patient_id)
        after = decode_cursor(query.cursor, datetime, UUID)
        found = await work.reminders.of_patient(
            patient_id, call.tx.now, after=after, limit=query.limit + 1
        )
        items = tuple(reminder_body(row, rules.kinds, call.tx.now) for row in found[: query.limit])
        last = items[-1] if len(found) > query.limit else None
        cursor = encode_cursor(last.due_at.isoformat(), str(last.reminder_id)) if last else None
        call.tx.audit("reminders.read", object=f"patient:{patient_id}", subject=patient_id)
        return Page(items=items, next=cursor)

    @api.get("/api/v1/reminders/{reminder_id}", roles=CLINICIANS, raises=(404,))
    async def read_reminder(call: Call, reminder_id: UUID) -> ReminderBody:
        """One reminder."""
        work = SqlWork(call.tx, rules)
        patient_id = await _require_visible(work, call, reminder_id)
        call.tx.audit("reminder.read", object=f"reminder:{reminder_id}", subject=patient_id)
        return await _one(work, reminder_id, rules, call.tx.now)


def _add_acts(api: Api, rules: Rules) -> None:
    @api.post(
        "/api/v1/reminders/{reminder_id}/acknowledge", roles=CLINICIANS, raises=ACTS, if_match=True
    )
    async def acknowledge(call: Call, reminder_id: UUID, body: Acknowledgement) -> ReminderBody:
        """Take it in hand; its escalation stops."""
        work = SqlWork(call.tx, rules)
        await _require_visible(work, call, reminder_id)
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
        return await _one(work, reminder_id, rules, call.tx.now)

    @api.post(
        "/api/v1/reminders/{reminder_id}/outcomes", roles=CLINICIANS, raises=ACTS, if_match=True
    )
    async def record_what_came_of_it(
        call: Call, reminder_id: UUID, body: NewOutcome
    ) -> ReminderBody:
        """Say what came of working on it; that decides what happens next."""
        work = SqlWork(call.tx, rules)
        await _require_visible(work, call, reminder_id)
        await record_outcome(
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
        )
        return await _one(work, reminder_id, rules, call.tx.now)


def _add_levels(api: Api, rules: Rules) -> None:
    @api.get("/api/v1/service-levels", roles=WATCHERS, raises=(422,))
    async def read_service_levels(call: Call, query: ServiceLevelQuery) -> ServiceLevels:
        """Whether reminders came on time, once, and all of them. Counts only."""
        levels = await SqlWork(call.tx, rules).reminders.levels(query.since, call.tx.now)
        return ServiceLevels(
            as_of=call.tx.now,
            engine_seen_at=await _engine_seen_at(call.tx),
            **{name: getattr(levels, name) for name in levels.__dataclass_fields__},
        )


_SECTION = {api: section for section, api in SECTIONS.items()}


async def _require_visible(work: SqlWork, call: Call, reminder_id: UUID) -> UUID:
    patient_id = await work.reminders.patient_of(reminder_id)
    if patient_id is None:
        raise errors.UnknownReminder
    await visible_patient(work, call.principal, patient_id)
    return patient_id


async def _one(work: SqlWork, reminder_id: UUID, rules: Rules, now: datetime) -> ReminderBody:
    listed = await work.reminders.one(reminder_id, now)
    if listed is None:
        raise errors.UnknownReminder
    return reminder_body(listed, rules.kinds, now)


def _audit_look(call: Call, items: tuple[ReminderBody, ...]) -> None:
    """One entry for each person on the page."""
    for patient_id in sorted({item.patient_id for item in items}):
        call.tx.audit("worklist.read", object=f"patient:{patient_id}", subject=patient_id)


async def _engine_seen_at(tx: Transaction) -> datetime | None:
    beats = select(heartbeat.c.at).where(heartbeat.c.component == COMPONENT)
    newest = beats.order_by(heartbeat.c.at.desc()).limit(1)
    found: datetime | None = (await tx.session.execute(newest)).scalar_one_or_none()
    return found


def _next_on_list(found: Sequence[Listed], limit: int, as_of: datetime) -> str | None:
    if len(found) <= limit:
        return None
    last = found[limit - 1]
    section = Section.WAITING if last.section is None else last.section
    row = last.row
    return encode_cursor(
        as_of.isoformat(), int(section), row.risk, row.due_at.isoformat(), str(row.reminder_id)
    )
