"""Call a service's API as anybody, without a port of its own and without a portal."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from aiohttp.test_utils import TestClient, TestServer
from joserfc.jwk import ECKey, KeySet

from shared.api.identity import Role
from shared.runtime import clock
from shared.runtime.auth import StaticKeys, issue_access_token
from shared.runtime.db import Database
from shared.runtime.http import Api, build_app
from tests.support.sentinel import refuse_person_in_answer

KEY = ECKey.generate_key("P-256", parameters={"kid": "test"})


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers and the document."""

    status: int
    headers: Mapping[str, str]
    json: Any


@dataclass(slots=True)
class Caller:
    """One person calling one service."""

    client: TestClient[Any, Any]
    token: str

    async def get(self, path: str, **query: str) -> Answer:
        """Look."""
        return await self._send("GET", path, params=query)

    async def post(
        self, path: str, body: Mapping[str, Any], *, version: int | None = None, key: str = ""
    ) -> Answer:
        """Change, with a fresh Idempotency-Key unless one is given."""
        headers = {"Idempotency-Key": key or str(clock.new_id())}
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        return await self._send("POST", path, json=body, headers=headers)

    async def put(self, path: str, body: Mapping[str, Any], *, version: int) -> Answer:
        """Replace what was at this version."""
        return await self._send("PUT", path, json=body, headers={"If-Match": f'"{version}"'})

    async def patch(self, path: str, body: Mapping[str, Any], *, version: int) -> Answer:
        """Change some fields of this version."""
        return await self._send("PATCH", path, json=body, headers={"If-Match": f'"{version}"'})

    async def _send(self, method: str, path: str, **options: Any) -> Answer:
        headers = {"Authorization": f"Bearer {self.token}", **options.pop("headers", {})}
        async with self.client.request(
            method, f"/api/v1/{path}", headers=headers, **options
        ) as answer:
            refuse_person_in_answer(answer.status, answer.headers, await answer.text())
            return Answer(answer.status, answer.headers, await answer.json(content_type=None))


@dataclass(slots=True)
class Site:
    """A service's API on a test server."""

    client: TestClient[Any, Any]
    service: str

    def caller(self, staff_id: UUID, role: Role, teams: Sequence[str] = ("harbour",)) -> Caller:
        """Somebody with a valid token."""
        token = issue_access_token(
            KEY,
            staff_id=staff_id,
            role=role,
            teams=teams,
            audience=[self.service],
            lifetime=timedelta(minutes=5),
        )
        return Caller(self.client, token)


@asynccontextmanager
async def site(api: Api, db: Database) -> AsyncIterator[Site]:
    """Serve these operations on this database."""
    app = build_app(api, db=db, keys=StaticKeys(KeySet([KEY])))
    async with TestClient(TestServer(app)) as client:
        yield Site(client, api.service)
