"""Calls to another service, met by one that behaves and by one that does not."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import UUID

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from services.portal import clients
from services.portal.clients import Addresses, Caller, Refused, Unreachable, care_for, or_missing
from services.portal.pages.together import together
from shared.api.body import Body
from shared.runtime.http.problems import ApiError, respond

CORRELATION = "correlation-1"
Answer = Callable[[web.Request], Awaitable[web.Response]]


class Thing(Body):
    """What the service answers."""

    name: str


class Neighbour:
    """A service whose next answers a test decides; it keeps what it was asked."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.asked: list[web.Request] = []

    async def handle(self, request: web.Request) -> web.Response:
        await request.read()
        self.asked.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return await answer(request)


@pytest.fixture
async def neighbour() -> Neighbour:
    return Neighbour()


PERSON = UUID(int=7)


@pytest.fixture
async def caller(neighbour: Neighbour) -> AsyncIterator[Caller]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", neighbour.handle)

    async def token(service: str) -> str:
        return f"token-for-{service}"

    async with TestServer(app) as server, aiohttp.ClientSession() as session:
        here = str(server.make_url("")).rstrip("/")
        care = care_for(
            session,
            Addresses(here, here, here, here),
            token=token,
            correlation_id=CORRELATION,
            about=PERSON,
        )
        yield care.treatment


def well(body: str = '{"name": "thing"}') -> Answer:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(text=body, content_type="application/json")

    return answer


def refused(status: int, code: str) -> Answer:
    async def answer(_request: web.Request) -> web.Response:
        return respond(ApiError(status, code, "No."), correlation_id=CORRELATION)

    return answer


async def each_by_its_name(request: web.Request) -> web.Response:
    """Several looks: a thing named like its path, and nothing to see at /b."""
    paths = (await request.json())["paths"]
    lines = ["404\n" + NOT_YOURS if p == "/api/v1/b" else f'200\n{{"name": "{p}"}}' for p in paths]
    return web.Response(text="\n".join(lines))


NOT_YOURS = (
    '{"type": "x", "title": "No", "status": 404, "code": "not-found", "detail": "No.",'
    ' "correlation_id": "correlation-1"}'
)


async def test_looks_side_by_side_travel_as_one_call_and_keep_their_own_answers(
    caller: Caller, neighbour: Neighbour
) -> None:
    neighbour.answers = [each_by_its_name]

    async def deeper() -> Thing:
        one, _two = await together(caller.get("/a", Thing), elsewhere())
        return one

    async def elsewhere() -> None:
        await asyncio.sleep(0)

    a, missing, c = await asyncio.gather(
        deeper(), caller.get("/b", Thing), caller.get("/c", Thing), return_exceptions=True
    )

    (asked,) = neighbour.asked
    assert (asked.method, asked.path) == ("POST", "/api/v1/reads")
    assert isinstance(missing, Refused)
    assert (a, c) == (Thing(name="/api/v1/a"), Thing(name="/api/v1/c"))


async def test_a_question_travels_with_the_looks_beside_it(
    caller: Caller, neighbour: Neighbour
) -> None:
    sent: list[object] = []

    async def keep(request: web.Request) -> web.Response:
        sent.append(await request.json())
        return web.Response(text='200\n{"name": "read"}\n200\n{"name": "worked out"}')

    neighbour.answers = [keep]

    worked_out, read = await asyncio.gather(
        caller.ask("/sums", Thing(name="which"), Thing), caller.get("/a", Thing)
    )

    assert sent == [
        {
            "paths": ["/api/v1/a"],
            "questions": [{"path": "/api/v1/sums", "body": {"name": "which"}}],
        }
    ]
    assert (read.name, worked_out.name) == ("read", "worked out")


async def test_a_question_alone_is_posted_as_it_is(caller: Caller, neighbour: Neighbour) -> None:
    neighbour.answers = [well()]

    await caller.ask("/sums", Thing(name="which"), Thing)

    (asked,) = neighbour.asked
    assert (asked.method, asked.path) == ("POST", "/api/v1/sums")


async def test_a_look_nobody_waits_for_any_more_is_called_off(
    caller: Caller, neighbour: Neighbour
) -> None:
    came, went = asyncio.Event(), asyncio.Event()

    async def hang(_request: web.Request) -> web.Response:
        came.set()
        await went.wait()
        return web.Response()

    neighbour.answers = [hang]
    before = asyncio.all_tasks()
    looks = [asyncio.ensure_future(caller.get(path, Thing)) for path in ("/a", "/b")]
    await came.wait()

    for look in looks:
        look.cancel()
    await asyncio.wait(looks)

    left = [task for task in asyncio.all_tasks() - before if "_set_out" in repr(task)]
    went.set()
    assert left == []


async def test_a_service_that_fails_is_silent_for_every_look(
    caller: Caller, neighbour: Neighbour
) -> None:
    neighbour.answers = [refused(503, "busy")]

    looks = [caller.get("/a", Thing), caller.get("/b", Thing)]
    failures = await asyncio.gather(*looks, return_exceptions=True)

    assert [type(failure) for failure in failures] == [Unreachable, Unreachable]
    assert len(neighbour.asked) == 1


async def test_a_call_carries_the_persons_token_and_the_correlation_id(
    caller: Caller, neighbour: Neighbour
) -> None:
    neighbour.answers = [well()]

    thing = await caller.get("/things", Thing, {"limit": "5"})

    (asked,) = neighbour.asked
    assert thing.name == "thing"
    assert asked.path_qs == "/api/v1/things?limit=5"
    assert asked.headers["Authorization"] == "Bearer token-for-treatment"
    assert asked.headers["X-Request-Id"] == CORRELATION
    assert asked.headers["X-Patient-Id"] == str(PERSON), "whose page it is"


async def test_a_change_names_its_key_and_the_version_it_was_made_on(
    caller: Caller, neighbour: Neighbour
) -> None:
    neighbour.answers = [well()]

    await caller.post("/things", Thing(name="x"), Thing, key="form-key", version=3)

    (asked,) = neighbour.asked
    assert asked.headers["Idempotency-Key"] == "form-key"
    assert asked.headers["If-Match"] == '"3"'


async def test_a_newer_service_may_say_more_than_we_know(
    caller: Caller, neighbour: Neighbour
) -> None:
    neighbour.answers = [well('{"name": "thing", "colour": "new"}')]

    assert (await caller.get("/things", Thing)).name == "thing"


async def test_a_refusal_comes_with_its_problem(caller: Caller, neighbour: Neighbour) -> None:
    neighbour.answers = [refused(422, "too-soon")]

    with pytest.raises(Refused) as failure:
        await caller.get("/things", Thing)

    assert failure.value.problem.code == "too-soon"


@pytest.mark.parametrize(
    "answer", [refused(500, "internal"), refused(503, "busy"), well("<html>"), well('{"x": 1}')]
)
async def test_no_usable_answer_is_silence(
    caller: Caller, neighbour: Neighbour, answer: Answer
) -> None:
    neighbour.answers = [answer]

    with pytest.raises(Unreachable) as failure:
        await caller.get("/things", Thing)

    assert failure.value.service == "treatment"


async def test_a_service_that_hangs_is_silent(
    caller: Caller, neighbour: Neighbour, monkeypatch: pytest.MonkeyPatch
) -> None:
    released = asyncio.Event()

    async def hang(_request: web.Request) -> web.Response:
        await released.wait()
        return web.Response()

    monkeypatch.setattr(clients, "TIMEOUT_S", 0.05)
    neighbour.answers = [hang]

    with pytest.raises(Unreachable):
        await caller.get("/things", Thing)
    released.set()


async def test_a_person_just_enrolled_is_waited_for(caller: Caller, neighbour: Neighbour) -> None:
    neighbour.answers = [refused(409, "patient-not-yet-known"), well()]

    assert (await caller.get("/things", Thing)).name == "thing"


async def test_somebody_unknown_is_waited_for_only_where_they_are_known_to_exist(
    caller: Caller, neighbour: Neighbour
) -> None:
    neighbour.answers = [refused(404, "not-found"), well()]

    with pytest.raises(Refused):
        await caller.get("/things", Thing)
    neighbour.answers = [refused(404, "not-found"), well()]
    assert (await caller.get("/things", Thing, newcomer=True)).name == "thing"


async def test_patience_ends(
    caller: Caller, neighbour: Neighbour, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clients, "_NEWCOMER_WAIT_S", 0.0)
    neighbour.answers = [refused(409, "patient-not-yet-known")]

    with pytest.raises(Refused):
        await caller.get("/things", Thing)


async def test_silence_is_bridged_and_named_but_a_refusal_is_not(
    caller: Caller, neighbour: Neighbour
) -> None:
    missing: list[str] = []
    neighbour.answers = [refused(503, "busy")]
    assert await or_missing(caller.get("/things", Thing), missing=missing) is None
    assert missing == ["treatment"]

    neighbour.answers = [refused(404, "not-found")]
    with pytest.raises(Refused):
        await or_missing(caller.get("/things", Thing), missing=missing)
