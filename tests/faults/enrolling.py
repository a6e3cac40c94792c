"""People enrolled through the door while something breaks, and the databases compared afterwards.

Each enrolment is repeated with its own key until it is accepted, as the portal does. Whom the
door accepted, assessment keeps once, and treatment and engagement know, each once.
"""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from shared.demo.staff import staff_id
from shared.runtime import clock
from tests.faults.containers import ROOT, rows, setting

AT = f"https://{setting('MOORING_HOSTNAME', 'localhost')}:{setting('MOORING_PORT', '8443')}"
PASSWORD = ROOT / "deploy/secrets/demo_password"
KNOWN_BY = {"assessment": "patient_id", "treatment": "id", "engagement": "patient_id"}
EVERY_S = 0.2
AGAIN_S = 2.0
TOKEN_S = 30.0
PATIENCE_S = 90.0


@dataclass(slots=True)
class Enrolling:
    """People, one every fifth of a second, each tried until accepted."""

    session: aiohttp.ClientSession
    accepted: list[str] = field(default_factory=list)
    refusals: int = 0
    _token: tuple[str, float] = ("", 0.0)

    async def people(self, count: int) -> None:
        """So many, and no fewer.

        Raises:
            TimeoutError: one was refused for as long as ``PATIENCE_S``.
        """
        async with asyncio.TaskGroup() as group:
            for number in range(count):
                group.create_task(self._one(number))
                await asyncio.sleep(EVERY_S)

    async def until(self, done: asyncio.Event) -> None:
        """One after the other until something else is done, at most one a second."""
        while not done.is_set():
            await self._one(len(self.accepted))
            await asyncio.sleep(1)

    async def compare(self) -> tuple[int, int]:
        """How many of the accepted a database lacks, and how many are kept twice by name."""
        missing = len(self.accepted)
        for _ in range(int(PATIENCE_S)):
            known = [
                set(await asyncio.to_thread(rows, database, f"SELECT {key} FROM patient"))
                for database, key in KNOWN_BY.items()
            ]
            missing = sum(len(set(self.accepted) - each) for each in known)
            if not missing:
                break
            await asyncio.sleep(1)
        names = "SELECT family_name FROM patient WHERE given_name = 'Faults'"
        kept = await asyncio.to_thread(rows, "assessment", names)
        return missing, len(kept) - len(set(kept))

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
        key = str(clock.new_id())
        async with asyncio.timeout(PATIENCE_S):
            while not (patient := await self._try(body, key)):
                self.refusals += 1
                await asyncio.sleep(AGAIN_S)
        self.accepted.append(patient["patient_id"])

    async def _try(self, body: Any, key: str) -> Any:
        try:
            headers = {"Authorization": f"Bearer {await self._bearer()}", "Idempotency-Key": key}
            async with self.session.post(
                f"{AT}/assessment/api/v1/patients", json=body, headers=headers
            ) as answer:
                if answer.status == 201:
                    return await answer.json()
                assert answer.status >= 429, await answer.text()  # busy or away, never wrong
                return None
        except (aiohttp.ClientError, TimeoutError):
            return None

    async def _bearer(self) -> str:
        token, until = self._token
        if clock.monotonic() < until:
            return token
        body = {"username": "nell", "password": PASSWORD.read_text()}
        async with self.session.post(f"{AT}/api/v1/tokens", json=body) as answer:
            answer.raise_for_status()
            found = str((await answer.json())["access_token"])
        self._token = (found, clock.monotonic() + TOKEN_S)
        return found


@contextlib.asynccontextmanager
async def enrolling() -> AsyncIterator[Enrolling]:
    """Enrol through the door of the running installation."""
    tls = ssl.create_default_context(cafile=ROOT / "deploy/secrets/ca.crt")
    connector = aiohttp.TCPConnector(ssl=tls)
    timeout = aiohttp.ClientTimeout(total=15)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        yield Enrolling(session)
