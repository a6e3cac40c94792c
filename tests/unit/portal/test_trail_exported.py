"""Whoever saves the audit trail as a table is in the portal's own trail."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import select

from shared.demo.staff import staff_id
from shared.runtime.db import Database
from shared.runtime.tables import audit
from tests.unit.portal.conftest import PASSWORD


@pytest.fixture
async def neighbours() -> AsyncIterator[dict[str, str]]:
    """Treatment has a trail without entries."""

    async def entries(_request: web.Request) -> web.Response:
        return web.json_response({"items": [], "next": None})

    app = web.Application()
    app.router.add_get("/api/v1/audit", entries)
    async with TestServer(app) as server:
        yield {"treatment": str(server.make_url("")).rstrip("/")}


@pytest.mark.parametrize(("who", "status", "noted"), [("arun", 200, True), ("nell", 403, False)])
async def test_an_export_of_the_trail_is_in_the_trail(
    portal: TestClient, tmp_path: Path, who: str, status: int, noted: bool
) -> None:
    await portal.post("/sign-in", data={"username": who, "password": PASSWORD, "then": "/"})

    answer = await portal.get("/audit.csv?service=treatment")

    assert answer.status == status, await answer.text()
    db = Database.open(f"sqlite+aiosqlite:///{tmp_path / 'portal.db'}", source="portal")
    exports = select(audit.c.actor, audit.c.object).where(audit.c.action == "audit.exported")
    async with db.reading() as tx:
        found = (await tx.session.execute(exports)).all()
    await db.close()
    assert found == ([(f"staff:{staff_id(who)}", "audit:treatment")] if noted else [])
