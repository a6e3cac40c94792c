"""A nurse's Tuesday (journey C2) by keyboard alone: a whole check-in, and who covers whom.

Today's list, the questionnaire, a safety flag and who looked are in tests of their own.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import PATIENCE_MS, LetPass, SignIn
from tests.browser.keyboard import (
    MOST_TABS,
    answer,
    enter,
    fill,
    follow,
    go_to,
    named,
    pick,
    tab,
)
from tests.browser.test_nurse_morning import WELL, first_check_in
from tests.browser.test_nurse_tuesday import routine_row
from tests.system.clinic import Clinic

pytestmark = [pytest.mark.browser, pytest.mark.system, pytest.mark.timeout(600)]

MOST_ROWS = 80
SAFETY = (
    "suicidal_thoughts",
    "marked_agitation",
    "mania_signs",
    "emergency_signs",
    "low_sodium_signs",
)


async def test_a_whole_check_in_from_the_list_and_back(sign_in: SignIn, let_pass: LetPass) -> None:
    nell = await sign_in("nell")
    address = await first_check_in(nell, let_pass)
    await to_row(nell, address)
    await enter(nell)
    await expect(nell.get_by_role("heading", name="Safety: ask each one directly")).to_be_visible()

    await answer(nell, WELL)
    await questionnaire(nell)
    await pick(nell, "By telephone", name="mode")
    await fill(nell, {"note": "Well, and glad of the call."})
    await follow(nell, "Record the check-in", tag="BUTTON")
    await expect(nell.get_by_role("status")).to_have_text("The check-in is recorded.")
    await nell.keyboard.press("g")
    async with nell.expect_navigation():
        await nell.keyboard.press("t")
    await expect(nell.locator(f".rows a[href='{address}']")).to_have_count(0, timeout=PATIENCE_MS)


async def test_a_check_in_with_nothing_answered_leads_back_to_what_is_missing(
    sign_in: SignIn, let_pass: LetPass
) -> None:
    """The browser itself stops at the first open question and shows where."""
    nell = await sign_in("nell")
    address = await first_check_in(nell, let_pass)
    await to_row(nell, address)
    await enter(nell)
    await go_to(nell, "Record the check-in", tag="BUTTON")
    await nell.keyboard.press("Enter")
    await expect(nell.locator("[name='suicidal_thoughts']").first).to_be_focused()
    await expect(nell).to_have_url(f"{nell.url.partition('/patients/')[0]}{address}")


async def test_somebody_is_asked_to_cover_answers_and_is_let_off(
    sign_in: SignIn, let_pass: LetPass, clinic: Clinic
) -> None:
    nell = await sign_in("nell")
    await routine_row(nell, let_pass)
    async with no_absence_left(clinic):
        await follow(nell, "Cover", tag="A")
        await pick(nell, "Tomas Reyes", name="cover_id")
        await fill(nell, {"note": "Please ring before noon."})
        await follow(nell, "Ask", tag="BUTTON")
        await expect(nell.get_by_role("status")).to_contain_text("Your colleague is asked.")

        tomas = await sign_in("tomas")
        await follow(tomas, "Cover", tag="A")
        await expect(tomas.get_by_text("Please ring before noon.")).to_be_visible()
        people = await asked_about(tomas)
        refused, *accepted = people
        await answer(tomas, {refused: "declined"} | dict.fromkeys(accepted, "accepted"))
        await follow(tomas, "Send these answers", tag="BUTTON")
        await expect(tomas.get_by_role("status")).to_contain_text("recorded")
        (absence,) = await open_absences(clinic)
        said = [one["answer"] for one in absence["people"]]
        assert sorted(said) == sorted(["declined"] + ["accepted"] * len(accepted))

        await nell.keyboard.press("g")
        async with nell.expect_navigation():
            await nell.keyboard.press("t")
        await follow(nell, "Cover", tag="A")
        await follow(nell, "Not away, or back earlier", tag="BUTTON")
        await expect(nell.get_by_role("status")).to_contain_text("taken back")
        assert await open_absences(clinic) == []


@asynccontextmanager
async def no_absence_left(clinic: Clinic) -> AsyncIterator[None]:
    """The clinic is shared: whatever happens, nobody is away afterwards."""
    try:
        yield
    finally:
        for one in await open_absences(clinic):
            await clinic.post("nell", f"engagement/absences/{one['absence_id']}/withdraw")


async def open_absences(clinic: Clinic) -> list[dict[str, Any]]:
    found = (await clinic.get("nell", "engagement/absences"))["items"]
    return [one for one in found if one["stage"] != "over"]


async def asked_about(page: Page) -> list[str]:
    """The questions of the form, one of each person, in the order of the page."""
    names = await page.eval_on_selector_all(
        "main tbody input[type='radio']", "all => all.map(one => one.name)"
    )
    return list(dict.fromkeys(names))


async def to_row(page: Page, address: str) -> None:
    """Down the list to this row."""
    for _ in range(MOST_ROWS):
        await page.keyboard.press("j")
        if await page.evaluate("document.activeElement.getAttribute('href')") == address:
            return
    raise AssertionError("no row of the list leads there")


async def questionnaire(page: Page) -> None:
    """To its first question, and then a digit answers and goes on."""
    questions = await named(page, "answers.")
    for _ in range(MOST_TABS):
        here = await tab(page)
        if here["name"].startswith("answers."):
            break
    for _ in questions:
        await page.keyboard.press("0")
    given = page.locator("input[name^='answers.']:checked")
    await expect(given).to_have_count(len(questions))
