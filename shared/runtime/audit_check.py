"""Is the audit trail whole? Walked entry by entry, and compared with the anchors kept outside.

Every broken place is named: an entry that was edited, removed or put elsewhere, a chain that was
rewritten, an end that was cut off.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, desc, select

from shared.runtime import clock, metrics
from shared.runtime.anchors import Anchor, Anchors, BadAnchors
from shared.runtime.audit import GENESIS, seal
from shared.runtime.db import Database
from shared.runtime.logs import get_logger
from shared.runtime.tables import audit
from shared.runtime.ticker import Tick

EVERY = timedelta(hours=1)
_BATCH = 500
_LOOKED_FOR = 100
"""Faulty entries beyond these are named without looking where they came from."""

log = get_logger()


@dataclass(frozen=True, slots=True)
class Verdict:
    """How many entries there are, the hash of the last, how many anchors were compared, and
    each broken place."""

    entries: int
    head: str
    anchors: int
    broken: tuple[str, ...]


@dataclass(slots=True)
class _Walk:
    """What has been seen so far."""

    seq: int = 0
    hash: bytes = GENESIS
    broken: list[str] = field(default_factory=list)
    unsealed: list[Row[Any]] = field(default_factory=list)
    """Entries whose contents do not fit their hash: edited, or from another place."""
    at: dict[int, str] = field(default_factory=dict)
    """The hashes of entries that an anchor speaks of."""

    def see(self, row: Row[Any], *, anchored: frozenset[int]) -> None:
        """The next entry."""
        if row.seq != self.seq + 1:
            self.broken.append(_missing(self.seq + 1, row.seq))
        elif row.prev != self.hash:
            self.broken.append(f"entry {row.seq}: does not follow entry {self.seq}")
        if row.hash != seal(row.prev, row._asdict()):
            self.unsealed.append(row)
        if row.seq in anchored:
            self.at[row.seq] = row.hash.hex()
        self.seq, self.hash = row.seq, row.hash


async def check(db: Database, *, anchors: Anchors) -> Verdict:
    """Walk the chain from its first entry, in small steps that let others write in between."""
    try:
        kept = anchors.kept()
        unreadable: tuple[str, ...] = ()
    except BadAnchors as error:
        kept, unreadable = (), (f"anchors: cannot be read ({error})",)
    anchored = frozenset(anchor.entries for anchor in kept)
    walk = _Walk()
    while rows := await _page(db, after=walk.seq):
        for row in rows:
            walk.see(row, anchored=anchored)
    broken = (*walk.broken, *_unsealed(walk.unsealed), *_against(walk, kept), *unreadable)
    return Verdict(walk.seq, walk.hash.hex(), len(kept), tuple(broken))


async def anchor(db: Database, anchors: Anchors) -> None:
    """Keep the head as it is now."""
    last = select(audit.c.seq, audit.c.hash).order_by(desc(audit.c.seq)).limit(1)
    async with db.reading() as tx:
        row = (await tx.session.execute(last)).first()
    if row is not None:
        anchors.keep(Anchor(clock.real_now(), row.seq, row.hash.hex()))


def hourly(db: Database, anchors: Anchors) -> Tick:
    """Check the chain and anchor its head, once an hour in real time; the first anchor at once.
    A broken chain is not anchored over: the last good head stays the last."""
    checked_at = [clock.monotonic()]
    begun: list[bool] = []

    async def run() -> int:
        if not begun:
            begun.append(True)
            await anchor(db, anchors)
        if clock.monotonic() - checked_at[0] < EVERY.total_seconds():
            return 0
        checked_at[0] = clock.monotonic()
        verdict = await check(db, anchors=anchors)
        metrics.AUDIT_BROKEN.labels(anchors.service).set(len(verdict.broken))
        if verdict.broken:
            log.error("audit_broken", places=list(verdict.broken[:20]), entries=verdict.entries)
        else:
            await anchor(db, anchors)
        return 0

    return Tick("audit-anchor", every_s=15.0, run=run)


async def _page(db: Database, *, after: int) -> Sequence[Row[Any]]:
    query = select(audit).where(audit.c.seq > after).order_by(audit.c.seq).limit(_BATCH)
    async with db.reading() as tx:
        return (await tx.session.execute(query)).all()


def _unsealed(rows: Sequence[Row[Any]]) -> Iterator[str]:
    """Edited entries, and those whose contents belong at the number of another."""
    numbers = [row.seq for row in rows[:_LOOKED_FOR]]
    for row in rows:
        home = next((n for n in numbers if n != row.seq and _fits(row, n)), None)
        if home is None:
            yield f"entry {row.seq}: was edited"
        else:
            yield f"entry {row.seq}: is entry {home}, put in another place"


def _fits(row: Row[Any], seq: int) -> bool:
    return bool(row.hash == seal(row.prev, row._asdict() | {"seq": seq}))


def _against(walk: _Walk, kept: Sequence[Anchor]) -> Iterator[str]:
    """What the anchors know better."""
    for one in kept:
        found = walk.at.get(one.entries)
        if found is not None and found != one.head:
            yield f"entry {one.entries}: is not the one anchored at {one.at.isoformat()}"
    last = max(kept, key=lambda one: one.entries, default=None)
    if last is not None and last.entries > walk.seq:
        cut = _numbers(walk.seq + 1, last.entries)
        yield f"{cut}: cut off; anchored at {last.at.isoformat()}"


def _missing(first: int, following: int) -> str:
    return f"{_numbers(first, following - 1)}: missing before entry {following}"


def _numbers(first: int, last: int) -> str:
    return f"entry {first}" if first == last else f"entries {first} to {last}"
