"""A nurse's Tuesday: work that cannot be done now, the round on paper, and who covers whom."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import PATIENCE_MS, LetPass, SignIn
from tests.browser.test_accessibility import look
from tests.system.clinic import Clinic

pytestmark = [pytest.mark.browser, pytest.mark.system, pytest.mark.timeout(600)]

ROUTINE = "section:not(.safety-now):not(.waiting) .rows > li:has([data-else])"
LONGEST_WAIT_DAYS = 10
MOST_TABS = 60


async def test_no_answer_comes_back_three_times_and_then_goes_up(
    sign_in: SignIn, let_pass: LetPass
) -> None:
    nurse = await sign_in("nell")
    row = await routine_row(nurse, let_pass)
    mark = await row.locator("[data-open]").get_attribute("id")
    address = await row.locator("[data-else]").get_attribute("href")
    assert mark
    assert address

    back = "It waits, and comes back by itself: "
    for noted in (back, back, "has been told"):
        await nurse.goto(f"{home(nurse)}{address}")
        await nurse.locator("summary", has_text="No answer").click()
        await nurse.get_by_role("button", name="No answer").click()
        await expect(nurse.get_by_role("status")).to_contain_text(noted)

    await expect(nurse.locator(f"[id='{mark}']")).to_have_count(1)
    passed_on = nurse.locator(f"li:has([id='{mark}'])")
    await expect(passed_on).to_contain_text("passed on")
    await expect(passed_on).to_contain_text("3 attempts, nobody reached")
    await nurse.goto(f"{home(nurse)}{address}")
    await expect(nurse.locator(".events li")).to_have_count(3)
    await expect(nurse.get_by_text("knows since")).not_to_have_count(0)


async def test_another_day_moves_the_same_row_and_not_too_far(
    sign_in: SignIn, let_pass: LetPass, clinic: Clinic
) -> None:
    nurse = await sign_in("nell")
    row = await routine_row(nurse, let_pass)
    mark = await row.locator("[data-open]").get_attribute("id")
    await row.locator("[data-else]").click()
    today = datetime.fromisoformat((await clinic.get("nell", "engagement/clock"))["now"])

    await nurse.locator("summary", has_text="Do it on another day").click()
    await nurse.fill("#move_on", (today + timedelta(days=5)).date().isoformat())
    await nurse.get_by_role("button", name="Do it on another day").click()
    await expect(nurse.locator("#trouble")).to_contain_text("72 hours")
    await look(nurse)

    await nurse.fill("#move_on", (today + timedelta(days=2)).date().isoformat())
    await nurse.get_by_role("button", name="Do it on another day").click()
    await expect(nurse.get_by_role("status")).to_contain_text("comes back by itself")
    await expect(nurse.locator(f".waiting [id='{mark}']")).to_have_count(1)
    await expect(nurse.locator(f"li:has([id='{mark}'])")).to_contain_text("again ")


async def test_the_list_by_keyboard_alone(sign_in: SignIn, let_pass: LetPass) -> None:
    nurse = await sign_in("nell")
    row = await routine_row(nurse, let_pass)
    mark = await row.locator("[data-open]").get_attribute("id")
    name = await row.locator(".name").inner_text()
    keys = nurse.keyboard

    for _ in range(MOST_TABS):
        await keys.press("j")
        if await focused(nurse, "id") == mark:
            break
    assert await focused(nurse, "id") == mark
    await keys.press("n")
    await expect(nurse.get_by_role("heading", name="Not possible now?")).to_be_visible()
    await tab_to(nurse, "Call back at a time they chose")
    await keys.press("Enter")
    await tab_to(nurse, "", tag="TEXTAREA")
    await keys.type("After three.")
    await keys.press("Tab")
    await keys.press("Enter")
    await expect(nurse.get_by_role("status")).to_contain_text("comes back by itself")

    await keys.press("f")
    await keys.type(name.split()[0][:4].lower())
    await keys.press("Enter")
    await expect(nurse.get_by_text("This is a part of the list.")).to_be_visible()
    assert name in await nurse.locator(".rows .name").all_inner_texts()
    assert name.split()[0] not in nurse.url
    await expect(nurse.locator(f".waiting [id='{mark}']")).to_have_count(1)


async def test_the_list_is_narrowed_in_the_address(sign_in: SignIn) -> None:
    lead = await sign_in("lena")
    await lead.locator("summary", has_text="Narrow the list").click()
    await lead.select_option("#section", "safety-now")
    await lead.get_by_role("button", name="Show", exact=True).click()

    await lead.wait_for_url("**/?*section=safety-now*")
    await expect(lead.locator("section.group:not(.safety-now)")).to_have_count(0)
    await look(lead)
    await lead.get_by_role("link", name="Show everything").first.click()
    await expect(lead.locator("section.group:not(.safety-now)")).not_to_have_count(0)


async def test_the_round_list_prints(sign_in: SignIn, let_pass: LetPass) -> None:
    nurse = await sign_in("nell")
    row = await routine_row(nurse, let_pass)
    name = await row.locator(".name").inner_text()
    await nurse.get_by_role("link", name="Print the round list").click()

    await expect(nurse.locator("table.round", has_text=name).first).to_be_visible()
    await look(nurse)
    await nurse.emulate_media(media="print")
    await expect(nurse.get_by_role("navigation")).to_have_count(0)
    paper = await nurse.pdf(format="A4")
    assert paper.startswith(b"%PDF")
    await nurse.emulate_media(media="screen")


async def test_a_list_is_covered_by_whoever_says_yes_and_the_rest_goes_to_the_lead(
    sign_in: SignIn, let_pass: LetPass, clinic: Clinic
) -> None:
    nurse = await sign_in("nell")
    row = await routine_row(nurse, let_pass)
    declined = await row.locator(".name").inner_text()
    await nurse.get_by_role("link", name="Cover").click()
    await nurse.select_option("#cover_id", label="Tomas Reyes")
    await nurse.fill("#note", "Please ring before noon.")
    await nurse.get_by_role("button", name="Ask").click()
    await expect(nurse.get_by_role("status")).to_contain_text("Your colleague is asked.")
    await look(nurse)

    cover = await sign_in("tomas")
    await cover.get_by_role("link", name="Cover").click()
    await expect(cover.get_by_text("Please ring before noon.")).to_be_visible()
    await look(cover)
    for person in await cover.locator("main tbody tr").all():
        who = await person.locator("th").inner_text()
        await person.get_by_label("No" if who.startswith(declined) else "Yes").check()
    await cover.get_by_role("button", name="Send these answers").click()
    await expect(cover.get_by_role("status")).to_contain_text("recorded")

    lead = await sign_in("lena")
    await lead.get_by_role("link", name="Cover").click()
    await expect(lead.locator(".tag.danger").first).to_have_text(
        "1 person is not accepted and stays with the lead."
    )
    await lead.goto(f"{home(lead)}/?view=mine")
    await expect(lead.locator(".rows .name", has_text=declined).first).to_be_visible(
        timeout=PATIENCE_MS
    )

    await nurse.get_by_role("button", name="Not away, or back earlier").click()
    await expect(nurse.get_by_role("status")).to_contain_text("taken back")
    absences = await clinic.get("nell", "engagement/absences")
    assert [one["stage"] for one in absences["items"] if one["stage"] != "over"] == []


async def test_notices_are_chosen_and_a_secret_is_not_shown_again(sign_in: SignIn) -> None:
    nurse = await sign_in("nell")
    await nurse.get_by_role("link", name="Nell Hughes").click()
    await nurse.get_by_role("link", name="Notices").click()
    await nurse.select_option("#first", "email")
    await nurse.get_by_role("button", name="Save").click()
    await expect(nurse.locator("#trouble")).to_contain_text("needs its address")
    await look(nurse)

    await nurse.fill("#email", "nell@clinic.example")
    await nurse.fill("#webhook_url", "https://hooks.example/x")
    await nurse.fill("#webhook_secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    await nurse.get_by_role("button", name="Save").click()
    await expect(nurse.get_by_role("status")).to_have_text("Your choice is saved.")
    assert "whsec_Mf" not in await nurse.content()
    await expect(nurse.locator("#email")).to_have_value("nell@clinic.example")


async def routine_row(nurse: Page, let_pass: LetPass) -> Any:
    """A row of the nurse's own that may be put off, waiting for one day by day."""
    for _ in range(LONGEST_WAIT_DAYS):
        await nurse.goto(f"{home(nurse)}/")
        found = nurse.locator(ROUTINE)
        if await found.count():
            return found.first
        await let_pass(timedelta(days=1))
    raise AssertionError(f"nothing fell due within {LONGEST_WAIT_DAYS} days of the demo")


def home(page: Page) -> str:
    """Where the portal is."""
    return "/".join(page.url.split("/")[:3])


async def focused(page: Page, name: str) -> str | None:
    """An attribute of whatever has the focus."""
    found = await page.evaluate("name => document.activeElement?.getAttribute(name)", name)
    return None if found is None else str(found)


async def tab_to(page: Page, text: str, *, tag: str = "SUMMARY") -> None:
    """Press Tab until something of that text has the focus."""
    for _ in range(MOST_TABS):
        await page.keyboard.press("Tab")
        here = await page.evaluate(
            "[document.activeElement.tagName, document.activeElement.innerText]"
        )
        if here[0] == tag and text in here[1]:
            return
    raise AssertionError(f"no {tag} reads {text!r}")
