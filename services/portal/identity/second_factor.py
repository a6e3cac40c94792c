"""Who has to show a one-time code, and whether the code they show is right."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, insert, select, update

from services.portal.identity import one_time
from services.portal.identity.tables import second_factor as table
from shared.runtime.db import Transaction


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """What is kept of somebody's authenticator app. Not yet ``confirmed``: it proves nothing."""

    secret: str
    confirmed: bool
    last_step: int
    recovery: tuple[str, ...]


async def of(tx: Transaction, staff_id: UUID) -> SecondFactor | None:
    """What is known, confirmed or not."""
    query = select(table).where(table.c.staff_id == staff_id)
    row = (await tx.session.execute(query)).one_or_none()
    if row is None:
        return None
    return SecondFactor(
        row.secret, row.confirmed_at is not None, row.last_step, tuple(row.recovery)
    )


async def is_needed(tx: Transaction, staff_id: UUID) -> bool:
    """Whether a password alone does not open this account."""
    found = await of(tx, staff_id)
    return found is not None and found.confirmed


async def offer(tx: Transaction, staff_id: UUID) -> str:
    """The secret to scan; the same one until it is confirmed.

    Raises:
        LookupError: an app is set up already; it has to be taken off first.
    """
    found = await of(tx, staff_id)
    if found is not None and found.confirmed:
        raise LookupError("second factor already set up")
    if found is not None:
        tx.audit("second-factor.offered", object=f"staff:{staff_id}")
        return found.secret
    secret = one_time.new_secret()
    await tx.session.execute(
        insert(table).values(staff_id=staff_id, secret=secret, last_step=0, recovery=[])
    )
    tx.audit("second-factor.offered", object=f"staff:{staff_id}")
    return secret


async def confirm(
    tx: Transaction, staff_id: UUID, *, code: str, now: datetime
) -> tuple[str, ...] | None:
    """The recovery codes, shown this once, when the code proves that the app works."""
    found = await of(tx, staff_id)
    if found is None or found.confirmed:
        return None
    step = one_time.step_of(code, secret=found.secret, after=found.last_step, now=now)
    if step is None:
        return None
    codes = one_time.recovery_codes()
    await _set(
        tx,
        staff_id,
        confirmed_at=now,
        last_step=step,
        recovery=[one_time.digest(one) for one in codes],
    )
    tx.audit("second-factor.set-up", object=f"staff:{staff_id}")
    return codes


async def check(tx: Transaction, staff_id: UUID, *, code: str, now: datetime) -> bool:
    """Whether the code is right. It is used up by that."""
    found = await of(tx, staff_id)
    if found is None or not found.confirmed:
        return False
    step = one_time.step_of(code, secret=found.secret, after=found.last_step, now=now)
    if step is not None:
        await _set(tx, staff_id, last_step=step)
        tx.audit("second-factor.shown", object=f"staff:{staff_id}", reason="code")
        return True
    left = one_time.without(found.recovery, code)
    if left is None:
        return False
    await _set(tx, staff_id, recovery=list(left))
    tx.audit("second-factor.shown", object=f"staff:{staff_id}", reason="recovery-code")
    return True


async def take_off(tx: Transaction, staff_id: UUID) -> None:
    """A lost phone: the next sign-in sets up another one."""
    await tx.session.execute(delete(table).where(table.c.staff_id == staff_id))
    tx.audit("second-factor.taken-off", object=f"staff:{staff_id}")


async def _set(tx: Transaction, staff_id: UUID, **values: object) -> None:
    await tx.session.execute(update(table).where(table.c.staff_id == staff_id).values(**values))
