"""Remission is recorded by keyboard alone, and the timeline shown since then (journey C1).

The first of the browser tests: later ones move the demo's clock, and readings grow old.
"""

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import SignIn
from tests.browser.keyboard import follow, go_to, tick
from tests.browser.test_prescribers_course_by_keyboard import a_course, page_of
from tests.system.clinic import Clinic

pytestmark = [pytest.mark.browser, pytest.mark.system, pytest.mark.timeout(600)]


async def test_remission_is_recorded_and_the_timeline_shown_since_then(
    sign_in: SignIn, clinic: Clinic
) -> None:
    course = await a_course(
        clinic,
        lambda one: "remission" in one["actions"] and one["response"]["remission_confirmed_on"],
    )
    amara = await sign_in("amara")
    await amara.goto(page_of(clinic, course))
    await go_to(amara, "Record remission", tag="SUMMARY")
    await amara.keyboard.press("Enter")
    await tick(amara, "", name="risk_factors")
    await follow(amara, "Record remission", tag="BUTTON")
    await expect(amara.get_by_role("status")).to_contain_text("Remission is recorded.")
    after = await clinic.get("amara", f"treatment/courses/{course['course_id']}")
    assert after["phase"] == "continuation"
    await go_to(amara, "Why?", tag="SUMMARY")
    await amara.keyboard.press("Enter")
    await expect(amara.locator("aside")).to_contain_text("Six months after remission")

    await follow(amara, "Timeline", tag="A")
    everything = await drawn(amara)
    await follow(amara, "Since remission", tag="A")
    await expect(amara.get_by_role("link", name="Since remission")).to_have_attribute(
        "aria-current", "page"
    )
    assert await drawn(amara) < everything
    await follow(amara, "Everything", tag="A")
    assert await drawn(amara) == everything


async def drawn(page: Page) -> int:
    """How many readings, doses and events the chart's own tables hold."""
    return await page.locator("section.card table tbody tr").count()
