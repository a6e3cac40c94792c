"""The demo clinic's accounts. They all share one password, drawn at the first start."""

from services.portal.identity import staff
from services.portal.identity.passwords import Passwords
from services.portal.identity.staff import Staff
from shared.demo.staff import STAFF
from shared.runtime.db import Database


async def open_accounts(db: Database, passwords: Passwords, *, password: str) -> None:
    """Open each account that is not there yet."""
    password_hash = await passwords.hash(password)
    for member in STAFF:
        async with db.transaction(actor="service:portal") as tx:
            if await staff.by_id(tx, member.staff_id) is None:
                newcomer = Staff(
                    staff_id=member.staff_id,
                    username=member.username,
                    display_name=member.display_name,
                    role=member.role,
                    teams=member.teams,
                    active=True,
                    version=1,
                )
                await staff.add(tx, newcomer, password_hash=password_hash)
