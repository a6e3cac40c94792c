"""Operations (journey C4) by keyboard alone: look, a parked event, accounts, the rota.

What operations do in a shell is in the tests of the operator's commands and of the faults; moving
the demo clock is among the journeys by keyboard. The clinic is shared: whatever is put there is
taken away again.
"""

import asyncio
import sqlite3
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import UUID

import pytest
from playwright.async_api import Locator, Page, expect

from services.group import Group
from shared.api.operations import COPY
from shared.runtime import clock, epochs
from tests.browser.conftest import SignIn
from tests.browser.keyboard import fill, follow, go_to
from tests.browser.test_accessibility import look
from tests.system.clinic import Clinic

pytestmark = [pytest.mark.browser, pytest.mark.system, pytest.mark.timeout(600)]

MOST_ARROWS = 40
PARKED = """
INSERT INTO parked (id, event_id, type, subject, body, reason, error, tries, parked_at, status)
VALUES (?, NULL, ?, NULL, x'00', ?, 'test', 8, '2026-11-01 08:00:00.000000', 'parked')
"""


def edit(database: Path, statement: str, *values: str) -> None:
    with sqlite3.connect(database, timeout=10) as connection:
        connection.execute(statement, values)


@pytest.fixture
def parked(clinic: Clinic, embedded_group: Group) -> Iterator[tuple[UUID, str]]:
    """An event that nobody can read, among those that engagement parked: its id and its type."""
    which = clock.new_id()
    kind = f"care.test.k{which.hex[-8:]}.v1"
    database = embedded_group.folder / "engagement.db"
    edit(database, PARKED, which.hex, kind, "undecodable")
    yield which, kind
    edit(database, "DELETE FROM parked WHERE id = ?", which.hex)


@pytest.fixture
def copy(clinic: Clinic, embedded_group: Group) -> Iterator[None]:
    """As after a restore, but nobody is kept out: this database was never restored."""
    which, database = clock.new_id(), embedded_group.folder / "portal.db"
    edit(database, PARKED, which.hex, epochs.BEGUN, COPY)
    yield
    edit(database, "DELETE FROM parked WHERE id = ?", which.hex)


@pytest.fixture
async def newcomer(clinic: Clinic, embedded_group: Group) -> AsyncIterator[str]:
    """The account of a nurse who has just come, in a team with one colleague; closed in the end."""
    which = clock.new_id().hex[-8:]
    username, colleague = f"kit-{which}", f"ash-{which}"
    for one in (username, colleague):
        name = ("--name", one.title(), "--team", f"team-{which}")
        await users(embedded_group, clinic, "add", one, "--role", "nurse", *name)
    yield username
    for one in (username, colleague):
        await users(embedded_group, clinic, "close", one, "--leave-empty")


async def users(group: Group, clinic: Clinic, *command: str) -> None:
    """What operations type about accounts."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services", "users", *command, "--data", str(group.folder)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate(clinic.password.encode())
    assert process.returncode == 0, said.decode()


async def test_a_parked_event_is_given_up_by_two_people(
    sign_in: SignIn, clinic: Clinic, parked: tuple[UUID, str]
) -> None:
    which, kind = parked
    oona = await sign_in("oona")
    await expect(oona.locator("tr", has_text="engagement")).to_contain_text("parked")
    await give_up(oona, kind)
    await expect(oona.get_by_role("status")).to_have_text(
        "This is proposed. A second person has to do the same."
    )
    await expect(of_it(oona, kind)).to_contain_text("wants to give it up")
    await give_up(oona, kind)
    await expect(oona.locator("#trouble")).to_be_focused()
    await expect(oona.locator("#trouble")).to_contain_text("a second person")

    lena = await sign_in("lena")
    await follow(lena, "Operations", tag="A")
    await give_up(lena, kind)
    await expect(lena.get_by_role("status")).to_have_text("The parked message is dealt with.")
    await expect(of_it(lena, kind)).to_have_count(0)
    left = (await clinic.get("oona", "engagement/parked?limit=50"))["items"]
    assert str(which) not in [one["id"] for one in left if one["status"] == "parked"]


@pytest.mark.usefixtures("copy")
async def test_a_restored_copy_is_released_by_two_people(sign_in: SignIn) -> None:
    for name, said in (
        ("oona", "This is proposed. A second person has to do the same."),
        ("lena", "The parked message is dealt with."),
    ):
        page = await sign_in(name)
        if name == "lena":
            await follow(page, "Operations", tag="A")
        it = of_it(page, "a copy brought back from a backup")
        await expect(it.get_by_role("button")).to_have_text(["Release it to everybody"])
        await go_to(page, name="reason", around="a copy brought back")
        await page.keyboard.press("End")
        await follow(page, "Release it to everybody", tag="BUTTON")
        await expect(page.get_by_role("status")).to_have_text(said)
    await expect(it).to_have_count(0)


async def give_up(page: Page, kind: str) -> None:
    """Of several parked events this one."""
    await go_to(page, name="reason", around=kind)
    await page.keyboard.press("ArrowDown")
    await follow(page, "Give it up", tag="BUTTON", around=kind)


def of_it(page: Page, kind: str) -> Locator:
    """What the page says about it."""
    return page.locator("main section section", has_text=kind)


async def test_an_account_is_signed_out_and_closed(
    sign_in: SignIn, clinic: Clinic, newcomer: str
) -> None:
    theirs = await sign_in(newcomer)
    oona = await sign_in("oona")
    await follow(oona, "Staff", tag="A")
    await follow(oona, "Nurse", tag="A")
    account = oona.locator("tr", has_text=newcomer)
    await follow(oona, "Sign out everywhere", tag="BUTTON", around=newcomer)
    await expect(oona.get_by_role("status")).to_have_text("The account is changed.")
    await theirs.reload()
    await expect(theirs.get_by_role("button", name="Sign in")).to_be_visible()

    await expect(account).to_contain_text("open, password only")
    await follow(oona, "Close the account", tag="BUTTON", around=newcomer)
    await expect(oona.get_by_role("heading", name="Close the account of")).to_be_focused()
    assert "closed" not in await account.inner_text()
    await look(oona)
    await follow(oona, "Close the account", tag="BUTTON")
    await expect(oona.get_by_role("status")).to_have_text("The account is changed.")
    await expect(account).to_contain_text("closed")
    await expect(account.get_by_role("button")).to_have_count(0)
    await fill(theirs, {"username": newcomer, "password": clinic.password})
    await theirs.keyboard.press("Enter")
    await expect(theirs.locator("#trouble")).to_be_focused()


async def test_nothing_changes_on_ones_own_account(sign_in: SignIn) -> None:
    oona = await sign_in("oona")
    await follow(oona, "Staff", tag="A")
    await follow(oona, "Account", tag="A")
    mine = oona.locator("tr", has_text="oona")
    await expect(mine).to_contain_text("open")
    await expect(mine.get_by_role("button")).to_have_count(0)


async def test_every_service_is_looked_at_on_a_small_screen(sign_in: SignIn) -> None:
    """The table is wider than the screen, and arrow keys show the rest of it."""
    oona = await sign_in("oona")
    await oona.set_viewport_size({"width": 320, "height": 800})
    await go_to(oona, "Every service, as it sees itself", tag="DIV")
    table = oona.get_by_role("region", name="Every service, as it sees itself")
    await expect(table).to_be_focused()
    await expect(table.locator("th", has_text="Schema")).not_to_be_in_viewport()
    for _ in range(MOST_ARROWS):
        await oona.keyboard.press("ArrowRight")
    await expect(table.locator("th", has_text="Schema")).to_be_in_viewport()
    await follow(oona, "Kept long enough", tag="A")
    await expect(oona.get_by_role("heading", name="Kept long enough", level=1)).to_be_visible()
