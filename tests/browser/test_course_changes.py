"""A prescriber changes a dose, freezes and goes on, switches a medicine, and stops one for harm."""

from datetime import date, timedelta
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import SignIn
from tests.browser.test_accessibility import look
from tests.browser.test_course_setup import BETTER, PRESCRIBER, blocked
from tests.system.clinic import Clinic

pytestmark = [pytest.mark.browser, pytest.mark.system, pytest.mark.timeout(600)]

NURSE = "nell"


async def test_a_change_of_dose_is_looked_at_and_then_made_with_a_coded_reason(
    sign_in: SignIn, clinic: Clinic
) -> None:
    course = await a_course(clinic, "dose-changes")
    page = await sign_in(PRESCRIBER)
    await page.goto(page_of(clinic, course))
    await page.get_by_role("link", name="Change the dose").click()

    await page.get_by_label("New dose, mg a day").fill("5000")
    await page.get_by_role("button", name="Look at what it means").click()
    await expect(page.get_by_role("alert")).to_contain_text("ceiling")

    await page.get_by_label("New dose, mg a day").fill("75")
    await page.get_by_role("button", name="Look at what it means").click()
    await expect(page.locator(".decide")).to_contain_text("Serotonin watch")
    await look(page)
    await page.get_by_label("Why the dose changes").select_option("not-enough-effect")
    await page.locator("[name='reason']").fill("less than half better")
    await answer_warnings(page)
    await page.get_by_role("button", name="Change the dose").click()

    await expect(page.get_by_role("status")).to_contain_text("change of dose")
    after = await clinic.get(PRESCRIBER, f"treatment/courses/{course['course_id']}")
    assert after["dose_mg"] == "75"
    await page.get_by_role("link", name="What was decided").click()
    await page.locator("main table").get_by_role("link", name="Dose changed").first.click()
    await expect(page.locator("main")).to_contain_text("Not enough effect: less than half better")
    await expect(page.locator("main")).to_contain_text("Formulary rows of that moment")
    await look(page)


async def test_a_freeze_keeps_the_medicine_and_ends_by_a_person(
    sign_in: SignIn, clinic: Clinic
) -> None:
    course = await a_course(clinic, "suspend")
    page = await sign_in(PRESCRIBER)
    await page.goto(f"{page_of(clinic, course)}/freeze")
    await page.get_by_label("Reason").fill("a red flag at the phone")
    await look(page)
    await page.get_by_role("button", name="Freeze dose changes").click()

    await expect(page.locator("main")).to_contain_text("Dose changes are frozen")
    frozen = await clinic.get(PRESCRIBER, f"treatment/courses/{course['course_id']}")
    assert (frozen["phase"], frozen["dose_mg"]) == ("suspended", course["dose_mg"])

    await page.get_by_role("link", name="Go on after the freeze").click()
    await page.get_by_label("Reason").fill("seen, and well")
    await look(page)
    await page.get_by_role("button", name="Go on").click()

    await expect(page.get_by_role("status")).to_contain_text("goes on")
    after = await clinic.get(PRESCRIBER, f"treatment/courses/{course['course_id']}")
    assert after["phase"] == course["phase"]


async def test_a_switch_shows_both_medicines_on_one_axis_and_is_signed_as_one(
    sign_in: SignIn, clinic: Clinic
) -> None:
    course = await a_course(clinic, "switches")
    today = date.fromisoformat((await clinic.get("oona", "treatment/clock"))["now"][:10])
    page = await sign_in(PRESCRIBER)
    await page.goto(page_of(clinic, course))
    await page.get_by_role("link", name="Switch to another medicine").click()
    await page.locator("input[name='drug'][value^='escitalopram']").first.check()
    await page.get_by_label("First dose, mg a day").fill("10")
    await page.get_by_role("radio", name="No", exact=True).check()
    await page.locator("[name='on.0']").fill((today + timedelta(days=7)).isoformat())
    await page.locator("[name='dose.0']").fill("0")
    await page.get_by_role("button", name="Look at both on one axis").click()

    await expect(page.locator("main")).to_contain_text("Both together for 7 days")
    await expect(page.get_by_role("img", name="Both medicines on one time axis")).to_be_visible()
    await look(page)
    await page.get_by_role("button", name="Propose this switch").click()

    panel = page.locator("#sign")
    await expect(panel).to_contain_text("Both together for 7 days")
    await answer_warnings(page)
    await look(page)
    await page.locator("input[name='password']").fill(clinic.password)
    await page.get_by_role("button", name="Sign and confirm").click()
    await expect(page.get_by_role("status")).to_be_visible()

    old = await clinic.get(PRESCRIBER, f"treatment/courses/{course['course_id']}")
    assert old["phase"] == "switching-out"
    assert old["dose_mg"] == course["dose_mg"]
    assert (old["switch"]["overlap_days"], old["switch"]["gap_days"]) == (7, 0)
    new = await clinic.get(PRESCRIBER, f"treatment/courses/{old['successor_id']}")
    assert new["phase"] in {"titration", "acute"}
    await page.goto(f"{page_of(clinic, course)}/switch")
    await expect(page.locator("main")).to_contain_text("Record this step")
    await look(page)


async def test_only_a_prescriber_stops_for_harm_and_the_looks_begin(
    sign_in: SignIn, clinic: Clinic
) -> None:
    course = await a_course(clinic, "harm-stop", phase="responded")
    nurse = await sign_in(NURSE)
    await nurse.goto(f"{page_of(clinic, course)}/harm-stop")
    await expect(nurse.locator("main")).to_contain_text("Only a prescriber")
    await expect(nurse.get_by_role("button", name="Stop at once")).to_have_count(0)

    page = await sign_in(PRESCRIBER)
    await page.goto(page_of(clinic, course))
    await page.get_by_role("link", name="Stop at once for serious harm").click()
    await page.get_by_label("Low sodium").check()
    await page.locator("[name='reason']").fill("sodium of 121, confused since the morning")
    await look(page)
    await page.locator("#understood").evaluate("one => one.form.noValidate = true")
    await page.get_by_role("button", name="Stop at once").click()
    await expect(page.get_by_role("alert")).to_contain_text("stops now, without a taper")
    unchanged = await clinic.get(PRESCRIBER, f"treatment/courses/{course['course_id']}")
    assert unchanged["phase"] == "responded"
    await page.get_by_label("The medicine stops now, without a taper").check()
    await page.get_by_role("button", name="Stop at once").click()

    await expect(page.get_by_role("status")).to_contain_text("stopped")
    after = await clinic.get(PRESCRIBER, f"treatment/courses/{course['course_id']}")
    assert after["phase"] == "stopped-watch"
    watched = [r["due_on"] for r in after["reviews"] if r["kind"] == "after-stop-review"]
    assert watched == course["harm_watch"]
    assert after["signature"]["void_because"] == "stopped-for-harm"


async def answer_warnings(page: Page) -> None:
    for reason in await page.locator("input[name^='reason.']").all():
        await reason.fill(BETTER)
    for code in await page.locator("select[name^='code.']").all():
        await code.select_option("monitored-closely")


async def a_course(clinic: Clinic, act: str, *, phase: str = "continuation") -> dict[str, Any]:
    """A running course of 50 mg that allows this, of somebody without an open flag."""
    people = (await clinic.get(PRESCRIBER, "assessment/patients?limit=200"))["items"]
    for person in people:
        path = f"treatment/patients/{person['patient_id']}/courses"
        for course in (await clinic.get(PRESCRIBER, path))["items"]:
            fits = course["phase"] == phase and act in course["actions"] and not blocked(course)
            if fits and course["dose_mg"] == "50" and not person["open_flags"]:
                return dict(course)
    raise AssertionError(f"nobody in the demo is in {phase} and allows {act}")


def page_of(clinic: Clinic, course: dict[str, Any]) -> str:
    portal = clinic.services["portal"]
    return f"{portal}/patients/{course['patient_id']}/courses/{course['course_id']}"
