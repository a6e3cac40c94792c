"""From a commit in one service to the effect in the next, over a real broker and two processes.

Limits: p50 10 ms and p99 50 ms at 50 events a second; catching up after an outage at
1,000 events a second. Every run also counts: as many effects as commits, none twice.
"""

import asyncio
import json
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from shared.runtime import clock, logs, outbox
from shared.runtime.bus.connection import Access, Connection
from shared.runtime.bus.provision import Size, provision
from shared.runtime.bus.topology import PROVISIONER
from shared.runtime.db import Database
from shared.runtime.embedded import Embedded, embedded_broker
from tests.benchmarks.table import Figure, show
from tests.integration.two_services import metadata, publish_flag, speaking
from tests.support import postgres
from tests.support.databases import Databases

PER_SECOND = 50
SECONDS = 20
BACKLOG = 2000
ROOT = Path(__file__).parents[2]


class Listener:
    """The listening process and the instants at which its effects had committed."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.effects: list[tuple[str, float]] = []

    async def read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            event_id, at = json.loads(line)
            self.effects.append((event_id, at))

    async def until(self, count: int) -> None:
        while len(self.effects) < count:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.02)


@asynccontextmanager
async def listening(broker: Embedded, database_url: str) -> AsyncIterator[Listener]:
    """Run the listening process."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.benchmarks.event_listener",
        database_url,
        broker.url,
        broker.passwords["engagement"],
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
    )
    listener = Listener(process)
    reading = asyncio.create_task(listener.read())
    try:
        yield listener
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()
        await reading


@asynccontextmanager
async def provisioned(folder: Path) -> AsyncIterator[Embedded]:
    """A broker with streams and consumers."""
    async with embedded_broker(folder) as broker:
        access = Access(broker.url, PROVISIONER, broker.passwords[PROVISIONER])
        connection = await Connection.open(access)
        await provision(connection, Size())
        await connection.close()
        yield broker


async def commit(db: Database, number: int) -> tuple[str, float]:
    """Raise one flag; its event's id and the instant at which it was committed."""
    async with db.transaction(actor="service:assessment") as tx:
        publish_flag(tx, number)
        event_id = str(tx._outgoing[-1]["id"])
    return event_id, clock.monotonic()


async def steady(db: Database, listener: Listener) -> list[float]:
    """Milliseconds from commit to effect at a steady rate, however slow the effects are."""
    for number in range(PER_SECOND):
        await commit(db, number)
    await listener.until(PER_SECOND)
    listener.effects.clear()
    committed: dict[str, float] = {}
    began = clock.monotonic()
    for number in range(PER_SECOND * SECONDS):
        await asyncio.sleep(max(0.0, began + number / PER_SECOND - clock.monotonic()))
        event_id, at = await commit(db, PER_SECOND + number)
        committed[event_id] = at
    await listener.until(len(committed))
    require_exact(set(committed), listener)
    return sorted((at - committed[event_id]) * 1000 for event_id, at in listener.effects)


async def catch_up(broker: Embedded, databases: Databases) -> float:
    """Events a second while a listener that was away works off its backlog."""
    source = Database.open(await databases.with_tables(metadata), source="assessment")
    ids = {(await commit(source, number))[0] for number in range(BACKLOG)}
    async with speaking(broker, source):
        while (await outbox.backlog(source)).count:  # noqa: ASYNC110 - a database
            await asyncio.sleep(0.05)
    await source.close()
    async with listening(broker, await databases.with_tables(metadata)) as listener:
        await listener.until(len(ids))
    require_exact(ids, listener)
    instants = [at for _, at in listener.effects]
    return len(ids) / (max(instants) - min(instants))


def require_exact(committed: set[str], listener: Listener) -> None:
    """Refuse a figure from a run that lost or doubled anything."""
    effects = [event_id for event_id, _ in listener.effects]
    if set(effects) != committed or len(effects) != len(committed):
        raise SystemExit(f"{len(committed)} commits and {len(effects)} effects: not a valid run")


async def measure(name: str, databases: Databases) -> list[Figure]:
    """Both figures on one kind of database."""
    with tempfile.TemporaryDirectory(prefix="mooring-bench-") as folder:
        async with provisioned(Path(folder) / "steady") as broker:
            source = Database.open(await databases.with_tables(metadata), source="assessment")
            async with (
                speaking(broker, source),
                listening(broker, await databases.with_tables(metadata)) as listener,
            ):
                took = await steady(source, listener)
            await source.close()
        async with provisioned(Path(folder) / "catch-up") as broker:
            rate = await catch_up(broker, databases)
    quantiles = statistics.quantiles(took, n=100)
    return [
        Figure(f"{name}: commit to effect, p50", quantiles[49], 10, "ms"),
        Figure(f"{name}: commit to effect, p99", quantiles[98], 50, "ms"),
        Figure(f"{name}: seconds for 1,000 events of a backlog", 1000 / rate, 1, "s"),
    ]


async def main() -> None:
    """Measure on both databases; print."""
    logs.configure(service="bench", level="error")
    with tempfile.TemporaryDirectory(prefix="mooring-bench-") as folder:
        figures = await measure("SQLite", Databases(folder=Path(folder), postgres=None))
    with postgres.server() as url:
        figures += await measure("PostgreSQL", Databases(folder=Path(), postgres=url))
    show(f"Events, {PER_SECOND} a second for {SECONDS} s", figures)


if __name__ == "__main__":
    asyncio.run(main())
