"""One effect per Idempotency-Key: the answer is stored in the transaction of the effect."""

import hashlib
from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite

from shared.runtime.db import Transaction
from shared.runtime.http.problems import ApiError
from shared.runtime.tables import idempotency


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """What was answered the first time."""

    status: int
    body: str
    etag: str | None


@dataclass(frozen=True, slots=True)
class Key:
    """One caller's key for one request."""

    actor: str
    value: str
    route: str
    request_sha256: bytes

    @classmethod
    def of(cls, *, actor: str, value: str, route: str, target: str, body: bytes) -> "Key":
        """``target`` is the path with its ids, so the same body elsewhere is another request."""
        digest = hashlib.sha256(target.encode() + b"\n" + body).digest()
        return cls(actor=actor, value=value, route=route, request_sha256=digest)


async def claim(tx: Transaction, key: Key) -> StoredAnswer | None:
    """Take the key, or return the answer it already has.

    A second request with the same key waits here until the first has committed.

    Raises:
        ApiError: 422, the key was used for another request.
    """
    is_sqlite = tx.session.get_bind().dialect.name == "sqlite"
    upsert = sqlite.insert(idempotency) if is_sqlite else postgresql.insert(idempotency)
    row = {
        "actor": key.actor,
        "key": key.value,
        "route": key.route,
        "request_sha256": key.request_sha256,
        "created_at": tx.now,
    }
    taken = await tx.session.execute(
        upsert.values(row).on_conflict_do_nothing().returning(idempotency.c.key)
    )
    if taken.first() is not None:
        return None
    return await _earlier(tx, key)


async def store(tx: Transaction, key: Key, answer: StoredAnswer) -> None:
    """Keep the answer beside the effect."""
    await tx.session.execute(
        update(idempotency)
        .where(idempotency.c.actor == key.actor, idempotency.c.key == key.value)
        .values(status=answer.status, response=answer.body, etag=answer.etag)
    )


async def _earlier(tx: Transaction, key: Key) -> StoredAnswer:
    query = select(idempotency).where(
        idempotency.c.actor == key.actor, idempotency.c.key == key.value
    )
    row = (await tx.session.execute(query)).one()
    if row.request_sha256 != key.request_sha256:
        raise ApiError(
            422,
            "idempotency-key-reused",
            "This Idempotency-Key was used for another request; send a new one.",
        )
    return StoredAnswer(status=row.status, body=row.response, etag=row.etag)
