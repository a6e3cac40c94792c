"""The running system as its users' programs see it: public HTTP, one token per person."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import aiohttp

from shared.demo.staff import staff_id
from shared.runtime import clock
from tests.support.sentinel import refuse_person_in_answer

TOKEN_LIFE_S = 240.0
PATIENCE_S = 5.0


class Refused(Exception):
    """A service answered with a problem."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        super().__init__(f"{status} {problem.get('code')}: {problem.get('detail')}")
        self.status = status
        self.problem = problem


@dataclass(slots=True)
class Clinic:
    """Everything a script can do as a member of staff."""

    session: aiohttp.ClientSession
    services: Mapping[str, str]
    password: str
    _tokens: dict[str, tuple[str, float]] = field(default_factory=dict)

    async def get(self, who: str, path: str) -> Any:
        """Read something."""
        return await self._ask(who, "GET", path)

    async def post(
        self, who: str, path: str, body: Any = None, *, version: int | None = None
    ) -> Any:
        """Change something, once."""
        return await self._ask(who, "POST", path, body or {}, version=version)

    async def put(self, who: str, path: str, body: Any, *, version: int | None = None) -> Any:
        """Replace something."""
        return await self._ask(who, "PUT", path, body, version=version)

    async def patch(self, who: str, path: str, body: Any, *, version: int | None = None) -> Any:
        """Change a part of something."""
        return await self._ask(who, "PATCH", path, body, version=version)

    async def sign(self, who: str, signing: Mapping[str, str]) -> str:
        """Give the password again and get a signature over exactly this version."""
        body = {"username": who, "password": self.password} | dict(signing)
        async with self.session.post(
            f"{self.services['portal']}/api/v1/signatures", json=body
        ) as a:
            answer = await a.json(content_type=None)
            if a.status != 200:
                raise Refused(a.status, answer)
            return str(answer["signature"])

    async def token(self, who: str) -> str:
        """A bearer token, renewed before it ends."""
        token, until = self._tokens.get(who, ("", 0.0))
        if clock.monotonic() < until:
            return token
        body = {"username": who, "password": self.password}
        async with self.session.post(
            f"{self.services['portal']}/api/v1/tokens", json=body
        ) as answer:
            found = await answer.json(content_type=None)
            if answer.status != 200:
                raise Refused(answer.status, found or {})
        life = min(TOKEN_LIFE_S, found["expires_in"] * 0.8)
        self._tokens[who] = (found["access_token"], clock.monotonic() + life)
        return str(found["access_token"])

    async def _ask(
        self, who: str, method: str, path: str, body: Any = None, *, version: int | None = None
    ) -> Any:
        service, _, rest = path.partition("/")
        headers = {"Idempotency-Key": str(clock.new_id())} if method == "POST" else {}
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        url = f"{self.services[service]}/api/v1/{rest}"
        deadline = clock.monotonic() + PATIENCE_S
        while True:
            headers["Authorization"] = f"Bearer {await self.token(who)}"
            async with self.session.request(method, url, json=body, headers=headers) as answer:
                text = await answer.text()
                refuse_person_in_answer(answer.status, answer.headers, text)
                found = json.loads(text) if text else None
                if answer.status < 400:
                    return found
                ended = answer.status == 401 and self._tokens.pop(who, None) is not None
                again = "Retry-After" in answer.headers or ended
                if not again or clock.monotonic() > deadline:
                    raise Refused(answer.status, found or {})
            await asyncio.sleep(timedelta(milliseconds=50).total_seconds())


def staff(username: str) -> str:
    """The id of a member of the demo staff, as text."""
    return str(staff_id(username))
