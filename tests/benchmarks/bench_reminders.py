"""10,000 of 100,000 stored reminders fall due in the same minute: all shown, all announced.

Beside it, on the same PostgreSQL with the same durability and the same broker: a hand-written
loop that claims, publishes and marks and does nothing else (the limit), and PgQueuer with the
batches its documentation recommends. The median of five runs, each on a fresh copy. What is due
lies between what is not, as the reminders of one plan do, which are written together.

Limits: at most twice the hand-written loop, at least three times faster than PgQueuer,
and with two engines each reminder announced exactly once.
"""

from shared.runtime import loading  # as every service's command begins

# isort: split
import asyncio
import os
import statistics
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import nats
from pgqueuer import Job, QueueManager
from pgqueuer.db import AsyncpgDriver
from pgqueuer.queries import Queries
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from services.engagement.adapters.content import load
from services.engagement.adapters.ticks import Engine
from services.engagement.main import SCHEMA
from shared.runtime import clock, logs, outbox
from shared.runtime.bus.connection import Access, Connection
from shared.runtime.bus.provision import Size, provision
from shared.runtime.bus.relay import BATCH, Relay
from shared.runtime.bus.topology import PROVISIONER, inbox_of, stream_of
from shared.runtime.db import Database
from shared.runtime.embedded import Embedded, embedded_broker
from tests.benchmarks.table import Figure, show
from tests.support import postgres

loading.over()

STORED, DUE, RUNS = 100_000, 10_000, 5
CLAIMED_AT_ONCE = 500
ASKED_EVERY_S = 0.02
"""How often the broker is asked whether it has everything: each answer costs those measured."""
PGQUEUER_BATCH = 500
SUBJECT = "care.engagement.reminder.made-visible.v1"
BODY = b"x" * 900
"""As long as what engagement publishes about one reminder."""

FILL = f"""
INSERT INTO patient (patient_id, status, team, zone)
SELECT md5('patient ' || n)::uuid, 'active', 'harbour', 'Europe/London'
FROM generate_series(1, {STORED // 10}) AS n;
INSERT INTO live (subject_kind, subject_id, subject_version)
SELECT 'taper-plan', md5('plan ' || n)::uuid, 1 FROM generate_series(1, {STORED}) AS n;
INSERT INTO reminder (reminder_id, item_id, subject_kind, subject_id, subject_version, ordinal,
  kind, level, life, patient_id, team, course_id, for_role, owner_id, handed_over, risk, due_on,
  owed_at, due_at, overdue_from, planned_at, state, reason, visible_at, acknowledged_by,
  acknowledged_at, acknowledged_meaning, answered_before, done_at, attempts, detail, version)
SELECT md5('reminder ' || n)::uuid, md5('reminder ' || n)::uuid, 'taper-plan',
  md5('plan ' || n)::uuid, 1, 1, 'change-day', 0, 1,
  md5('patient ' || (1 + n % {STORED // 10}))::uuid,
  'harbour', NULL, 'nurse', NULL, false, 4, due::date, due, due, due + interval '1 day',
  now() - interval '60 days', 'planned', NULL, NULL, NULL, NULL, NULL, false, NULL, 0, '{{}}', 1
FROM (SELECT n, CASE WHEN n % {STORED // DUE} = 0 THEN now() - interval '1 minute'
      ELSE now() + interval '1 day' * (1 + n % 200) END AS due
      FROM generate_series(1, {STORED}) AS n) AS all_of_them;
"""
BY_HAND = f"""
CREATE TABLE reminder (id uuid PRIMARY KEY, due_at timestamptz NOT NULL, state text NOT NULL,
  visible_at timestamptz);
INSERT INTO reminder SELECT md5('reminder ' || n)::uuid, CASE WHEN n % {STORED // DUE} = 0
  THEN now() - interval '1 minute' ELSE now() + interval '1 day' * (1 + n % 200) END, 'planned'
FROM generate_series(1, {STORED}) AS n;
CREATE INDEX ON reminder (due_at) WHERE state = 'planned';
"""
CLAIM = """
UPDATE reminder SET state = 'visible', visible_at = clock_timestamp() FROM (
  SELECT id FROM reminder WHERE state = 'planned' AND due_at <= now() ORDER BY due_at
  LIMIT $1 FOR UPDATE SKIP LOCKED) AS due WHERE reminder.id = due.id RETURNING reminder.id
"""


@dataclass(frozen=True, slots=True)
class Rig:
    """A broker, and a connection that may look into it."""

    broker: Embedded
    asking: Any

    async def stored(self) -> int:
        """How many messages the stream of engagement has."""
        info = await self.asking.jetstream().stream_info(stream_of("engagement"))
        return int(info.state.messages)


Run = Callable[[str, Rig], Awaitable[float]]


class NotExact(Exception):
    """The run lost or doubled something, so its time says nothing."""


@dataclass(frozen=True, slots=True)
class Server:
    """A PostgreSQL with databases to copy."""

    url: str

    async def make(self, name: str, template: str | None = None) -> str:
        """A database; its SQLAlchemy URL."""
        copied = f" TEMPLATE {template}" if template else ""
        await self._admin(f"CREATE DATABASE {name}{copied}")
        return f"{self.url}/{name}"

    async def drop(self, name: str) -> None:
        await self._admin(f"DROP DATABASE {name} WITH (FORCE)")

    async def settings(self) -> dict[str, str]:
        """What decides how safe and how fast it is."""
        names = ("server_version", "fsync", "synchronous_commit", "shared_buffers")
        engine = create_async_engine(f"{self.url}/postgres", poolclass=NullPool)
        async with engine.connect() as connection:
            found = {
                name: (await connection.execute(text(f"SHOW {name}"))).scalar_one()
                for name in names
            }
        await engine.dispose()
        return found

    async def _admin(self, statement: str) -> None:
        engine = create_async_engine(
            f"{self.url}/postgres", isolation_level="AUTOCOMMIT", poolclass=NullPool
        )
        async with engine.connect() as connection:
            await connection.execute(text(statement))
        await engine.dispose()


def dsn(url: str) -> str:
    return url.replace("+asyncpg", "")


async def ours(url: str, rig: Rig, *, engines: int = 1) -> float:
    """Engine and relay, with audit, outbox and notices, until the broker has everything."""
    databases = [Database.open(url, source="engagement") for _ in range(engines)]
    rules = load()
    access = Access(rig.broker.url, "engagement", rig.broker.passwords["engagement"])
    lines = [await Connection.open(access) for _ in range(engines)]
    for db in databases:
        async with db.reading() as tx:  # connected, as a running service is
            assert tx.now
    before = await rig.stored()
    stop = asyncio.Event()
    began = clock.monotonic()
    async with asyncio.TaskGroup() as group:
        for number, (db, line) in enumerate(zip(databases, lines, strict=True)):
            group.create_task(Relay(db, line).run(stop))
            group.create_task(_shown(Engine(db=db, rules=rules, instance=str(number))))
        while await rig.stored() - before < DUE:  # noqa: ASYNC110 - a broker
            await asyncio.sleep(ASKED_EVERY_S)
        while (await outbox.backlog(databases[0])).count:  # noqa: ASYNC110
            await asyncio.sleep(ASKED_EVERY_S)
        took = clock.monotonic() - began
        stop.set()
        for db in databases:
            db.committed.set()
    await _require_exact(databases[0], await rig.stored() - before)
    for db, line in zip(databases, lines, strict=True):
        await line.close()
        await db.close()
    return took


async def _shown(engine: Engine) -> None:
    while await engine.show_due():
        pass


async def _require_exact(db: Database, published: int) -> None:
    query = text(
        "SELECT (SELECT count(*) FROM reminder WHERE state = 'visible'),"
        " count(*), count(DISTINCT aggregate) FROM outbox"
    )
    async with db.reading() as tx:
        row = (await tx.session.execute(query)).one()
    if tuple(row) != (DUE, DUE, DUE) or published != DUE:
        raise NotExact(f"{tuple(row)} shown, said and about; {published} published")


async def by_hand(url: str, rig: Rig) -> float:
    """Claim 500, publish them as one batch, wait for its answer, commit; nothing else."""
    connection = await asyncpg.connect(dsn(url))
    client, _ = await _client(rig.broker, "engagement")
    before, this_run = await rig.stored(), clock.new_id()  # the broker drops an id it knows
    answers = f"{inbox_of('engagement')}.by-hand"
    answered = asyncio.Semaphore(0)

    async def count(_answer: Any) -> None:
        answered.release()

    await client.subscribe(answers, cb=count)
    began = clock.monotonic()
    done = 0
    while True:
        async with connection.transaction():
            rows = await connection.fetch(CLAIM, CLAIMED_AT_ONCE)
            if not rows:
                break
            for place, row in enumerate(rows, 1):
                headers = {
                    "Nats-Msg-Id": f"{this_run}:{row['id']}",
                    "Nats-Batch-Id": f"{this_run}:{done}",
                    "Nats-Batch-Sequence": str(place),
                }
                reply = ""
                if place == len(rows):
                    headers["Nats-Batch-Commit"], reply = "1", answers
                body = BODY + row["id"].bytes
                await client.publish(SUBJECT, body, reply=reply, headers=headers)
            await answered.acquire()
        done += len(rows)
    took = clock.monotonic() - began
    await client.close()
    await connection.close()
    stored = await rig.stored() - before
    if done != DUE or stored != DUE:
        raise NotExact(f"{done} by hand, {stored} stored")
    return took


async def pgqueuer(url: str, rig: Rig) -> float:
    """One job for each reminder, in batches; a job publishes."""
    connection = await asyncpg.connect(dsn(url))
    client, js = await _client(rig.broker, "engagement")
    manager = QueueManager(Queries(AsyncpgDriver(connection)))
    seen: set[int] = set()

    @manager.entrypoint("announce")
    async def announce(job: Job) -> None:
        await _publish(js, UUID(bytes=job.payload))
        seen.add(int(job.id))
        if len(seen) == DUE:
            manager.shutdown.set()

    before, began = await rig.stored(), clock.monotonic()
    await manager.run(batch_size=PGQUEUER_BATCH)
    took = clock.monotonic() - began
    await client.close()
    await connection.close()
    stored = await rig.stored() - before
    if len(seen) != DUE or stored != DUE:
        raise NotExact(f"{len(seen)} by PgQueuer, {stored} stored")
    return took


async def fill_pgqueuer(url: str) -> None:
    """As many jobs as there are reminders, deferred until they are due."""
    connection = await asyncpg.connect(dsn(url))
    queries = Queries(AsyncpgDriver(connection))
    await queries.install()
    for start in range(0, STORED, 5000):
        numbers = range(start, min(start + 5000, STORED))
        await queries.enqueue(
            ["announce"] * len(numbers),
            [clock.new_id().bytes for _ in numbers],
            [0] * len(numbers),
            [timedelta(0) if n < DUE else timedelta(days=1 + n % 200) for n in numbers],
        )
    await connection.close()


async def fill(server: Server) -> None:
    """The databases to copy."""
    reminders = await server.make("ours")
    await SCHEMA.upgrade_async(reminders)
    for url, script in ((reminders, FILL), (await server.make("by_hand"), BY_HAND)):
        connection = await asyncpg.connect(dsn(url))
        await connection.execute(script)
        await connection.execute("VACUUM ANALYZE")
        await connection.close()
    await fill_pgqueuer(await server.make("pgqueuer"))


async def _client(broker: Embedded, user: str) -> tuple[Any, Any]:
    client = await nats.connect(
        broker.url,
        user=user,
        password=broker.passwords[user],
        inbox_prefix=inbox_of(user).encode(),
    )
    return client, client.jetstream()


async def _publish(js: Any, id_: UUID) -> None:
    headers = {"Nats-Msg-Id": str(clock.new_id())}
    await js.publish(
        SUBJECT, BODY + id_.bytes, timeout=30, stream=stream_of("engagement"), headers=headers
    )


async def median(name: str, server: Server, rig: Rig, run: Run) -> float:
    """The median of some runs, each on a fresh copy."""
    took = []
    for number in range(RUNS):
        copy = f"{name}_{number}"
        url = await server.make(copy, template=name)
        took.append(await run(url, rig))
        await server.drop(copy)
    print(f"  {run.__name__}: {', '.join(f'{s:.2f}' for s in took)} s")
    return statistics.median(took)


@asynccontextmanager
async def provisioned(folder: Path) -> AsyncIterator[Rig]:
    """A broker with streams and consumers, writing through to the disk."""
    async with embedded_broker(folder) as broker:
        access = Access(broker.url, PROVISIONER, broker.passwords[PROVISIONER])
        connection = await Connection.open(access)
        await provision(connection, Size())
        await connection.close()
        asking, _ = await _client(broker, PROVISIONER)
        yield Rig(broker, asking)
        await asking.close()


async def two_engines(url: str, rig: Rig) -> float:
    """Two engines and two relays on one database."""
    return await ours(url, rig, engines=2)


async def main() -> None:
    """Measure side by side; print."""
    logs.configure(service="bench", level="error")
    with postgres.server() as url, tempfile.TemporaryDirectory(prefix="mooring-bench-") as folder:
        server = Server(url)
        await fill(server)
        async with provisioned(Path(folder)) as rig:
            print(f"{await server.settings()}; nats-server sync_interval always")
            print(
                f"claimed {CLAIMED_AT_ONCE} at once; relay {BATCH} in flight;"
                f" PgQueuer {version('pgqueuer')}, batch_size {PGQUEUER_BATCH};"
                f" load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
            )
            limit = await median("by_hand", server, rig, by_hand)
            queue = await median("pgqueuer", server, rig, pgqueuer)
            one = await median("ours", server, rig, ours)
            two = await median("ours", server, rig, two_engines)
    show(
        f"{DUE:,} of {STORED:,} reminders due in one minute, shown and announced",
        [
            Figure("claimed, published and marked by hand", limit, limit, "s"),
            Figure("Mooring: twice that at most", one, 2 * limit, "s"),
            Figure("Mooring: a third of PgQueuer at most", one, queue / 3, "s"),
            Figure("PgQueuer, one job each", queue, limit, "s"),
            Figure("Mooring, two engines, each announced once", two, 2 * limit, "s"),
        ],
    )


if __name__ == "__main__":
    asyncio.run(main())
