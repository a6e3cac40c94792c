"""A service's part on the bus: connect, relay, consume and watch until told to stop."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import NoReturn
from uuid import UUID

from shared.events.envelope import Fact
from shared.runtime import clock, outbox
from shared.runtime.bus import liveness, metrics
from shared.runtime.bus.connection import Access, Connection, Seen
from shared.runtime.bus.consumer import Consumer
from shared.runtime.bus.faults import FAULTS, Denied, Unreachable
from shared.runtime.bus.relay import Relay
from shared.runtime.bus.topology import stream_of
from shared.runtime.db import Database
from shared.runtime.inbox import Handler, Inbox
from shared.runtime.logs import get_logger
from shared.runtime.metrics import POOL_USE
from shared.runtime.outage import TRANSIENT
from shared.runtime.retention import forget_old, periods
from shared.runtime.retention_file import read_kept
from shared.runtime.settings import ServiceSettings

RETRY_S = 1.0
OBSERVE_S = 10.0
FORGET_S = 3600.0
FINISH_S = 5.0
AT_ONCE = {"sqlite": 1, "postgresql": 8}
"""Transactions at once: SQLite has one writer, PostgreSQL a pool of fifteen connections."""

log = get_logger()


class Speaker:
    """Everything one service says and hears. ``watches`` maps subjects to live followers."""

    def __init__(
        self,
        db: Database,
        settings: ServiceSettings,
        subscriptions: Mapping[type[Fact], Handler],
        watches: Mapping[str, Seen] | None = None,
    ) -> None:
        self._db = db
        self._access = access_from(settings, user=db.source)
        self._inbox = Inbox(db, subscriptions)
        self._watches = watches or {}
        self._kept = periods(read_kept(settings.retention_file))
        self._owners = sorted({fact.owner() for fact in subscriptions})
        self._connection: Connection | None = None

    async def run(self) -> None:
        """Speak until cancelled, then finish what is in hand, for at most five seconds.

        Raises:
            ExceptionGroup: the connection can never work again, or a worker died.
        """
        stop = asyncio.Event()
        speaking = asyncio.ensure_future(self._speak(stop))
        try:
            await asyncio.shield(speaking)
        except asyncio.CancelledError:
            stop.set()
            self._db.committed.set()
            if self._connection is not None:
                await asyncio.wait((speaking,), timeout=FINISH_S)
            speaking.cancel()
            await asyncio.gather(speaking, return_exceptions=True)
            raise

    async def pending(self) -> int | None:
        """Events in the broker whose effect is not here yet; None while it cannot be asked."""
        if self._connection is None:
            return None
        try:
            return sum((await self._lag(self._connection)).values())
        except FAULTS:
            return None

    async def replay(self, parked_id: UUID, *, actor: str, reason: str) -> None:
        """Apply a parked event through the ordinary path and resolve it; see ``Inbox.replay``."""
        await self._inbox.replay(parked_id, actor=actor, reason=reason)

    async def _speak(self, stop: asyncio.Event) -> None:
        self._connection = connection = await self._connect()
        try:
            async with asyncio.TaskGroup() as guards:
                watching = [
                    guards.create_task(self._failed(connection)),
                    guards.create_task(liveness.watch(connection)),
                    guards.create_task(self._observe(connection)),
                    guards.create_task(self._forget()),
                ]
                await self._work(connection, stop)
                for guard in watching:
                    guard.cancel()
        finally:
            self._connection = None
            await connection.close()

    async def _work(self, connection: Connection, stop: asyncio.Event) -> None:
        transactions = asyncio.Semaphore(AT_ONCE[self._db.dialect])
        async with asyncio.TaskGroup() as workers:
            workers.create_task(Relay(self._db, connection).run(stop))
            for owner in self._owners:
                consumer = Consumer(connection, self._inbox, owner=owner, transactions=transactions)
                workers.create_task(consumer.run(stop))

    async def _connect(self) -> Connection:
        """A connection whose rights were checked; a broker that is away is waited for."""
        while True:
            try:
                async with self._entering_denials():
                    return await self._connected()
            except (Unreachable, *FAULTS) as error:
                log.warning("broker_unreachable", error=type(error).__name__)
                await asyncio.sleep(RETRY_S)

    async def _connected(self) -> Connection:
        connection = await Connection.open(self._access)
        try:
            await connection.check_rights()
            for subject, seen in self._watches.items():
                await connection.watch(subject, seen)
        except BaseException:
            await connection.close()
            raise
        return connection

    async def _failed(self, connection: Connection) -> NoReturn:
        async with self._entering_denials():
            await connection.failed()

    @asynccontextmanager
    async def _entering_denials(self) -> AsyncIterator[None]:
        """What the broker refuses is an entry of the trail: the process that was refused ends, and
        its successor counts the entry for the alert (``unusual``)."""
        try:
            yield
        except Denied:
            ours = f"service:{self._db.source}"
            with suppress(*TRANSIENT):
                async with self._db.transaction(actor=ours) as tx:
                    tx.audit("broker.denied", object=ours)
            raise

    async def _observe(self, connection: Connection) -> None:
        """Keep the gauges current."""
        while True:
            try:
                await self._measure(connection)
            except (*TRANSIENT, *FAULTS) as error:
                log.warning("measuring_failed", error=type(error).__name__)
            await asyncio.sleep(OBSERVE_S)

    async def _forget(self) -> None:
        """Let the runtime's old rows go, now and then."""
        while True:
            try:
                await forget_old(self._db, now=clock.real_now(), kept=self._kept)
            except TRANSIENT as error:
                log.warning("forgetting_failed", error=type(error).__name__)
            await asyncio.sleep(FORGET_S)

    async def _measure(self, connection: Connection) -> None:
        service = self._db.source
        waiting = await outbox.backlog(self._db)
        age = (clock.real_now() - waiting.since).total_seconds() if waiting.since else 0.0
        metrics.UNPUBLISHED.labels(service).set(waiting.count)
        metrics.OUTBOX_AGE.labels(service).set(max(0.0, age))
        POOL_USE.labels(service).set(self._db.pool_in_use())
        metrics.PARKED.labels(service).set(await self._inbox.count_parked())
        for owner, lag in (await self._lag(connection)).items():
            metrics.LAG.labels(service, stream_of(owner)).set(lag)

    async def _lag(self, connection: Connection) -> dict[str, int]:
        infos = {owner: await connection.consumer_info(owner) for owner in self._owners}
        return {
            owner: (info.num_pending or 0) + (info.num_ack_pending or 0)
            for owner, info in infos.items()
        }


def access_from(settings: ServiceSettings, *, user: str) -> Access:
    """Where the settings say the broker is; with a CA file the connection is encrypted."""
    ca_file = settings.nats_ca_file
    return Access(
        url=settings.nats_url,
        user=settings.nats_user or user,
        password=settings.nats_password or "",
        tls=ssl.create_default_context(cafile=str(ca_file)) if ca_file else None,
    )
