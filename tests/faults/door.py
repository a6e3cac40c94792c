"""The front door of the running installation, tried again and again as the portal does.

Each request has a key of its own and is repeated with it until it is accepted, so that nothing is
done twice however often it is tried.
"""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from shared.demo.staff import staff_id
from shared.runtime import clock
from tests.faults.containers import ROOT, setting

AT = f"https://{setting('MOORING_HOSTNAME', 'localhost')}:{setting('MOORING_PORT', '8443')}"
SECRETS = ROOT / "deploy/secrets"
PASSWORD = SECRETS / "demo_password"
TOKEN_S = 30.0
"""A token of the installation lives for 50 seconds."""


@dataclass(slots=True)
class Door:
    """What a nurse's program sends. ``tried_again`` counts the attempts beyond the first ones."""

    session: aiohttp.ClientSession
    patience_s: float
    again_s: float
    tried_again: int = 0
    at: str = AT
    password: Callable[[], str] = PASSWORD.read_text
    _token: tuple[str, float] = ("", 0.0)
    _asking: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def post(self, path: str, body: Any, *, version: int | None = None) -> Any:
        """Send it until it is accepted; ``version`` is the one it changes, where it changes one.

        Raises:
            TimeoutError: it was refused for as long as ``patience_s``.
            AssertionError: it was wrong, and not only at a bad moment.
        """
        headers = {"Idempotency-Key": str(clock.new_id())}
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        async with asyncio.timeout(self.patience_s):
            while (found := await self._try(path, body, headers)) is None:
                self.tried_again += 1
                await asyncio.sleep(self.again_s)
        return found

    async def enrol(self, given_name: str, number: int) -> str:
        """Somebody new, whose family name nobody else has; their id."""
        body = {
            "given_name": given_name,
            "family_name": f"Tester {clock.new_id().hex} {number}",
            "birth_date": "1980-01-01",
            "time_zone": "Europe/London",
            "language": "en",
            "team": "harbour",
            "care_team": [str(staff_id("nell"))],
        }
        return str((await self.post("/assessment/api/v1/patients", body))["patient_id"])

    async def token(self) -> str:
        """The nurse's, made anew before it ends: by one of those who need it, as a password costs
        the portal more than any write costs a service."""
        async with self._asking:
            token, until = self._token
            if clock.monotonic() < until:
                return token
            body = {"username": "nell", "password": self.password()}
            async with self.session.post(f"{self.at}/api/v1/tokens", json=body) as answer:
                answer.raise_for_status()
                found = str((await answer.json())["access_token"])
            self._token = (found, clock.monotonic() + TOKEN_S)
            return found

    async def _try(self, path: str, body: Any, headers: Mapping[str, str]) -> Any:
        try:
            headers = {"Authorization": f"Bearer {await self.token()}", **headers}
            async with self.session.post(f"{self.at}{path}", json=body, headers=headers) as answer:
                if answer.status < 300:
                    return await answer.json()
                if answer.status < 429:  # busy or away is well, wrong never
                    raise AssertionError(f"{path} answered {answer.status}: {await answer.text()}")
                return None
        except (aiohttp.ClientError, TimeoutError):
            return None


@contextlib.asynccontextmanager
async def at_the_door(
    *, timeout_s: float, patience_s: float, again_s: float
) -> AsyncIterator[Door]:
    """Send through the door; ``timeout_s`` is how long one attempt may take."""
    tls = ssl.create_default_context(cafile=SECRETS / "ca.crt")
    connector = aiohttp.TCPConnector(ssl=tls)
    timeout = aiohttp.ClientTimeout(total=timeout_s)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        yield Door(session, patience_s, again_s)
