"""Somebody is found by name, birth date or number; what belongs to somebody else is not."""

import pytest
from playwright.async_api import expect

from tests.browser.conftest import SignIn
from tests.browser.test_journeys_by_keyboard import enter, somebody_of_our_own
from tests.system.clinic import Clinic

pytestmark = [pytest.mark.browser, pytest.mark.system, pytest.mark.timeout(600)]


async def test_a_person_is_found_by_name_birth_date_and_number_by_keyboard(
    sign_in: SignIn, clinic: Clinic
) -> None:
    person = await somebody_of_our_own(clinic)
    known = await clinic.get("nell", f"assessment/patients/{person}")
    page = await sign_in("nell")
    number = person.replace("-", "")[:8].upper()
    for asked in (known["family_name"], f"{known['family_name']} 1975-03-09", number):
        await page.goto(f"{clinic.services['portal']}/cover")
        await page.keyboard.press("/")
        await page.keyboard.type(asked)
        await enter(page)

        await expect(page.get_by_role("heading", level=1)).to_contain_text(known["family_name"])
        assert page.url.endswith(f"/patients/{person}"), "whoever is the only one is opened"


async def test_keys_open_their_sheet_and_lead_on_and_are_silent_while_somebody_types(
    sign_in: SignIn, clinic: Clinic
) -> None:
    person = await somebody_of_our_own(clinic)
    page = await sign_in("nell")
    sheet = page.locator("dialog#shortcuts")
    await page.goto(f"{clinic.services['portal']}/patients/{person}")

    await page.keyboard.press("?")
    await expect(sheet).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(sheet).to_be_hidden()
    await page.keyboard.press("]")
    await page.wait_for_url(f"**/patients/{person}/timeline")
    await page.keyboard.press("g")
    await page.keyboard.press("p")
    await page.wait_for_url("**/patients")
    await page.locator("#name, [name='name'], [name='find']").last.focus()
    await page.keyboard.type("g?t")

    await expect(sheet).to_be_hidden()
    await expect(page).to_have_url(f"{clinic.services['portal']}/patients")


async def test_whoever_is_new_is_told_what_this_is_until_they_know(sign_in: SignIn) -> None:
    page = await sign_in("tomas")
    told = page.get_by_role("heading", name="What is this?")
    await expect(told).to_be_visible()

    await page.get_by_role("button", name="I know what this is").click()
    await expect(told).to_have_count(0)
    await page.reload()
    await expect(told).to_have_count(0)
    await page.get_by_role("link", name="What is this?").click()
    await expect(told).to_be_visible()


async def test_what_belongs_to_somebody_else_is_not_found_under_this_person(
    sign_in: SignIn, clinic: Clinic
) -> None:
    """Whoever mixed two records up gets neither."""
    person, other = [await somebody_of_our_own(clinic) for _ in range(2)]
    rules = await clinic.get("nell", "assessment/safety-rules")
    trigger = {"trigger": rules["triggers"][0]["code"]}
    flag = await clinic.post("nell", f"assessment/patients/{other}/flags", trigger)
    page = await sign_in("nell")
    portal = clinic.services["portal"]

    answer = await page.goto(f"{portal}/patients/{person}/flags/{flag['flag_id']}")
    assert answer is not None
    assert answer.status == 404
    await page.goto(f"{portal}/patients/{other}/flags/{flag['flag_id']}")
    form = page.locator("form[action$='/acknowledge']")
    await form.evaluate(
        "(form, [from, to]) => form.setAttribute('action', form.action.replace(from, to))",
        [other, person],
    )
    await form.get_by_role("button").click()

    await expect(page.get_by_role("heading", level=1)).to_contain_text("not yours to see")
    (still,) = (await clinic.get("nell", f"assessment/flags?patient_id={other}"))["items"]
    assert still["acknowledged_by"] is None
