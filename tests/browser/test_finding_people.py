"""Somebody is found by name, birth date or number; what belongs to somebody else is not."""

import pytest
from playwright.async_api import expect

from tests.browser.conftest import SignIn
from tests.browser.keyboard import enter
from tests.browser.test_journeys_by_keyboard import somebody_of_our_own
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


SENT_UNDER = """
async ([owner, other]) => {
  const item = new RegExp(`/patients/${owner}/.*[0-9a-f]{8}-`);
  const forms = [...document.forms].filter((one) => one.method === "post" && item.test(one.action));
  const sent = forms.map(async (form) => {
    const address = form.action.replace(owner, other);
    const body = new URLSearchParams(new FormData(form));
    return [new URL(address).pathname, (await fetch(address, { method: "POST", body })).status];
  });
  return Promise.all(sent);
}
"""
"""Send every form about one thing of one person under the address of another."""


async def test_what_belongs_to_somebody_else_is_not_found_under_this_person(
    sign_in: SignIn, clinic: Clinic
) -> None:
    """Whoever mixed two records up reads and changes neither."""
    person, other = [await somebody_of_our_own(clinic) for _ in range(2)]
    flag, reminder = await _things_of(clinic, other)
    page = await sign_in("nell")
    portal = clinic.services["portal"]
    for place in (f"flags/{flag}", f"reminders/{reminder}"):
        answer = await page.goto(f"{portal}/patients/{person}/{place}")
        assert answer is not None
        assert answer.status == 404

    refused = {}
    for place in (f"flags/{flag}", f"reminders/{reminder}", "support/life-events", "links"):
        await page.goto(f"{portal}/patients/{other}/{place}")
        refused |= dict(await page.evaluate(SENT_UNDER, [other, person]))

    kinds = {path.split("/")[3] for path in refused}
    assert kinds == {"flags", "reminders", "support", "links"}
    assert set(refused.values()) == {404}, refused
    (still,) = (await clinic.get("nell", f"assessment/flags?patient_id={other}"))["items"]
    assert still["acknowledged_by"] is None
    support = await clinic.get("nell", f"engagement/patients/{other}/support")
    assert [event["status"] for event in support["life_events"]] == ["open"]
    untouched = await clinic.get("nell", f"engagement/reminders/{reminder}")
    assert untouched["acknowledged"] is None


async def _things_of(clinic: Clinic, person: str) -> tuple[str, str]:
    """A flag, its reminder, a life event and a one-time link; the first two's ids."""
    rules = await clinic.get("nell", "assessment/safety-rules")
    trigger = {"trigger": rules["triggers"][0]["code"]}
    flag = await clinic.post("nell", f"assessment/patients/{person}/flags", trigger)
    link = {"instrument": "phq-9", "channel": "in-person", "secret_sha256": "0" * 64}
    await clinic.post("nell", f"assessment/patients/{person}/invitations", link)
    today = (await clinic.get("oona", "engagement/clock"))["now"][:10]
    happened = {"kind": "bereavement", "happened_on": today}
    await clinic.post("nell", f"engagement/patients/{person}/life-events", happened)
    found = (await clinic.get("nell", f"engagement/patients/{person}/reminders"))["items"]
    theirs = next(one for one in found if one["actions"])
    return flag["flag_id"], theirs["reminder_id"]
