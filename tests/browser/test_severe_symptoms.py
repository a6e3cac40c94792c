"""A severe check-in: the prescriber sees what would change, signs, and the nurse's list follows."""

from datetime import timedelta

import pytest
from playwright.async_api import expect

from tests.browser.conftest import PATIENCE_MS, LetPass, SignIn
from tests.browser.test_nurse_morning import WELL, answer_by_keyboard, first_check_in
from tests.system.clinic import Clinic

pytestmark = [pytest.mark.browser, pytest.mark.system, pytest.mark.timeout(600)]

SEVERE = WELL | {
    "withdrawal": "severe",
    "tolerable": "false",
    "can_work_and_care": "false",
    "symptoms.dizziness": "severe",
}


async def test_severe_symptoms_lead_to_a_signed_step_back_and_another_list(
    sign_in: SignIn, let_pass: LetPass, clinic: Clinic
) -> None:
    nurse = await sign_in("nell")
    address = await first_check_in(nurse, let_pass)
    for _ in range(10):
        if "/check-ins/surveillance/" not in address:
            break
        await let_pass(timedelta(days=1))
        address = await first_check_in(nurse, let_pass)
    await nurse.locator(f".rows a[href='{address}']").first.click()
    for question, answer in SEVERE.items():
        await nurse.check(f"input[name='{question}'][value='{answer}']")
    await answer_by_keyboard(nurse)
    await nurse.get_by_role("button", name="Record the check-in").click()

    await expect(nurse.get_by_role("heading", name="Go back to the dose before")).to_be_visible()
    await expect(nurse.get_by_text("A prescriber signs or declines it")).to_be_visible()
    change = nurse.url.partition("?")[0]
    await nurse.screenshot(path="/tmp/e-change.png", full_page=True)
    course_id = address.split("/courses/")[1].split("/")[0]
    before = await clinic.get("nell", f"treatment/courses/{course_id}")

    prescriber = await sign_in("amara")
    await prescriber.goto(change)
    await prescriber.get_by_label("Your password again").fill(clinic.password)
    for reason in await prescriber.locator("input[name^='reason.']").all():
        await reason.fill("Seen and weighed.")
    await prescriber.get_by_role("button", name="Sign the new version").click()
    await expect(prescriber.get_by_role("status")).to_contain_text("Signed.")

    after = await clinic.get("nell", f"treatment/courses/{course_id}")
    assert after["taper"]["plan_version"] == before["taper"]["plan_version"] + 1
    assert float(after["dose_mg"]) > float(before["dose_mg"])
    await nurse.get_by_role("link", name="Today").click()
    old = before["taper"]["steps"][-1]["ordinal"]
    gone = nurse.locator(f".rows a[href*='{course_id}/check-ins/gate/{old}']")
    await expect(gone).to_have_count(0, timeout=PATIENCE_MS)
