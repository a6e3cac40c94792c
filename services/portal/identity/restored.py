"""A copy brought back from a backup: held until two people have looked at it (case 100 of the
threat model).

Beginning an epoch in the portal's database leaves an entry among its parked messages. While that
waits, only those get in who may look at the copy and give the entry up, which takes two of them.
"""

from sqlalchemy import select

from services.portal.identity.staff import Staff
from shared.api.identity import Role
from shared.api.operations import COPY
from shared.runtime.db import Database, Transaction
from shared.runtime.operations import RESOLVERS
from shared.runtime.tables import parked

_MAY_LOOK = RESOLVERS | {Role.AUDITOR}
_WAITING = select(parked.c.id).where(parked.c.status == "parked", parked.c.reason == COPY).limit(1)


class Held(Exception):
    """Nobody works with this copy before two people have released it."""


async def is_held(tx: Transaction) -> bool:
    """Whether this is a restored copy that nobody has released yet."""
    return bool(tx.epoch) and (await tx.session.execute(_WAITING)).first() is not None


async def require_released(db: Database, person: Staff) -> None:
    """Let nobody in who is not there to look at a held copy.

    Raises:
        Held: they have to wait.
    """
    if person.role in _MAY_LOOK:
        return
    async with db.reading() as tx:
        if await is_held(tx):
            raise Held
