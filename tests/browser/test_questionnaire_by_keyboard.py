"""The PHQ-9 by keyboard alone, and its flag on the nurse's list."""

import pytest
from playwright.async_api import expect

from tests.browser.conftest import SignIn
from tests.system.clinic import Clinic

pytestmark = [pytest.mark.browser, pytest.mark.system, pytest.mark.timeout(600)]

MOST_KEYS = 25
FLAG_WITHIN_MS = 5_000


async def test_nine_answers_by_keyboard_put_the_flag_on_the_nurses_list(
    sign_in: SignIn, clinic: Clinic
) -> None:
    portal = clinic.services["portal"]
    patients = await clinic.get("nell", "assessment/patients?limit=200")
    quiet = next(person for person in patients["items"] if not person["open_flags"])
    watching = await sign_in("nell")
    flagged = watching.locator(
        f".safety-now .rows a[href^='/patients/{quiet['patient_id']}/flags/']"
    )
    await expect(flagged).to_have_count(0)
    taking = await sign_in("tomas")
    await taking.goto(f"{portal}/patients/{quiet['patient_id']}/assessments/new/phq-9")

    pressed = 0
    for key in ("1", "0", "2", "0", "1", "0", "0", "0", "1", "0"):
        await taking.keyboard.press(key)
        pressed += 1
    while await taking.evaluate("document.activeElement.type") != "submit":
        await taking.keyboard.press("Tab")
        pressed += 1
        assert pressed < MOST_KEYS, "the button is too far away"
    await taking.keyboard.press("Enter")
    pressed += 1

    await expect(flagged.first).to_be_visible(timeout=FLAG_WITHIN_MS)
    assert pressed <= MOST_KEYS
    await expect(taking.locator(".figure")).to_have_text("5 of 27")
