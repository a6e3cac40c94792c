"""A prescriber sets up a course on one screen, from the ranked table to the signature."""

import re
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import SignIn
from tests.browser.test_accessibility import look
from tests.system.clinic import Clinic

pytestmark = [pytest.mark.browser, pytest.mark.system, pytest.mark.timeout(600)]

PRESCRIBER = "amara"
BETTER = "seen together and weighed"


async def test_from_the_ranked_table_to_the_signature(sign_in: SignIn, clinic: Clinic) -> None:
    person = await somebody_without_a_course(clinic)
    await answer_the_health_questions(clinic, person)
    page = await sign_in(PRESCRIBER)
    await page.goto(f"{clinic.services['portal']}/patients/{person}/courses/new")

    await page.get_by_label("Illness").select_option("depression")
    await page.get_by_role("radio", name="No", exact=True).check()
    await page.get_by_role("button", name="Show the medicines for it").click()
    offered = await the_table_is_the_services_own(page, clinic, person)
    await page.get_by_role("radio").and_(page.locator(f"[value^='{offered}']")).first.check()
    await page.get_by_label("Measured by").select_option("phq-9")
    await look(page)
    await page.get_by_role("button", name="Propose this course").click()

    proposed = await what_is_signed_is_shown(page, clinic, person)
    await look(page)
    await sign(page, "not the password")
    await expect(page.get_by_role("alert")).to_contain_text("not your password")
    assert (await course_of(clinic, person))["phase"] == "draft"
    await sign(page, clinic.password)
    await expect(page.get_by_role("status")).to_be_visible()
    signed = await course_of(clinic, person)
    assert signed["course_id"] == proposed["course_id"]
    assert signed["phase"] in {"titration", "acute"}
    assert signed["signature"]["hash"] == proposed["signing"]["hash"]
    assert signed["signature"]["void_since"] is None
    assert [(r["kind"], r["due_on"]) for r in proposed["first_weeks"]["reviews"]] == [
        (r["kind"], r["due_on"]) for r in signed["reviews"] if r["kind"] != "birthday-review"
    ]
    await expect(page.locator("aside")).to_contain_text("holds for the course as it is")

    await a_later_change_voids_the_signature(page, clinic, signed)


async def test_a_proposal_replaced_while_it_was_read_is_not_signed(
    sign_in: SignIn, clinic: Clinic
) -> None:
    """The signature binds exactly what was on the screen, not what came after it."""
    person = await somebody_without_a_course(clinic)
    await answer_the_health_questions(clinic, person)
    first = await propose(clinic, person, "sertraline", "50")
    page = await sign_in(PRESCRIBER)
    screen = f"{clinic.services['portal']}/patients/{person}/courses/new"
    await page.goto(f"{screen}?course={first['course_id']}")
    token = await clinic.sign(PRESCRIBER, first["signing"])
    await clinic.post(
        PRESCRIBER,
        f"treatment/courses/{first['course_id']}/withdraw",
        {"reason": "another medicine after all"},
        version=first["version"],
    )
    second = await propose(clinic, person, "escitalopram", "10")

    await sign(page, clinic.password)

    await expect(page.get_by_role("alert")).to_be_visible()
    assert (await course_of(clinic, person, second["course_id"]))["phase"] == "draft"
    with pytest.raises(Exception, match="signature-mismatch"):
        await clinic.post(
            PRESCRIBER,
            f"treatment/courses/{second['course_id']}/confirm",
            {"signature": token, "acknowledgements": answers(second)},
            version=second["version"],
        )
    await clinic.post(
        PRESCRIBER,
        f"treatment/courses/{second['course_id']}/withdraw",
        {"reason": "only tried"},
        version=second["version"],
    )


async def the_table_is_the_services_own(page: Page, clinic: Clinic, person: str) -> str:
    """Every option in its place, with reasons, cautions, doses and products; the drug to take."""
    path = f"treatment/patients/{person}/drug-options?indication=depression"
    offered = (await clinic.get(PRESCRIBER, path))["options"]
    rows = page.locator("#drug > .scroll > table > tbody > tr")
    await expect(rows).to_have_count(len(offered))
    order = [option["drug"] for option in offered if not blocked(option)]
    assert order[:2] == ["sertraline", "escitalopram"]
    shown = await rows.locator("input[name='drug']:not([disabled])").evaluate_all(
        "all => all.map(one => one.value.split(':')[0])"
    )
    assert shown == order
    first = rows.first
    for text in (*offered[0]["reasons"], offered[0]["products"][0]["name"]):
        await expect(first).to_contain_text(text)
    provisional = [o for o in offered if any(f["grade"] == "PD" for f in o["figures"])]
    assert provisional
    await expect(page.locator("#drug")).to_contain_text("provisional, not reviewed yet")
    return str(order[0])


async def what_is_signed_is_shown(page: Page, clinic: Clinic, person: str) -> dict[str, Any]:
    """The prefilled doses, each review with its day, and tablets per strength."""
    panel = page.locator("#sign")
    await expect(panel.get_by_role("heading", name="Sign this course")).to_be_visible()
    proposed = await course_of(clinic, person)
    planned = proposed["first_weeks"]
    rows = panel.locator("table tbody tr")
    await expect(rows).to_have_count(len(planned["reviews"]))
    for line in planned["supply"]:
        await expect(panel).to_contain_text(line["text"])
    await expect(panel).to_contain_text(proposed["titration"][0]["dose_text"])
    await expect(panel).to_contain_text(proposed["signing"]["hash"][:12])
    return proposed


async def a_later_change_voids_the_signature(
    page: Page, clinic: Clinic, signed: dict[str, Any]
) -> None:
    changed = await clinic.post(
        PRESCRIBER,
        f"treatment/courses/{signed['course_id']}/dose-changes",
        {
            "dose_mg": "25",
            "effective_on": signed["starts_on"],
            "reason": "nausea in the first days",
            "code": "side-effects",
            "acknowledgements": answers(signed),
        },
        version=signed["version"],
    )
    assert changed["signature"]["void_because"] == "dose-changed"
    await page.reload()
    await expect(page.locator("aside")).to_contain_text(
        re.compile("void: the dose was changed", re.IGNORECASE)
    )
    await expect(page.locator("aside")).not_to_contain_text("holds for the course as it is")


async def sign(page: Page, password: str) -> None:
    for reason in await page.locator("input[name^='reason.']").all():
        await reason.fill(BETTER)
    for code in await page.locator("select[name^='code.']").all():
        await code.select_option("monitored-closely")
    await page.locator("input[name='password']").fill(password)
    await page.get_by_role("button", name="Sign and confirm").click()


async def somebody_without_a_course(clinic: Clinic) -> str:
    people = (await clinic.get(PRESCRIBER, "assessment/patients?limit=200"))["items"]
    for person in people:
        path = f"treatment/patients/{person['patient_id']}/courses"
        courses = (await clinic.get(PRESCRIBER, path))["items"]
        if all(one["phase"] == "withdrawn" for one in courses) and not person["open_flags"]:
            return str(person["patient_id"])
    raise AssertionError("everybody in the demo takes something")


async def answer_the_health_questions(clinic: Clinic, person: str) -> None:
    profile = await clinic.get(PRESCRIBER, f"treatment/patients/{person}/health-profile")
    await clinic.put(
        PRESCRIBER,
        f"treatment/patients/{person}/health-profile",
        {"conditions": [], "medicines": []},
        version=profile["version"],
    )


async def propose(clinic: Clinic, person: str, drug: str, dose_mg: str) -> dict[str, Any]:
    state = await clinic.get("oona", "treatment/clock")
    body = {
        "patient_id": person,
        "drug": drug,
        "indication": "depression",
        "start_dose_mg": dose_mg,
        "starts_on": state["now"][:10],
        "primary_instrument": "phq-9",
        "suicide_concern": False,
    }
    return dict(await clinic.post(PRESCRIBER, "treatment/courses", body))


async def course_of(clinic: Clinic, person: str, course_id: str | None = None) -> dict[str, Any]:
    if course_id:
        return dict(await clinic.get(PRESCRIBER, f"treatment/courses/{course_id}"))
    courses = await clinic.get(PRESCRIBER, f"treatment/patients/{person}/courses")
    live = [one for one in courses["items"] if one["phase"] != "withdrawn"]
    return dict(live[0])


def answers(course: dict[str, Any]) -> list[dict[str, str]]:
    return [
        {"rule": finding["rule"], "reason": BETTER, "code": "monitored-closely"}
        for finding in course["findings"]
        if finding["level"] in {"warn", "strong-warn"}
    ]


def blocked(option: dict[str, Any]) -> bool:
    return any(finding["level"] == "block" for finding in option["findings"])
