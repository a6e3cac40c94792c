"""The outbox: what is true here and may not yet be known elsewhere.

Rows are found by ``published_at IS NULL``, never by a cursor, because sequence numbers commit out
of order. Finding takes no lease: two relays may send the same row and the message id makes the
second copy vanish, which is cheaper than a commit per batch and strands nothing after a crash.
That they take turns only spares the broker the copies.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import any_ as any_of
from sqlalchemy import bindparam, exists, func, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.runtime.bulk import array_of
from shared.runtime.db import Database
from shared.runtime.tables import outbox

LONGEST_WAIT = timedelta(minutes=15)
_NOT_IN_TIME = "55P03"  # lock_timeout
_TURN = 0x72656C61  # one advisory lock per database, beside that of the audit chain


_earlier = outbox.alias("earlier")
_held_up = exists().where(
    _earlier.c.aggregate == outbox.c.aggregate,
    _earlier.c.version < outbox.c.version,
    _earlier.c.published_at.is_(None),
    _earlier.c.next_try_at > bindparam("now"),
)
_UNSENT = (
    select(
        outbox.c.seq,
        outbox.c.id,
        outbox.c.type,
        outbox.c.aggregate,
        outbox.c.body,
        outbox.c.attempts,
        outbox.c.next_try_at,
    )
    .where(outbox.c.published_at.is_(None), outbox.c.next_try_at <= bindparam("now"), ~_held_up)
    .order_by(outbox.c.seq)
    .limit(bindparam("limit"))
)
_PUT_OFF = (
    update(outbox)
    .where(outbox.c.seq == bindparam("refused"), outbox.c.published_at.is_(None))
    .values(
        attempts=outbox.c.attempts + 1,
        next_try_at=bindparam("next_try"),
        last_error=bindparam("error"),
    )
)


_TAKE_TURN = select(func.pg_advisory_lock(_TURN))
_PASS_ON = select(func.pg_advisory_unlock(_TURN))
_MARKED = update(outbox).values(published_at=bindparam("at"))
_SENT = _MARKED.where(outbox.c.seq == bindparam("sent"))
_ALL_SENT = _MARKED.where(outbox.c.seq == any_of(bindparam("sent", type_=array_of(outbox.c.seq))))


class Unsent(NamedTuple):
    """One row that has not been acknowledged by the broker. A tuple, for there may be thousands
    in a second."""

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


@asynccontextmanager
async def turn(db: Database) -> AsyncIterator[AsyncConnection | None]:
    """Wait until no other relay of this database is at it, and have the others wait meanwhile.

    After the time a connection waits for any lock it begins all the same: the other may hang, or
    have lost its host. The lock is that of the connection, which reads and marks the rows and is in
    no transaction meanwhile; None on SQLite, where one process relays.
    """
    if db.dialect == "sqlite":
        yield None
        return
    async with db.unbegun() as connection:
        had = await _waited(connection)
        try:
            yield connection
        finally:
            if had:
                await _passed_on(connection)


async def _waited(connection: AsyncConnection) -> bool:
    """Whether the turn is ours. The database tells, so that nobody asks again and again."""
    try:
        await connection.execute(_TAKE_TURN)
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != _NOT_IN_TIME:
            raise
        return False
    return True


async def _passed_on(connection: AsyncConnection) -> None:
    try:
        await connection.execute(_PASS_ON)
    except BaseException:  # it must not go back to the pool and hold up the others from there
        await connection.invalidate()
        raise


async def unsent(
    db: Database, *, now: datetime, limit: int, over: AsyncConnection | None = None
) -> tuple[Unsent, ...]:
    """Rows to publish at the real time ``now``, oldest first; ``over`` is that of the ``turn``.

    A row waits while an earlier one of its aggregate waits for its next try, so that one
    aggregate's facts leave in order and another's are not held up.
    """
    async with _connected(db, over) as connection:
        rows = await connection.execute(_UNSENT, {"now": now, "limit": limit})
        return tuple(map(Unsent._make, rows))


async def settle(
    db: Database,
    *,
    sent: Sequence[int],
    refused: Sequence[tuple[Unsent, str]],
    now: datetime,
    over: AsyncConnection | None = None,
) -> None:
    """Mark what the broker acknowledged, and put off what it refused by up to 15 minutes."""
    async with _connected(db, over) as connection:
        if sent and db.dialect == "sqlite":
            await connection.execute(_SENT, [{"sent": seq, "at": now} for seq in sent])
        elif sent:
            await connection.execute(_ALL_SENT, {"sent": list(sent), "at": now})
        for row, error in refused:
            wait = min(timedelta(seconds=2 ** min(row.attempts, 10)), LONGEST_WAIT)
            put_off = {"refused": row.seq, "next_try": now + wait, "error": error[:64]}
            await connection.execute(_PUT_OFF, put_off)


def _connected(
    db: Database, over: AsyncConnection | None
) -> AbstractAsyncContextManager[AsyncConnection]:
    return db.untimed() if over is None else nullcontext(over)


async def refill(
    db: Database, *, actor: str, reason: str, now: datetime, since: datetime | None = None
) -> int:
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
        tx.audit("outbox.refilled", object=f"outbox:{db.source}", reason=reason)
    db.committed.set()
    return count


async def backlog(db: Database) -> Backlog:
    """What is waiting to be published."""
    waiting = select(func.count(), func.min(outbox.c.next_try_at)).where(
        outbox.c.published_at.is_(None)
    )
    async with db.reading() as tx:
        return Backlog(*(await tx.session.execute(waiting)).one())
