"""Empties the outbox into the broker: at once after a commit, and by a slow poll besides.

No transaction is open while it talks to the broker. Publishing and not marking is harmless: the
same row goes out again under the same message id, and who has its event drops it.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Protocol

from pydantic_core import from_json

from shared.runtime import clock, outbox, tracing
from shared.runtime.bus import metrics
from shared.runtime.bus.connection import Refused, Unconfirmed
from shared.runtime.db import Database
from shared.runtime.logs import get_logger
from shared.runtime.outage import TRANSIENT
from shared.runtime.outbox import Unsent

BATCH = 200
WINDOW = 64
POLL_S = 0.5

log = get_logger()


class Publisher(Protocol):
    """Whatever stores one event durably; see ``Connection.publish``."""

    async def publish(self, type_: str, body: bytes, *, message_id: str) -> None: ...


class Relay:
    """Publishes one service's outbox. A second relay beside it does no harm."""

    def __init__(self, db: Database, publisher: Publisher) -> None:
        self._db = db
        self._publisher = publisher

    async def run(self, stop: asyncio.Event) -> None:
        """Relay until ``stop`` is set, finishing the batch in hand."""
        while not stop.is_set():
            self._db.committed.clear()
            if await self._relayed() < BATCH:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._db.committed.wait(), POLL_S)

    async def relay_once(self) -> int:
        """Publish one batch; how many rows the broker acknowledged."""
        rows = await outbox.unsent(self._db, now=clock.real_now(), limit=BATCH)
        if not rows:
            return 0
        batch = _Batch(self._publisher, self._db.source)
        await batch.publish(rows)
        await outbox.settle(self._db, sent=batch.sent, refused=batch.refused, now=clock.real_now())
        return len(batch.sent)

    async def _relayed(self) -> int:
        try:
            return await self.relay_once()
        except TRANSIENT as error:
            log.warning("relay_postponed", error=type(error).__name__)
            return 0


class _Batch:
    """One batch on its way: aggregates side by side, the facts of one aggregate in order."""

    def __init__(self, publisher: Publisher, source: str) -> None:
        self.sent: list[int] = []
        self.refused: list[tuple[Unsent, str]] = []
        self._publisher = publisher
        self._source = source
        self._window = asyncio.Semaphore(WINDOW)
        self._broker_is_away = False

    async def publish(self, rows: Sequence[Unsent]) -> None:
        chains: dict[str, list[Unsent]] = {}
        for row in rows:
            chains.setdefault(row.aggregate, []).append(row)
        async with asyncio.TaskGroup() as group:
            for chain in chains.values():
                group.create_task(self._in_order(chain))

    async def _in_order(self, chain: Sequence[Unsent]) -> None:
        for row in chain:
            async with self._window:
                if self._broker_is_away or not await self._is_stored(row):
                    return

    async def _is_stored(self, row: Unsent) -> bool:
        try:
            with tracing.span(f"publish {row.type}", kind="PRODUCER", parent=_trace_of(row)):
                message_id = f"{self._source}:{row.id}"
                await self._publisher.publish(row.type, row.body, message_id=message_id)
        except Unconfirmed as error:
            self._broker_is_away = True  # nothing is counted against a row for that
            self._failed(row, str(error))
            return False
        except Refused as error:
            self.refused.append((row, str(error)))
            self._failed(row, str(error))
            return False
        self.sent.append(row.seq)
        metrics.PUBLISHED.labels(self._source).inc()
        waited = (clock.real_now() - row.waiting_since).total_seconds()
        metrics.PUBLISH_DELAY.labels(self._source).observe(max(0.0, waited))
        return True

    def _failed(self, row: Unsent, error: str) -> None:
        metrics.PUBLISH_FAILURES.labels(self._source, error).inc()
        log.warning("publish_failed", event_id=str(row.id), type=row.type, error=error)


def _trace_of(row: Unsent) -> str | None:
    """The trace the fact came from, where anybody asks: reading it costs a look into the body."""
    if not tracing.is_on():
        return None
    found = from_json(row.body).get("traceparent")
    return found if isinstance(found, str) else None
