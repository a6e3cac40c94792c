"""Staff accounts: one row each, and a fact for every change that other services follow."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, select, update

from services.portal.identity.tables import staff as table
from shared.api.identity import CLINICIANS, Role
from shared.events.portal import StaffAdded, StaffDisabled, StaffFact, StaffRoleChanged, StaffState
from shared.runtime.db import Transaction


@dataclass(frozen=True, slots=True)
class Staff:
    """Who somebody is here. ``teams`` are team codes; not ``active`` means no access at all."""

    staff_id: UUID
    username: str
    display_name: str
    role: Role
    teams: tuple[str, ...]
    active: bool
    version: int


@dataclass(frozen=True, slots=True)
class Account:
    """A member of staff with the stored form of the password."""

    staff: Staff
    password_hash: str


async def add(tx: Transaction, staff: Staff, *, password_hash: str) -> None:
    """Open an account."""
    row = {
        "staff_id": staff.staff_id,
        "username": staff.username,
        "display_name": staff.display_name,
        "role": staff.role.value,
        "teams": list(staff.teams),
        "active": staff.active,
        "password_hash": password_hash,
        "version": staff.version,
    }
    await tx.session.execute(insert(table), [row])
    _publish(tx, StaffAdded, staff)


async def change_role(
    tx: Transaction, staff: Staff, *, role: Role, teams: tuple[str, ...]
) -> Staff:
    """Give somebody another role or other teams; tokens already made live for minutes only."""
    return await _change(tx, staff, StaffRoleChanged, role=role, teams=teams, active=staff.active)


async def disable(tx: Transaction, staff: Staff) -> Staff:
    """Close an account. Its sessions end at their next use."""
    return await _change(tx, staff, StaffDisabled, role=staff.role, teams=staff.teams, active=False)


async def require_others(
    tx: Transaction, staff: Staff, *, role: Role | None = None, teams: tuple[str, ...] = ()
) -> None:
    """Refuse to leave a team of this person without any clinician, or without a lead if they are
    one, by changing the account to that role and those teams or, without a role, by closing it.
    Colleagues' accounts are locked meanwhile: two who leave at the same moment are not each
    other's successor.

    Raises:
        LastOfTeam: a team would have nobody: its patients, or what nobody answered, reach nobody.
    """
    active = select(table).where(table.c.active).order_by(table.c.staff_id).with_for_update()
    people = [_staff(row) for row in await tx.session.execute(active)]
    if staff.staff_id not in {one.staff_id for one in people}:
        return
    others = [one for one in people if one.staff_id != staff.staff_id]
    if role is not None:
        others.append(replace(staff, role=role, teams=teams))
    for team in staff.teams:
        left = {one.role for one in others if team in one.teams}
        if staff.role in CLINICIANS and not left & CLINICIANS:
            raise LastOfTeam(staff, team, is_lead=False)
        if staff.role is Role.LEAD and Role.LEAD not in left:
            raise LastOfTeam(staff, team, is_lead=True)


async def end_tokens(tx: Transaction, staff_id: UUID) -> None:
    """Make every token of theirs outdated, by a new version of the account as it is."""
    person = await by_id(tx, staff_id)
    if person is not None:
        await _change(
            tx,
            person,
            StaffRoleChanged,
            role=person.role,
            teams=person.teams,
            active=person.active,
        )


async def set_password(tx: Transaction, staff_id: UUID, *, password_hash: str) -> None:
    """Another password; tokens made with the old one end."""
    change = update(table).where(table.c.staff_id == staff_id)
    await tx.session.execute(change.values(password_hash=password_hash))
    await end_tokens(tx, staff_id)


async def account_named(tx: Transaction, username: str) -> Account | None:
    """The account with this user name, upper or lower case."""
    query = select(table).where(table.c.username == username.strip().lower())
    row = (await tx.session.execute(query)).one_or_none()
    return None if row is None else Account(_staff(row), row.password_hash)


async def by_id(tx: Transaction, staff_id: UUID) -> Staff | None:
    """One member of staff."""
    query = select(table).where(table.c.staff_id == staff_id)
    row = (await tx.session.execute(query)).one_or_none()
    return None if row is None else _staff(row)


async def everyone(tx: Transaction) -> tuple[Staff, ...]:
    """All members of staff by name, those who left included: old records name them too."""
    rows = await tx.session.execute(select(table).order_by(table.c.display_name))
    return tuple(_staff(row) for row in rows)


async def _change(
    tx: Transaction,
    staff: Staff,
    fact: type[StaffFact],
    *,
    role: Role,
    teams: tuple[str, ...],
    active: bool,
) -> Staff:
    changed = Staff(
        staff_id=staff.staff_id,
        username=staff.username,
        display_name=staff.display_name,
        role=role,
        teams=teams,
        active=active,
        version=staff.version + 1,
    )
    statement = (
        update(table)
        .where(table.c.staff_id == staff.staff_id, table.c.version == staff.version)
        .values(role=role.value, teams=list(teams), active=active, version=changed.version)
        .returning(table.c.version)
    )
    if (await tx.session.execute(statement)).one_or_none() is None:
        raise AccountChangedMeanwhile(staff.staff_id)
    _publish(tx, fact, changed)
    return changed


def _publish(tx: Transaction, fact: type[StaffFact], staff: Staff) -> None:
    state = StaffState(
        staff_id=staff.staff_id,
        display_name=staff.display_name,
        role=staff.role.value,
        teams=staff.teams,
        active=staff.active,
    )
    tx.publish(
        fact(staff=state),
        subject=staff.staff_id,
        aggregate=f"staff:{staff.staff_id}",
        version=staff.version,
    )


def _staff(row: Row[Any]) -> Staff:
    return Staff(
        staff_id=row.staff_id,
        username=row.username,
        display_name=row.display_name,
        role=Role(row.role),
        teams=tuple(row.teams),
        active=row.active,
        version=row.version,
    )


class AccountChangedMeanwhile(Exception):
    """Somebody else changed this account; look at it again."""


class LastOfTeam(Exception):
    """A team has no other lead (``is_lead``), or no other clinician at all."""

    def __init__(self, staff: Staff, team: str, *, is_lead: bool) -> None:
        super().__init__(staff.staff_id)
        self.staff = staff
        self.team = team
        self.is_lead = is_lead
