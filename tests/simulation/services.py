"""The processes: the services that speak, and engines of engagement that hear, plan and show."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

from services.engagement.adapters.events import subscriptions
from services.engagement.adapters.ticks import Engine
from services.engagement.domain.rules import Rules
from shared.events.envelope import Fact
from shared.runtime.bus.consumer import Consumer
from shared.runtime.bus.relay import Relay
from shared.runtime.db import Database
from shared.runtime.inbox import Inbox
from shared.runtime.retention import forget_old
from tests.simulation.broker import Broker, Line
from tests.simulation.process import Process
from tests.simulation.store import Store
from tests.simulation.virtual_time import BEGIN, now, until

HEARD = ("assessment", "portal", "treatment")
NEVER = timedelta(days=1)
FORGET_EVERY = timedelta(days=7)
OUTAGE_LOOKED_AT_S = 600.0
NEXT_DUE = "SELECT min(due_at) FROM reminder WHERE is_open = 1 AND state = 'planned'"
"""Asked as the engine asks: ``is_open`` is what the index is about."""
UNCLAIMED_S = 60.0
"""Until the engine looks again at what is due and was not shown."""


class Speaker:
    """A service as far as it says something: its outbox, its relay, its database."""

    def __init__(self, owner: str, store: Store, broker: Broker, dice: Random) -> None:
        self.owner, self.store, self.broker = owner, store, broker
        self.process = Process(owner, dice, self._main, store.let_go)

    @property
    def database(self) -> Database:
        return self.store.open(self.process, source=self.owner)

    async def say(self, fact: Fact, *, subject: UUID, aggregate: str, version: int) -> None:
        """Commit it, however often the process dies over it, as a person does who looks whether
        their form was saved and sends it again when it was not."""
        while not await self._is_said(aggregate, version):
            await self.process.alive.wait()
            await self.process.run(self._commit(fact, subject, aggregate, version))

    async def _commit(self, fact: Fact, subject: UUID, aggregate: str, version: int) -> None:
        async with self.database.transaction(actor="staff:somebody") as tx:
            tx.publish(fact, subject=subject, aggregate=aggregate, version=version)

    async def _is_said(self, aggregate: str, version: int) -> bool:
        query = "SELECT count(*) FROM outbox WHERE aggregate = ? AND version = ?"
        async with self.store.lock:
            return bool(self.store.ask(query, aggregate, version)[0][0])

    async def _main(self, process: Process) -> None:
        line = Line(self.broker, process, user=self.owner)
        line.wake = self.database.committed
        await Relay(self.database, line).run(asyncio.Event())


class Engagement:
    """One process of engagement. Any number of them share a database."""

    def __init__(self, name: str, store: Store, broker: Broker, rules: Rules, dice: Random) -> None:
        self.store, self.broker, self.rules, self.dice = store, broker, rules, dice
        self.process = Process(name, dice, self._main, store.let_go)
        self.outage_until = BEGIN
        """Started again before that, it does not come up."""

    @property
    def database(self) -> Database:
        return self.store.open(self.process, source="engagement")

    async def _main(self, process: Process) -> None:
        while now() < self.outage_until:  # noqa: ASYNC110 - it may be called off meanwhile
            await asyncio.sleep(OUTAGE_LOOKED_AT_S)
        db = self.database
        line = Line(self.broker, process, user="engagement")
        line.wake = db.committed
        inbox = Inbox(db, subscriptions(self.rules))
        one_at_a_time = asyncio.Semaphore(1)  # as on SQLite
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as jobs:
            jobs.create_task(Relay(db, line).run(stop))
            jobs.create_task(self._tick(db))
            jobs.create_task(self._look_again(db))
            for owner in HEARD:
                consumer = Consumer(line, inbox, owner=owner, transactions=one_at_a_time)  # type: ignore[arg-type]
                jobs.create_task(consumer.run(stop))

    async def _tick(self, db: Database) -> None:
        """The engine, woken when something is due instead of every second."""
        engine = Engine(
            db=db, rules=self.rules, instance=self.process.name, monotonic=lambda: 0.0
        )  # it leaves one sign of life, when it starts
        while True:
            self.store.changed.clear()
            due = self._next_due()
            if due <= now() and await engine.show_due():
                continue
            wait_s = (due - now()).total_seconds()
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_s if wait_s > 0 else UNCLAIMED_S):
                    await self.store.changed.wait()
            await asyncio.sleep(self.dice.uniform(0.001, 1.0))

    def _next_due(self) -> datetime:
        found = self.store.ask(NEXT_DUE)[0][0]
        if found is None:
            return now() + NEVER
        return datetime.fromisoformat(found).replace(tzinfo=UTC)

    async def _look_again(self, db: Database) -> None:
        """The recount, and forgetting old events: far less often than in life."""
        engine = Engine(db=db, rules=self.rules, instance=self.process.name)
        forgotten = now()
        while True:
            await until(now() + timedelta(hours=self.dice.uniform(20, 28)))
            await engine.recount()
            if now() - forgotten > FORGET_EVERY:
                await forget_old(db, now=now())
                forgotten = now()
