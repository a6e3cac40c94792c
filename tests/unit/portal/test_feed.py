"""A person's calendar asks for its days: no account, one secret, and no trace of it anywhere."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared.runtime import tracing

SECRET = "Kestrel-" + "k" * 35
FILE = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n"


class Treatment:
    """Knows one link; ``asked`` keeps what it was sent."""

    def __init__(self) -> None:
        self.feed = FILE
        self.asked: list[tuple[str, Any, str]] = []
        self.refuses_with: int | None = None

    async def open_link(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.asked.append((request.path, body, request.headers["Authorization"]))
        status = self.refuses_with or (None if body == {"secret": SECRET} else 404)
        if status is not None:
            problem = {"type": "urn:x", "title": "t", "status": status, "code": "refused"}
            problem |= {"detail": "No.", "correlation_id": "c"}
            return web.json_response(problem, status=status)
        return web.json_response({"calendar": self.feed})


@pytest.fixture
async def treatment() -> Treatment:
    """The other side."""
    return Treatment()


@pytest.fixture
async def neighbours(treatment: Treatment) -> AsyncIterator[dict[str, str]]:
    """Treatment is there."""
    app = web.Application()
    app.router.add_post("/api/v1/calendar-links/open", treatment.open_link)
    async with TestServer(app) as server:
        yield {"treatment": str(server.make_url("")).rstrip("/")}


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    """What a collector of traces would be told."""
    collected = InMemorySpanExporter()
    tracing.hand_to(SimpleSpanProcessor(collected), service="portal")
    yield collected
    tracing.stop()


async def test_the_file_comes_without_an_account(portal: TestClient, treatment: Treatment) -> None:
    answer = await portal.get(f"/calendar/{SECRET}.ics")

    assert (answer.status, await answer.read()) == (200, FILE.encode())
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert "no-cache" in answer.headers["Cache-Control"]
    assert "Set-Cookie" not in answer.headers
    path, _, bearer = treatment.asked[0]
    assert SECRET not in path
    assert bearer.startswith("Bearer ")


async def test_what_was_read_before_is_not_sent_again(
    portal: TestClient, treatment: Treatment
) -> None:
    first = await portal.get(f"/calendar/{SECRET}.ics")
    known = {"If-None-Match": first.headers["ETag"]}

    again = await portal.get(f"/calendar/{SECRET}.ics", headers=known)
    weak = await portal.get(
        f"/calendar/{SECRET}.ics", headers={"If-None-Match": f'"x", W/{first.headers["ETag"]}'}
    )
    treatment.feed = FILE.replace("2.0", "2.0\r\nNAME:later")
    changed = await portal.get(f"/calendar/{SECRET}.ics", headers=known)

    assert (again.status, await again.read()) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    assert weak.status == 304
    assert changed.status == 200
    assert changed.headers["ETag"] != first.headers["ETag"]


@pytest.mark.parametrize(
    "secret", ["Other-" + "k" * 37, "short", "k" * 65, "k" * 42 + "%20", "..%2F" + "k" * 40]
)
async def test_any_other_secret_leads_nowhere(portal: TestClient, secret: str) -> None:
    answer = await portal.get(f"/calendar/{secret}.ics")

    assert answer.status == 404
    assert secret not in await answer.text()


@pytest.mark.parametrize("status", [401, 403, 429])
async def test_a_neighbour_that_has_too_much_to_do_is_not_a_calendar_that_is_gone(
    portal: TestClient, treatment: Treatment, status: int
) -> None:
    treatment.refuses_with = status

    answer = await portal.get(f"/calendar/{SECRET}.ics")

    assert answer.status == 503
    assert int(answer.headers["Retry-After"]) >= 60


async def test_a_head_request_tells_the_same_without_the_file(portal: TestClient) -> None:
    answer = await portal.head(f"/calendar/{SECRET}.ics")

    assert (answer.status, await answer.read()) == (200, b"")
    assert answer.headers["ETag"]


async def test_the_secret_is_in_no_log_no_trace_and_no_figure(
    portal: TestClient, spans: InMemorySpanExporter, capfd: pytest.CaptureFixture[str]
) -> None:
    for secret in (SECRET, "Other-" + "k" * 37):
        await portal.get(f"/calendar/{secret}.ics")
    figures = await (await portal.get("/metrics")).text()
    traced = "".join(span.to_json() for span in spans.get_finished_spans())
    logged = "".join(capfd.readouterr())

    assert "/calendar/{secret}.ics" in logged
    assert "/calendar/{secret}.ics" in traced
    for place in (figures, traced, logged):
        assert "kkkkk" not in place


class TestSilence:
    """Treatment does not answer."""

    @pytest.fixture
    def neighbours(self) -> dict[str, str]:
        return {}

    async def test_a_calendar_keeps_what_it_has_and_asks_again_later(
        self, portal: TestClient
    ) -> None:
        answer = await portal.get(f"/calendar/{SECRET}.ics")

        assert answer.status == 503
        assert int(answer.headers["Retry-After"]) >= 60
