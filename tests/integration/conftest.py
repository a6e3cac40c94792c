"""A real nats-server for each test, provisioned, and connections to it as any user."""

import sysconfig
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from sqlalchemy import delete

from shared.runtime.bus.connection import Access, Connection
from shared.runtime.bus.provision import Size, provision
from shared.runtime.bus.topology import PROVISIONER
from shared.runtime.db import Database
from shared.runtime.embedded import Embedded, embedded_broker
from tests.integration.two_services import metadata
from tests.support import notebook as small
from tests.support.databases import Databases

SMALL = Size(stream_bytes=32 * 1024**2)
Connect = Callable[[str], Awaitable[Connection]]


def altered_server(folder: Path, edit: str) -> str:
    """A nats-server whose configuration went through ``sed``, for what we must refuse."""
    server = Path(sysconfig.get_path("scripts")) / "nats-server"
    script = folder / "altered-nats-server"
    script.write_text(f'#!/bin/sh\nsed -i \'{edit}\' "$2"\nexec {server} "$@"\n')
    script.chmod(0o700)
    return str(script)


@pytest.fixture
async def bare_broker(tmp_path: Path) -> AsyncIterator[Embedded]:
    """A server with users and no streams."""
    async with embedded_broker(tmp_path / "broker", size=SMALL) as broker:
        yield broker


@pytest.fixture
async def connect(bare_broker: Embedded) -> AsyncIterator[Connect]:
    """Open connections by user name; all are closed after the test."""
    async with AsyncExitStack() as stack:

        async def open_as(user: str) -> Connection:
            access = Access(bare_broker.url, user, bare_broker.passwords[user])
            connection = await Connection.open(access)
            stack.push_async_callback(connection.close)
            return connection

        yield open_as


@pytest.fixture
async def broker(bare_broker: Embedded, connect: Connect) -> Embedded:
    """A server with every stream and consumer made."""
    await provision(await connect(PROVISIONER), SMALL)
    return bare_broker


async def _open(databases: Databases, source: str) -> AsyncIterator[Database]:
    database = Database.open(await databases.with_tables(metadata), source=source)
    yield database
    await database.close()


@pytest.fixture
async def assessment(databases: Databases) -> AsyncIterator[Database]:
    """The publishing service's database."""
    async for database in _open(databases, "assessment"):
        yield database


@pytest.fixture
async def engagement(databases: Databases) -> AsyncIterator[Database]:
    """The listening service's database."""
    async for database in _open(databases, "engagement"):
        yield database


@pytest.fixture(
    scope="session", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
)
async def listening_notebook(request: pytest.FixtureRequest) -> AsyncIterator[small.Notebook]:
    """The small service of ``tests.support.notebook`` on each database, for the whole run."""
    databases: Databases = request.getfixturevalue(f"{request.param}_databases")
    db = Database.open(await databases.with_tables(small.metadata), source=small.SERVICE)
    async with small.listening(db) as service:
        yield service
    await db.close()


@pytest.fixture
async def notebook(listening_notebook: small.Notebook) -> small.Notebook:
    """The small service with empty tables."""
    async with listening_notebook.db.housekeeping() as tx:
        for table in small.metadata.tables.values():
            await tx.session.execute(delete(table))
    return listening_notebook
