"""The ways of a prescriber, a nurse, a facilitator, operations and an auditor, by keyboard alone.

More of the nurse's are in the tests of the list and of the questionnaire by keyboard, and of the
facilitator's in the tests of their month.
"""

from typing import Any

import pytest
from playwright.async_api import expect

from shared.demo.staff import TEAM, staff_id
from shared.runtime import clock
from tests.browser.conftest import SignIn
from tests.browser.keyboard import SPACE, enter, fill, go_to, named
from tests.browser.test_taper_bench import SAFE, a_course_to_taper
from tests.system.clinic import Clinic

pytestmark = [pytest.mark.browser, pytest.mark.system, pytest.mark.timeout(600)]

MOST_ROWS = 60
NOTE = "Went well, and without a mouse."


async def test_a_prescriber_compares_chooses_and_signs(sign_in: SignIn, clinic: Clinic) -> None:
    course = await a_course_to_taper(clinic)
    page = await sign_in("amara")
    await page.goto(
        f"{clinic.services['portal']}/patients/{course['patient_id']}/courses/{course['course_id']}"
    )

    await go_to(page, "Compare ways down", tag="A")
    await page.keyboard.press("Enter")
    await expect(page.locator("table.bench")).to_be_visible()
    safe = page.locator("table.bench thead th", has_text=SAFE).first
    letter = await safe.locator(".way").inner_text()
    await go_to(page, f"Choose {letter}", tag="BUTTON")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="This is what it would be")).to_be_visible()
    answers = {"baseline_withdrawal": SPACE, "crisis_plan_agreed": SPACE, "supporter_asked": SPACE}
    answers |= {"pace_is_the_patients": SPACE, "early_reason": "well for months, asked for it"}
    answers |= dict.fromkeys(await named(page, "baseline."), SPACE)
    await fill(page, answers)
    await go_to(page, "Save this plan", tag="BUTTON")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Sign this plan")).to_be_visible()
    reasons = dict.fromkeys(await named(page, "reason."), "seen and weighed together")
    await fill(page, reasons | {"password": clinic.password})
    await page.keyboard.press("Enter")

    await expect(page.get_by_role("status")).to_contain_text("signed")
    path = f"treatment/courses/{course['course_id']}"
    assert (await clinic.get("amara", path))["phase"] == "taper-planned"


async def test_a_prescriber_sets_up_a_course_and_signs_it(sign_in: SignIn, clinic: Clinic) -> None:
    person = await somebody_of_our_own(clinic)
    page = await sign_in("amara")
    await page.goto(f"{clinic.services['portal']}/patients/{person}/health")

    await go_to(page, "Save the answers", tag="BUTTON")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status")).to_be_visible()
    await page.goto(f"{clinic.services['portal']}/patients/{person}/courses/new")
    await fill(page, {"indication": "Depression", "suicide_concern": SPACE})
    await page.keyboard.press("ArrowDown")
    await go_to(page, "Show the medicines for it", tag="BUTTON")
    await page.keyboard.press("Enter")
    await expect(page.locator("#drug")).to_be_visible()
    await fill(page, {"drug": SPACE, "primary_instrument": "PHQ-9"})
    await go_to(page, "Propose this course", tag="BUTTON")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Sign this course")).to_be_visible()
    answers = dict.fromkeys(await named(page, "code."), "Monitored")
    answers |= dict.fromkeys(await named(page, "reason."), "seen and weighed together")
    await fill(page, answers | {"password": clinic.password})
    await page.keyboard.press("Enter")

    await expect(page.get_by_role("status")).to_be_visible()
    (course,) = (await clinic.get("amara", f"treatment/patients/{person}/courses"))["items"]
    assert course["phase"] in {"titration", "acute"}
    assert course["signature"]["void_since"] is None


async def test_a_nurse_takes_a_flag_in_hand_closes_it_and_sees_who_looked(
    sign_in: SignIn, clinic: Clinic
) -> None:
    """From the open list: the row appears by itself, and the focus stays where it was."""
    person = await somebody_of_our_own(clinic)
    page = await sign_in("nell")
    await go_to(page, name="name")
    rules = await clinic.get("nell", "assessment/safety-rules")
    gravest = min(rules["triggers"], key=lambda one: one["level"])["code"]
    await clinic.post("tomas", f"assessment/patients/{person}/flags", {"trigger": gravest})
    row = page.locator(f".safety-now .rows a[href^='/patients/{person}/flags/']").first
    await expect(row).to_be_visible()
    await expect(page.locator("#name")).to_be_focused()

    await page.keyboard.press("Tab")
    for _ in range(MOST_ROWS):
        await page.keyboard.press("j")
        if await row.evaluate("row => row === document.activeElement"):
            break
    await expect(row).to_be_focused()
    await enter(page)
    await go_to(page, "I take this in hand", tag="BUTTON")
    await enter(page)
    await expect(page.get_by_role("status")).to_have_text("You have this safety flag in hand.")
    await fill(page, {"outcome": SPACE, "note": NOTE})
    await go_to(page, "Close the flag", tag="BUTTON")
    await enter(page)
    await expect(page.get_by_role("status")).to_contain_text("closed")
    patient = await clinic.get("nell", f"assessment/patients/{person}")
    assert patient["open_flags"] == 0

    await page.goto(f"{clinic.services['portal']}/patients/{person}")
    await go_to(page, "Details", tag="A")
    await enter(page)
    await go_to(page, "Who looked at this record", tag="A")
    await enter(page)
    await expect(page.get_by_role("heading", name="Who looked")).to_be_visible()
    await expect(page.locator("main table")).to_contain_text("Nell Hughes")


async def test_a_facilitator_matches_an_activity_and_notes_a_life_event(
    sign_in: SignIn, clinic: Clinic
) -> None:
    person = await somebody_of_our_own(clinic)
    page = await sign_in("femi")
    await page.goto(f"{clinic.services['portal']}/patients/{person}/support")

    await go_to(page, "Needs", tag="A")
    await enter(page)
    await fill(page, {"interests": "games", "within_km": "5"})
    await go_to(page, "Save", tag="BUTTON")
    await enter(page)
    await expect(page.get_by_role("status")).to_be_visible()
    await go_to(page, "Activities", tag="A")
    await enter(page)
    await expect(page.locator("section.card").first).to_contain_text("fits: interest")
    await go_to(page, "Note a referral", tag="BUTTON")
    await enter(page)
    await expect(page.get_by_role("status")).to_have_text("The referral is noted.")
    await go_to(page, "Life events", tag="A")
    await enter(page)
    await fill(page, {"kind": "Moved house"})
    await go_to(page, "Record it", tag="BUTTON")
    await enter(page)

    await expect(page.get_by_role("status")).to_contain_text("no taper step meanwhile")
    support = await clinic.get("femi", f"engagement/patients/{person}/support")
    assert [one["activity"] for one in support["referrals"]] == ["Chess evening"]


async def test_an_auditor_has_every_trail_checked(sign_in: SignIn) -> None:
    page = await sign_in("arun")

    await go_to(page, "Check every trail from its first entry", tag="A")
    await page.keyboard.press("Enter")

    await expect(page.locator("main")).to_contain_text("unbroken")


async def test_a_facilitator_records_a_meeting_from_the_caseload(
    sign_in: SignIn, clinic: Clinic
) -> None:
    page = await sign_in("femi")

    await go_to(page, "The whole caseload", tag="A")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Caseload", exact=True)).to_be_visible()
    await go_to(page, "Record a contact", tag="A")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Record a contact")).to_be_visible()
    log = page.url.removesuffix("/new").partition("/new?")[0]
    await fill(page, {"outcome": SPACE, "mode": SPACE, "minutes": "45", "note": NOTE})
    await go_to(page, "Record the contact", tag="BUTTON")
    await page.keyboard.press("Enter")

    await expect(page.get_by_role("status")).to_contain_text("The contact is recorded.")
    await page.goto(log)
    await expect(page.get_by_text(NOTE).first).to_be_visible()


async def test_operations_let_an_hour_pass(sign_in: SignIn, clinic: Clinic) -> None:
    page = await sign_in("oona")
    before = (await clinic.get("oona", "engagement/clock"))["offset_seconds"]

    await go_to(page, name="by")
    await page.keyboard.press("ArrowUp")
    await go_to(page, "Move the clock", tag="BUTTON")
    await page.keyboard.press("Enter")

    await expect(page.get_by_role("status")).to_contain_text("The demo clock has moved.")
    after = (await clinic.get("oona", "engagement/clock"))["offset_seconds"]
    assert after - before == 3600


async def somebody_of_our_own(clinic: Clinic) -> str:
    """Somebody new in the care of those who work here, for one test alone."""
    body: dict[str, Any] = {
        "given_name": "Robin",
        "family_name": f"Fairweather {clock.new_id().hex[:8]}",
        "birth_date": "1975-03-09",
        "time_zone": "Europe/London",
        "language": "en",
        "team": TEAM,
        "care_team": [str(staff_id(name)) for name in ("amara", "nell", "femi")],
    }
    return str((await clinic.post("nell", "assessment/patients", body))["patient_id"])
