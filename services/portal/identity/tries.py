"""Counting sign-in attempts, so that guessing passwords gets slow."""

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select, update

from services.portal.identity import throttle
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
    """Count one attempt, unless it comes too early; how long to wait before it."""
    rows = await tx.session.execute(select(table).where(table.c.key.in_(list(at))))
    known = {row.key: Tries(row.number, row.last_at) for row in rows}
    pause = max(throttle.wait(known.get(key), free=free, now=now) for key, free in at.items())
    if not pause:
        for key in at:
            await _keep(tx, key, throttle.counted(known.get(key), now=now))
    return pause


async def forgive(tx: Transaction, at: dict[str, int]) -> None:
    """The attempt succeeded."""
    await tx.session.execute(delete(table).where(table.c.key.in_(list(at))))


async def sweep(tx: Transaction, *, now: datetime) -> None:
    """Forget what can have no effect any more."""
    old = table.c.last_at < now - throttle.FORGOTTEN_AFTER
    await tx.session.execute(delete(table).where(old))


async def _keep(tx: Transaction, key: str, tries: Tries) -> None:
    values = {"number": tries.count, "last_at": tries.last_at}
    change = update(table).where(table.c.key == key).values(values).returning(table.c.key)
    if (await tx.session.execute(change)).one_or_none() is None:
        await tx.session.execute(insert(table), [{"key": key, **values}])
