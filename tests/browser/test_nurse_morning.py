"""A nurse's morning: she signs in, sees a reminder, opens it, completes it, and it is gone."""

from datetime import timedelta

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import PATIENCE_MS, LetPass, SignIn
from tests.system.clinic import Clinic

pytestmark = [pytest.mark.browser, pytest.mark.system, pytest.mark.timeout(600)]

CHECK_INS = ".rows a[href*='/check-ins/']"
WELL = {
    "withdrawal": "mild",
    "tolerable": "true",
    "can_work_and_care": "true",
    "mood": "same",
    "suicidal_thoughts": "false",
    "marked_agitation": "false",
    "emergency_signs": "false",
    "mania_signs": "false",
    "low_sodium_signs": "false",
    "supply_lasts": "true",
    "symptoms.dizziness": "none",
    "symptoms.brain_zaps": "none",
    "symptoms.irritability": "none",
    "symptoms.anxiety": "mild",
}
LONGEST_WAIT_DAYS = 10


async def test_a_nurse_sees_a_reminder_opens_it_and_completes_it(
    sign_in: SignIn, let_pass: LetPass
) -> None:
    nurse = await sign_in("nell")
    address = await first_check_in(nurse, let_pass)

    await nurse.locator(f".rows a[href='{address}']").first.click()
    await expect(nurse.get_by_role("heading", name="Safety: ask each one directly")).to_be_visible()
    for question, answer in WELL.items():
        await nurse.check(f"input[name='{question}'][value='{answer}']")
    await answer_by_keyboard(nurse)
    await nurse.get_by_role("button", name="Record the check-in").click()

    await expect(nurse.get_by_role("status")).to_have_text("The check-in is recorded.")
    await nurse.get_by_role("link", name="Today", exact=True).click()
    await expect(nurse.locator(f".rows a[href='{address}']")).to_have_count(0, timeout=PATIENCE_MS)


async def test_a_safety_flag_appears_on_an_open_page_by_itself(
    sign_in: SignIn, clinic: Clinic
) -> None:
    """Whoever is typing meanwhile keeps their place and what they have typed."""
    nurse = await sign_in("nell")
    patients = await clinic.get("nell", "assessment/patients?limit=200")
    quiet = next(person for person in patients["items"] if not person["open_flags"])
    patient_id = quiet["patient_id"]
    row = nurse.locator(f".safety-now .rows a[href^='/patients/{patient_id}/flags/']")
    await expect(row).to_have_count(0)
    name = nurse.locator("#name")
    await name.press_sequentially("Mar")

    await clinic.post(
        "tomas",
        f"assessment/patients/{patient_id}/flags",
        {"trigger": await gravest_trigger(clinic)},
    )

    await expect(row.first).to_be_visible(timeout=PATIENCE_MS)
    await expect(name).to_be_focused()
    await nurse.keyboard.type("ia")
    await expect(name).to_have_value("Maria")
    await row.first.click()
    await nurse.get_by_role("button", name="I take this in hand").click()
    await expect(nurse.get_by_role("status")).to_have_text("You have this safety flag in hand.")
    await expect(nurse.get_by_text("Nell Hughes has it in hand.")).to_be_visible()


async def test_the_list_works_without_script(sign_in: SignIn) -> None:
    nurse = await sign_in("nell")
    await nurse.route("**/*.js", lambda route: route.fulfill(status=200, body=""))
    await nurse.reload()

    await expect(nurse.get_by_role("heading", level=1)).to_be_visible()
    await expect(nurse.locator("#list")).not_to_be_empty()


async def first_check_in(nurse: Page, let_pass: LetPass) -> str:
    """The address of a check-in on today's list, waiting for one day by day."""
    for _ in range(LONGEST_WAIT_DAYS):
        await nurse.goto(nurse.url)
        found = nurse.locator(CHECK_INS)
        if await found.count():
            address = await found.first.get_attribute("href")
            assert address
            return address
        await let_pass(timedelta(days=1))
    raise AssertionError(f"no check-in fell due within {LONGEST_WAIT_DAYS} days of the demo")


async def answer_by_keyboard(nurse: Page) -> None:
    """The questionnaire, question by question: a digit answers and goes on to the next."""
    questions = nurse.locator("fieldset[data-item][id^='answers.']")
    await questions.first.locator("input").first.focus()
    count = await questions.count()
    for _ in range(count):
        await nurse.keyboard.press("0")
    await expect(nurse.locator("fieldset[id^='answers.'] input:checked")).to_have_count(count)


async def gravest_trigger(clinic: Clinic) -> str:
    rules = await clinic.get("nell", "assessment/safety-rules")
    return str(min(rules["triggers"], key=lambda trigger: trigger["level"])["code"])
