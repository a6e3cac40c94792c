"""The rota: a lead sees at once who is on call and when nobody is, and puts somebody there."""

import re
from datetime import date, timedelta

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import SignIn
from tests.browser.test_accessibility import look
from tests.system.clinic import Clinic

pytestmark = [pytest.mark.browser, pytest.mark.system, pytest.mark.timeout(600)]


async def test_a_lead_closes_a_gap_of_the_rota_and_opens_it_again(
    sign_in: SignIn, clinic: Clinic
) -> None:
    lead = await sign_in("lena")
    await lead.get_by_role("link", name=re.compile("is on call")).click()
    await expect(lead.locator("td .tag.danger").first).to_have_text("nobody: it goes to the leads")
    await look(lead)
    gaps = await lead.locator("td .tag.danger").count()
    (team,) = (await clinic.get("lena", "engagement/on-call"))["items"]
    last = team["stretches"][-1]
    day = date.fromisoformat(last["until_at"][:10]) - timedelta(days=1)
    assert last["shift"] is None

    await put(lead, "Tomas Reyes, nurse", day, "09:00", "08:00")
    await expect(lead.locator("#trouble")).to_contain_text("It ends before it begins.")
    await lead.fill("#ends_at", "17:00")
    await lead.get_by_role("button", name="Put on call").click()
    await expect(lead.get_by_role("status")).to_contain_text("This time on call is set.")
    row = lead.locator("tr", has_text="Tomas Reyes")
    await expect(row).to_have_count(1)
    await expect(lead.locator("td .tag.danger")).to_have_count(gaps + 1)

    nurse = await sign_in("nell")
    await nurse.goto(f"{clinic.services['portal']}/on-call")
    await expect(nurse.locator("tr", has_text="Tomas Reyes")).to_have_count(1)
    await expect(nurse.get_by_role("button", name="Put on call")).to_have_count(0)

    await put(lead, "Nell Hughes, nurse", day, "16:59", "18:00")
    await expect(lead.locator("#trouble")).to_contain_text("on call for this team at that time")
    await row.get_by_role("button").click()
    await expect(lead.get_by_role("status")).to_contain_text("taken back")
    await expect(lead.locator("td .tag.danger")).to_have_count(gaps)


async def put(page: Page, who: str, day: date, begins: str, ends: str) -> None:
    """Fill in the form and send it."""
    await page.select_option("#staff_id", label=who)
    await page.fill("#starts_on", day.isoformat())
    await page.fill("#starts_at", begins)
    await page.fill("#ends_on", day.isoformat())
    await page.fill("#ends_at", ends)
    await page.get_by_role("button", name="Put on call").click()
