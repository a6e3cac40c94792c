"""What a restore leaves behind: versions that others hold and their owner no longer knows.

A database brought back to an earlier moment begins an epoch. Its number travels in every event
from then on, with the moment it was brought back to, and each aggregate's last state is told
again under it. A reader compares epoch before version, so that the owner's word counts even where
its version is lower. What a reader held or is still sent of the history that no longer happened
is set aside like an event that could not be applied: listed, the person's pages say that
information may be missing, and two people give it up once they have looked at it.
"""

import json
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from pydantic_core import from_json
from sqlalchemy import Row, bindparam, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from shared.api.operations import COPY
from shared.events.envelope import AnyEvent
from shared.runtime import clock
from shared.runtime.db import Database, Transaction
from shared.runtime.tables import applied, audit, known_epoch, outbox, parked
from shared.runtime.tables import epoch as epoch_table

BEGUN = "history.restored"
HELD = "held-of-a-lost-history"
LATE = "late-of-a-lost-history"
_NAMES = UUID("4f2d6d7e-6b6c-4b58-8b7a-0f6d1f0c9e11")

_RESTATE = (
    update(outbox)
    .where(outbox.c.seq == bindparam("at_seq"))
    .values(
        id=bindparam("new_id"),
        body=bindparam("new_body"),
        published_at=None,
        next_try_at=bindparam("now"),
        attempts=0,
        last_error=None,
    )
)


class NothingRestored(Exception):
    """Nothing happened in this database since it last began an epoch, or ever."""


@dataclass(frozen=True, slots=True)
class Begun:
    """The new epoch, the moment the database was brought back to, and what is told again."""

    number: int
    restored_to: datetime
    restated: int


@dataclass(frozen=True, slots=True)
class Heard:
    """What the comparison of epochs already settled: ``same`` states were here before, ``lost``
    events belong to a history that no longer happened."""

    same: Set[UUID] = frozenset()
    lost: Set[UUID] = frozenset()
    wrote: bool = False


async def begin(db: Database, *, actor: str, held: bool = False) -> Begun:
    """Begin an epoch in a database that was just restored, before its service starts. ``held``
    lists it for two people to look at, like an event that could not be applied.

    The moment it was brought back to is that of its latest audit entry: every change leaves one.

    Raises:
        NothingRestored: it was done already, or the database is empty.
    """
    async with db.transaction(actor=actor) as tx:
        query = select(audit.c.action).order_by(audit.c.seq.desc()).limit(1)
        last = (await tx.session.execute(query)).scalar()
        if last is None or last == BEGUN:
            raise NothingRestored
        before = (await tx.session.execute(select(epoch_table.c.number))).scalar() or 0
        number = max(int(clock.real_now().timestamp()), before + 1)
        await tx.session.execute(delete(epoch_table))
        latest = (await tx.session.execute(select(func.max(audit.c.at)))).scalar_one()
        row = {"id": 1, "number": number, "restored_to": latest}
        await tx.session.execute(insert(epoch_table).values(row))
        restated = await _tell_again(tx.session, number=number, restored_to=latest)
        if held:
            await _hold(tx, number=number, restored_to=latest)
        tx.audit(BEGUN, object=f"epoch:{db.source}", version=number)
    db.committed.set()
    return Begun(number, latest, restated)


async def _hold(tx: Transaction, *, number: int, restored_to: datetime) -> None:
    row = {
        "id": uuid5(_NAMES, f"copy {number}"),
        "type": BEGUN,
        "body": b"{}",
        "reason": COPY,
        "error": f"as of {restored_to:%Y-%m-%d %H:%M:%S} UTC",
        "tries": 0,
        "parked_at": tx.now,
    }
    await tx.session.execute(insert(parked).values(row))


async def _tell_again(session: AsyncSession, *, number: int, restored_to: datetime) -> int:
    """Put the last state of each aggregate back on its way, as part of the new epoch."""
    newest = select(func.max(outbox.c.version)).where(outbox.c.aggregate == _again.c.aggregate)
    query = select(_again.c.seq, _again.c.id, _again.c.body).where(
        _again.c.version == newest.scalar_subquery()
    )
    told = {"epoch": number, "restoredto": restored_to.isoformat()}
    rows = [
        {
            "at_seq": row.seq,
            "new_id": (new_id := uuid5(row.id, str(number))),
            "new_body": _body(from_json(row.body) | told | {"id": str(new_id)}),
            "now": clock.real_now(),
        }
        for row in (await session.execute(query)).all()
    ]
    if rows:
        await session.execute(_RESTATE, rows)
    return len(rows)


_again = outbox.alias("again")


def _body(said: Mapping[str, Any]) -> bytes:
    return json.dumps(said, separators=(",", ":"), ensure_ascii=False).encode()


async def hear(txs: Sequence[Transaction], received: Sequence[tuple[AnyEvent, bytes]]) -> Heard:
    """Compare the epochs of events with what is known of their owners and held of their aggregates.

    Costs nothing until somebody was restored.
    """
    if not txs[0].knows_epochs and not any(event.epoch for event, _ in received):
        return Heard()
    return await _compare(txs, received)


async def _compare(txs: Sequence[Transaction], received: Sequence[tuple[AnyEvent, bytes]]) -> Heard:
    session = txs[0].session
    known = {row.owner: row for row in await session.execute(select(known_epoch))}
    same, lost = set(), set()
    wrote = False
    for tx, (event, body) in zip(txs, received, strict=True):
        owner = event.data.owner()
        if event.epoch > (known[owner].number if owner in known else 0):
            known[owner] = await _new_epoch(tx, event)
            wrote = True
        if owner not in known:
            continue
        if event.epoch < known[owner].number and event.time > known[owner].restored_to:
            await _set_aside(tx, event, body)
            lost.add(event.id)
            continue
        held = await _held(session, event.aggregate)
        if held is None or held.epoch >= event.epoch:
            continue
        if held.version == event.version and event.time <= known[owner].restored_to:
            await _confirm(tx, event)
            same.add(event.id)
        elif held.version >= event.version:
            await _list(tx, held, number=event.epoch, now_at=event.version)
    return Heard(same, lost, wrote=wrote or bool(same or lost))


async def _held(session: AsyncSession, aggregate: str) -> Row[Any] | None:
    query = select(applied).where(applied.c.aggregate == aggregate).with_for_update()
    return (await session.execute(query)).first()


async def _new_epoch(tx: Transaction, event: AnyEvent) -> Row[Any]:
    """Remember the owner's new epoch, and list what was taken in after the moment it went back to.

    What its owner still has is confirmed when it is told again.
    """
    owner = event.data.owner()
    restored_to = event.restoredto or event.time
    await tx.session.execute(delete(known_epoch).where(known_epoch.c.owner == owner))
    row = {"owner": owner, "number": event.epoch, "restored_to": restored_to}
    await tx.session.execute(insert(known_epoch).values(row))
    tx.audit("epoch.known", object=f"epoch:{owner}", version=event.epoch)
    after = select(applied).where(
        applied.c.type.startswith(f"care.{owner}.", autoescape=True),
        applied.c.epoch < event.epoch,
        applied.c.at >= restored_to,
    )
    for held in (await tx.session.execute(after)).all():
        await _list(tx, held, number=event.epoch, now_at=None)
    known = select(known_epoch).where(known_epoch.c.owner == owner)
    return (await tx.session.execute(known)).one()


async def _list(tx: Transaction, held: Row[Any], *, number: int, now_at: int | None) -> None:
    """Set aside that this version was held, for a person to look at."""
    id_ = _listed(held.aggregate, number)
    owner_has = "nothing newer" if now_at is None else f"version {now_at}"
    error = f"held version {held.version}, its owner has {owner_has}"
    found = select(parked.c.id).where(parked.c.id == id_)
    if (await tx.session.execute(found)).first() is not None:
        await tx.session.execute(update(parked).where(parked.c.id == id_).values(error=error[:64]))
    else:
        row = {
            "id": id_,
            "event_id": None,
            "type": held.type or held.aggregate.partition(":")[0],
            "subject": held.subject,
            "body": _body({"aggregate": held.aggregate, "version": held.version}),
            "reason": HELD,
            "error": error[:64],
            "tries": 0,
            "parked_at": tx.now,
        }
        await tx.session.execute(insert(parked).values(row))
    tx.audit(
        "event.parked",
        object=f"parked:{id_}",
        subject=UUID(held.subject) if held.subject else None,
        version=held.version,
        reason=HELD,
    )


async def _set_aside(tx: Transaction, event: AnyEvent, body: bytes) -> None:
    """Keep an event of a history that no longer happened; it has no effect here."""
    id_ = uuid5(_NAMES, f"{event.id}")
    found = select(parked.c.id).where(parked.c.id == id_)
    if (await tx.session.execute(found)).first() is not None:
        return
    row = {
        "id": id_,
        "event_id": event.id,
        "type": event.type,
        "subject": event.subject,
        "body": body,
        "reason": LATE,
        "error": f"version {event.version}, later than its owner was restored to"[:64],
        "tries": 0,
        "parked_at": tx.now,
    }
    await tx.session.execute(insert(parked).values(row))
    subject = UUID(event.subject)
    tx.audit("event.parked", object=f"parked:{id_}", subject=subject, reason=LATE)


async def _confirm(tx: Transaction, event: AnyEvent) -> None:
    """Its owner still has the very state held here: take the epoch over, and the listing back."""
    held = update(applied).where(applied.c.aggregate == event.aggregate)
    await tx.session.execute(held.values(epoch=event.epoch))
    confirmed = (
        update(parked)
        .where(parked.c.id == _listed(event.aggregate, event.epoch), parked.c.status == "parked")
        .values(status="replayed", resolved_at=tx.now, resolved_by=tx.actor, resolution="confirmed")
    )
    await tx.session.execute(confirmed)
    tx.audit(
        "history.confirmed",
        object=event.aggregate,
        version=event.version,
        subject=UUID(event.subject),
    )


def _listed(aggregate: str, number: int) -> UUID:
    return uuid5(_NAMES, f"{aggregate} {number}")
