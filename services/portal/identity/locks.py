"""Locked accounts: after many wrong passwords in a row, only a browser that was let in before may
try on, until a lead or operations unlocks the account. Nobody edits a database for it."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, insert, select, update

from services.portal.identity import sessions
from services.portal.identity.counters import make_sure_of
from services.portal.identity.tables import device, lock
from shared.runtime import clock
from shared.runtime.db import Transaction

LOCKED_AFTER = 20
"""Wrong passwords or codes in a row; the waiting times make that take a quarter of an hour."""
DEVICE_KNOWN_FOR = timedelta(days=90)


async def is_locked(tx: Transaction, staff_id: UUID) -> bool:
    """Whether unknown browsers are turned away."""
    query = select(lock.c.locked_at).where(lock.c.staff_id == staff_id)
    return (await tx.session.execute(query)).scalar() is not None


async def locked(tx: Transaction) -> dict[UUID, datetime]:
    """Every locked account, and since when."""
    rows = await tx.session.execute(
        select(lock.c.staff_id, lock.c.locked_at).where(lock.c.locked_at.is_not(None))
    )
    return {row.staff_id: row.locked_at for row in rows}


async def count_failure(tx: Transaction, staff_id: UUID, *, now: datetime) -> None:
    """One more wrong try on this account."""
    await make_sure_of(tx, lock, [{"staff_id": staff_id, "failures": 0}])
    query = select(lock).where(lock.c.staff_id == staff_id).with_for_update()
    row = (await tx.session.execute(query)).one()
    failures = row.failures + 1
    closes = failures >= LOCKED_AFTER and row.locked_at is None
    change = update(lock).where(lock.c.staff_id == staff_id).values(failures=failures)
    await tx.session.execute(change.values(locked_at=now) if closes else change)
    if closes:
        tx.audit("account.locked", object=f"staff:{staff_id}", reason="wrong-passwords")


async def forgive(tx: Transaction, staff_id: UUID) -> None:
    """A right password: the count begins anew. A lock stays until somebody opens it."""
    await tx.session.execute(
        update(lock)
        .where(lock.c.staff_id == staff_id, lock.c.locked_at.is_(None))
        .values(failures=0)
    )


async def unlock(tx: Transaction, staff_id: UUID) -> None:
    """Let any browser try again."""
    await tx.session.execute(delete(lock).where(lock.c.staff_id == staff_id))
    tx.audit("account.unlocked", object=f"staff:{staff_id}")


async def remember(tx: Transaction, staff_id: UUID, *, now: datetime) -> str:
    """A secret for the browser that was just let in."""
    secret = clock.new_secret()
    await tx.session.execute(
        insert(device).values(secret_hash=sessions.digest(secret), staff_id=staff_id, seen_at=now)
    )
    return secret


async def is_known(tx: Transaction, staff_id: UUID, secret: str, *, now: datetime) -> bool:
    """Whether this browser was let in to this account lately."""
    query = select(device.c.staff_id).where(
        device.c.secret_hash == sessions.digest(secret),
        device.c.staff_id == staff_id,
        device.c.seen_at > now - DEVICE_KNOWN_FOR,
    )
    return bool(secret) and (await tx.session.execute(query)).first() is not None


async def sweep(tx: Transaction, *, now: datetime) -> None:
    """Forget browsers that have not been here for long."""
    await tx.session.execute(delete(device).where(device.c.seen_at < now - DEVICE_KNOWN_FOR))
