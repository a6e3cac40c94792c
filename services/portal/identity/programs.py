"""Programs with credentials of their own (client credentials): role service, nobody's account."""

import hmac
from typing import Any

from sqlalchemy import Row, insert, select, update

from services.portal.identity import sessions
from services.portal.identity.office import NameTaken, NoSuchAccount
from services.portal.identity.staff import Staff
from services.portal.identity.tables import client as table
from shared.api.identity import Role
from shared.runtime import clock
from shared.runtime.db import Database, Transaction


async def add(db: Database, client_id: str, *, by: str) -> str:
    """Credentials for a program; the secret, which is not kept.

    Raises:
        NameTaken: another program is called that.
    """
    secret = clock.new_secret()
    async with db.transaction(actor=by) as tx:
        if await _row(tx, client_id) is not None:
            raise NameTaken
        await tx.session.execute(
            insert(table).values(
                client_id=client_id,
                staff_id=clock.new_id(),
                secret_hash=sessions.digest(secret),
                active=True,
            )
        )
        tx.audit("program.added", object=f"client:{client_id}"[:96])
    return secret


async def close(db: Database, client_id: str, *, by: str) -> None:
    """Its credentials open nothing any more; tokens it has live for a minute.

    Raises:
        NoSuchAccount: no program is called that.
    """
    async with db.transaction(actor=by) as tx:
        if await _row(tx, client_id) is None:
            raise NoSuchAccount
        change = update(table).where(table.c.client_id == client_id)
        await tx.session.execute(change.values(active=False))
        tx.audit("program.closed", object=f"client:{client_id}"[:96])


async def recognise(db: Database, client_id: str, secret: str) -> Staff | None:
    """The program with these credentials, as the bearer of a token."""
    async with db.reading() as tx:
        row = await _row(tx, client_id)
    stored = row.secret_hash if row is not None else sessions.digest("")
    right = hmac.compare_digest(stored, sessions.digest(secret))
    if row is None or not right or not row.active:
        return None
    return Staff(
        staff_id=row.staff_id,
        username=row.client_id,
        display_name=row.client_id,
        role=Role.SERVICE,
        teams=(),
        active=True,
        version=1,
    )


async def _row(tx: Transaction, client_id: str) -> Row[Any] | None:
    query = select(table).where(table.c.client_id == client_id)
    return (await tx.session.execute(query)).one_or_none()
