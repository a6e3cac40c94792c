"""Forget the runtime's own rows when nothing can need them any more.

Published and applied events are kept for 35 days or as long as the deployer says: longer than the
broker's 30 and a backup's interval, so that a lost store can be refilled and what comes twice is
recognised. Answers to idempotency keys are kept for 7, or as long. The audit trail, parked events
and applied versions stay.

Of a person who was erased nothing is left in these rows that says who it was (``forget_person``).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Column, CursorResult, Delete, delete, select, tuple_, update

from shared.runtime.db import Database, Transaction
from shared.runtime.retention_file import Kept
from shared.runtime.tables import attempts, idempotency, inbox, outbox, parked

EVENTS = timedelta(days=35)
ANSWERS = timedelta(days=7)
BATCH = 500


@dataclass(frozen=True, slots=True)
class Periods:
    """How long the runtime's own rows are kept."""

    events: timedelta = EVENTS
    answers: timedelta = ANSWERS


def periods(kept: Kept) -> Periods:
    """As the deployer says."""
    return Periods(
        events=timedelta(days=kept.events.days) if kept.events else EVENTS,
        answers=timedelta(days=kept.answers.days) if kept.answers else ANSWERS,
    )


async def forget_old(db: Database, *, now: datetime, kept: Periods = Periods()) -> int:
    """Delete, in small transactions, what is too old at the real instant ``now``; how many rows."""
    gone = 0
    while batch := await _forget_batch(db, now=now, kept=kept):
        gone += batch
    return gone


async def _forget_batch(db: Database, *, now: datetime, kept: Periods) -> int:
    count = 0
    async with db.housekeeping() as tx:
        for statement in _statements(kept, now=now, demo_now=tx.now):
            count += cast("CursorResult[Any]", await tx.session.execute(statement)).rowcount
    return count


async def forget_person(tx: Transaction, person: UUID, *, told_in: str) -> None:
    """Remove what the runtime's own rows say of somebody erased: answers kept for a repeated
    request (in the clear, as an older release kept them), and the contents of parked events of the
    type that tells who people are."""
    about = (parked.c.subject == str(person)) & (parked.c.type == told_in)
    resolved = {
        "status": "discarded",
        "resolved_at": tx.now,
        "resolved_by": tx.actor,
        "resolution": "person-erased",
    }
    for statement in (
        delete(idempotency).where(idempotency.c.response.contains(str(person))),
        update(parked).where(about).values(body=b""),
        update(parked).where(about, parked.c.status == "parked").values(resolved),
    ):
        await tx.session.execute(statement)
    tx.audit("person.forgotten", object=f"patient:{person}", subject=person)


def _statements(kept: Periods, *, now: datetime, demo_now: datetime) -> Iterator[Delete]:
    yield _published_before(now - kept.events)
    yield _written_before(now - kept.events, inbox.c.received_at, inbox.c.event_id)
    yield _written_before(now - kept.events, attempts.c.first_at, attempts.c.event_id)
    yield _written_before(
        demo_now - kept.answers, idempotency.c.created_at, idempotency.c.actor, idempotency.c.key
    )


def _published_before(limit: datetime) -> Delete:
    """Looks at the oldest rows only: the time has no index, and the order of writing is near."""
    oldest = select(outbox.c.seq, outbox.c.published_at).order_by(outbox.c.seq).limit(BATCH)
    rows = oldest.subquery()
    return delete(outbox).where(
        outbox.c.seq.in_(select(rows.c.seq).where(rows.c.published_at < limit))
    )


def _written_before(limit: datetime, time: Column[Any], *key: Column[Any]) -> Delete:
    old = select(*key).where(time < limit).limit(BATCH)
    return delete(time.table).where(tuple_(*key).in_(old))
