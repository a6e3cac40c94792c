"""A prescriber's course (journey C1) by keyboard alone: pathway, a change, the close.

Comparing ways down, setting up a course and signing both are among the journeys by keyboard.
"""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.conftest import SignIn
from tests.browser.keyboard import (
    SPACE,
    answer,
    enter,
    fill,
    fill_day,
    follow,
    go_to,
    named,
    pick,
)
from tests.browser.test_course_setup import answer_the_health_questions, answers, propose
from tests.browser.test_journeys_by_keyboard import somebody_of_our_own
from tests.browser.test_pathway_against_a_warning import somebody_to_decide_about
from tests.system.clinic import Clinic

pytestmark = [pytest.mark.browser, pytest.mark.system, pytest.mark.timeout(600)]

PLAN = {"support-length": "prolonged", "plan-format": "individual", "follow-on": "yes"}


async def test_a_pathway_is_proposed_explained_and_decided(sign_in: SignIn, clinic: Clinic) -> None:
    patient_id = await somebody_to_decide_about(clinic)
    amara = await sign_in("amara")
    await amara.goto(f"{clinic.services['portal']}/patients/{patient_id}")
    await follow(amara, "Pathway", tag="A")
    await follow(amara, "Propose a pathway", tag="BUTTON")
    await go_to(amara, "Why?", tag="SUMMARY")
    await amara.keyboard.press("Enter")
    await expect(amara.locator("main")).to_contain_text("Facts used:")
    await pick(amara, "", name="decision")
    await answer(amara, {f"plan.{question}": said for question, said in PLAN.items()})
    await fill(amara, {"note": "Talked over together."})
    await follow(amara, "Record the decision", tag="BUTTON")

    await expect(amara.get_by_role("status")).to_have_text("The decision is recorded.")
    path = f"assessment/patients/{patient_id}/pathway-proposals?limit=1"
    newest = (await clinic.get("amara", path))["items"][0]
    assert newest["decision"] == "accepted"


async def test_a_change_of_the_plan_is_proposed_looked_at_and_signed(
    sign_in: SignIn, clinic: Clinic
) -> None:
    course = await a_course(
        clinic, lambda one: one["phase"] == "taper-active" and one["taper"]["proposals"]
    )
    amara = await sign_in("amara")
    await amara.goto(page_of(clinic, course))
    await follow(amara, "Propose a change", tag="A")
    await pick(amara, "Keep the dose for longer", name="kind")
    await fill(amara, {"days": "14", "reason": "A house move in these two weeks."})
    await follow(amara, "Show what it would change", tag="BUTTON")
    await go_to(amara, "What would be different", tag="DIV")
    await expect(amara.get_by_role("region", name="What would be different")).to_be_focused()
    reasons = dict.fromkeys(await named(amara, "reason."), "seen and weighed together")
    await fill(amara, reasons | {"password": clinic.password})
    await enter(amara)

    await expect(amara.get_by_role("status")).to_contain_text("Signed.")
    after = await clinic.get("amara", f"treatment/courses/{course['course_id']}")
    assert after["taper"]["plan_version"] == course["taper"]["plan_version"] + 1
    assert after["dose_mg"] == course["dose_mg"]


async def test_a_course_is_closed_once_somebody_has_moved_away(
    sign_in: SignIn, clinic: Clinic
) -> None:
    """With the plan against a relapse written before, and for somebody of this test alone."""
    person = await somebody_of_our_own(clinic)
    await answer_the_health_questions(clinic, person)
    course = await propose(clinic, person, "sertraline", "50")
    said = {"signature": await clinic.sign("amara", course["signing"])}
    await clinic.post(
        "amara",
        f"treatment/courses/{course['course_id']}/confirm",
        said | {"acknowledgements": answers(course)},
        version=course["version"],
    )
    amara = await sign_in("amara")
    await amara.goto(f"{clinic.services['portal']}/patients/{person}/support")
    await follow(amara, "Open the plan", tag="A")
    words = {"warning_signs": "Staying in bed.", "what_helps": "Walks.", "whom_to_call": "Rea."}
    await fill(amara, words | {"agreed": SPACE})
    await follow(amara, "Save the plan", tag="BUTTON")
    await expect(amara.get_by_role("status")).to_be_visible()

    await follow(amara, "Details", tag="A")
    await go_to(amara, "End care", tag="SUMMARY")
    await amara.keyboard.press("Enter")
    await pick(amara, "Has left care", name="status")
    known = await clinic.get("amara", f"assessment/patients/{person}")
    await fill_day(amara, date.fromisoformat(known["enrolled_on"]), name="on")
    await fill(amara, {"reason": "Lives in another city now."})
    await follow(amara, "End care", tag="BUTTON")
    await expect(amara.get_by_role("status")).to_be_visible()

    await follow(amara, "Course", tag="A")
    await follow(amara, "sertraline", tag="A")
    await go_to(amara, "Close the course", tag="SUMMARY")
    await amara.keyboard.press("Enter")
    await fill(amara, {"reason": "Handed over to the clinic there."})
    await follow(amara, "Close the course", tag="BUTTON")
    await expect(amara.get_by_role("status")).to_have_text("The course is closed.")
    after = await clinic.get("amara", f"treatment/courses/{course['course_id']}")
    assert after["phase"] == "closed"


async def a_course(clinic: Clinic, fits: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
    """A course of the demo that fits, of somebody without an open flag."""
    for person in (await clinic.get("amara", "assessment/patients?limit=200"))["items"]:
        path = f"treatment/patients/{person['patient_id']}/courses"
        for course in (await clinic.get("amara", path))["items"]:
            if not person["open_flags"] and fits(course):
                return dict(course)
    raise AssertionError("no course of the demo fits")


def page_of(clinic: Clinic, course: dict[str, Any]) -> str:
    portal = clinic.services["portal"]
    return f"{portal}/patients/{course['patient_id']}/courses/{course['course_id']}"
