"""The inbox: a foreign event takes effect here once, or is parked for a person to resolve.

The mark, the effect, the effect's own facts and the audit entries commit in one transaction.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid5

import pydantic
from pydantic_core import from_json
from sqlalchemy import Executable, Row, Table, and_, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from shared.events import MislabelledFact, UnknownFact, decode
from shared.events.envelope import MAX_BYTES, AnyEvent, Event, Fact
from shared.runtime import clock, epochs, tracing
from shared.runtime.db import Cause, Database, Transaction
from shared.runtime.epochs import Heard
from shared.runtime.outage import TRANSIENT
from shared.runtime.tables import applied, attempts, inbox, parked

HANDLER_S = 20.0
MOST_TRIES = 8
LONGEST_TRYING = timedelta(minutes=15)
LONGEST_DELAY_S = 60.0
_PARKED = UUID("b1f4a1de-5a0f-4a27-9d0c-3f1b6b1f7f6a")

Handler = Callable[[Transaction, Event[Any]], Awaitable[None]]
Subscriptions = Mapping[type[Fact], Handler]
Received = tuple[AnyEvent, bytes]
"""An event and the bytes it came in."""


class Outcome(StrEnum):
    """What became of an event: ``SUPERSEDED`` means a later state of it is already here, ``LOST``
    that it belongs to a history its owner was restored from, and was set aside."""

    APPLIED = "applied"
    DUPLICATE = "duplicate"
    SUPERSEDED = "superseded"
    LOST = "lost-history"


class Unacceptable(Exception):
    """This event can never be applied as it is; ``reason`` is the code it is parked under.

    A handler raises it too, when no retry would help.
    """

    def __init__(self, reason: str, error: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.error = error or reason


class NotParked(Exception):
    """No event is parked under this id, or a person has resolved it already."""


class StillFails(Exception):
    """A parked event failed again; the message is the error's type."""


@dataclass(frozen=True, slots=True)
class Failure:
    """How often an event failed here and whether to give up; ``delay_s`` until the next try."""

    tries: int
    exhausted: bool
    delay_s: float


@dataclass(frozen=True, slots=True)
class Statements:
    """The inbox's statements on one engine, built once: building costs as much as running."""

    mark: Executable
    advance: Executable
    count: Executable
    park: Executable


def _statements(insert: Callable[[Table], Any]) -> Statements:
    advance, count = insert(applied), insert(attempts)
    return Statements(
        mark=insert(inbox).on_conflict_do_nothing().returning(inbox.c.event_id),
        advance=advance.on_conflict_do_update(
            index_elements=["aggregate"],
            set_={
                name: advance.excluded[name]
                for name in ("version", "epoch", "type", "subject", "at")
            },
            where=or_(
                applied.c.epoch < advance.excluded.epoch,
                and_(
                    applied.c.epoch == advance.excluded.epoch,
                    applied.c.version < advance.excluded.version,
                ),
            ),
        ).returning(applied.c.aggregate),
        count=count.on_conflict_do_update(
            index_elements=["event_id"],
            set_={"tries": attempts.c.tries + 1, "last_error": count.excluded.last_error},
        ).returning(attempts.c.tries, attempts.c.first_at),
        park=insert(parked).on_conflict_do_nothing(),
    )


STATEMENTS = {
    "sqlite": _statements(sqlite.insert),
    "postgresql": _statements(postgresql.insert),
}


class _NothingNew(Exception):
    def __init__(self, outcomes: Sequence[Outcome]) -> None:
        super().__init__(outcomes)
        self.outcomes = outcomes


class Inbox:
    """Applies events to one service's database through its handlers."""

    def __init__(self, db: Database, subscriptions: Subscriptions) -> None:
        self.db = db
        self._handlers = {fact.TYPE: handler for fact, handler in subscriptions.items()}
        self._sql = STATEMENTS[db.dialect]

    def read(self, type_: str, body: bytes) -> AnyEvent:
        """Decode what came in on the subject ``type_``.

        Raises:
            Unacceptable: it is not an event this service can apply.
        """
        if len(body) > MAX_BYTES:
            raise Unacceptable("oversized")
        try:
            event = decode(type_, body)
        except UnknownFact as error:
            raise Unacceptable("unknown-type") from error
        except MislabelledFact as error:
            raise Unacceptable("mislabelled") from error
        except pydantic.ValidationError as error:
            raise Unacceptable("undecodable", _field_at_fault(error)) from error
        if event.source != f"/mooring/{event.data.owner()}":
            raise Unacceptable("foreign-source")
        if _uuid(event.subject) is None:
            raise Unacceptable("undecodable", "subject is not an id")
        if type_ not in self._handlers:
            raise Unacceptable("no-handler")
        return event

    async def apply(self, event: AnyEvent, body: bytes) -> Outcome:
        """Let an event take effect, once.

        Raises:
            Unacceptable: the handler says so, or this id came before with another body.
            Exception: whatever the handler or the database raised; nothing was changed.
        """
        (outcome,) = await self.apply_together(((event, body),), within_s=HANDLER_S)
        return outcome

    async def apply_together(
        self, deliveries: Sequence[Received], *, within_s: float
    ) -> Sequence[Outcome]:
        """Let events of different aggregates take effect, each once, in one commit: all or none.

        ``within_s`` bounds their handlers, not the commit.

        Raises:
            Unacceptable, Exception: as above, because of any of them.
        """
        causes = [_cause(event, actor=f"service:{self.db.source}") for event, _ in deliveries]
        try:
            async with self.db.transactions(causes) as txs:
                heard = await epochs.hear(txs, deliveries)
                outcomes = await self._effects(txs, deliveries, heard, within_s=within_s)
                if Outcome.APPLIED not in outcomes and not heard.wrote:
                    raise _NothingNew(outcomes)
        except _NothingNew as nothing:
            return nothing.outcomes
        return outcomes

    async def failed(self, event: AnyEvent, error: str, *, jitter: float) -> Failure:
        """Count a failed try. ``jitter`` from 0 to 1 spreads the retries by up to a second."""
        now = clock.real_now()
        row = {"event_id": event.id, "tries": 1, "first_at": now, "last_error": error[:64]}
        async with self.db.housekeeping() as tx:
            tries, first_at = (await tx.session.execute(self._sql.count, row)).one()
        return Failure(
            tries=tries,
            exhausted=tries >= MOST_TRIES or now - first_at >= LONGEST_TRYING,
            delay_s=min(2.0**tries, LONGEST_DELAY_S) + jitter,
        )

    async def park(
        self, type_: str, body: bytes, *, reason: str, error: str, tries: int = 0
    ) -> None:
        """Keep an event for a person to resolve. Parking the same bytes again changes nothing."""
        parked_id = uuid5(_PARKED, f"{type_} {hashlib.sha256(body).hexdigest()}")
        event_id, subject = _who(body)
        row = {
            "id": parked_id,
            "event_id": event_id,
            "type": type_[:128],
            "subject": None if subject is None else str(subject),
            "body": body,
            "reason": reason,
            "error": error[:64],
            "tries": tries,
        }
        async with self.db.transaction(actor=f"service:{self.db.source}") as tx:
            await tx.session.execute(self._sql.park, row | {"parked_at": tx.now})
            tx.audit("event.parked", object=f"parked:{parked_id}", subject=subject, reason=reason)

    async def replay(self, parked_id: UUID, *, actor: str, reason: str) -> Outcome:
        """Apply a parked event through the ordinary path and resolve it, in one transaction.

        Raises:
            NotParked: there is nothing to replay.
            StillFails: it cannot be applied now either, and stays parked.
        """
        row = await self._parked(parked_id)
        try:
            event = self.read(row.type, row.body)
            async with self.db.transactions((_cause(event, actor=actor),)) as (tx,):
                received = ((event, row.body),)
                heard = await epochs.hear((tx,), received)
                (outcome,) = await self._effects((tx,), received, heard, within_s=HANDLER_S)
                if outcome is Outcome.LOST:
                    raise Unacceptable(outcome)
                await _resolve(tx, parked_id, reason)
        except (NotParked, *TRANSIENT):
            raise
        except Exception as error:
            raise StillFails(type(error).__name__) from error
        return outcome

    async def count_parked(self) -> int:
        """How many events wait for a person."""
        count = select(func.count()).select_from(parked).where(parked.c.status == "parked")
        async with self.db.reading() as tx:
            return (await tx.session.execute(count)).scalar_one()

    async def _parked(self, parked_id: UUID) -> Row[Any]:
        query = select(parked).where(parked.c.id == parked_id, parked.c.status == "parked")
        async with self.db.reading() as tx:
            row = (await tx.session.execute(query)).first()
        if row is None:
            raise NotParked(str(parked_id))
        return row

    async def _effects(
        self,
        txs: Sequence[Transaction],
        deliveries: Sequence[Received],
        heard: Heard,
        *,
        within_s: float,
    ) -> Sequence[Outcome]:
        session = txs[0].session
        settled = heard.same | heard.lost
        open_ = [event for event, _ in deliveries if event.id not in settled]
        later = await self._advance(session, open_, at=txs[0].now) if open_ else frozenset()
        new = await self._mark(session, [d for d in deliveries if d[0].id in later])
        stale = [event.id for event, _ in deliveries if event.id not in new]
        known = await _digests(session, stale) if stale else {}
        outcomes = []
        async with asyncio.timeout(within_s):  # around the handlers only, never around a commit
            for tx, (event, body) in zip(txs, deliveries, strict=True):
                if event.id in settled:
                    is_lost = event.id in heard.lost
                    outcomes.append(Outcome.LOST if is_lost else Outcome.DUPLICATE)
                elif event.id in new:
                    await self._effect(tx, event)
                    outcomes.append(Outcome.APPLIED)
                else:
                    outcomes.append(_why_stale(known.get(event.id), body))
        return outcomes

    async def _effect(self, tx: Transaction, event: AnyEvent) -> None:
        with tracing.span(f"apply {event.type}", kind="CONSUMER", parent=event.traceparent):
            await self._handlers[event.type](tx, event)
        tx.audit(
            "event.applied",
            object=event.aggregate,
            version=event.version,
            subject=UUID(event.subject),
            reason=event.type,
        )

    async def _advance(
        self, session: AsyncSession, events: Sequence[AnyEvent], *, at: datetime
    ) -> Set[UUID]:
        """Move each aggregate to its event's version; the events that were not there already."""
        rows = [
            {
                "aggregate": event.aggregate,
                "version": event.version,
                "epoch": event.epoch,
                "type": event.type,
                "subject": event.subject,
                "at": at,
            }
            for event in events
        ]
        moved = set((await session.execute(self._sql.advance, rows)).scalars())
        return {event.id for event in events if event.aggregate in moved}

    async def _mark(self, session: AsyncSession, deliveries: Sequence[Received]) -> Set[UUID]:
        """Note the events as received; the ids that were never seen before."""
        if not deliveries:
            return frozenset()
        now = clock.real_now()
        rows = [
            {
                "event_id": event.id,
                "type": event.type,
                "body_sha256": hashlib.sha256(body).digest(),
                "received_at": now,
            }
            for event, body in deliveries
        ]
        return set((await session.execute(self._sql.mark, rows)).scalars())


def _cause(event: AnyEvent, *, actor: str) -> Cause:
    return Cause(
        actor=actor,
        correlation_id=event.correlationid,
        causation_id=str(event.id),
        traceparent=event.traceparent,
    )


async def _digests(session: AsyncSession, event_ids: Sequence[UUID]) -> Mapping[UUID, bytes]:
    query = select(inbox.c.event_id, inbox.c.body_sha256).where(inbox.c.event_id.in_(event_ids))
    return {row.event_id: row.body_sha256 for row in await session.execute(query)}


def _why_stale(digest: bytes | None, body: bytes) -> Outcome:
    """Why an event had no effect; ``digest`` is that of the body its id came with before.

    Raises:
        Unacceptable: the same id came with another body.
    """
    if digest is None:
        return Outcome.SUPERSEDED
    if digest != hashlib.sha256(body).digest():
        raise Unacceptable("conflicting-body")
    return Outcome.DUPLICATE


async def _resolve(tx: Transaction, parked_id: UUID, reason: str) -> None:
    replayed = (
        update(parked)
        .where(parked.c.id == parked_id, parked.c.status == "parked")
        .values(status="replayed", resolved_at=tx.now, resolved_by=tx.actor, resolution=reason[:64])
        .returning(parked.c.id)
    )
    if (await tx.session.execute(replayed)).first() is None:
        raise NotParked(str(parked_id))
    tx.audit("parked.replayed", object=f"parked:{parked_id}", reason=reason)


def _field_at_fault(error: pydantic.ValidationError) -> str:
    """Where and what kind, never the value, which may be about a person."""
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    return f"{first['type']} at {'.'.join(map(str, first['loc']))}"


def _who(body: bytes) -> tuple[UUID | None, UUID | None]:
    """The event's id and the person it is about, as far as a broken envelope still tells."""
    try:
        envelope = from_json(body)
    except ValueError:
        return None, None
    if not isinstance(envelope, dict):
        return None, None
    return _uuid(envelope.get("id")), _uuid(envelope.get("subject"))


def _uuid(value: object) -> UUID | None:
    try:
        return UUID(str(value))
    except ValueError:
        return None
