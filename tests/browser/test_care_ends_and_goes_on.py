"""Recording a death by mistake, undoing it, and letting messages begin again, each by a person."""

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import SignIn
from tests.system.clinic import Clinic

pytestmark = [pytest.mark.browser, pytest.mark.system, pytest.mark.timeout(600)]


async def in_care(clinic: Clinic) -> str:
    """Somebody in care without a course or an open flag."""
    patients = await clinic.get("nell", "assessment/patients?limit=200")
    for person in patients["items"]:
        path = f"treatment/patients/{person['patient_id']}/courses"
        if not person["open_flags"] and not (await clinic.get("nell", path))["items"]:
            return str(person["patient_id"])
    raise AssertionError("everybody has a course")


async def unfold(page: Page, summary: str) -> None:
    await page.locator("summary", has_text=summary).click()


async def test_a_death_recorded_by_mistake_is_undone_in_two_steps(
    sign_in: SignIn, clinic: Clinic
) -> None:
    patient_id = await in_care(clinic)
    nurse = await sign_in("nell")
    details = f"{clinic.services['portal']}/patients/{patient_id}/details"
    await nurse.goto(details)
    await unfold(nurse, "End care")
    ending = nurse.locator("form[action$='/leave-care']")
    await ending.get_by_label("Has died").check()
    enrolled = (await clinic.get("nell", f"assessment/patients/{patient_id}"))["enrolled_on"]
    await ending.get_by_label("On which day").fill(enrolled)
    await ending.get_by_label("Reason").fill("Told on the telephone")
    await ending.get_by_role("button", name="End care").click()

    await expect(nurse.locator("#who")).to_contain_text("Has died")
    await unfold(nurse, "Care goes on")
    returning = nurse.locator("form[action$='/return-to-care']")
    await returning.get_by_label("Reason").fill("It was another person of that name")
    await returning.get_by_role("button", name="Record that care goes on").click()

    await expect(nurse.locator("#who")).to_contain_text("Messages are stopped")
    again = nurse.locator("form[action$='/restart-messages']")
    await again.get_by_label("Why they may be written to again").fill("Spoke with them today")
    await again.get_by_role("button", name="Let messages begin again").click()

    await expect(nurse.locator("#who .tag")).to_have_count(0)
    await nurse.goto(details.replace("/details", "/history"))
    for said in ("Told on the telephone", "It was another person of that name", "Spoke with them"):
        await expect(nurse.locator("main")).to_contain_text(said)
