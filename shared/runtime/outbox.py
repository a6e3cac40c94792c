"""The outbox: what is true here and may not yet be known elsewhere.

Rows are found by ``published_at IS NULL``, never by a cursor, because sequence numbers commit out
of order. Finding takes no lease: two relays may send the same row and the message id makes the
second copy vanish, which is cheaper than a commit per batch and strands nothing after a crash.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import and_, exists, func, select, update

from shared.runtime.db import Database
from shared.runtime.tables import outbox

LONGEST_WAIT = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Unsent:
    """One row that has not been acknowledged by the broker."""

    seq: int
    id: UUID
    type: str
    aggregate: str
    body: bytes
    attempts: int
    waiting_since: datetime


@dataclass(frozen=True, slots=True)
class Backlog:
    """How much is unpublished, and since when the oldest of it waits."""

    count: int
    since: datetime | None


async def unsent(db: Database, *, now: datetime, limit: int) -> tuple[Unsent, ...]:
    """Rows to publish at the real time ``now``, oldest first.

    A row waits while an earlier one of its aggregate waits for its next try, so that one
    aggregate's facts leave in order and another's are not held up.
    """
    earlier = outbox.alias("earlier")
    held_up = exists().where(
        earlier.c.aggregate == outbox.c.aggregate,
        earlier.c.version < outbox.c.version,
        earlier.c.published_at.is_(None),
        earlier.c.next_try_at > now,
    )
    query = (
        select(
            outbox.c.seq,
            outbox.c.id,
            outbox.c.type,
            outbox.c.aggregate,
            outbox.c.body,
            outbox.c.attempts,
            outbox.c.next_try_at,
        )
        .where(and_(outbox.c.published_at.is_(None), outbox.c.next_try_at <= now, ~held_up))
        .order_by(outbox.c.seq)
        .limit(limit)
    )
    async with db.reading() as tx:
        return tuple(Unsent(*row) for row in (await tx.session.execute(query)).all())


async def settle(
    db: Database, *, sent: Sequence[int], refused: Sequence[tuple[Unsent, str]], now: datetime
) -> None:
    """Mark what the broker acknowledged, and put off what it refused by up to 15 minutes."""
    async with db.housekeeping() as tx:
        if sent:
            mark = update(outbox).where(outbox.c.seq.in_(sent)).values(published_at=now)
            await tx.session.execute(mark)
        for row, error in refused:
            wait = min(timedelta(seconds=2 ** min(row.attempts, 10)), LONGEST_WAIT)
            put_off = (
                update(outbox)
                .where(outbox.c.seq == row.seq, outbox.c.published_at.is_(None))
                .values(
                    attempts=outbox.c.attempts + 1, next_try_at=now + wait, last_error=error[:64]
                )
            )
            await tx.session.execute(put_off)


async def refill(db: Database, *, actor: str, now: datetime, since: datetime | None = None) -> int:
    """Have everything published (since a real time) published again; how many rows that is.

    For a broker that lost its store. Ids stay the same, so whoever has an event drops it.
    """
    again = (
        update(outbox)
        .where(outbox.c.published_at.is_not(None))
        .values(published_at=None, next_try_at=now, attempts=0, last_error=None)
        .returning(outbox.c.seq)
    )
    if since is not None:
        again = again.where(outbox.c.published_at >= since)
    async with db.transaction(actor=actor) as tx:
        count = len((await tx.session.execute(again)).all())
        tx.audit("outbox.refilled", object=f"outbox:{db.source}")
    db.committed.set()
    return count


async def backlog(db: Database) -> Backlog:
    """What is waiting to be published."""
    waiting = select(func.count(), func.min(outbox.c.next_try_at)).where(
        outbox.c.published_at.is_(None)
    )
    async with db.reading() as tx:
        return Backlog(*(await tx.session.execute(waiting)).one())
