"""The routes every service has: probes, metrics, demo clock, parked events, audit."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal, Protocol
from uuid import UUID

import prometheus_client
from aiohttp import web
from pydantic import AwareDatetime, Field
from sqlalchemy import Row, func, insert, select, update

from shared.api.body import Page
from shared.api.identity import Role
from shared.api.operations import (
    AuditEntryBody,
    AuditVerdict,
    ClockBody,
    OperationsBody,
    ParkedBody,
    Refill,
    Refilled,
    Resolve,
    SetClock,
)
from shared.runtime import audit_check, clock, four_eyes
from shared.runtime.anchors import Anchors
from shared.runtime.db import Database, Transaction
from shared.runtime.http.paging import PageQuery, decode_cursor, encode_cursor
from shared.runtime.http.problems import ApiError
from shared.runtime.http.router import Api, Call, Mode
from shared.runtime.inbox import NotParked, StillFails
from shared.runtime.keys_guard import KeysGuard
from shared.runtime.outage import DatabaseAway
from shared.runtime.outbox import refill
from shared.runtime.tables import audit as audit_table
from shared.runtime.tables import clock as clock_table
from shared.runtime.tables import heartbeat, outbox, parked
from shared.runtime.ticker import Ticker

READY_S = 1.0
KEYS_ARE = "person keys"
"""How a service begins to say that it is not well for want of them. It serves all the same."""
RESOLVERS = frozenset({Role.OPERATIONS, Role.LEAD})
"""Who deals with parked events; some acts need two of them."""
PLANS = "treatment"
"""The service whose events about a person may change a plan."""
EVERYONE = frozenset(role for role in Role if role is not Role.SERVICE)


class Link(Protocol):
    """The service's connection to the broker, as operations see it."""

    async def pending(self) -> int | None:
        """Events waiting for this service in the broker; None while it cannot be asked."""
        ...

    async def replay(self, parked_id: UUID, *, actor: str, reason: str) -> None:
        """Apply a parked event again through the ordinary path and mark it replayed."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """What operations need to know of a running service."""

    db: Database
    link: Link
    ticker: Ticker
    release: str
    instance: str
    schema_version: str | None
    demo: bool
    next_due: Callable[[Transaction], Awaitable[datetime | None]] | None
    anchors: Anchors
    keys_guard: KeysGuard | None = None
    """For a service that keeps who people are."""

    @property
    def keys_trouble(self) -> str:
        """What is wrong with people's keys; nothing when all is well, or where there are none."""
        return self.keys_guard.trouble if self.keys_guard else ""


def add_probes(app: web.Application, at: Installation) -> None:
    """Liveness, readiness and metrics, open to whoever reaches the port."""

    async def live(_request: web.Request) -> web.Response:
        return web.json_response({"status": "alive"})

    async def ready(_request: web.Request) -> web.Response:
        # Left to end by itself: a transaction cut off in the middle may keep SQLite's lock.
        answering = asyncio.ensure_future(_answers(at.db))
        done, _ = await asyncio.wait({answering}, timeout=READY_S)
        if not done or not answering.result():
            return web.json_response({"status": "database unavailable"}, status=503)
        if not at.db.guard.is_ready:
            return web.json_response({"status": "clocks disagree"}, status=503)
        if trouble := at.keys_trouble:
            return web.json_response({"status": f"{KEYS_ARE} {trouble}"}, status=503)
        return web.json_response({"status": "ready"})

    async def metrics(_request: web.Request) -> web.Response:
        page = prometheus_client.generate_latest()
        return web.Response(
            body=page, headers={"Content-Type": prometheus_client.CONTENT_TYPE_LATEST}
        )

    app.router.add_get("/health/live", live)
    app.router.add_get("/health/ready", ready)
    app.router.add_get("/metrics", metrics)


async def _answers(db: Database) -> bool:
    try:
        async with db.reading():
            return True
    except DatabaseAway:
        return False


def add_operations(api: Api, at: Installation) -> None:
    """The typed routes for operations and auditors."""
    _add_clock(api, at)
    _add_state(api, at)
    _add_parked(api, at)
    _add_audit(api, at)


def _add_clock(api: Api, at: Installation) -> None:
    async def told(tx: Transaction) -> ClockBody:
        return ClockBody(
            now=tx.now,
            offset_seconds=await _offset(tx),
            next_due=await at.next_due(tx) if at.next_due else None,
            unpublished=await _unpublished(tx),
            pending=await at.link.pending() or 0,
        )

    @api.get("/api/v1/clock", roles=EVERYONE)
    async def read_clock(call: Call) -> ClockBody:
        """The service's time, and whether everything up to it has been dealt with."""
        return await told(call.tx)

    @api.put("/api/v1/clock", roles={Role.OPERATIONS}, mode=Mode.OPENS_ITS_OWN, raises=(409,))
    async def set_clock(call: Call, body: SetClock) -> ClockBody:
        """Move the demo clock forward and do at once what is then due."""
        if not at.demo:
            raise ApiError(409, "not-a-demo", "The clock can be moved in demo mode only.")
        async with at.db.transaction(actor=call.principal.actor) as tx:
            await _move(tx, body.offset_seconds)
            tx.audit("clock.moved", object=f"clock:{api.service}")
        await at.ticker.run_now()
        async with at.db.reading() as tx:
            return await told(tx)


async def _move(tx: Transaction, offset_seconds: int) -> None:
    current = (await tx.session.execute(select(clock_table.c.offset_seconds))).scalar()
    if current is None:
        new = insert(clock_table).values(id=1, offset_seconds=offset_seconds)
        await tx.session.execute(new)
        return
    if offset_seconds < current:
        raise ApiError(409, "clock-backwards", "The demo clock never moves back.")
    await tx.session.execute(update(clock_table).values(offset_seconds=offset_seconds))


def _add_state(api: Api, at: Installation) -> None:
    @api.get("/api/v1/operations", roles={Role.OPERATIONS, Role.LEAD})
    async def read_operations(call: Call) -> OperationsBody:
        """How this service is doing."""
        oldest = select(func.min(outbox.c.next_try_at)).where(outbox.c.published_at.is_(None))
        waiting_since = (await call.tx.session.execute(oldest)).scalar()
        beat = (await call.tx.session.execute(_LAST_BEAT)).first()
        count = select(func.count()).select_from(parked).where(parked.c.status == "parked")
        age = None if waiting_since is None else clock.real_now() - waiting_since
        return OperationsBody(
            service=api.service,
            release=at.release,
            instance=at.instance,
            schema_version=at.schema_version,
            demo=at.demo,
            now=call.tx.now,
            offset_seconds=await _offset(call.tx),
            unpublished=await _unpublished(call.tx),
            oldest_unpublished_s=None if age is None else max(0.0, age.total_seconds()),
            pending=await at.link.pending(),
            parked=(await call.tx.session.execute(count)).scalar_one(),
            last_tick_at=beat.at if beat else None,
            oldest_due_at=beat.oldest_due_at if beat else None,
            clock_suspect=at.db.guard.is_suspect,
            person_keys=at.keys_trouble,
        )

    @api.post("/api/v1/outbox/refill", roles={Role.OPERATIONS}, mode=Mode.OPENS_ITS_OWN)
    async def refill_broker(call: Call, body: Refill) -> Refilled:
        """Publish again what was published before, for a broker that lost its store."""
        events = await refill(
            at.db,
            actor=call.principal.actor,
            reason=body.reason,
            now=clock.real_now(),
            since=body.since,
        )
        return Refilled(service=api.service, events=events)


def _add_parked(api: Api, at: Installation) -> None:
    @api.get("/api/v1/parked", roles=RESOLVERS)
    async def list_parked(call: Call, query: ParkedQuery) -> Page[ParkedBody]:
        """Events this service could not apply, newest first, without their contents."""
        after = decode_cursor(query.cursor, datetime, UUID)
        rows = (
            select(parked).order_by(parked.c.parked_at.desc(), parked.c.id).limit(query.limit + 1)
        )
        if query.status:
            rows = rows.where(parked.c.status == query.status)
        if after:
            at_, id_ = after
            older = (parked.c.parked_at < at_) | ((parked.c.parked_at == at_) & (parked.c.id > id_))
            rows = rows.where(older)
        found = (await call.tx.session.execute(rows)).all()
        items = await _bodies(call.tx, found[: query.limit])
        more = len(found) > query.limit
        last = items[-1] if more else None
        cursor = encode_cursor(last.parked_at.isoformat(), str(last.id)) if last else None
        return Page(items=items, next=cursor)

    @api.post(
        "/api/v1/parked/{parked_id}/replay",
        roles=RESOLVERS,
        mode=Mode.OPENS_ITS_OWN,
        raises=(403, 404, 409),
    )
    async def replay_parked(call: Call, parked_id: UUID, body: Resolve) -> ParkedBody:
        """Apply the event again through the ordinary path, once. One that may change a plan is
        proposed first, and applied when a second person asks for the same."""
        actor = call.principal.actor
        async with at.db.transaction(actor=actor) as tx:
            row = await _require_parked(tx, parked_id)
            changes_plans = api.service == PLANS and row.subject is not None
            if changes_plans and not await _agreed(tx, "replay", parked_id, body.reason):
                return await _parked(tx, parked_id, proposed=("replay", actor))
        await _replay(at.link, parked_id, actor=actor, reason=body.reason)
        async with at.db.reading() as tx:
            return await _parked(tx, parked_id)

    @api.post("/api/v1/parked/{parked_id}/discard", roles=RESOLVERS, raises=(403, 404, 409))
    async def discard_parked(call: Call, parked_id: UUID, body: Resolve) -> ParkedBody:
        """Give the event up, with a reason: proposed by one person, done by a second."""
        await _require_parked(call.tx, parked_id)
        if not await _agreed(call.tx, "discard", parked_id, body.reason):
            return await _parked(call.tx, parked_id, proposed=("discard", call.tx.actor))
        await call.tx.session.execute(
            update(parked)
            .where(parked.c.id == parked_id)
            .values(
                status="discarded",
                resolved_at=call.tx.now,
                resolved_by=call.tx.actor,
                resolution=body.reason,
            )
        )
        call.tx.audit("parked.discarded", object=f"parked:{parked_id}", reason=body.reason)
        return await _parked(call.tx, parked_id)


async def _agreed(tx: Transaction, act: str, parked_id: UUID, reason: str) -> bool:
    try:
        return await four_eyes.agreed(
            tx, f"parked.{act}", about=f"parked:{parked_id}", reason=reason
        )
    except four_eyes.FourEyes as error:
        raise ApiError(403, "four-eyes", str(error)) from error


async def _replay(link: Link, parked_id: UUID, *, actor: str, reason: str) -> None:
    try:
        await link.replay(parked_id, actor=actor, reason=reason)
    except NotParked as error:
        raise ApiError(409, "already-resolved", "Somebody resolved this event.") from error
    except StillFails as error:
        detail = f"The event failed again ({error}); it stays parked."
        raise ApiError(409, "still-fails", detail) from error


class ParkedQuery(PageQuery):
    """``status``: those that wait for a person, or what became of the others; all without it."""

    status: Literal["parked", "replayed", "discarded"] | None = None


class AuditQuery(PageQuery):
    """Which entries: of one patient, by one actor, of one action, from ``since`` until before
    ``until``."""

    subject: UUID | None = None
    actor: Annotated[str, Field(max_length=96)] | None = None
    action: Annotated[str, Field(max_length=128)] | None = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None


def _add_audit(api: Api, at: Installation) -> None:
    @api.get("/api/v1/audit/verify", roles={Role.AUDITOR, Role.OPERATIONS}, mode=Mode.OPENS_ITS_OWN)
    async def verify_audit(_call: Call) -> AuditVerdict:
        """Walk the audit chain, compare it with its anchors, and name every broken place."""
        verdict = await audit_check.check(at.db, anchors=at.anchors)
        return AuditVerdict(
            service=api.service,
            entries=verdict.entries,
            head=verdict.head,
            anchors=verdict.anchors,
            intact=not verdict.broken,
            broken=verdict.broken[:100],
        )

    @api.get("/api/v1/audit", roles={Role.AUDITOR})
    async def read_audit(call: Call, query: AuditQuery) -> Page[AuditEntryBody]:
        """The trail, newest first."""
        rows = select(audit_table).order_by(audit_table.c.seq.desc()).limit(query.limit + 1)
        if after := decode_cursor(query.cursor, int):
            rows = rows.where(audit_table.c.seq < after[0])
        for name in ("subject", "actor", "action"):
            if (wanted := getattr(query, name)) is not None:
                rows = rows.where(audit_table.c[name] == str(wanted))
        if query.since is not None:
            rows = rows.where(audit_table.c.at >= query.since)
        if query.until is not None:
            rows = rows.where(audit_table.c.at < query.until)
        call.tx.audit("audit.read", object=f"audit:{api.service}", subject=query.subject)
        found = (await call.tx.session.execute(rows)).all()
        items = tuple(
            AuditEntryBody(**{name: getattr(row, name) for name in AuditEntryBody.model_fields})
            for row in found[: query.limit]
        )
        more = len(found) > query.limit
        return Page(items=items, next=encode_cursor(items[-1].seq) if more else None)


_PARKED_FIELDS = tuple(set(ParkedBody.model_fields) - {"proposed", "proposed_by"})
_LAST_BEAT = select(heartbeat).order_by(heartbeat.c.at.desc()).limit(1)


async def _offset(tx: Transaction) -> int:
    found = (await tx.session.execute(select(clock_table.c.offset_seconds))).scalar()
    return found or 0


async def _unpublished(tx: Transaction) -> int:
    waiting = select(func.count()).select_from(outbox).where(outbox.c.published_at.is_(None))
    return (await tx.session.execute(waiting)).scalar_one()


async def _parked(
    tx: Transaction, parked_id: UUID, *, proposed: tuple[str, str] | None = None
) -> ParkedBody:
    """One parked event; ``proposed`` just now: the act and by whom."""
    row = await _row(tx, parked_id)
    (body,) = await _bodies(tx, [row])
    if proposed is None:
        return body
    return body.model_copy(update={"proposed": proposed[0], "proposed_by": proposed[1]})


async def _row(tx: Transaction, parked_id: UUID) -> Row[Any]:
    row = (await tx.session.execute(select(parked).where(parked.c.id == parked_id))).first()
    if row is None:
        raise ApiError(404, "unknown-parked-event", "There is no such parked event.")
    return row


async def _bodies(tx: Transaction, rows: Sequence[Row[Any]]) -> tuple[ParkedBody, ...]:
    waiting = [f"parked:{row.id}" for row in rows if row.status == "parked"]
    wanted = await four_eyes.proposals(tx, waiting) if waiting else {}
    bodies = []
    for row in rows:
        proposal = wanted.get(f"parked:{row.id}")
        said = {name: getattr(row, name) for name in _PARKED_FIELDS}
        if proposal is not None:
            said |= {
                "proposed": proposal.act.removeprefix("parked."),
                "proposed_by": proposal.by,
            }
        bodies.append(ParkedBody.model_validate(said))
    return tuple(bodies)


async def _require_parked(tx: Transaction, parked_id: UUID) -> Row[Any]:
    row = await _row(tx, parked_id)
    if row.status != "parked":
        raise ApiError(409, "already-resolved", f"This event was already {row.status}.")
    return row
