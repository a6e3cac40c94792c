"""A connection of the pool that is none any more is replaced before anybody uses it."""

from collections.abc import AsyncIterator

import pytest
from asyncpg.connection import LoggedQuery
from sqlalchemy import text

from shared.runtime import pool_checks
from shared.runtime.db import Database
from shared.runtime.tables import runtime
from tests.support.databases import Databases

pytestmark = pytest.mark.postgres
_WHICH = text("SELECT pg_backend_pid()")
_END = text("SELECT pg_terminate_backend(:pid, 5000)")


@pytest.fixture
async def url(postgres_databases: Databases) -> str:
    return await postgres_databases.with_tables(runtime)


@pytest.fixture
async def db(url: str) -> AsyncIterator[Database]:
    database = Database.open(url, source="portal")
    yield database
    await database.close()


async def backend(db: Database) -> int:
    async with db.reading() as tx:
        return int((await tx.session.execute(_WHICH)).scalar_one())


async def test_what_the_server_ended_is_replaced(url: str, db: Database) -> None:
    first = await backend(db)
    other = Database.open(url, source="portal")
    async with other.reading() as tx:
        await tx.session.execute(_END, {"pid": first})
    await other.close()

    assert await backend(db) != first


async def test_what_is_in_use_is_believed_and_what_lay_idle_is_asked(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []

    def note(query: LoggedQuery) -> None:
        said.append(query.query)

    async with db.engine.connect() as connection:
        driver = (await connection.get_raw_connection()).driver_connection
        assert driver is not None
        driver.add_query_logger(note)
    first = await backend(db)
    assert ";" not in said

    monkeypatch.setattr(pool_checks, "ASKED_AFTER_S", 0.0)

    assert await backend(db) == first
    assert said.count(";") == 1
