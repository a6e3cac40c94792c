"""Nobody leaves a team without a clinician, or without the lead it had, on both databases."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from services.portal.identity import staff
from services.portal.identity.office import Office
from services.portal.identity.passwords import Passwords
from services.portal.identity.staff import LastOfTeam, Staff
from services.portal.main import schema
from shared.api.identity import Role
from shared.runtime import clock
from shared.runtime.db import Database
from tests.support.databases import Databases

BY = "service:tests"
TEAM = ("pier",)


@pytest.fixture
async def office(databases: Databases) -> AsyncIterator[Office]:
    opened = Database.open(await databases.migrated(schema), source="portal")
    yield Office(opened, Passwords())
    await opened.close()


async def joins(office: Office, username: str, role: Role, *, teams: tuple[str, ...]) -> Staff:
    """Somebody new, without the wait for a password's hash."""
    newcomer = Staff(
        staff_id=clock.new_id(),
        username=username,
        display_name=username.title(),
        role=role,
        teams=teams,
        active=True,
        version=1,
    )
    async with office.db.transaction(actor=BY) as tx:
        await staff.add(tx, newcomer, password_hash="none")
    return newcomer


async def is_active(office: Office, person: Staff) -> bool:
    return (await office.named(person.username)).active


async def test_the_last_clinician_stays_until_there_is_another(office: Office) -> None:
    nurse = await joins(office, "ada", Role.NURSE, teams=TEAM)
    await joins(office, "ops", Role.OPERATIONS, teams=TEAM)
    await joins(office, "far", Role.NURSE, teams=("quay",))

    with pytest.raises(LastOfTeam) as refused:
        await office.close(nurse.staff_id, by=BY)
    assert (refused.value.team, refused.value.is_lead) == ("pier", False)
    assert await is_active(office, nurse)

    await joins(office, "bea", Role.FACILITATOR, teams=TEAM)
    await office.close(nurse.staff_id, by=BY)
    assert not await is_active(office, nurse)
    await office.close(nurse.staff_id, by=BY)  # again: nothing is left to refuse


async def test_the_only_lead_stays_among_other_clinicians(office: Office) -> None:
    lead = await joins(office, "ada", Role.LEAD, teams=TEAM)
    nurse = await joins(office, "bea", Role.NURSE, teams=TEAM)

    with pytest.raises(LastOfTeam) as refused:
        await office.close(lead.staff_id, by=BY)
    assert refused.value.is_lead

    await office.change_role(nurse.staff_id, role=Role.LEAD, teams=TEAM, by=BY)
    await office.close(lead.staff_id, by=BY)
    assert not await is_active(office, lead)
    with pytest.raises(LastOfTeam):
        await office.close(nurse.staff_id, by=BY)


async def test_of_two_who_are_closed_at_once_one_stays(office: Office) -> None:
    both = [await joins(office, name, Role.NURSE, teams=TEAM) for name in ("ada", "bea")]

    done = await asyncio.gather(
        *(office.close(one.staff_id, by=BY) for one in both), return_exceptions=True
    )

    assert sorted(type(one).__name__ for one in done) == ["LastOfTeam", "NoneType"]
    assert sorted([await is_active(office, one) for one in both]) == [False, True]


@pytest.mark.parametrize(
    ("role", "teams"), [(Role.AUDITOR, TEAM), (Role.NURSE, ("quay",)), (Role.NURSE, ())]
)
async def test_another_role_or_team_leaves_as_well(
    office: Office, role: Role, teams: tuple[str, ...]
) -> None:
    nurse = await joins(office, "ada", Role.NURSE, teams=TEAM)

    with pytest.raises(LastOfTeam):
        await office.change_role(nurse.staff_id, role=role, teams=teams, by=BY)
    assert await office.named("ada") == nurse

    await office.change_role(nurse.staff_id, role=Role.PRESCRIBER, teams=TEAM, by=BY)
    assert (await office.named("ada")).role is Role.PRESCRIBER


async def test_a_team_that_was_never_one_may_be_left_on_purpose(office: Office) -> None:
    nurse = await joins(office, "ada", Role.NURSE, teams=("peer",))

    await office.change_role(nurse.staff_id, role=Role.NURSE, teams=TEAM, by=BY, leave_empty=True)

    assert (await office.named("ada")).teams == TEAM
    await office.close(nurse.staff_id, by=BY, leave_empty=True)
    assert not await is_active(office, nurse)
