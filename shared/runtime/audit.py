"""The audit chain: each entry's hash seals the one before it (reliability.md 2.19).

An entry holds ids and codes only, never clinical text, so that erasing contact data later
leaves the chain verifiable.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, desc, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.runtime.tables import audit

GENESIS = bytes(32)
_CHAIN_LOCK = 0x6D6F6F72  # one advisory lock per database serialises appends
_BATCH = 1000

# Built once: building a statement costs as much as running it.
_LOCK = text("SELECT pg_advisory_xact_lock(:key)")
_LAST = select(audit.c.seq, audit.c.hash).order_by(desc(audit.c.seq)).limit(1)
_APPEND = insert(audit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Who did what to what. ``subject`` is the patient's opaque id; ``reason`` a code."""

    actor: str
    action: str
    object: str
    correlation_id: str
    object_version: int | None = None
    subject: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What verifying found: how many entries, the head to anchor, and each broken place."""

    entries: int
    head: str
    broken: tuple[str, ...]


async def append(session: AsyncSession, entries: Sequence[Entry], *, at: datetime) -> None:
    """Seal the entries onto the chain inside the caller's transaction."""
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(_LOCK, {"key": _CHAIN_LOCK})
    last = (await session.execute(_LAST)).first()
    seq, prev = (last.seq, last.hash) if last else (0, GENESIS)
    rows = []
    for entry in entries:
        seq += 1
        row: dict[str, Any] = {
            "seq": seq,
            "at": at,
            "actor": entry.actor,
            "action": entry.action,
            "object": entry.object,
            "object_version": entry.object_version,
            "subject": entry.subject,
            "reason": entry.reason,
            "correlation_id": entry.correlation_id,
        }
        sealed = _seal(prev, row)
        rows.append({**row, "prev": prev, "hash": sealed})
        prev = sealed
    await session.execute(_APPEND, rows)


async def verify(session: AsyncSession) -> Verdict:
    """Walk the whole chain and name every entry that was edited, removed or reordered.

    A tail cut off, or a chain rewritten as a whole, cannot be seen from inside: compare
    ``head`` and ``entries`` with the last anchor kept elsewhere.
    """
    last_seq, prev = 0, GENESIS
    broken: list[str] = []
    while batch := await _page(session, after=last_seq):
        for row in batch:
            broken += _faults(row, expected_seq=last_seq + 1, prev=prev)
            last_seq, prev = row.seq, row.hash
    return Verdict(entries=last_seq, head=prev.hex(), broken=tuple(broken))


async def _page(session: AsyncSession, *, after: int) -> Sequence[Row[Any]]:
    query = select(audit).where(audit.c.seq > after).order_by(audit.c.seq).limit(_BATCH)
    return (await session.execute(query)).all()


def _faults(row: Row[Any], *, expected_seq: int, prev: bytes) -> list[str]:
    faults = []
    if row.seq != expected_seq:
        faults.append(f"entry {expected_seq}: missing before entry {row.seq}")
    elif row.prev != prev:
        faults.append(f"entry {row.seq}: does not follow entry {row.seq - 1}")
    if row.hash != _seal(row.prev, row._asdict()):
        faults.append(f"entry {row.seq}: was edited")
    return faults


def _seal(prev: bytes, row: Mapping[str, Any]) -> bytes:
    sealed = {key: row[key] for key in row if key not in {"prev", "hash"}}
    sealed["at"] = row["at"].astimezone(UTC).isoformat(timespec="microseconds")
    canonical = json.dumps(sealed, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(prev + canonical.encode()).digest()
