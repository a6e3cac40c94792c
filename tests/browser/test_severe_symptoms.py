"""A severe check-in: the prescriber sees what would change and signs; the nurse's list, the plan
that the person holds and their calendar follow."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import icalendar
import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import PATIENCE_MS, LetPass, SignIn
from tests.browser.test_nurse_morning import LONGEST_WAIT_DAYS, WELL, answer_by_keyboard
from tests.system.clinic import Clinic

pytestmark = [pytest.mark.browser, pytest.mark.system, pytest.mark.timeout(600)]

AFTER_A_CUT = ".rows a[href*='/check-ins/gate/'], .rows a[href*='/check-ins/early/']"
SEVERE = WELL | {
    "withdrawal": "severe",
    "tolerable": "false",
    "can_work_and_care": "false",
    "symptoms.dizziness": "severe",
}
CALL = "Ring Nell"


async def test_severe_symptoms_lead_to_a_signed_step_back_and_everything_follows(
    sign_in: SignIn, let_pass: LetPass, clinic: Clinic
) -> None:
    nurse = await sign_in("nell")
    address = await check_in_after_a_cut(nurse, let_pass)
    person, course_id = address.split("/courses/")[0], address.split("/courses/")[1].split("/")[0]
    before = await clinic.get("nell", f"treatment/courses/{course_id}")
    feed = await connect_calendar(nurse, clinic, person)
    assert await days_ahead(nurse, feed) == owed(before)

    await nurse.goto(clinic.services["portal"])
    await nurse.locator(f".rows a[href='{address}']").first.click()
    for question, answer in SEVERE.items():
        await nurse.check(f"input[name='{question}'][value='{answer}']")
    await answer_by_keyboard(nurse)
    await nurse.get_by_role("button", name="Record the check-in").click()
    await expect(nurse.get_by_role("heading", name="Go back to the dose before")).to_be_visible()
    await expect(nurse.get_by_text("A prescriber signs or declines it")).to_be_visible()
    said = await clinic.get("nell", f"treatment/courses/{course_id}")
    unsigned = (said["dose_mg"], said["taper"]["plan_version"], said["taper"]["expected"])
    taper = before["taper"]
    assert unsigned == (before["dose_mg"], taper["plan_version"], taper["expected"])
    assert await days_ahead(nurse, feed) == owed(said)

    prescriber = await sign_in("amara")
    await prescriber.goto(nurse.url.partition("?")[0])
    step = before["taper"]["steps"][-1]
    lived = next(s for s in reversed(before["taper"]["steps"]) if s["taken_at"] is not None)
    await expect(prescriber.locator(".figure")).to_contain_text(f"to {lived['previous_dose_text']}")
    different = prescriber.get_by_role("table").first
    for row in said["taper"]["expected"]:
        await expect(different).to_contain_text(row["dose_text"])
    await prescriber.get_by_label("Your password again").fill(clinic.password)
    for reason in await prescriber.locator("input[name^='reason.']").all():
        await reason.fill("Seen and weighed.")
    await prescriber.get_by_role("button", name="Sign the new version").click()
    await expect(prescriber.get_by_role("status")).to_contain_text("Signed.")

    after = await clinic.get("nell", f"treatment/courses/{course_id}")
    assert after["taper"]["plan_version"] == before["taper"]["plan_version"] + 1
    assert Decimal(after["dose_mg"]) == Decimal(lived["previous_dose_mg"])
    await nurse.get_by_role("link", name="Today", exact=True).click()
    old = f".rows a[href*='{course_id}/check-ins/'][href$='/{step['ordinal']}']"
    await expect(nurse.locator(old)).to_have_count(0, timeout=PATIENCE_MS)
    assert await days_ahead(nurse, feed) == owed(after) != owed(said)

    await nurse.goto(f"{clinic.services['portal']}{person}/courses/{course_id}")
    plan_id = after["taper"]["plan_id"]
    await nurse.locator(f"a[href$='/plans/{plan_id}']").first.click()
    await nurse.get_by_role("link", name="Print the plan").click()
    await expect(nurse.get_by_text(f"version {after['taper']['plan_version']},")).to_be_visible()
    await expect(nurse.locator(".now")).to_contain_text(after["dose_text"])
    for row in after["taper"]["expected"]:
        await expect(nurse.locator(".steps")).to_contain_text(row["dose_text"])


async def check_in_after_a_cut(nurse: Page, let_pass: LetPass) -> str:
    """The address of a check-in of somebody on their way down, waiting for one day by day."""
    for _ in range(LONGEST_WAIT_DAYS):
        await nurse.goto(nurse.url)
        found = nurse.locator(AFTER_A_CUT)
        if await found.count():
            return str(await found.first.get_attribute("href"))
        await let_pass(timedelta(days=1))
    raise AssertionError(f"no check-in after a cut fell due within {LONGEST_WAIT_DAYS} days")


async def connect_calendar(nurse: Page, clinic: Clinic, person: str) -> str:
    """The nurse makes the link with the person's own words and reads it off the page."""
    await nurse.goto(f"{clinic.services['portal']}{person}/calendar")
    await nurse.get_by_label("Title of a day on which the dose changes").fill("Blue day")
    await nurse.get_by_label("Title of a call about how they are").fill(CALL)
    await nurse.get_by_role("button", name="Make the link").click()
    await expect(nurse.get_by_role("heading", name="The calendar is ready")).to_be_visible()
    return await nurse.locator("#link").input_value()


async def days_ahead(nurse: Page, feed: str) -> list[tuple[date, str]]:
    """What somebody's calendar shows from the feed: no account, no cookie."""
    browser = nurse.context.browser
    assert browser is not None
    somebody = await browser.new_context()
    answer = await somebody.request.get(feed)
    assert answer.status == 200
    text = await answer.text()
    await somebody.close()
    entries = icalendar.Calendar.from_ical(text).walk("VEVENT")
    ahead = [one for one in entries if one.walk("VALARM")]
    assert all(one["STATUS"] == "CONFIRMED" for one in ahead)
    return sorted((_day(one["DTSTART"].dt), str(one["SUMMARY"])) for one in ahead)


def owed(course: dict[str, Any]) -> list[tuple[date, str]]:
    """The days a course holds for the person, from what the service says of it."""
    steps = course["taper"]["steps"]
    changes = [(step["change_on"], "Blue day") for step in steps if step["taken_at"] is None]
    calls = [
        (step[f"check_in_{kind}_on"], CALL)
        for step in steps
        for kind in ("early", "gate")
        if step[f"check_in_{kind}_on"] and not step[f"{kind}_check_in_at"]
    ]
    return sorted((date.fromisoformat(day), title) for day, title in changes + calls)


def _day(value: Any) -> date:
    return value.date() if hasattr(value, "date") else value
