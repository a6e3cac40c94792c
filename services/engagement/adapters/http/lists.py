"""What is due, in the order it should be read."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.engagement.adapters.access import medicines_for, viewer
from services.engagement.adapters.bodies import SECTIONS, key_body, reminder_body
from services.engagement.adapters.db import SqlWork
from services.engagement.adapters.http.seen import last_beat
from services.engagement.application.keep_rota import called
from services.engagement.application.ports import Listed, Wanted
from services.engagement.application.surroundings import on_call_now
from services.engagement.domain.obligation import Key
from services.engagement.domain.rules import Rules
from services.engagement.domain.worklist import Section
from shared.api.body import Page
from shared.api.engagement import (
    KnownKeys,
    ReminderBody,
    Scope,
    Worklist,
    WorklistQuery,
    WorklistSearch,
)
from shared.api.identity import CLINICIANS
from shared.runtime.http import Api, Call, Mode, decode_cursor, encode_cursor

_SECTION = {api: section for section, api in SECTIONS.items()}


def add_lists(api: Api, rules: Rules) -> None:
    """Add this file's routes."""

    @api.get("/api/v1/worklist", roles=CLINICIANS, raises=(422,))
    async def read_worklist(call: Call, query: WorklistQuery) -> Worklist:
        """What is due, in the order it should be read."""
        person = None if query.patient_id is None else frozenset({query.patient_id})
        return await _read(call, query, rules, person)

    @api.post("/api/v1/worklist/search", roles=CLINICIANS, mode=Mode.READS, raises=(422,))
    async def search_worklist(call: Call, body: WorklistSearch) -> Worklist:
        """The same list, narrowed to people by the beginning of a name."""
        who = viewer(call)
        work = SqlWork(call.tx, rules)
        found = await work.patients.named(body.name, staff_id=who.staff_id, teams=who.teams)
        person = found if body.patient_id is None else found & {body.patient_id}
        return await _read(call, body, rules, person)

    @api.post("/api/v1/worklist/known", roles=CLINICIANS, mode=Mode.READS, raises=(422,))
    async def read_known(call: Call, body: KnownKeys) -> Page[ReminderBody]:
        """How the reminders of these keys stand; a key nobody knows is left out."""
        work = SqlWork(call.tx, rules)
        keys = {Key(*(getattr(key, name) for name in Key._fields)) for key in body.keys}
        found = await work.reminders.of_keys(keys, viewer(call), call.tx.now)
        items = tuple(
            reminder_body(row, rules.kinds, call.tx.now, medicines=medicines_for(call))
            for row in found
        )
        _audit_look(call, items)
        return Page(items=items)


async def _read(
    call: Call, query: WorklistQuery, rules: Rules, people: frozenset[UUID] | None
) -> Worklist:
    work = SqlWork(call.tx, rules)
    position = decode_cursor(query.cursor, datetime, int, int, datetime, UUID)
    as_of = min(position[0], call.tx.now) if position else call.tx.now
    mine = query.scope is Scope.MINE
    on_call = await on_call_now(work, rules=rules, now=call.tx.now) if mine else {}
    who = called(viewer(call), on_call) if mine else viewer(call)
    wanted = Wanted(
        viewer=who,
        mine=mine,
        as_of=as_of,
        section=None if query.section is None else _SECTION[query.section],
        patients=people,
        action=query.action,
        free=query.free,
        after=position[1:] if position else None,
        limit=query.limit + 1,
    )
    found = await work.reminders.listed(wanted)
    counts = await work.reminders.counts(wanted) if query.counted else {}
    items = tuple(
        reminder_body(row, rules.kinds, call.tx.now, on_call, medicines=medicines_for(call))
        for row in found[: query.limit]
    )
    _audit_look(call, items)
    keys = await work.reminders.keys_on_list(who, as_of) if query.beyond else ()
    shown = {row.row.key for row in found[: query.limit]}
    beat = await last_beat(call.tx)
    return Worklist(
        items=items,
        next=_next_on_list(found, query.limit, as_of),
        as_of=as_of,
        counts={SECTIONS[section]: count for section, count in counts.items()},
        engine_seen_at=beat.seen_at,
        oldest_due_at=beat.oldest_due_at,
        beyond=tuple(key_body(key) for key in keys if key not in shown),
    )


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
