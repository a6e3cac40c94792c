"""The ways of a prescriber, a facilitator and operations through their day, by keyboard alone.

The nurse's are in the tests of the list and of the questionnaire by keyboard.
"""

from collections.abc import Mapping

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import SignIn
from tests.browser.test_taper_bench import SAFE, a_course_to_taper
from tests.system.clinic import Clinic

pytestmark = [pytest.mark.browser, pytest.mark.system, pytest.mark.timeout(600)]

MOST_TABS = 250
SPACE = "Space"
NOTE = "Went well, and without a mouse."
_FOCUSED = """() => {
  const here = document.activeElement;
  const shown = here.closest(".choices label") || here;
  const outline = (one) => getComputedStyle(one).outlineStyle !== "none";
  return {
    tag: here.tagName, name: here.getAttribute("name") || "", text: here.innerText || "",
    seen: here === document.body || outline(here) || outline(shown),
  };
}"""


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


async def go_to(page: Page, text: str = "", *, tag: str = "", name: str = "") -> None:
    """Press Tab until what is looked for has the focus; whatever has it on the way is seen to."""
    for _ in range(MOST_TABS):
        await page.keyboard.press("Tab")
        here = await page.evaluate(_FOCUSED)
        assert here["seen"], f"nothing shows that the focus is on {here}"
        if text in here["text"] and tag in ("", here["tag"]) and name in ("", here["name"]):
            return
    raise AssertionError(f"no Tab leads to {tag} {name} {text!r}")


async def fill(page: Page, answers: Mapping[str, str]) -> None:
    """Each field by its name, in the order of the page."""
    open_still = dict(answers)
    for _ in range(MOST_TABS):
        if not open_still:
            return
        await page.keyboard.press("Tab")
        here = await page.evaluate(_FOCUSED)
        answer = open_still.pop(here["name"], None)
        if answer == SPACE:
            await page.keyboard.press(SPACE)
        elif answer:
            await page.keyboard.type(answer)
    raise AssertionError(f"no Tab leads to {sorted(open_still)}")


async def named(page: Page, start: str) -> list[str]:
    """Names of fields that begin so."""
    found = await page.eval_on_selector_all(
        f"[name^='{start}']:not([type=hidden])", "all => all.map(one => one.name)"
    )
    return sorted(set(found))
