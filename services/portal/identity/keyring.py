"""The signing keys of this deployment, held in memory and looked up again now and then."""

import asyncio
from typing import Any

from joserfc.jwk import ECKey
from sqlalchemy import delete, insert, select

from services.portal.identity import keys
from services.portal.identity.keys import SigningKey
from services.portal.identity.tables import signing_key
from shared.runtime import auth, clock
from shared.runtime.db import Database, Transaction


class Keyring:
    """Which keys exist; ``refresh`` also makes the next one and throws old ones away."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._keys: tuple[SigningKey, ...] = ()
        self._refreshing = asyncio.Lock()

    async def refresh(self) -> None:
        """Read the keys that other portals may have made, and rotate when it is time."""
        async with self._refreshing:
            now = clock.real_now()
            async with self._db.reading() as tx:
                known = await _all(tx)
            if keys.is_due(known, now=now) or keys.retired(known, now=now):
                known = await self._rotate()
            self._keys = known

    async def find(self, kid: str) -> ECKey:
        """The public key a token names; the portal verifies its own tokens with it.

        Raises:
            Unauthenticated: there is no such key.
        """
        for key in self._keys:
            if key.key_id == kid:
                return key.private()
        raise auth.Unauthenticated("unknown-key")

    async def current(self) -> SigningKey:
        """The key to sign with now."""
        if not self._keys:
            await self.refresh()
        return keys.signing(self._keys, now=clock.real_now())

    async def published(self) -> dict[str, Any]:
        """The key set as readers of our tokens fetch it (RFC 7517)."""
        if not self._keys:
            await self.refresh()
        return {"keys": [key.public_jwk() for key in self._keys]}

    async def replace(self, *, end_old: bool, by: str) -> tuple[str, int]:
        """A new key before the present one is due; its id, and how many old keys were ended.

        Left as they are, the old keys overlap with it as always. ``end_old`` is for a key that
        leaked: nothing signed with the old ones is believed any more, once readers look again.
        """
        made = keys.make(now=clock.real_now())
        async with self._db.transaction(actor=by) as tx:
            old = await _all(tx) if end_old else ()
            await _add(tx, made)
            for key in old:
                await _remove(tx, key)
        return made.key_id, len(old)

    async def _rotate(self) -> tuple[SigningKey, ...]:
        now = clock.real_now()
        async with self._db.transaction(actor="service:portal") as tx:
            known = await _all(tx)
            if keys.is_due(known, now=now):
                made = keys.make(now=now)
                await _add(tx, made)
                known = (*known, made)
            for old in keys.retired(known, now=now):
                await _remove(tx, old)
            return await _all(tx)


async def _all(tx: Transaction) -> tuple[SigningKey, ...]:
    rows = await tx.session.execute(select(signing_key))
    return tuple(SigningKey(row.key_id, row.private_jwk, row.made_at) for row in rows)


async def _add(tx: Transaction, key: SigningKey) -> None:
    row = {"key_id": key.key_id, "private_jwk": key.private_jwk, "made_at": key.made_at}
    await tx.session.execute(insert(signing_key), [row])
    tx.audit("signing-key.made", object=f"signing-key:{key.key_id}")


async def _remove(tx: Transaction, key: SigningKey) -> None:
    await tx.session.execute(delete(signing_key).where(signing_key.c.key_id == key.key_id))
    tx.audit("signing-key.removed", object=f"signing-key:{key.key_id}")
