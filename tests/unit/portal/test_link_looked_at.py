"""What a mail scanner does to a one-time link before the person sees it: nothing comes of it."""

import re
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

SECRET = "Kestrel-" + "k" * 35
GONE = {"type": "urn:x", "title": "t", "status": 410, "code": "link-ended", "detail": "No."}


@pytest.fixture
def asked() -> list[str]:
    """What assessment was asked, which alone keeps links."""
    return []


@pytest.fixture
async def neighbours(asked: list[str]) -> AsyncIterator[dict[str, str]]:
    """Assessment is there, and knows no link."""

    async def anything(request: web.Request) -> web.Response:
        asked.append(f"{request.method} {request.path}")
        return web.json_response(GONE | {"correlation_id": "c"}, status=410)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", anything)
    async with TestServer(app) as server:
        yield {"assessment": str(server.make_url("")).rstrip("/")}


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    "address",
    [
        f"/answer#{SECRET}",
        f"/answer?secret={SECRET}",
        f"/answer?{SECRET}",
        f"/answer/{SECRET}",
        f"/answer/send?secret={SECRET}",
    ],
)
async def test_looking_at_a_link_asks_nobody_anything(
    portal: TestClient, asked: list[str], method: str, address: str
) -> None:
    answer = await portal.request(method, address)
    page = await answer.text()
    for found in re.findall(r'(?:href|src|action)="(/[^"]*)"', page):
        await portal.get(found)  # whatever the page leads to

    assert asked == []
    assert SECRET not in page
    assert answer.status == 200 if address.startswith("/answer#") else answer.status < 500


async def test_only_what_is_sent_as_a_form_is_asked_about(
    portal: TestClient, asked: list[str]
) -> None:
    answer = await portal.post("/answer", data={"secret": SECRET})

    assert answer.status == 410
    assert asked == ["POST /api/v1/invitations/open"]


async def test_a_form_from_elsewhere_is_not(portal: TestClient, asked: list[str]) -> None:
    for path in ("/answer", "/answer/send"):
        headers = {"Origin": "https://scanner.example"}
        await portal.post(path, data={"secret": SECRET}, headers=headers)

    assert asked == []
