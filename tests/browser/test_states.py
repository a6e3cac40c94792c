"""Pages in the states they can have: a team without anybody, a record with nothing in it, names of
every kind, forms that are refused, a service that does not answer.

People are enrolled for one test alone, in teams of this file, so none depends on another one.
"""

import asyncio
import json
import os
import re
import signal
import sys
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from services.group import Group
from shared.runtime import clock
from tests.browser.conftest import SignIn
from tests.browser.keyboard import enter
from tests.browser.test_accessibility import look
from tests.browser.test_forms import somebody_new
from tests.system.clinic import Clinic, Refused

pytestmark = [pytest.mark.browser, pytest.mark.system, pytest.mark.timeout(600)]

WITHOUT_ANYBODY = {
    "prescriber": ("/", "/?view=team", "/patients", "/caseload", "/outcomes", "/cover", "/round"),
    "lead": ("/", "/on-call", "/retention"),
    "facilitator": ("/",),
}
NURSES = ("nurse", "deputy")
RECORD = (
    "",
    "/timeline",
    "/assessments",
    "/pathway",
    "/courses",
    "/support",
    "/reminders",
    "/details",
    "/history",
    "/looks",
)
LONGEST = 100
"""Letters that each part of a name may have."""
NAMES = {
    "long": ("Wolfeschlegel" * 8)[:LONGEST],
    "right to left": "مريم عبد الرحمن بن يوسف",
    "combining": "Z\u0335a\u0336l\u0337g\u0338o\u0310 N\u0303a\u0308m\u0323e",
    "emoji": "🧑‍⚕️🦊👩‍👩‍👧‍👦",
    "script": "<script>alert(1)</script>",
}
LISTS = ("/", "/?view=team", "/patients", "/patients?show=flagged", "/caseload", "/round")
MOST_TRIES = 240
REFUSED = {
    "/flags/new": "Raise the flag",
    "/links": "Make the link",
    "/carers": "Add",
    "/support/life-events": "Record it",
    "/support/contacts/new": "Record the contact",
}


@pytest.fixture(scope="module")
async def staff(clinic: Clinic, embedded_group: Group) -> dict[str, str]:
    """Accounts by role in a team without anybody in its care, and two nurses of another team."""
    run = clock.new_id().hex[:8]
    opened = {one: f"{one}-{run}" for one in (*WITHOUT_ANYBODY, *NURSES)}
    for one, username in opened.items():
        role, team = ("nurse", "pier") if one in NURSES else (one, "quay")
        name = ("--name", f"Wren {one.title()}", "--team", f"{team}-{run}")
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "services", "users", "add", username, "--role", role, *name),
            *("--data", str(embedded_group.folder)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await process.communicate(clinic.password.encode())
        assert process.returncode == 0, said.decode()
    return opened


@pytest.mark.parametrize("role", list(WITHOUT_ANYBODY))
async def test_a_team_without_anybody(
    sign_in: SignIn, clinic: Clinic, staff: dict[str, str], role: str
) -> None:
    page = await sign_in(staff[role])
    for address in WITHOUT_ANYBODY[role]:
        await page.goto(clinic.services["portal"] + address)

        await expect(page.get_by_role("heading", level=1)).to_be_visible()
        await look(page)


async def test_a_record_with_nothing_in_it_and_the_longest_name(
    sign_in: SignIn, clinic: Clinic, staff: dict[str, str]
) -> None:
    page = await sign_in(staff["nurse"])
    family_name = f"{somebody_new()} {NAMES['long']}"[:LONGEST]
    record = await enrolled(page, clinic, NAMES["long"], family_name)
    for part in RECORD:
        await page.goto(record + part)

        await expect(page.get_by_role("heading", level=1)).to_contain_text(NAMES["long"])
        await look(page)


@pytest.mark.parametrize("kind", [kind for kind in NAMES if kind != "long"])
async def test_a_name_is_shown_as_it_is_written(
    sign_in: SignIn, clinic: Clinic, staff: dict[str, str], kind: str
) -> None:
    page = await sign_in(staff["nurse"])
    record = await enrolled(page, clinic, NAMES[kind], somebody_new())

    await look(page)
    for address in (record, f"{clinic.services['portal']}/patients"):
        await page.goto(address)
        await expect(page.get_by_text(NAMES[kind]).first).to_be_visible()


async def test_names_of_every_kind_on_every_list(
    sign_in: SignIn, clinic: Clinic, staff: dict[str, str]
) -> None:
    """Side by side, each on the worklist, in the caseload, among the flags and as found."""
    nurse = staff["nurse"]
    family_name = somebody_new()
    rules = await clinic.get(nurse, "assessment/safety-rules")
    gravest = min(rules["triggers"], key=lambda one: one["level"])["code"]
    for given_name in NAMES.values():
        body = {"given_name": given_name, "family_name": family_name, "birth_date": "1975-03-09"}
        body |= {"time_zone": "Europe/London", "language": "en", "team": team_of(nurse)}
        person = (await clinic.post(nurse, "assessment/patients", body))["patient_id"]
        await clinic.post(nurse, f"assessment/patients/{person}/flags", {"trigger": gravest})
        await heard_of(clinic, nurse, person)
        plan = {"kind": "facilitated-participation", "activity": "Chess at the library"}
        for duty, who in (("facilitator_id", nurse), ("deputy_id", staff["deputy"])):
            plan[duty] = own_id(await clinic.token(who))
        await clinic.post(nurse, f"engagement/patients/{person}/programmes", plan)

    page = await sign_in(nurse)
    for address in LISTS:
        await page.goto(clinic.services["portal"] + address)
        await all_names_are_there(page)
        await look(page)
    await page.keyboard.press("/")
    await page.keyboard.type(family_name)
    await enter(page)
    await expect(page).to_have_url(re.compile("/patients/search$"))
    await all_names_are_there(page)
    await look(page)


async def all_names_are_there(page: Page) -> None:
    for name in NAMES.values():
        await expect(page.locator("main").get_by_text(name).first).to_be_visible()


async def heard_of(clinic: Clinic, who: str, person: str) -> None:
    """Engagement hears of somebody new a moment later."""
    for _ in range(MOST_TRIES):
        with suppress(Refused):
            await clinic.get(who, f"engagement/patients/{person}/support")
            return
        await asyncio.sleep(0.25)  # it is another process
    raise AssertionError("engagement has not heard of somebody new")


def own_id(token: str) -> str:
    """Whose token it is."""
    payload = token.split(".")[1]
    return str(json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["sub"])


def team_of(username: str) -> str:
    """The nurse's team of this run."""
    return f"pier-{username.rpartition('-')[2]}"


async def test_a_name_of_300_letters_is_refused_and_stays_in_the_form(
    sign_in: SignIn, clinic: Clinic, staff: dict[str, str]
) -> None:
    page = await sign_in(staff["nurse"])
    await send_name(page, clinic, "Ö" * 300, somebody_new())

    await expect(page.locator("#trouble")).to_contain_text("Nothing was saved yet")
    await expect(page.locator("#given_name-fault")).to_contain_text("please shorten it")
    await expect(page.locator("#given_name")).to_have_value("Ö" * 300)
    await look(page)


async def test_a_refused_form_says_so_where_it_is_read_first(
    sign_in: SignIn, clinic: Clinic, staff: dict[str, str]
) -> None:
    page = await sign_in(staff["nurse"])
    record = await enrolled(page, clinic, "Robin", somebody_new())
    for part, button in REFUSED.items():
        await page.goto(record + part)
        send = page.get_by_role("button", name=button, exact=True).first
        await send.evaluate("button => button.form.noValidate = true")
        await send.click()

        await expect(page.locator("#trouble")).to_be_focused()
        await look(page)


async def test_a_record_while_a_service_does_not_answer(
    sign_in: SignIn, clinic: Clinic, staff: dict[str, str]
) -> None:
    page = await sign_in(staff["nurse"])
    record = await enrolled(page, clinic, "Robin", somebody_new())
    with frozen("services.treatment"):
        await page.goto(record)

        await expect(page.get_by_role("heading", level=1)).to_contain_text("Robin")
        await expect(page.locator(".banner.warn").first).to_be_visible()
        await look(page)


async def enrolled(page: Page, clinic: Clinic, given_name: str, family_name: str) -> str:
    """The record's address, after enrolling through the form."""
    await send_name(page, clinic, given_name, family_name)
    await expect(page.get_by_role("status")).to_have_text("The person is enrolled.")
    return page.url.partition("?")[0]


async def send_name(page: Page, clinic: Clinic, given_name: str, family_name: str) -> None:
    """The form of somebody new, with a birth date."""
    await page.goto(f"{clinic.services['portal']}/patients/new")
    await page.get_by_label("Given name").fill(given_name)
    await page.get_by_label("Family name").fill(family_name)
    await page.get_by_label("Birth date").fill("1975-03-09")
    await page.get_by_role("button", name="Enrol").click()


@contextmanager
def frozen(module: str) -> Iterator[None]:
    """A service of this group that stands still for a while, as on a host without memory."""
    pid = next(pid for pid, command in children() if module in command)
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def children() -> Iterator[tuple[int, str]]:
    """Processes that this one has started, each with its command."""
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if f"PPid:\t{os.getpid()}\n" in (process / "status").read_text():
                command = (process / "cmdline").read_text()
                yield int(process.name), command.replace("\0", " ")
