"""While people are enrolled, something is killed or frozen: everyone accepted is known everywhere.

Each enrolment is repeated with its own key until it is accepted, as the portal does. Afterwards
the databases are compared: whom the door accepted, assessment keeps once, and treatment and
engagement know, each once.
"""

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest

from shared.demo.staff import staff_id
from shared.runtime import clock
from tests.faults.containers import ROOT, compose, rows, setting, stream_leader, wait_until_healthy

AT = f"https://{setting('MOORING_HOSTNAME', 'localhost')}:{setting('MOORING_PORT', '8443')}"
PASSWORD = ROOT / "deploy/secrets/demo_password"
SERVICES = ("portal", "assessment", "treatment", "engagement", "postgres", "nginx")
KNOWN_BY = {"assessment": "patient_id", "treatment": "id", "engagement": "patient_id"}
PEOPLE = 40
EVERY_S = 0.2
AGAIN_S = 2.0
BREAK_AFTER_S = 3.0
BROKEN_FOR_S = 4.0
PATIENCE_S = 90.0

pytestmark = pytest.mark.timeout(300)


@dataclass(slots=True)
class Enrolling:
    """Forty people, one every fifth of a second, each tried until accepted."""

    session: aiohttp.ClientSession
    token: str
    accepted: list[str] = field(default_factory=list)
    refusals: int = 0

    async def everyone(self) -> None:
        async with asyncio.TaskGroup() as group:
            for number in range(PEOPLE):
                group.create_task(self._one(number))
                await asyncio.sleep(EVERY_S)

    async def _one(self, number: int) -> None:
        body = {
            "given_name": "Faults",
            "family_name": f"Tester {clock.new_id().hex} {number}",
            "birth_date": "1980-01-01",
            "time_zone": "Europe/London",
            "language": "en",
            "team": "harbour",
            "care_team": [str(staff_id("nell"))],
        }
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": str(clock.new_id())}
        async with asyncio.timeout(PATIENCE_S):
            while not (patient := await self._try(body, headers)):
                self.refusals += 1
                await asyncio.sleep(AGAIN_S)
        self.accepted.append(patient["patient_id"])

    async def _try(self, body: Any, headers: dict[str, str]) -> Any:
        try:
            async with self.session.post(
                f"{AT}/assessment/api/v1/patients", json=body, headers=headers
            ) as answer:
                if answer.status == 201:
                    return await answer.json()
                assert answer.status >= 429, await answer.text()  # busy or away, never wrong
                return None
        except (aiohttp.ClientError, TimeoutError):
            return None


FAULTS: dict[str, tuple[str, Callable[[], str]]] = {
    "assessment killed": ("kill", lambda: "assessment"),
    "treatment killed": ("kill", lambda: "treatment"),
    "engagement frozen": ("pause", lambda: "engagement"),
    "the stream's leader killed": ("kill", lambda: stream_leader("CARE_ASSESSMENT")),
    "the stream's leader frozen": ("pause", lambda: stream_leader("CARE_ASSESSMENT")),
    "the database killed": ("kill", lambda: "postgres"),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_whom_the_door_accepted_everyone_knows_once(fault: str) -> None:
    break_, target = FAULTS[fault]
    mend = {"kill": "start", "pause": "unpause"}[break_]
    tls = ssl.create_default_context(cafile=ROOT / "deploy/secrets/ca.crt")
    connector = aiohttp.TCPConnector(ssl=tls)
    timeout = aiohttp.ClientTimeout(total=15)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        enrolling = Enrolling(session, await _token(session))
        work = asyncio.create_task(enrolling.everyone())
        await asyncio.sleep(BREAK_AFTER_S)
        victim = await asyncio.to_thread(target)
        await asyncio.to_thread(compose, break_, victim)
        await asyncio.sleep(BROKEN_FOR_S)
        await asyncio.to_thread(compose, mend, victim)
        await work
    await asyncio.to_thread(wait_until_healthy, victim, *SERVICES)
    missing, doubled = await _compare(enrolling.accepted)
    print(
        f"{fault} ({victim}): accepted {len(enrolling.accepted)}, refused for a while"
        f" {enrolling.refusals}, lost {missing}, doubled {doubled}"
    )
    assert len(set(enrolling.accepted)) == PEOPLE
    assert (missing, doubled) == (0, 0)


async def _compare(accepted: list[str]) -> tuple[int, int]:
    """How many of the accepted a database lacks, and how many a database has twice by name."""
    for _ in range(int(PATIENCE_S)):
        known = [
            set(await asyncio.to_thread(rows, database, f"SELECT {key} FROM patient"))
            for database, key in KNOWN_BY.items()
        ]
        missing = sum(len(set(accepted) - each) for each in known)
        if not missing:
            break
        await asyncio.sleep(1)
    names = "SELECT family_name FROM patient WHERE given_name = 'Faults'"
    kept = await asyncio.to_thread(rows, "assessment", names)
    return missing, len(kept) - len(set(kept))


async def _token(session: aiohttp.ClientSession) -> str:
    body = {"username": "nell", "password": PASSWORD.read_text()}
    async with session.post(f"{AT}/api/v1/tokens", json=body) as answer:
        assert answer.status == 200, answer.status
        return str((await answer.json())["access_token"])
