"""When the database is away or busy, the answer is 503 and soon, and it heals by itself."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import aiohttp
import pytest
from sqlalchemy import insert, make_url, text

from shared.api.identity import Role
from shared.runtime.auth import JwksKeys
from shared.runtime.db import Database
from shared.runtime.http.app import MAX_IN_FLIGHT
from shared.runtime.outage import DatabaseAway
from tests.support.databases import Databases
from tests.support.notebook import (
    SERVICE,
    Gate,
    Notebook,
    listening,
    metadata,
    notes,
)
from tests.support.ports import free_ports
from tests.support.sentinel import FAMILY
from tests.support.wire import Wire, wire_to


@pytest.fixture
async def wire(postgres_databases: Databases) -> AsyncIterator[tuple[Wire, Notebook]]:
    """The service with a cable to its database."""
    url = make_url(await postgres_databases.with_tables(metadata))
    async with wire_to(url.port or 5432) as cable:
        db = Database.open(
            url.set(port=cable.port).render_as_string(hide_password=False), source=SERVICE
        )
        async with listening(db) as service:
            yield cable, service
        await db.close()


async def requests(service: Notebook) -> list[tuple[int, str]]:
    """One of each kind, those that are refused and put on record among them."""
    answers = [
        await service.ask("GET", "/api/v1/notes"),
        await service.write("A title"),
        await service.write("A title", role=Role.AUDITOR),
    ]
    return [(answer.status, answer.code) for answer in answers]


async def test_without_its_database_every_request_is_answered_503(
    wire: tuple[Wire, Notebook],
) -> None:
    cable, service = wire
    assert (await service.write("Before")).status == 201

    await cable.cut()

    assert await requests(service) == [(503, "unavailable")] * 3
    assert (await service.write("A title")).headers["Retry-After"] == "2"


async def test_it_heals_when_the_database_is_back(wire: tuple[Wire, Notebook]) -> None:
    cable, service = wire
    await service.write("Before")
    await cable.cut()
    await requests(service)

    await cable.mend()

    assert (await service.write("After")).status == 201
    assert await service.count(notes) == 2


async def test_a_server_that_ends_our_connections_costs_nobody_a_500(
    wire: tuple[Wire, Notebook],
) -> None:
    _, service = wire
    await service.write("Before")
    async with service.db.reading() as tx:
        others = (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND datname = current_database()"
        )
        await tx.session.execute(text(others))

    answers = await asyncio.gather(*[service.ask("GET", "/api/v1/notes") for _ in range(5)])

    assert {answer.status for answer in answers} <= {200, 503}


@pytest.mark.postgres
async def test_an_exhausted_pool_is_answered_503(postgres_databases: Databases) -> None:
    db = Database.open(await postgres_databases.with_tables(metadata), source=SERVICE)
    async with listening(db) as service, AsyncExitStack() as held:
        for _ in range(15):
            await held.enter_async_context(db.reading())

        answer = await service.ask("GET", "/api/v1/notes")

    assert (answer.status, answer.code) == (503, "unavailable")
    await db.close()


@pytest.mark.postgres
async def test_comparing_clocks_waits_for_a_busy_database_like_everything_else(
    postgres_databases: Databases,
) -> None:
    db = Database.open(await postgres_databases.with_tables(metadata), source=SERVICE)
    async with AsyncExitStack() as held:
        for _ in range(15):
            await held.enter_async_context(db.reading())

        with pytest.raises(DatabaseAway):
            await db.compare_clocks()

    await db.compare_clocks()
    await db.close()


async def test_comparing_clocks_with_nobody_there_is_an_outage(unused_tcp_port: int) -> None:
    db = Database.open(f"postgresql+asyncpg://x@127.0.0.1:{unused_tcp_port}/x", source=SERVICE)

    with pytest.raises(DatabaseAway):
        await db.compare_clocks()

    await db.close()


async def test_a_file_held_by_another_is_answered_503(sqlite_databases: Databases) -> None:
    url = await sqlite_databases.with_tables(metadata)
    db, other = Database.open(url, source=SERVICE), Database.open(url, source="other")
    async with listening(db) as service, other.housekeeping() as tx:
        await tx.session.execute(
            insert(notes).values(id=tx.new_id(), title="x", team="x", version=1)
        )

        answer = await service.write("A title")

    assert (answer.status, answer.code) == (503, "unavailable")
    await db.close()
    await other.close()


async def test_too_much_at_once_is_refused_early(sqlite_databases: Databases) -> None:
    db = Database.open(await sqlite_databases.with_tables(metadata), source=SERVICE)
    gate = Gate()
    async with listening(db, gate=gate) as service, asyncio.TaskGroup() as group:
        waiting = [
            group.create_task(service.ask("POST", "/api/v1/gate")) for _ in range(MAX_IN_FLIGHT)
        ]
        await gate.full(MAX_IN_FLIGHT)
        refused = await service.ask("POST", "/api/v1/gate")
        gate.open.set()

    assert (refused.status, refused.code) == (503, "busy")
    assert refused.headers["Retry-After"] == "1"
    assert {task.result().status for task in waiting} == {200}
    await db.close()


async def test_while_nobodys_token_can_be_checked_the_answer_is_503_and_never_401(
    sqlite_databases: Databases,
) -> None:
    db = Database.open(await sqlite_databases.with_tables(metadata), source=SERVICE)
    nobody_there = f"http://127.0.0.1:{free_ports(1)[0]}/.well-known/jwks.json"
    async with (
        aiohttp.ClientSession() as session,
        listening(db, keys=JwksKeys(nobody_there, session)) as service,
    ):
        answer = await service.write("A title")
        without = await service.write("A title", headers={"Authorization": ""})

        assert (answer.status, answer.code) == (503, "keys-unavailable")
        assert answer.headers["Retry-After"] == "2"
        assert (without.status, without.code) == (401, "unauthenticated")
        assert await service.count(notes) == 0
    await db.close()


@pytest.mark.parametrize("kind", ["code", "sql", "row"])
async def test_a_fault_of_ours_tells_nothing(notebook: Notebook, kind: str) -> None:
    answer = await notebook.ask("GET", f"/api/v1/faults/{kind}")

    assert (answer.status, answer.code) == (500, "internal")
    assert FAMILY not in answer.text
    assert "notes" not in answer.text
