"""What others do about somebody's account: open, close, unlock, another role, end its sessions."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update

from services.portal.identity import federation, locks, second_factor, staff
from services.portal.identity.passwords import Passwords
from services.portal.identity.staff import Staff
from services.portal.identity.tables import second_factor as factor_table
from services.portal.identity.tables import session as session_table
from shared.api.identity import Role
from shared.runtime import clock
from shared.runtime.db import Database, Transaction


class NoSuchAccount(Exception):
    """Nobody here has this name."""


class NameTaken(Exception):
    """Somebody has this user name already."""


class KnownElsewhere(Exception):
    """An identity provider vouches for them: a password here would be a way past it."""


@dataclass(frozen=True, slots=True)
class Seen:
    """An account as the list of staff shows it."""

    staff: Staff
    locked_at: datetime | None
    has_codes: bool


@dataclass(frozen=True, slots=True)
class Office:
    """``by`` is whoever does it, as the audit trail names them."""

    db: Database
    passwords: Passwords

    async def everyone(self) -> tuple[Seen, ...]:
        """All accounts by name."""
        async with self.db.reading() as tx:
            people = await staff.everyone(tx)
            shut = await locks.locked(tx)
            confirmed = factor_table.c.confirmed_at.is_not(None)
            rows = await tx.session.execute(select(factor_table.c.staff_id).where(confirmed))
            with_codes = set(rows.scalars())
        return tuple(
            Seen(one, shut.get(one.staff_id), one.staff_id in with_codes) for one in people
        )

    async def note_export(self, service: str, *, by: str) -> None:
        """Somebody takes a copy of a service's audit trail."""
        async with self.db.transaction(actor=by) as tx:
            tx.audit("audit.exported", object=f"audit:{service}")

    async def open(
        self,
        *,
        username: str,
        display_name: str,
        role: Role,
        teams: tuple[str, ...],
        password: str,
        by: str,
    ) -> Staff:
        """A new account.

        Raises:
            NameTaken: nothing was changed.
        """
        password_hash = await self.passwords.hash(password)
        newcomer = Staff(
            staff_id=clock.new_id(),
            username=username.strip().lower(),
            display_name=display_name,
            role=role,
            teams=teams,
            active=True,
            version=1,
        )
        async with self.db.transaction(actor=by) as tx:
            if await staff.account_named(tx, newcomer.username) is not None:
                raise NameTaken
            await staff.add(tx, newcomer, password_hash=password_hash)
        return newcomer

    async def named(self, username: str) -> Staff:
        """The account with this name.

        Raises:
            NoSuchAccount: there is none.
        """
        async with self.db.reading() as tx:
            account = await staff.account_named(tx, username)
        if account is None:
            raise NoSuchAccount
        return account.staff

    async def unlock(self, staff_id: UUID, *, by: str) -> None:
        """Let any browser try again."""
        async with self.db.transaction(actor=by) as tx:
            await locks.unlock(tx, staff_id)

    async def sign_out(self, staff_id: UUID, *, by: str) -> None:
        """End every session, and every token made so far."""
        async with self.db.transaction(actor=by) as tx:
            await _end_sessions(tx, staff_id)
            await staff.end_tokens(tx, staff_id)
            tx.audit("sessions.ended", object=f"staff:{staff_id}")

    async def take_codes_off(self, staff_id: UUID, *, by: str) -> None:
        """For a lost phone: the next sign-in sets up another one."""
        async with self.db.transaction(actor=by) as tx:
            await second_factor.take_off(tx, staff_id)
            await _end_sessions(tx, staff_id)

    async def close(self, staff_id: UUID, *, by: str, leave_empty: bool = False) -> None:
        """No access any more; what they did keeps their name. ``leave_empty``: their team may
        have nobody afterwards, such as one that was never more than a mistyped code.

        Raises:
            LastOfTeam: nothing was changed.
        """
        async with self.db.transaction(actor=by) as tx:
            person = await staff.by_id(tx, staff_id)
            if person is not None and person.active:
                if not leave_empty:
                    await staff.require_others(tx, person)
                await staff.disable(tx, person)
            await _end_sessions(tx, staff_id)
            tx.audit("account.closed", object=f"staff:{staff_id}")

    async def change_role(
        self,
        staff_id: UUID,
        *,
        role: Role,
        teams: tuple[str, ...],
        by: str,
        leave_empty: bool = False,
    ) -> None:
        """Another role or other teams; sessions go on with it, older tokens do not.

        Raises:
            LastOfTeam: nothing was changed; see ``close``.
        """
        async with self.db.transaction(actor=by) as tx:
            person = await staff.by_id(tx, staff_id)
            if person is not None:
                if not leave_empty:
                    await staff.require_others(tx, person, role=role, teams=teams)
                await staff.change_role(tx, person, role=role, teams=teams)

    async def set_password(self, staff_id: UUID, *, password: str, by: str) -> None:
        """For somebody who forgot theirs.

        Raises:
            KnownElsewhere: they sign in with an identity provider; nothing was changed.
        """
        password_hash = await self.passwords.hash(password)
        async with self.db.transaction(actor=by) as tx:
            if await federation.is_federated(tx, staff_id):
                raise KnownElsewhere
            await staff.set_password(tx, staff_id, password_hash=password_hash)
            await _end_sessions(tx, staff_id)
            tx.audit("password.set", object=f"staff:{staff_id}")


async def _end_sessions(tx: Transaction, staff_id: UUID) -> None:
    live = session_table.c.staff_id == staff_id, session_table.c.ended_at.is_(None)
    await tx.session.execute(update(session_table).where(*live).values(ended_at=clock.real_now()))
