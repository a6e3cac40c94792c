"""Counting sign-in attempts, so that guessing passwords gets slow."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Place:
    """Where an attempt counts, and how many are free there. ``shared`` with other people: what
    they have tried there is not forgiven when one of them proves who they are."""

    key: str
    free: int
    shared: bool = False


@dataclass(frozen=True, slots=True)
class Counted:
    """One attempt, unless it came too early: then how long to ``pause`` before it."""

    pause: timedelta
    at: datetime
    before: dict[Place, Tries]


def places(username: str, address: str, *, device: str = "") -> tuple[Place, ...]:
    """Where an attempt counts. Hashed, because somebody may have typed a password into the wrong
    field.

    ``device`` is the secret of a browser that was let in to this account before. Attempts there
    count for it alone: nobody else's guesses keep people from working at their own desk.
    """
    name = username.strip().lower()
    if device:
        return (Place(_hashed(f"device {name} {device}"), _FREE_AT_ONE_PLACE),)
    return (
        Place(_hashed(f"both {name} {address}"), _FREE_AT_ONE_PLACE),
        Place(_hashed(f"address {address}"), _FREE_FOR_ONE_ADDRESS, shared=True),
        Place(_hashed(f"name {name}"), _FREE_FOR_ONE_NAME),
    )


async def count(tx: Transaction, at: Sequence[Place], *, now: datetime) -> Counted:
    """Count one attempt, unless it comes too early.

    The rows are locked first, so that attempts at the same moment are looked at one by one.
    """
    known = await _locked(tx, at, now=now)
    pause = max(throttle.wait(known[place], free=place.free, now=now) for place in at)
    if not pause:
        for place in at:
            await _set(tx, place, throttle.counted(known[place], now=now))
    return Counted(pause, now, known)


async def forgive(tx: Transaction, counted: Counted) -> None:
    """The attempt succeeded: give it back, and forget those before where all were one person's."""
    known = await _locked(tx, list(counted.before), now=counted.at)  # in the order of ``count``
    for place, tries in known.items():
        left = Tries(0, counted.at)
        if place.shared:
            before = counted.before[place]
            left = throttle.given_back(tries, before=before, counted_at=counted.at)
        await _set(tx, place, left)


async def sweep(tx: Transaction, *, now: datetime) -> None:
    """Forget what can have no effect any more."""
    old = table.c.last_at < now - throttle.FORGOTTEN_AFTER
    await tx.session.execute(delete(table).where(old))


async def _locked(tx: Transaction, at: Sequence[Place], *, now: datetime) -> dict[Place, Tries]:
    by_key = {place.key: place for place in at}
    rows = [{"key": key, "number": 0, "last_at": now} for key in sorted(by_key)]
    await make_sure_of(tx, table, rows)
    query = (
        select(table).where(table.c.key.in_(list(by_key))).order_by(table.c.key).with_for_update()
    )
    found = await tx.session.execute(query)
    return {by_key[row.key]: Tries(row.number, row.last_at) for row in found}


async def _set(tx: Transaction, place: Place, tries: Tries) -> None:
    await tx.session.execute(
        update(table)
        .where(table.c.key == place.key)
        .values(number=tries.count, last_at=tries.last_at)
    )


def _hashed(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
