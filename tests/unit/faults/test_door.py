"""The drill's own requests are cheap, and each has its effect once."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web

from tests.faults.day import Day
from tests.faults.door import Door
from tests.faults.enrolling import Enrolling
from tests.faults.mix import SHARES, Kind, day_of

BUSY_FIRST = 3


class Clinic:
    """Answers as the services do: what was accepted under a key is answered again."""

    def __init__(self) -> None:
        self.signed_in = 0
        self.kept: dict[str, dict[str, object]] = {}
        self.versions: Counter[str] = Counter()
        self.tries: Counter[str] = Counter()
        self.events: dict[str, list[dict[str, object]]] = {}

    async def token(self, request: web.Request) -> web.Response:
        self.signed_in += 1
        return web.json_response({"access_token": (await request.json())["username"]})

    async def write(self, request: web.Request) -> web.Response:
        key, path = request.headers["Idempotency-Key"], request.path
        self.tries[key] += 1
        if key not in self.kept:
            self.kept[key] = await self.effect(request, path)
        if self.tries[key] == 1 and len(self.kept) % BUSY_FIRST == 0:
            return web.json_response({}, status=503)  # done, and the answer is lost
        return web.json_response(self.kept[key], status=201)

    async def effect(self, request: web.Request, path: str) -> dict[str, object]:
        new = f"id-{len(self.kept)}"
        if path.endswith("/carers"):
            person = path.split("/")[-2]
            assert request.headers["If-Match"] == f'"{self.versions[person] + 1}"'
            self.versions[person] += 1
            return {"version": self.versions[person] + 1}
        if path.endswith("/life-events"):
            body = await request.json()
            known = self.events.setdefault(path, [])
            known.insert(0, {"life_event_id": new, "note": body["note"]})
            return {"life_events": list(known)}
        return {"patient_id": new, "assessment_id": new, "flag_id": new}


@pytest.fixture
async def clinic() -> AsyncIterator[tuple[Clinic, Door]]:
    served = Clinic()
    app = web.Application()
    app.router.add_post("/api/v1/tokens", served.token)
    app.router.add_post("/{rest:.*}", served.write)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    async with aiohttp.ClientSession() as session:
        yield (
            served,
            Door(session, 10.0, 0.001, at=f"http://{host}:{port}", password=lambda: "quiet"),
        )
    await runner.cleanup()


async def test_a_day_is_written_once_each_with_one_sign_in(clinic: tuple[Clinic, Door]) -> None:
    served, door = clinic
    people = [f"person-{number}" for number in range(20)]
    newcomers = Enrolling(door, frozenset())
    day = Day(door, newcomers, people, [], "a-trigger", "2026-06-01")
    kinds = day_of(3, 300)

    await asyncio.gather(*(day.write(kind, number) for number, kind in enumerate(kinds)))

    assert served.signed_in == 1
    assert len(served.kept) == 300
    assert door.tried_again == sum(served.tries.values()) - 300 > 50
    counted = {kind: len(set(keys)) for kind, keys in day.accepted.items()}
    counted[Kind.ENROLMENT] = len(set(newcomers.accepted))
    assert counted == {kind: share * 3 for kind, share in SHARES.items()}
    assert sorted(day.flags) == sorted(day.accepted[Kind.FLAG])
