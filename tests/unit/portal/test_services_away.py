"""The list of the morning while something is away: that is said, and the rest is shown."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Protocol

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from shared.api.assessment import FlagBody
from shared.api.body import Body, Page
from shared.api.engagement import Section, Worklist
from shared.api.treatment import DueItem
from shared.demo.staff import staff_id
from shared.runtime import clock
from tests.unit.portal.test_gate import sign_in
from tests.unit.portal.test_today import due, reminder

MORE = "More is due than is shown here."
LATE = "Reminders are running late."
MISSING = "This list may be incomplete"
SILENCE = {
    "assessment": "Questionnaires, safety flags and patient details cannot be read right now.",
    "treatment": "Courses, doses and taper plans cannot be read right now.",
    "engagement": "Reminders and who has them in hand cannot be read right now.",
}
Answers = Mapping[str, Body]


class Answer(Protocol):
    """Something that can be sent as JSON."""

    def model_dump_json(self) -> str:
        """It as it travels."""


def worklist(engine_seen_at: datetime | None, *, waits_s: float | None) -> Worklist:
    now = clock.real_now()
    return Worklist(
        items=(reminder(owner_id=staff_id("nell")),),
        next=None,
        as_of=now,
        oldest_due_at=None if waits_s is None else now - timedelta(seconds=waits_s),
        counts=dict.fromkeys(Section, 0),
        engine_seen_at=engine_seen_at,
    )


def answers_of(
    service: str, *, engine_silent_s: float | None, waits_s: float | None, plans_owe_more: bool
) -> Answers:
    """What each service says of one morning: a check-in of Ada Marsh's is due."""
    seen = clock.real_now() - timedelta(seconds=engine_silent_s or 0)
    more = "a-cursor" if plans_owe_more else None
    return {
        "assessment": {"/api/v1/flags": Page[FlagBody](items=())},
        "treatment": {"/api/v1/due-steps": Page[DueItem](items=(due(),), next=more)},
        "engagement": {
            "/api/v1/worklist": worklist(None if engine_silent_s is None else seen, waits_s=waits_s)
        },
    }[service]


@asynccontextmanager
async def listening(
    answers: Mapping[str, Answer], *, heard: list[str] | None = None
) -> AsyncIterator[str]:
    """A service that knows these answers, asked for alone or several at once; ``heard`` gets what
    it was asked for."""

    def said(path: str) -> tuple[int, str]:
        if heard is not None:
            heard.append(path)
        found = answers.get(path.partition("?")[0])
        return (404, "{}") if found is None else (200, found.model_dump_json())

    async def one(request: web.Request) -> web.Response:
        status, body = said(request.path_qs)
        return web.Response(status=status, text=body, content_type="application/json")

    async def several(request: web.Request) -> web.Response:
        found = [said(path) for path in (await request.json())["paths"]]
        return web.Response(text="\n".join(f"{status}\n{body}" for status, body in found))

    app = web.Application()
    app.router.add_post("/api/v1/reads", several)
    app.router.add_get("/{path:.*}", one)
    async with TestServer(app) as server:
        yield str(server.make_url("")).rstrip("/")


@pytest.fixture
def silent() -> str:
    """The service that does not answer, if one does not; a test may say which."""
    return ""


@pytest.fixture
def engine_silent_s() -> float | None:
    """For how long the reminder engine has not ticked; None: it never has."""
    return 0


@pytest.fixture
def waits_s() -> float | None:
    """For how long the oldest due reminder has not been announced; None: nothing waits."""
    return None


@pytest.fixture
def plans_owe_more() -> bool:
    """Whether more is due than a service hands out at once."""
    return False


@pytest.fixture
async def neighbours(
    silent: str, engine_silent_s: float | None, waits_s: float | None, plans_owe_more: bool
) -> AsyncIterator[dict[str, str]]:
    said = {
        name: answers_of(
            name, engine_silent_s=engine_silent_s, waits_s=waits_s, plans_owe_more=plans_owe_more
        )
        for name in SILENCE
    }
    async with (
        listening(said["assessment"]) as assessment,
        listening(said["treatment"]) as treatment,
        listening(said["engagement"]) as engagement,
    ):
        here = {"assessment": assessment, "treatment": treatment, "engagement": engagement}
        yield {name: address for name, address in here.items() if name != silent}


async def morning(portal: TestClient) -> str:
    await sign_in(portal, "nell")
    answer = await portal.get("/")
    assert answer.status == 200
    return await answer.text()


async def test_while_all_is_well_nothing_is_said(portal: TestClient) -> None:
    page = await morning(portal)

    assert "Ada Marsh" in page
    assert LATE not in page
    assert MISSING not in page


@pytest.mark.parametrize("engine_silent_s", [90, None], ids=["for-90-s", "never-seen"])
async def test_that_reminders_run_late_is_said_above_a_list_that_is_whole(
    portal: TestClient,
) -> None:
    page = await morning(portal)

    assert page.index(LATE) < page.index("Ada Marsh")
    assert "This list is still complete: work from it." in page
    assert MISSING not in page


@pytest.mark.parametrize("waits_s", [90])
async def test_an_engine_that_lives_and_announces_nothing_is_said_too(portal: TestClient) -> None:
    page = await morning(portal)

    assert page.index(LATE) < page.index("Ada Marsh")
    assert MISSING not in page


@pytest.mark.parametrize("waits_s", [30])
async def test_a_reminder_due_half_a_minute_ago_is_not_late(portal: TestClient) -> None:
    assert LATE not in await morning(portal)


@pytest.mark.parametrize("engine_silent_s", [30])
async def test_half_a_minute_is_not_late(portal: TestClient) -> None:
    assert LATE not in await morning(portal)


@pytest.mark.parametrize("silent", ["assessment", "treatment", "engagement"])
async def test_a_silent_service_is_named_and_what_the_others_know_is_shown(
    portal: TestClient, silent: str
) -> None:
    page = await morning(portal)

    assert page.index(MISSING) < page.index("Ada Marsh")
    assert [name for name, sentence in SILENCE.items() if sentence in page] == [silent]
    assert LATE not in page


@pytest.mark.parametrize("plans_owe_more", [True, False])
@pytest.mark.parametrize("silent", ["", "engagement"])
async def test_only_where_the_plans_alone_know_what_is_due_more_of_it_is_said(
    portal: TestClient, silent: str, plans_owe_more: bool
) -> None:
    page = await morning(portal)

    assert (MORE in page) is (plans_owe_more and silent == "engagement")
