"""A prescriber whose hospital has an identity provider signs by signing in there again.

The whole system runs with the provider from PyPI. Portal and provider are on different sites, as
they are at a hospital, so that a strict cookie would be lost on the way.
"""

import re
from collections.abc import AsyncIterator

import aiohttp
import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from services import group as embedded
from shared.runtime import clock
from tests.browser.conftest import PATIENCE_MS
from tests.browser.test_accessibility import look
from tests.browser.test_course_setup import (
    BETTER,
    answer_the_health_questions,
    course_of,
    propose,
    somebody_without_a_course,
)
from tests.support.identity_provider import identity_provider
from tests.support.ports import free_ports
from tests.system.clinic import Clinic

pytestmark = [
    pytest.mark.browser,
    pytest.mark.system,
    pytest.mark.timeout(600),
    # The provider from PyPI is ours to talk to, not ours to mend.
    pytest.mark.filterwarnings("ignore:get_jwt_config:DeprecationWarning"),
]

MAPPING = """
claim = "groups"
[[role]]
when = "mooring-prescribers"
role = "prescriber"
teams = ["harbour"]
[[role]]
when = "mooring-nurses"
role = "nurse"
teams = ["out-of-hours"]
"""
WORDS = "Found confused at the bus stop, carries our card."


@pytest.fixture(scope="module")
async def hospital(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Clinic]:
    """A demo of its own, whose portal is told of the provider by its settings."""
    group = embedded.Group(
        folder=tmp_path_factory.mktemp("hospital"),
        ports=dict(zip(embedded.PORTS, free_ports(len(embedded.PORTS)), strict=True)),
        demo=True,
        today=clock.real_now().date().isoformat(),
    )
    (group.folder / "roles.toml").write_text(MAPPING)
    settings = group.secrets / "portal"
    settings.mkdir(parents=True)
    with identity_provider() as issuer:
        for name, value in {
            "public_url": group.address("portal"),
            "oidc_issuer": issuer,
            "oidc_client_id": "mooring",
            "oidc_client_secret": "a secret",
            "oidc_roles_file": str(group.folder / "roles.toml"),
        }.items():
            (settings / f"mooring_{name}").write_text(value)
        async with embedded.running(group, say=str), aiohttp.ClientSession() as session:
            services = {name: group.address(name) for name in group.ports}
            yield Clinic(session, services, group.demo_password)


@pytest.fixture
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    """A browser nobody is signed in with."""
    context = await browser.new_context(locale="en-GB", timezone_id="Europe/London")
    context.set_default_timeout(PATIENCE_MS)
    yield context
    await context.close()


async def by_provider(context: BrowserContext, hospital: Clinic, who: str = "petra") -> Page:
    """Somebody signed in with the provider."""
    page = await context.new_page()
    await page.goto(f"{hospital.services['portal']}/sign-in?then=/account")
    await page.get_by_role("link", name="Sign in with your organisation's account").click()
    await agree(page, who)
    await page.get_by_role("button", name="Sign out", exact=True).wait_for()
    return page


async def agree(page: Page, who: str) -> None:
    await page.wait_for_url("http://localhost:*/**")
    await page.get_by_role("button", name=who, exact=True).click()


async def again(page: Page, who: str = "petra") -> Page:
    """Sign in again as this person, by the link of the form on this page, in the tab it opens."""
    async with page.context.expect_page() as opened:
        await page.get_by_role("link", name="Sign in again at your organisation to sign").click()
    tab = await opened.value
    await agree(tab, who)
    return tab


async def fill(page: Page) -> None:
    for reason in await page.locator("input[name^='reason.']").all():
        await reason.fill(BETTER)
    for code in await page.locator("select[name^='code.']").all():
        await code.select_option("monitored-closely")


async def test_a_course_is_signed(context: BrowserContext, hospital: Clinic) -> None:
    person = await somebody_without_a_course(hospital)
    await answer_the_health_questions(hospital, person)
    page = await by_provider(context, hospital)
    await in_the_care_team(context, hospital, person)
    proposed = await propose(hospital, person, "sertraline", "50")
    course = f"{hospital.services['portal']}/patients/{person}/courses/{proposed['course_id']}"
    await page.goto(course)
    sign = page.get_by_role("button", name="Sign and confirm")
    await expect(page.locator("input[type=password]")).to_have_count(0)

    await fill(page)
    await sign.click()
    await expect(page.locator("#trouble")).to_contain_text("first sign in again")
    reasons = page.locator("input[name^='reason.']")
    assert await reasons.count() >= 1
    await expect(reasons.first).to_have_value(BETTER)
    await look(page)

    tab = await again(page, "nora")
    await expect(tab.locator("main")).to_contain_text("Somebody else signed in")
    await tab.close()
    await expect(reasons.first).to_have_value(BETTER)
    await sign.click()
    await expect(page.locator("#trouble")).to_contain_text("first sign in again")
    assert (await course_of(hospital, person, proposed["course_id"]))["phase"] == "draft"

    tab = await again(page)
    await expect(tab.locator("main")).to_contain_text("Nothing is signed yet")
    await look(tab)
    await tab.get_by_role("link", name="Open an empty form here instead").click()
    await tab.wait_for_url(course)
    signing = tab.locator("#password")
    await expect(signing).to_contain_text(re.compile(r"sign once with it, until \d\d:\d\d"))
    await look(tab)
    await tab.close()
    await expect(reasons.first).to_have_value(BETTER)
    await sign.click()

    await expect(page.get_by_role("status")).to_have_text("The course is signed and confirmed.")
    signed = await course_of(hospital, person, proposed["course_id"])
    assert signed["phase"] in {"titration", "acute"}
    assert signed["signature"]["hash"] == proposed["signing"]["hash"]
    await page.goto(f"{hospital.services['portal']}/emergency")
    await expect(page.locator("#password")).to_contain_text(
        "first sign in there again"
    )  # it is used up


async def test_what_was_typed_waits_for_a_sign_in_beside_it(
    context: BrowserContext, hospital: Clinic
) -> None:
    """The session ended, and nothing that was typed may travel through the provider."""
    page = await by_provider(context, hospital)
    await page.goto(f"{hospital.services['portal']}/patients/new")
    for label, said in (("Given name", "Robin"), ("Family name", "Marsh")):
        await page.get_by_label(label).fill(said)
    await page.get_by_label("Birth date").fill("1970-01-02")
    elsewhere = await by_provider(await other(context), hospital)
    await elsewhere.get_by_role("button", name="Sign out everywhere").click()
    await elsewhere.get_by_role("heading", name="Sign in").wait_for()
    await elsewhere.context.close()

    await page.get_by_role("button", name="Enrol").click()
    await expect(page.locator("#trouble")).to_contain_text("What you typed is kept")
    await look(page)
    onward = page.get_by_role("button", name="Go on with what I typed")
    await onward.click()
    await expect(page.locator("#trouble")).to_contain_text("What you typed is kept")
    async with context.expect_page() as opened:
        await page.get_by_role("link", name="Sign in with your organisation's account").click()
    tab = await opened.value
    await agree(tab, "petra")
    await expect(tab.locator("main")).to_contain_text("Your form is in the tab you came from")
    await look(tab)
    await tab.close()
    await onward.click()

    await expect(page.locator("#trouble")).to_contain_text("send it once more")
    await expect(page.get_by_label("Given name")).to_have_value("Robin")


async def other(context: BrowserContext) -> BrowserContext:
    """Another browser."""
    assert context.browser
    return await context.browser.new_context(locale="en-GB")


async def test_a_record_is_opened_in_an_emergency(
    context: BrowserContext, hospital: Clinic
) -> None:
    """By a nurse of another team. Signing in again in a new tab loses nothing that was typed."""
    person = await somebody_without_a_course(hospital)
    record = f"{hospital.services['portal']}/patients/{person}"
    known = await hospital.get("amara", f"assessment/patients/{person}")
    page = await by_provider(context, hospital, "nora")
    outside = await page.goto(record)
    assert outside
    assert outside.status == 404
    await page.goto(f"{hospital.services['portal']}/emergency")
    await look(page)
    await page.get_by_label("Birth date").fill(known["birth_date"])
    await page.get_by_label("Or the number").fill(person[:8])
    await page.get_by_role("radio").first.check()
    await page.get_by_label("What happened").fill(WORDS)
    opening = page.get_by_role("button", name="Open the record for 60 minutes")

    tab = await again(page, "nora")
    await expect(tab.locator("main")).to_contain_text("You signed in again at")
    await tab.close()
    await expect(page.get_by_label("What happened")).to_have_value(WORDS)
    await opening.click()

    await expect(page).to_have_url(re.compile(rf"/patients/{person}\?done=emergency"))
    await expect(page.locator("#who")).to_contain_text(known["family_name"])
    await look(page)
    seen = await hospital.get("amara", f"assessment/patients/{person}/emergency-looks")
    assert [one["words"] for one in seen["items"]] == [WORDS]
    await page.goto(f"{hospital.services['portal']}/emergency")
    signing = page.locator("#password")
    await expect(signing).to_contain_text(
        "first sign in there again"
    )  # one opening, and it is used up


async def in_the_care_team(context: BrowserContext, hospital: Clinic, person: str) -> None:
    """A colleague with a password takes Petra into the care team."""
    assert context.browser
    desk = await context.browser.new_context(locale="en-GB")
    page = await desk.new_page()
    page.set_default_timeout(PATIENCE_MS)
    await page.goto(f"{hospital.services['portal']}/sign-in?then=/patients/{person}/details")
    await page.get_by_label("User name").fill("amara")
    await page.get_by_label("Password").fill(hospital.password)
    await page.get_by_role("button", name="Sign in").click()
    await page.get_by_label("Petra Oidc").check()
    await page.get_by_role("button", name="Save the care team").click()
    await expect(page.get_by_role("status")).to_be_visible()
    await desk.close()
