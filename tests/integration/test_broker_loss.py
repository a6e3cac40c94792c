"""The broker may be killed, restarted empty or never there: nothing is lost and nothing doubled."""

import asyncio
import shutil
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import func, select

from shared.runtime import clock, outbox
from shared.runtime.bus import liveness
from shared.runtime.bus.connection import Access, Connection
from shared.runtime.bus.faults import Denied
from shared.runtime.bus.liveness import DeadConnection
from shared.runtime.bus.provision import provision
from shared.runtime.bus.speaker import Speaker
from shared.runtime.bus.topology import PROVISIONER
from shared.runtime.db import Database
from shared.runtime.embedded import Embedded, embedded_broker
from shared.runtime.tables import audit
from tests.integration.conftest import SMALL, Connect
from tests.integration.two_services import (
    Notebook,
    is_connected,
    noted,
    person,
    raise_flag,
    settings_for,
    speaking,
    unpublished,
    until,
)


async def denials(db: Database) -> int:
    """What the trail says of refusals by the broker."""
    query = select(func.count()).where(audit.c.action == "broker.denied")
    async with db.reading() as tx:
        return int((await tx.session.execute(query)).scalar_one())


@pytest.fixture
def port() -> int:
    """A port that stays the same over restarts of the broker."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def provisioned(folder: Path, port: int) -> AsyncIterator[Embedded]:
    async with embedded_broker(folder, port=port, size=SMALL) as broker:
        access = Access(broker.url, PROVISIONER, broker.passwords[PROVISIONER])
        connection = await Connection.open(access)
        await provision(connection, SMALL)
        await connection.close()
        yield broker


async def test_everything_flows_again_after_the_broker_was_killed(
    tmp_path: Path, port: int, assessment: Database, engagement: Database
) -> None:
    async with AsyncExitStack() as first:
        broker = await first.enter_async_context(provisioned(tmp_path, port))
        async with (
            speaking(broker, assessment),
            speaking(broker, engagement, Notebook().subscriptions),
        ):
            await raise_flag(assessment, 1)
            await until(lambda: has(engagement, 1))
            broker.process.kill()
            await first.aclose()
            await raise_flag(assessment, 2)
            async with provisioned(tmp_path, port):
                await until(lambda: has(engagement, 2))

    assert await noted(engagement) == [(f"flag:{person(n)}", 1) for n in (1, 2)]


async def test_a_lost_store_is_refilled_from_the_outbox(
    tmp_path: Path, port: int, assessment: Database, engagement: Database
) -> None:
    for number in range(30):
        await raise_flag(assessment, number)
    async with (
        provisioned(tmp_path, port) as broker,
        speaking(broker, assessment),
        speaking(broker, engagement, Notebook().subscriptions),
    ):
        await until(lambda: has(engagement, 10))
    shutil.rmtree(tmp_path / "store")
    for number in range(30, 40):
        await raise_flag(assessment, number)

    async with provisioned(tmp_path, port) as broker:
        again = await outbox.refill(
            assessment, actor="staff:operator", reason="store-lost", now=clock.real_now()
        )
        async with (
            speaking(broker, assessment),
            speaking(broker, engagement, Notebook().subscriptions),
        ):
            await until(lambda: has(engagement, 40))

    assert again >= 10
    assert sorted(await noted(engagement)) == sorted((f"flag:{person(n)}", 1) for n in range(40))
    assert await unpublished(assessment) == 0


async def test_a_service_waits_for_a_broker_that_is_not_there_yet(
    tmp_path: Path, port: int, assessment: Database
) -> None:
    await raise_flag(assessment, 1)
    async with provisioned(tmp_path, port) as broker:
        pass
    async with speaking(broker, assessment) as speaker:
        assert await speaker.pending() is None

        async with provisioned(tmp_path, port):
            await until(lambda: is_connected(speaker))
            await until(lambda: is_published(assessment))


async def test_a_wrong_password_ends_the_service(broker: Embedded, assessment: Database) -> None:
    settings = settings_for(broker, "assessment").model_copy(update={"nats_password": "wrong"})

    with pytest.raises(Denied):
        await Speaker(assessment, settings, {}).run()

    assert await denials(assessment) == 1


async def test_a_right_that_is_missing_ends_the_service(
    broker: Embedded, assessment: Database
) -> None:
    """Assessment's outbox under treatment's name: every publish is refused."""
    await raise_flag(assessment, 1)

    with pytest.raises(ExceptionGroup) as ended:
        await Speaker(assessment, settings_for(broker, "treatment"), {}).run()

    assert ended.group_contains(Denied)
    assert await unpublished(assessment) == 1
    assert await denials(assessment) == 1


async def test_a_dead_reader_is_noticed(broker: Embedded, connect: Connect) -> None:
    connection = await connect("assessment")
    connection._client._reading_task.cancel()

    with pytest.raises(DeadConnection):
        await liveness.watch(connection, every_s=0.01)


async def test_a_connection_that_answers_nothing_is_noticed(
    broker: Embedded, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.runtime.bus.connection.ANSWER_S", 1.0)
    connection = await connect("assessment")
    broker.process.send_signal(signal.SIGSTOP)

    try:
        with pytest.raises(DeadConnection):
            await liveness.watch(connection, every_s=0.01)
    finally:
        broker.process.send_signal(signal.SIGCONT)


async def test_a_broker_that_is_away_is_no_reason_to_die(
    broker: Embedded, connect: Connect
) -> None:
    connection = await connect("assessment")
    broker.process.kill()
    await broker.ended()

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(liveness.watch(connection, every_s=0.01), 0.5)


async def has(db: Database, count: int) -> bool:
    return len(await noted(db)) >= count


async def is_published(db: Database) -> bool:
    return await unpublished(db) == 0
