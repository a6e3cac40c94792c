"""Signatures are kept beside what they bind, and verified later from the database alone (0088).

A row holds who signed what with which meaning, and the proof: the signed token, the public key, and
when it was checked. The audit trail gets the digest of the whole row in the same transaction, so a
row that is changed as a whole, with another key, or taken away is found as well.
"""

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import UUID

import typer
from sqlalchemy import Column, MetaData, String, Table, Text, Uuid, insert, select
from sqlalchemy.exc import IntegrityError

from shared.runtime.auth import Unauthenticated, proven
from shared.runtime.columns import UtcDateTime
from shared.runtime.db import Database, Transaction
from shared.runtime.tables import audit

KEPT = "signature.kept"
_AT_ONCE = 500

Recorded = Callable[[Transaction, Collection[str]], Awaitable[Mapping[str, tuple[UUID, str]]]]
"""Of these objects those that stay as they were signed: who decided, and the hash of what the
record holds now."""


class SignatureUsed(Exception):
    """A signature signs one thing, once."""


def signature_table(metadata: MetaData) -> Table:
    """The table of signatures of a service that tells the trail of every one."""
    return Table(
        "signature",
        metadata,
        Column("token_id", String(64), primary_key=True),
        Column("object", String(128), nullable=False, index=True),
        Column("staff_id", Uuid, nullable=False),
        Column("hash", String(64), nullable=False),
        Column("meaning", String(64), nullable=False),
        Column("signed_at", UtcDateTime, nullable=False),
        Column("proof", Text),
        Column("document", Text),
    )


class Signed(Protocol):
    """A signature that was just verified (``auth.verify_signature``)."""

    @property
    def token_id(self) -> str: ...
    @property
    def staff_id(self) -> UUID: ...
    @property
    def hash(self) -> str: ...
    @property
    def meaning(self) -> str: ...
    @property
    def proof(self) -> str | None: ...


async def keep(
    tx: Transaction,
    table: Table,
    signed: Signed,
    *,
    of: str,
    subject: UUID | None = None,
    document: str | None = None,
    signed_at: datetime | None = None,
) -> None:
    """Keep a signature in the transaction of what it binds, and tell the audit trail.

    ``document`` is what the hash is of, where the record itself does not keep that version.

    Raises:
        SignatureUsed: it was kept before.
    """
    row = {
        "token_id": signed.token_id,
        "object": of,
        "staff_id": signed.staff_id,
        "hash": signed.hash,
        "meaning": signed.meaning,
        "signed_at": signed_at or tx.now,
        "proof": signed.proof,
    }
    if document is not None:
        row["document"] = document
    try:
        await tx.session.execute(insert(table), [row])
    except IntegrityError as used:
        raise SignatureUsed from used
    if signed.proof is not None:
        tx.audit(KEPT, object=of, subject=subject, reason=digest(row))


def digest(row: Mapping[str, Any]) -> str:
    """The SHA-256 of everything a row says."""
    said = {name: value for name, value in row.items() if value is not None} | {
        "staff_id": str(row["staff_id"]),
        "signed_at": row["signed_at"].astimezone(UTC).isoformat(timespec="microseconds"),
    }
    canonical = json.dumps(said, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of the signatures; ``broken`` are the objects of those that do not hold."""

    hold: int = 0
    untold: int = 0
    """Of those, from a release that did not tell the trail: held by their own key alone."""
    without_proof: int = 0
    """From a release that kept none, or of a demo's past."""
    broken: Sequence[str] = ()


async def check(
    db: Database,
    table: Table,
    *,
    audience: str,
    recorded: Recorded | None = None,
    always_told: bool = True,
) -> Verdict:
    """Go through all of them in small parts, then look for what the trail knows and nobody has.

    ``always_told`` is False where an older release kept signatures without telling the trail.
    """
    told = await _told(db)
    hold, untold, without, after = 0, 0, 0, ""
    broken: dict[str, None] = {}
    while True:
        query = select(table).where(table.c.token_id > after).order_by(table.c.token_id)
        async with db.reading() as tx:
            found = (await tx.session.execute(query.limit(_AT_ONCE))).mappings()
            rows = [dict(row) for row in found]
            now_there = await recorded(tx, {row["object"] for row in rows}) if recorded else {}
        for row in rows:
            after = row["token_id"]
            is_told = told.pop(digest(row), None) == row["object"]
            if row["proof"] is None:
                without += 1
            elif _holds(row, audience, now_there, must_be_told=always_told, is_told=is_told):
                hold += 1
                untold += not is_told
            else:
                broken[row["object"]] = None
        if len(rows) < _AT_ONCE:
            broken |= dict.fromkeys(told.values())
            return Verdict(hold, untold, without, tuple(broken))


def verify(
    database_url: str,
    table: Table,
    *,
    service: str,
    recorded: Recorded | None = None,
    always_told: bool = True,
) -> None:
    """Check every kept signature of this database and say what came of it; exit 1 when one does
    not hold."""

    async def look() -> Verdict:
        db = Database.open(database_url, source=service)
        try:
            return await check(
                db, table, audience=service, recorded=recorded, always_told=always_told
            )
        finally:
            await db.close()

    found = asyncio.run(look())
    typer.echo(
        f"{found.hold} hold ({found.untold} from before the audit trail knew of them),"
        f" {found.without_proof} were kept without a proof"
    )
    for object_ in found.broken:
        typer.echo(f"does not hold: {object_}", err=True)
    raise typer.Exit(1 if found.broken else 0)


async def _told(db: Database) -> dict[str, str]:
    """What was kept as the trail knows it: the object by the digest of its row."""
    query = select(audit.c.reason, audit.c.object).where(audit.c.action == KEPT)
    async with db.reading() as tx:
        return {row.reason: row.object for row in await tx.session.execute(query)}


def _holds(
    row: Mapping[str, Any],
    audience: str,
    recorded: Mapping[str, tuple[UUID, str]],
    *,
    must_be_told: bool,
    is_told: bool,
) -> bool:
    try:
        signed = proven(row["proof"], audience=audience)
    except Unauthenticated:
        return False
    # A release that told the trail nothing kept no moment of the check either.
    if not is_told and (must_be_told or signed.checked_at is not None):
        return False
    said = (signed.token_id, signed.staff_id, signed.hash, signed.meaning)
    if said != (row["token_id"], row["staff_id"], row["hash"], row["meaning"]):
        return False
    document = row.get("document")
    if document is not None and hashlib.sha256(document.encode()).hexdigest() != row["hash"]:
        return False
    return recorded.get(row["object"], (row["staff_id"], row["hash"])) == said[1:3]
