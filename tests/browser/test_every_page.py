"""Every page of the page list, found by following links: axe, small screens, large letters, weight.

The older file of accessibility tests holds what a page looks like after something was done to it.
"""

import pytest
from playwright.async_api import Page

from tests.browser.conftest import SignIn
from tests.browser.test_accessibility import look
from tests.support import looks, tour
from tests.support.looks import Look
from tests.support.tour import Sight
from tests.system.clinic import Clinic

pytestmark = [pytest.mark.browser, pytest.mark.system, pytest.mark.timeout(1200)]

HEAVIEST_KB = 150
MOST_CALLS = 3
LOOKS = {
    "POST /list/find",
    "POST /patients/search",
    "POST /patients/{patient_id}/details",
    "POST /patients/{patient_id}/support/privacy",
    "POST /patients/{patient_id}/courses/{course_id}/dose",
    "POST /patients/{patient_id}/courses/{course_id}/switch",
    "POST /patients/{patient_id}/courses/{course_id}/taper",
    "POST /patients/{patient_id}/courses/{course_id}/taper/bench",
}
"""Forms that are looked at before anything is sent."""


@pytest.fixture(scope="module")
async def asked(clinic: Clinic, found: list[Sight]) -> list[Look]:
    """What those pages can be asked: lists narrowed, forms looked at."""
    return await looks.looks(clinic.services["portal"], clinic.password, found)


@pytest.fixture(scope="module")
async def found(clinic: Clinic) -> list[Sight]:
    """Every page that links lead to, for one of each role."""
    return await tour.sights(clinic.services["portal"], clinic.password)


async def test_links_lead_to_every_page(found: list[Sight]) -> None:
    assert tour.kinds() - {sight.kind for sight in found} == set()


async def test_no_page_takes_more_than_three_calls(found: list[Sight]) -> None:
    many = [one for one in found if one.calls > MOST_CALLS]

    assert many == []


async def test_no_look_takes_more_than_three_calls(asked: list[Look]) -> None:
    """A form for a change counts too: what its page takes when it is shown again, unsent. The
    change itself is a call apart: tests/unit/portal/test_refused.py."""
    many = [one for one in asked if one.calls > MOST_CALLS]

    assert many == []


async def test_every_form_that_can_be_looked_at_was(asked: list[Look]) -> None:
    sent = [one for one in asked if one.method == "post"]

    assert {one.name for one in sent} >= LOOKS
    assert {one.name for one in sent if one.is_whole} <= LOOKS


@pytest.mark.parametrize("who", tour.PEOPLE)
async def test_every_page_can_be_read_by_everybody(
    sign_in: SignIn, clinic: Clinic, found: list[Sight], who: str
) -> None:
    page = await sign_in(who)
    heavy, broken = {}, []
    for sight in tour.one_of_each(found):
        if sight.who != who:
            continue
        sizes = await weigh(page, clinic.services["portal"] + sight.address)
        if sum(sizes.values()) > HEAVIEST_KB * 1024:
            heavy[sight.address] = sizes
        try:
            await look(page)
        except AssertionError as fault:
            broken.append(str(fault))

    assert broken == []
    assert heavy == {}


async def weigh(page: Page, address: str) -> dict[str, int]:
    """What a first visit carries, by address, as sent."""
    sizes: dict[str, int] = {}
    session = await page.context.new_cdp_session(page)
    await session.send("Network.enable")
    await session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    names: dict[str, str] = {}
    session.on(
        "Network.responseReceived",
        lambda said: names.update({said["requestId"]: said["response"]["url"]}),
    )
    session.on(
        "Network.loadingFinished",
        lambda said: sizes.update(
            {names.get(said["requestId"], "?"): int(said["encodedDataLength"])}
        ),
    )
    await page.goto(address)
    await page.wait_for_load_state("load")
    await session.detach()
    return sizes
