"""A prescriber compares ways down, chooses one, and signs it."""

from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import SignIn
from tests.system.clinic import Clinic

pytestmark = [pytest.mark.browser, pytest.mark.system, pytest.mark.timeout(600)]

PRESCRIBER = "amara"
SAFE = "can be dispensed"
SYMPTOMS_NOW = "fieldset[id^='baseline'] input[value='none']"


async def test_bench_compare_choose_sign(sign_in: SignIn, clinic: Clinic) -> None:
    course = await a_course_to_taper(clinic)
    prescriber = await sign_in(PRESCRIBER)
    await prescriber.goto(page_of(clinic, course))

    await prescriber.get_by_role("link", name="Compare ways down").first.click()
    await the_proposals_are_compared(prescriber, clinic, course)

    await prescriber.get_by_label("Which way down").nth(2).select_option("linear-10")
    await prescriber.get_by_label("Tablets and capsules only").nth(2).check()
    await prescriber.get_by_role("button", name="Compare").click()
    tablets = prescriber.locator("table.bench thead th").nth(3)
    await expect(tablets).to_contain_text("cannot be dispensed safely")
    await expect(prescriber.locator("table.bench")).to_contain_text("The cliff: from 25 mg to zero")

    chosen = prescriber.locator("table.bench thead th", has_text=SAFE).first
    letter = await chosen.locator(".way").inner_text()
    await prescriber.get_by_role("button", name=f"Choose {letter}").click()
    await save(prescriber)
    await sign(prescriber, clinic)

    await expect(prescriber.get_by_role("status")).to_contain_text("signed")
    stored = await clinic.get(PRESCRIBER, f"treatment/courses/{course['course_id']}")
    assert stored["phase"] == "taper-planned"
    plan = await clinic.get(PRESCRIBER, f"treatment/taper-plans/{stored['taper']['plan_id']}")
    assert plan["status"] == "signed"
    assert plan["steps"][-1]["dose_mg"] == "0"


async def the_proposals_are_compared(
    prescriber: Page, clinic: Clinic, course: dict[str, Any]
) -> None:
    """The page shows the service's own numbers, in the columns, the drawing and the tables."""
    found = await clinic.post(
        PRESCRIBER, f"treatment/courses/{course['course_id']}/taper-bench", {"ways": []}
    )
    columns = [column["plan"] for column in found["columns"]]
    bench = prescriber.locator("table.bench")
    await expect(bench.locator("thead .way")).to_have_count(len(columns))
    for place, plan in enumerate(columns):
        drops = bench.locator("tr", has_text="Largest drop").locator("td").nth(place)
        await expect(drops).to_have_text(f"{float(plan['largest_drop_points']):.1f} points")
    await expect(
        prescriber.get_by_role("img", name="Dose and occupancy of each way")
    ).to_be_visible()
    await expect(prescriber.locator(".curves .stair")).to_have_count(2 * len(columns))
    first = prescriber.locator("details table").first.locator("tbody tr")
    await expect(first).to_have_count(len(columns[0]["steps"]))
    for row, step in enumerate(columns[0]["steps"]):
        await expect(first.nth(row)).to_contain_text(step["dose_text"])
        await expect(first.nth(row)).to_contain_text(f"{float(step['occupancy_percent']):.1f}")


async def save(prescriber: Page) -> None:
    """Answer what is asked before the first step, and keep the plan."""
    for one in await prescriber.locator(SYMPTOMS_NOW).all():
        await one.check()
    for name in ("crisis_plan_agreed", "supporter_asked", "pace_is_the_patients"):
        await prescriber.check(f"input[name='{name}']")
    await prescriber.locator("[name='early_reason']").fill("asked for it, well for months")
    await prescriber.get_by_role("button", name="Save this plan").click()
    await expect(prescriber.get_by_role("heading", name="Sign this plan")).to_be_visible()
    missing = prescriber.locator(".banner.warn", has_text="Relapse-prevention plan")
    await expect(missing).to_contain_text("Not written yet")


async def sign(prescriber: Page, clinic: Clinic) -> None:
    for reason in await prescriber.locator("input[name^='reason.']").all():
        await reason.fill("seen and weighed together")
    await prescriber.locator("input[name='password']").fill(clinic.password)
    await prescriber.get_by_role("button", name="Sign the plan").click()


async def a_course_to_taper(clinic: Clinic) -> dict[str, Any]:
    """A sertraline course of the demo that may be tapered, of somebody without an open flag.

    One way down of those proposed can be dispensed: other tests change doses.
    """
    people = (await clinic.get(PRESCRIBER, "assessment/patients?limit=200"))["items"]
    for person in people:
        path = f"treatment/patients/{person['patient_id']}/courses"
        for course in (await clinic.get(PRESCRIBER, path))["items"]:
            fits = course["drug"] == "sertraline" and course["phase"] == "continuation"
            if not fits or "taper-plans" not in course["actions"] or person["open_flags"]:
                continue
            bench = await clinic.post(
                PRESCRIBER, f"treatment/courses/{course['course_id']}/taper-bench", {"ways": []}
            )
            if any(column["plan"]["verdict"] == "ok" for column in bench["columns"]):
                return dict(course)
    raise AssertionError("the demo has nobody to taper")


def page_of(clinic: Clinic, course: dict[str, Any]) -> str:
    portal = clinic.services["portal"]
    return f"{portal}/patients/{course['patient_id']}/courses/{course['course_id']}"
