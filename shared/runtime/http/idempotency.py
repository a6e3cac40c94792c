"""One effect per Idempotency-Key: the answer is stored in the transaction of the effect.

An answer may say who somebody is. Where names are sealed it is locked with what only the caller
has, the request itself: whoever repeats it reads the answer, whoever holds the row does not. Then
the key is stored as its hash, so that the row does not hold what opens it.
"""

import hashlib
import secrets
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Executable, Result, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite

from shared.runtime.db import Transaction
from shared.runtime.http.problems import ApiError
from shared.runtime.tables import idempotency

_NONCE_BYTES = 12

_CLAIMED = ("actor", "key", "route", "request_sha256", "created_at")
_MINE = idempotency.c.actor == bindparam("actor")

# Built once, as every change asks them: building a statement costs as much as running it.
_FIND = select(idempotency).where(
    _MINE, idempotency.c.key.in_((bindparam("key"), bindparam("open")))
)
_STORE = (
    update(idempotency)
    .where(idempotency.c.actor == bindparam("who"), idempotency.c.key == bindparam("stored"))
    .values({name: bindparam(name) for name in ("status", "response", "etag")})
)
_KEPT_OPEN = select(idempotency.c.key).where(_MINE, idempotency.c.key == bindparam("open"))
_NEW = select(*(bindparam(name, type_=idempotency.c[name].type) for name in _CLAIMED)).where(
    ~_KEPT_OPEN.exists()
)
_CLAIM: dict[str, Executable] = {
    name: insert(idempotency)
    .from_select(_CLAIMED, _NEW)
    .on_conflict_do_nothing()
    .returning(idempotency.c.key)
    for name, insert in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
}


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
    secret: bytes = field(repr=False)

    @classmethod
    def of(cls, *, actor: str, value: str, route: str, target: str, body: bytes) -> "Key":
        """``target`` is the path with its ids, so the same body elsewhere is another request."""
        asked = target.encode() + b"\n" + body
        secret = hashlib.sha256(b"mooring answer\n" + value.encode() + b"\n" + asked).digest()
        digest = hashlib.sha256(asked).digest()
        return cls(actor=actor, value=value, route=route, request_sha256=digest, secret=secret)

    @property
    def hashed(self) -> str:
        """As it is stored where answers are locked."""
        return hashlib.sha256(f"mooring key\n{self.value}".encode()).hexdigest()


async def claim(tx: Transaction, key: Key) -> StoredAnswer | None:
    """Take the key, or return the answer it already has.

    A second request with the same key waits here until the first has committed.

    Raises:
        ApiError: 422, the key was used for another request.
    """
    # Where answers are locked, one may be there as the release before kept it: in the open.
    which = {"actor": key.actor, "key": _stored(tx, key), "open": key.value}
    row = which | {
        "route": key.route,
        "request_sha256": key.request_sha256,
        "created_at": tx.now,
    }
    taken = await tx.session.execute(_CLAIM[tx.session.get_bind().dialect.name], row)
    if taken.first() is not None:
        return None
    return _answered(await tx.session.execute(_FIND, which), key)


async def store(tx: Transaction, key: Key, answer: StoredAnswer) -> None:
    """Keep the answer beside the effect."""
    body = answer.body if tx.sealing is None else _locked(answer.body, key)
    values = {"status": answer.status, "response": body, "etag": answer.etag}
    row = {"who": key.actor, "stored": _stored(tx, key), **values}
    await (await tx.session.connection()).execute(_STORE, row)


def _stored(tx: Transaction, key: Key) -> str:
    return key.value if tx.sealing is None else key.hashed


def _answered(found: Result[Any], key: Key) -> StoredAnswer:
    row = found.one()
    if row.request_sha256 != key.request_sha256:
        raise ApiError(
            422,
            "idempotency-key-reused",
            "This Idempotency-Key was used for another request; send a new one.",
        )
    body = row.response if row.key == key.value else _unlocked(row.response, key)
    return StoredAnswer(status=row.status, body=body, etag=row.etag)


def _locked(body: str, key: Key) -> str:
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return b64encode(nonce + AESGCM(key.secret).encrypt(nonce, body.encode(), None)).decode()


def _unlocked(kept: str, key: Key) -> str:
    locked = b64decode(kept)
    nonce, rest = locked[:_NONCE_BYTES], locked[_NONCE_BYTES:]
    return AESGCM(key.secret).decrypt(nonce, rest, None).decode()
