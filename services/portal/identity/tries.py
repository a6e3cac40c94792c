"""Counting sign-in attempts, so that guessing passwords gets slow."""

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update

from services.portal.identity import throttle
from services.portal.identity.counters import make_sure_of
from services.portal.identity.tables import tries as table
from services.portal.identity.throttle import Tries
from shared.runtime.db import Transaction

_FREE_AT_ONE_PLACE = 5
_FREE_FOR_ONE_ADDRESS = 20
_FREE_FOR_ONE_NAME = 50


def places(username: str, address: str) -> dict[str, int]:
    """Where an attempt counts, and how many are free there. Hashed, because somebody may have
    typed a password into the wrong field."""
    name = username.strip().lower()
    keys = {
        f"both {name} {address}": _FREE_AT_ONE_PLACE,
        f"address {address}": _FREE_FOR_ONE_ADDRESS,
        f"name {name}": _FREE_FOR_ONE_NAME,
    }
    return {hashlib.sha256(key.encode()).hexdigest(): free for key, free in keys.items()}


async def count(tx: Transaction, at: dict[str, int], *, now: datetime) -> timedelta:
    """Count one attempt, unless it comes too early; how long to wait before it.

    The rows are locked first, so that attempts at the same moment are looked at one by one.
    """
    known = await _locked(tx, sorted(at), now=now)
    pause = max(throttle.wait(known[key], free=free, now=now) for key, free in at.items())
    if not pause:
        for key in at:
            tries = throttle.counted(known[key], now=now)
            await tx.session.execute(
                update(table)
                .where(table.c.key == key)
                .values(number=tries.count, last_at=tries.last_at)
            )
    return pause


async def forgive(tx: Transaction, at: dict[str, int]) -> None:
    """The attempt succeeded."""
    await tx.session.execute(delete(table).where(table.c.key.in_(list(at))))


async def sweep(tx: Transaction, *, now: datetime) -> None:
    """Forget what can have no effect any more."""
    old = table.c.last_at < now - throttle.FORGOTTEN_AFTER
    await tx.session.execute(delete(table).where(old))


async def _locked(tx: Transaction, keys: list[str], *, now: datetime) -> dict[str, Tries]:
    rows = [{"key": key, "number": 0, "last_at": now} for key in keys]
    await make_sure_of(tx, table, rows)
    query = select(table).where(table.c.key.in_(keys)).order_by(table.c.key).with_for_update()
    return {row.key: Tries(row.number, row.last_at) for row in await tx.session.execute(query)}
