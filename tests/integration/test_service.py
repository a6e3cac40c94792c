"""A service as a process: how it ends, and the one line it says when it will not start."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from services.engagement.main import SCHEMA
from shared.runtime.embedded import Embedded
from shared.runtime.schema import FLOOR_TABLE, VERSION_TABLE
from shared.runtime.service import EXIT_REFUSED

PATIENCE_S = 30


@pytest.fixture
async def database(tmp_path: Path) -> str:
    url = f"sqlite+aiosqlite:///{tmp_path}/engagement.db"
    await SCHEMA.upgrade_async(url)
    return url


async def start(database: str, *options: str, **environment: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "services.engagement",
        "run",
        *options,
        stderr=asyncio.subprocess.PIPE,
        env=os.environ
        | {"MOORING_DATABASE_URL": database, "MOORING_HTTP_PORT": "0"}
        | {"MOORING_NATS_URL": "nats://127.0.0.1:1"}
        | environment,
    )


@asynccontextmanager
async def started(database: str, **environment: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A service that listens; ended afterwards if it is still there."""
    process = await start(database, **environment)
    assert process.stderr
    try:
        async with asyncio.timeout(PATIENCE_S):
            while b"service_started" not in (line := await process.stderr.readline()):
                assert line, "it ended before it had started"
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def ended(process: asyncio.subprocess.Process) -> tuple[int, str]:
    async with asyncio.timeout(PATIENCE_S):
        _, said = await process.communicate()
    return process.returncode or 0, said.decode()


async def refused(database: str, *options: str, **environment: str) -> str:
    """The one line of a service that will not start."""
    status, said = await ended(await start(database, *options, **environment))
    assert status == EXIT_REFUSED, said
    (line,) = said.splitlines()
    return line


@pytest.mark.parametrize("name", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_it_well(database: str, name: signal.Signals) -> None:
    async with started(database) as process:
        process.send_signal(name)

        status, said = await ended(process)

    assert status == 0
    assert "service_stopped" in said


async def test_a_job_that_dies_takes_it_down(database: str, broker: Embedded) -> None:
    """The broker refuses the password: waiting would not mend that."""
    process = await start(
        database,
        MOORING_NATS_URL=broker.url,
        MOORING_NATS_USER="engagement",
        MOORING_NATS_PASSWORD="not-the-password",
    )

    status, said = await ended(process)

    assert status == 1
    assert "job_died" in said
    assert "Denied" in said


async def test_a_busy_port_is_named(database: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        line = await refused(database, MOORING_HTTP_PORT=str(port))

    assert f"127.0.0.1:{port}" in line


async def test_a_second_process_on_one_file_is_refused(database: str) -> None:
    async with started(database):
        line = await refused(database)

    assert "another process is already using engagement.db" in line


async def test_an_older_schema_is_refused(tmp_path: Path) -> None:
    line = await refused(f"sqlite+aiosqlite:///{tmp_path}/engagement.db")

    assert "python -m services.engagement migrate" in line


async def test_a_newer_schema_that_this_release_does_not_get_on_with_is_refused(
    database: str,
) -> None:
    engine = create_async_engine(database)
    async with engine.begin() as connection:
        await connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
        await connection.execute(text(f"UPDATE {FLOOR_TABLE} SET revision = '9998'"))
    await engine.dispose()

    assert "start the newer release" in await refused(database)


async def test_a_database_that_is_not_there_is_named() -> None:
    line = await refused("postgresql+asyncpg://nobody@127.0.0.1:1/nothing")

    assert "the database cannot be reached" in line


@pytest.mark.parametrize("options", [(), ("--migrate",)], ids=["plain", "migrating"])
async def test_a_wrong_setting_is_named_without_its_value(options: tuple[str, ...]) -> None:
    line = await refused("", *options, MOORING_HTTP_PORT="a-secret-by-mistake")

    assert "MOORING_HTTP_PORT" in line
    assert "a-secret-by-mistake" not in line
