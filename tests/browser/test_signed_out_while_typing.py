"""A session that ends while somebody types: they sign in again and find what they typed."""

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import SignIn
from tests.browser.test_forms import enrol, somebody_new
from tests.system.clinic import Clinic

pytestmark = [pytest.mark.browser, pytest.mark.system, pytest.mark.timeout(600)]


async def interrupted(sign_in: SignIn, clinic: Clinic) -> tuple[Page, str]:
    """A nurse's form of details, sent after her sessions were ended elsewhere."""
    nurse = await sign_in("nell")
    record = await enrol(nurse, clinic, somebody_new())
    await nurse.goto(f"{record}/details")
    await nurse.get_by_label("E-mail").fill("robin@example.org")

    elsewhere = await sign_in("nell")
    await elsewhere.goto(f"{clinic.services['portal']}/account")
    await elsewhere.get_by_role("button", name="Sign out everywhere").click()

    await nurse.get_by_role("button", name="Save the details").click()
    await expect(nurse.locator("#trouble")).to_contain_text("What you typed is kept")
    return nurse, record


async def again(page: Page, who: str, password: str) -> None:
    await page.locator("#username").fill(who)
    await page.locator("#password").fill(password)
    await page.get_by_role("button", name="Sign in").click()


async def test_what_was_typed_comes_back_and_is_sent_only_when_looked_at(
    sign_in: SignIn, clinic: Clinic
) -> None:
    nurse, record = await interrupted(sign_in, clinic)

    await again(nurse, "nell", clinic.password)
    await nurse.get_by_role("button", name="Go on with what I typed").click()

    await expect(nurse.locator("#trouble")).to_contain_text("send it once more")
    await expect(nurse.get_by_label("E-mail")).to_have_value("robin@example.org")
    before = await clinic.get("nell", f"assessment/patients/{record.rsplit('/', 1)[1]}")
    assert before["email"] is None

    await nurse.get_by_role("button", name="Save the details").click()

    await expect(nurse.get_by_role("status")).to_have_text("The details are saved.")
    after = await clinic.get("nell", f"assessment/patients/{record.rsplit('/', 1)[1]}")
    assert after["email"] == "robin@example.org"


async def test_a_wrong_password_on_the_way_loses_nothing(sign_in: SignIn, clinic: Clinic) -> None:
    nurse, _record = await interrupted(sign_in, clinic)

    await again(nurse, "nell", "not her password")
    await again(nurse, "nell", clinic.password)
    await nurse.get_by_role("button", name="Go on with what I typed").click()

    await expect(nurse.get_by_label("E-mail")).to_have_value("robin@example.org")


async def test_somebody_else_who_signs_in_there_does_not_see_it(
    sign_in: SignIn, clinic: Clinic
) -> None:
    nurse, _record = await interrupted(sign_in, clinic)

    await again(nurse, "tomas", clinic.password)

    await expect(nurse.get_by_label("E-mail")).to_have_value("")
