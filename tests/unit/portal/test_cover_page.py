"""Cover, as a browser meets it: an absence on a later page is answered like one on the first."""

import html
import re
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from tests.support import tour
from tests.unit.portal.test_every_list import MANY, MOST_CALLS, a_page, absence, mark
from tests.unit.portal.test_gate import sign_in

LAST = (MANY - 1) // 4 * 4
"""The last one that waits for an answer: by its first day it stands on the last page."""
ABSENCE, PERSON = UUID(int=LAST + 1000, version=4), UUID(int=LAST + 5000, version=4)


@pytest.fixture
def sent() -> list[Any]:
    """What the service was told."""
    return []


@pytest.fixture
async def neighbours(sent: list[Any]) -> AsyncIterator[dict[str, str]]:
    async def absences(_request: web.Request) -> web.Response:
        return web.json_response(a_page([absence(number) for number in range(MANY)]))

    async def answers(request: web.Request) -> web.Response:
        assert request.match_info["absence_id"] == str(ABSENCE)
        sent.append(await request.json())
        return web.json_response(absence(LAST))

    app = web.Application()
    app.router.add_get("/api/v1/absences", absences)
    app.router.add_post("/api/v1/absences/{absence_id}/answers", answers)
    async with TestServer(app) as server:
        yield {"engagement": str(server.make_url("")).rstrip("/")}


async def last_page(portal: TestClient) -> tuple[str, str]:
    """The page by first day that nothing follows, and where it is."""
    address = "/cover?sort=day"
    while True:
        page = await (await portal.get(address)).text()
        further = re.search(r'rel="next" href="([^"]+)"', page)
        if further is None:
            return address, page
        address = html.unescape(further[1])


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ({"all": "true"}, {"accepted": [str(PERSON)], "declined": []}),
        ({f"answer.{PERSON}": "declined"}, {"accepted": [], "declined": [str(PERSON)]}),
    ],
)
async def test_somebody_on_the_last_page_is_answered_about(
    portal: TestClient, sent: list[Any], said: dict[str, str], heard: dict[str, list[str]]
) -> None:
    await sign_in(portal, "nell")
    first, (here, last) = (
        await (await portal.get("/cover?sort=day")).text(),
        await last_page(portal),
    )
    assert mark(LAST) not in first
    assert mark(LAST) in last
    token = re.search(r'name="csrf" value="(\w+)"', last)
    assert token
    form = {"csrf": token[1], "key": "a-key-of-a-form"}

    sending = re.search(rf'action="(/cover/{ABSENCE}/answers[^"]*)"', last)
    assert sending
    address = html.unescape(sending[1])

    nothing = await portal.post(address, data=form)
    answer = await portal.post(address, data=form | said, allow_redirects=False)

    again = await nothing.text()
    assert "Say yes or no to at least one person." in again
    assert mark(LAST) in again, "the order and the page stay"
    assert tour.calls(nothing.headers["Server-Timing"], at="/cover") <= MOST_CALLS
    assert answer.status == 303
    assert answer.headers["Location"] == f"{here}&done=cover-answered"
    assert sent == [heard]
