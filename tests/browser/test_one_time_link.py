"""A person answers at home: a small telephone, no account, one link, help always in sight."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.conftest import PATIENCE_MS, SignIn
from tests.browser.test_accessibility import look
from tests.system.clinic import Clinic

pytestmark = [pytest.mark.browser, pytest.mark.system, pytest.mark.timeout(600)]

SMALL = {"width": 320, "height": 568}
EMERGENCY = "call 999"


@pytest.fixture
async def telephone(browser: Browser) -> AsyncIterator[Page]:
    """Somebody's small telephone."""
    context = await browser.new_context(viewport=SMALL, is_mobile=True, has_touch=True)
    page = await context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    yield page
    await context.close()


async def somebody(clinic: Clinic) -> str:
    """A person without an open flag."""
    patients = await clinic.get("nell", "assessment/patients?limit=200")
    quiet = [person for person in patients["items"] if not person["open_flags"]]
    return str(quiet[-1]["patient_id"])


async def make_link(nurse: Page, clinic: Clinic, patient_id: str) -> str:
    """A nurse makes a link to the PHQ-9 and reads it off the page."""
    await nurse.goto(f"{clinic.services['portal']}/patients/{patient_id}/links")
    await nurse.select_option("#instrument", "phq-9")
    await nurse.get_by_role("button", name="Make the link").click()
    return await nurse.locator("#link").input_value()


async def test_a_link_is_answered_once_and_help_is_on_every_page(
    sign_in: SignIn, clinic: Clinic, telephone: Page
) -> None:
    nurse = await sign_in("nell")
    patient_id = await somebody(clinic)
    link = await make_link(nurse, clinic, patient_id)
    help_now = telephone.locator(".help-now:visible")

    await telephone.goto(link)
    await expect(telephone.locator(".question").first).to_be_visible()
    assert "#" not in telephone.url
    assert await telephone.evaluate("document.documentElement.scrollWidth") <= SMALL["width"]
    await expect(help_now).to_have_count(1)
    await expect(help_now).to_contain_text(EMERGENCY)

    await telephone.check("input[name='answers.self-harm'][value='1']")
    await expect(telephone.locator(".at-once")).to_be_visible()
    await telephone.check("input[name='answers.mood'][value='2']")
    await telephone.get_by_role("button", name="Send my answers").click()

    await expect(telephone.get_by_role("heading", level=1)).to_contain_text("Thank you")
    await expect(help_now).to_contain_text(EMERGENCY)
    flags = await clinic.get("nell", f"assessment/flags?patient_id={patient_id}")
    assert [flag["kind"] for flag in flags["items"]] == ["suicidality"]

    await telephone.goto(link.partition("#")[0])
    await expect(help_now).to_contain_text(EMERGENCY)
    await telephone.get_by_label("The code from your link").fill(link)
    await telephone.get_by_role("button", name="Open the questions").click()
    await expect(telephone.get_by_role("heading", level=1)).to_have_text(
        "This link does not work any more"
    )
    await expect(help_now).to_contain_text(EMERGENCY)


async def test_every_public_page_is_for_everybody_and_names_where_help_is(
    sign_in: SignIn, clinic: Clinic, telephone: Page
) -> None:
    nurse = await sign_in("nell")
    link = await make_link(nurse, clinic, await somebody(clinic))
    help_now = telephone.locator(".help-now:visible")

    async def seen(title: str) -> None:
        await expect(telephone.get_by_role("heading", level=1)).to_contain_text(title)
        await expect(help_now.last).to_contain_text(EMERGENCY)
        await look(telephone)
        await telephone.set_viewport_size(SMALL)

    await telephone.goto(link.partition("#")[0])
    await seen("A few questions")
    await telephone.get_by_label("The code from your link").fill("too short")
    await telephone.get_by_role("button", name="Open the questions").click()
    await expect(telephone.get_by_role("alert")).to_contain_text("not the whole code")
    await seen("A few questions")
    await telephone.get_by_label("The code from your link").fill(link)
    await telephone.get_by_role("button", name="Open the questions").click()
    await expect(telephone.locator(".question").first).to_be_visible()
    await telephone.check("input[name='answers.self-harm'][value='1']")
    await expect(telephone.locator(".at-once")).to_be_visible()
    await seen("A few questions")
    await telephone.get_by_role("button", name="Send my answers").click()
    await seen("Thank you")
    await telephone.goto(link)
    await seen("This link does not work any more")


async def test_a_link_works_without_script_and_says_who_answered(
    browser: Browser, sign_in: SignIn, clinic: Clinic
) -> None:
    nurse = await sign_in("nell")
    patient_id = await somebody(clinic)
    link = await make_link(nurse, clinic, patient_id)
    context = await browser.new_context(viewport=SMALL, java_script_enabled=False)
    page = await context.new_page()

    await page.goto(link)
    await page.get_by_label("The code from your link").fill(link.partition("#")[2])
    await page.get_by_role("button", name="Open the questions").click()
    await page.check("input[name='answers.mood'][value='1']")
    await page.check("input[name='who'][value='somebody-else']")
    await page.get_by_role("button", name="Send my answers").click()
    await expect(page.get_by_role("alert").first).to_contain_text("Please say who you are to them")
    await page.get_by_label("Who you are to them").fill("sister")
    await page.get_by_role("button", name="Send my answers").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Thank you")
    await context.close()

    taken = await clinic.get("nell", f"assessment/patients/{patient_id}/assessments?limit=1")
    assert (taken["items"][0]["mode"], taken["items"][0]["answered_by"]) == ("proxy", "sister")
