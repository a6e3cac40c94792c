"""The audit chain: each entry's hash seals the one before it (reliability.md 2.19).

An entry holds ids and codes only, never clinical text, so that erasing contact data later
leaves the chain verifiable.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import desc, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.runtime.bulk import insert_rows
from shared.runtime.tables import audit

GENESIS = bytes(32)
CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/+-]{0,63}")
"""What a reason may be. No blank fits, so that no sentence does."""
_CHAIN_LOCK = 0x6D6F6F72  # one advisory lock per database serialises appends

# Built once: building a statement costs as much as running it.
_LOCK = text("SELECT pg_advisory_xact_lock(:key)")
_LAST = select(audit.c.seq, audit.c.hash).order_by(desc(audit.c.seq)).limit(1)
_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


class Entry(NamedTuple):
    """Who did what to what. ``subject`` is the patient's opaque id; ``reason`` a code. A tuple,
    for one transaction may make hundreds."""

    actor: str
    action: str
    object: str
    correlation_id: str
    object_version: int | None = None
    subject: str | None = None
    reason: str | None = None


def coded(reason: str | None) -> str | None:
    """The reason itself, which may be a code only: the trail can never be erased.

    Raises:
        ValueError: it is none; the caller is wrong, whatever a person wrote. Nothing of it is
            repeated in the error.
    """
    if reason is not None and CODE.fullmatch(reason) is None:
        raise ValueError("the reason of an audit entry has to be a code of at most 64 characters")
    return reason


async def append(session: AsyncSession, entries: Sequence[Entry], *, at: datetime) -> None:
    """Seal the entries onto the chain inside the caller's transaction."""
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(_LOCK, {"key": _CHAIN_LOCK})
    last = (await session.execute(_LAST)).first()
    seq, prev = (last.seq, last.hash) if last else (0, GENESIS)
    rows = []
    instant = _as_text(at)
    for entry in entries:
        seq += 1
        said: dict[str, Any] = {
            "seq": seq,
            "at": instant,
            "actor": entry.actor,
            "action": entry.action,
            "object": entry.object,
            "object_version": entry.object_version,
            "subject": entry.subject,
            "reason": entry.reason,
            "correlation_id": entry.correlation_id,
        }
        sealed = _hash(prev, said)
        rows.append({**said, "at": at, "prev": prev, "hash": sealed})
        prev = sealed
    await insert_rows(session, audit, rows)


def seal(prev: bytes, row: Mapping[str, Any]) -> bytes:
    """The hash of an entry and of everything before it."""
    said = {key: row[key] for key in row if key not in {"prev", "hash"}}
    return _hash(prev, said | {"at": _as_text(row["at"])})


def _as_text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _hash(prev: bytes, said: Mapping[str, Any]) -> bytes:
    return hashlib.sha256(prev + _canonical(said).encode()).digest()
