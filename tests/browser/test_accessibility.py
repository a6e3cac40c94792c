"""Every kind of page, at three widths: no violation axe can find, and nothing that runs off it."""

import re
from collections.abc import AsyncIterator

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

from tests.browser.conftest import SignIn
from tests.system.clinic import Clinic

pytestmark = [pytest.mark.browser, pytest.mark.system, pytest.mark.timeout(600)]

RECORD = (
    "",
    "/assessments",
    "/assessments/new/phq-9",
    "/pathway",
    "/intake",
    "/courses",
    "/courses/new?indication=depression",
    "/health",
    "/reminders",
    "/details",
    "/flags/new",
    "/carers",
    "/history",
    "/links",
)
COURSE = ("", "/taper")
_SMALL, _TWICE_THE_SIZE = 320, 640
"""A telephone; and a screen of 1280 at 200 % zoom, which lays a page out for half of it."""
PLACES = (
    "/",
    "/?view=team",
    "/patients",
    "/patients/new",
    "/cover",
    "/round",
    "/account/notices",
)


async def test_every_page_of_a_nurse_and_a_prescriber(sign_in: SignIn, clinic: Clinic) -> None:
    prescriber = await sign_in("amara")
    async for address in addresses(prescriber, clinic):
        await prescriber.goto(clinic.services["portal"] + address)

        await look(prescriber)


@pytest.mark.parametrize("username", ["oona", "arun", "lena", "femi"])
async def test_the_home_of_everybody_else(sign_in: SignIn, username: str) -> None:
    await look(await sign_in(username))


async def test_a_form_with_faults(sign_in: SignIn, clinic: Clinic) -> None:
    nurse = await sign_in("nell")
    await nurse.goto(f"{clinic.services['portal']}/patients/new")
    await nurse.locator("main form").evaluate("form => form.noValidate = true")
    await nurse.get_by_role("button", name="Enrol").click()

    await nurse.locator("#trouble").wait_for()
    assert await nurse.locator("#trouble").evaluate("e => e === document.activeElement")
    await look(nurse)


async def addresses(prescriber: Page, clinic: Clinic) -> AsyncIterator[str]:
    """One page of each kind, found the way a person finds them."""
    await prescriber.goto(f"{clinic.services['portal']}/?view=team")
    links = await prescriber.eval_on_selector_all(
        ".rows a", "links => links.map(link => link.getAttribute('href'))"
    )
    kinds = {re.sub(r"[0-9a-f-]{36}|\d+", "*", link): link for link in links}
    course = await current_course(clinic)
    for address in (*PLACES, *kinds.values()):
        yield address
    for part in RECORD:
        yield f"/patients/{course['patient_id']}{part}"
    for part in COURSE:
        yield f"/patients/{course['patient_id']}/courses/{course['course_id']}{part}"
    path = f"assessment/patients/{course['patient_id']}/assessments?limit=1"
    taken = (await clinic.get("amara", path))["items"][0]["assessment_id"]
    for part in ("", "/correct"):
        yield f"/patients/{course['patient_id']}/assessments/{taken}{part}"
    left = await clinic.get("amara", "assessment/patients?status=left-care&limit=1")
    yield f"/patients/{left['items'][0]['patient_id']}/details"
    yield "/rules"


async def current_course(clinic: Clinic) -> dict[str, str]:
    """A course that is under way."""
    patients = await clinic.get("amara", "assessment/patients?limit=200")
    for person in patients["items"]:
        path = f"treatment/patients/{person['patient_id']}/courses"
        for course in (await clinic.get("amara", path))["items"]:
            if course["phase"] == "continuation":
                return dict(course)
    raise AssertionError("nobody in the demo cohort is in continuation")


async def look(page: Page) -> None:
    """Open everything that can be opened and ask axe, in the dark too; ask again, and measure the
    page, on a small screen and at twice the size."""
    await page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    await ask_axe(page, "")
    await page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    await ask_axe(page, "in the dark", "color-contrast")
    await page.emulate_media(color_scheme="null", reduced_motion="null")

    ids = await page.eval_on_selector_all("[id]", "all => all.map(one => one.id)")
    assert len(ids) == len(set(ids)), f"{page.url}: an id is there twice"

    for screen in (_SMALL, _TWICE_THE_SIZE):
        await page.set_viewport_size({"width": screen, "height": 800})
        width = await page.evaluate("document.documentElement.scrollWidth")
        assert width <= screen, f"{page.url} is {width} px wide on a screen of {screen}"
        await ask_axe(page, f"on a screen of {screen}")
    await page.set_viewport_size({"width": 1280, "height": 900})


async def ask_axe(page: Page, how: str, *rules: str) -> None:
    """No violation, of these rules or of all."""
    chosen = {"runOnly": list(rules)} if rules else {}
    found = await Axe().run(page, options={"resultTypes": ["violations"]} | chosen)
    assert found.violations_count == 0, f"{page.url} {how}: {found.generate_report()}"
