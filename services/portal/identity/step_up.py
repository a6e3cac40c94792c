"""A fresh sign-in at the provider that one session holds, to sign with in place of a password.

It is kept in the session's own row: no other session has it, and it ends with this one. Times are
real, like those of sessions.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Update, and_, select, update

from services.portal.identity import sessions
from services.portal.identity.tables import session as table
from shared.runtime.db import Transaction

LIFETIME = timedelta(minutes=5)
"""How long after the sign-in it may be signed with: enough to come back and read once more what
is signed, and no longer than a signature itself lives."""


def shown(at: datetime | None, *, real_now: datetime, now: datetime) -> datetime | None:
    """When it was by the clock of ``now``, which a demo moves, if it still serves at all."""
    if at is None or real_now - at >= LIFETIME:
        return None
    return now - (real_now - at)


async def owner(tx: Transaction, session_hash: str) -> UUID | None:
    """Whose session it is, if it still is one."""
    query = select(table.c.staff_id).where(table.c.secret_hash == session_hash)
    found: UUID | None = (await tx.session.execute(query)).scalar()
    return found


async def grant(tx: Transaction, session_hash: str, *, at: datetime, now: datetime) -> bool:
    """Give it to this session alone, unless that is over."""
    given = update(table).where(table.c.secret_hash == session_hash, _is_live(now))
    return await _did(tx, given.values(stepped_up_at=at))


async def use(tx: Transaction, secret: str, staff_id: UUID, *, now: datetime) -> bool:
    """Use it up. Of two at the same moment one has it: the row changes only while it is there."""
    is_theirs = and_(
        table.c.secret_hash == sessions.digest(secret),
        table.c.staff_id == staff_id,
        table.c.stepped_up_at > now - LIFETIME,
    )
    return await _did(tx, update(table).where(is_theirs, _is_live(now)).values(stepped_up_at=None))


async def _did(tx: Transaction, change: Update) -> bool:
    rows = await tx.session.execute(change.returning(table.c.secret_hash))
    return rows.first() is not None


def _is_live(now: datetime) -> ColumnElement[bool]:
    return and_(
        table.c.ended_at.is_(None),
        table.c.awaits_code.is_(False),
        table.c.seen_at > now - sessions.IDLE_LIMIT,
        table.c.started_at > now - sessions.ABSOLUTE_LIMIT,
    )
