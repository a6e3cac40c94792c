"""Empties the outbox into the broker: at once after a commit, and by a slow poll besides. Relays
of one database take turns.

No transaction is open while it talks to the broker. Publishing and not marking is harmless: the
same row goes out again under the same message id, and who has its event drops it.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Protocol

from pydantic_core import from_json
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.runtime import clock, outbox, tracing
from shared.runtime.bus import metrics
from shared.runtime.bus.faults import Refused, Unconfirmed
from shared.runtime.bus.publishing import Answer, Outgoing
from shared.runtime.db import Database
from shared.runtime.logs import get_logger
from shared.runtime.outage import TRANSIENT
from shared.runtime.outbox import Unsent

BATCH = 500
"""Events on their way to the broker at once."""
POLL_S = 2.0
"""For what no commit of this process tells of: rows of one that died, and those put off."""

log = get_logger()


class Publisher(Protocol):
    """Whatever stores events durably; see ``Connection.publish_all``."""

    async def publish_all(self, events: Sequence[Outgoing]) -> Sequence[Answer]: ...


class Relay:
    """Publishes one service's outbox. A second relay beside it does no harm."""

    def __init__(self, db: Database, publisher: Publisher) -> None:
        self._db = db
        self._publisher = publisher

    async def run(self, stop: asyncio.Event) -> None:
        """Relay until ``stop`` is set, finishing the batch in hand."""
        while not stop.is_set():
            self._db.committed.clear()
            await self._drain(stop)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._db.committed.wait(), POLL_S)

    async def relay_once(self, *, over: AsyncConnection | None = None) -> int:
        """Publish one batch; how many rows the broker acknowledged. ``over`` is the connection
        that has the turn, if any has it."""
        rows = await outbox.unsent(self._db, now=clock.real_now(), limit=BATCH, over=over)
        if not rows:
            return 0
        batch = _Batch(self._publisher, self._db.source)
        await batch.publish(rows)
        await outbox.settle(
            self._db, sent=batch.sent, refused=batch.refused, now=clock.real_now(), over=over
        )
        return len(batch.sent)

    async def _drain(self, stop: asyncio.Event) -> None:
        """Relay batch after batch until one is not full."""
        try:
            async with outbox.turn(self._db) as over:
                while await self.relay_once(over=over) == BATCH and not stop.is_set():
                    self._db.committed.clear()
        except TRANSIENT as error:
            log.warning("relay_postponed", error=type(error).__name__)


class _Batch:
    """One batch on its way: aggregates side by side, the facts of one aggregate in order."""

    def __init__(self, publisher: Publisher, source: str) -> None:
        self.sent: list[int] = []
        self.refused: list[tuple[Unsent, str]] = []
        self._publisher = publisher
        self._source = source
        self._published = metrics.PUBLISHED.labels(source)
        self._delay = metrics.PUBLISH_DELAY.labels(source)

    async def publish(self, rows: Sequence[Unsent]) -> None:
        """The first fact of each aggregate, then the second of those whose first is stored; no
        further while the broker is away."""
        by_aggregate: dict[str, list[Unsent]] = {}
        for row in rows:
            by_aggregate.setdefault(row.aggregate, []).append(row)
        chains = list(by_aggregate.values())
        broker_is_away = False
        while chains and not broker_is_away:
            wave = [chain.pop(0) for chain in chains]
            answers = await self._answers(wave)
            stored = [self._is_stored(*one) for one in zip(wave, answers, strict=True)]
            self._published.inc(sum(stored))
            broker_is_away = any(isinstance(answer, Unconfirmed) for answer in answers)
            chains = [chain for chain, ok in zip(chains, stored, strict=True) if ok and chain]

    async def _answers(self, wave: Sequence[Unsent]) -> Sequence[Answer]:
        if tracing.is_on():
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._traced(row)) for row in wave]
            return [task.result() for task in tasks]
        return await self._publisher.publish_all([self._outgoing(row) for row in wave])

    async def _traced(self, row: Unsent) -> Answer:
        """One by itself, for a span that says what came of it."""
        try:
            with tracing.span(f"publish {row.type}", kind="PRODUCER", parent=_trace_of(row)):
                (answer,) = await self._publisher.publish_all((self._outgoing(row),))
                if answer is not None:
                    raise answer
        except (Refused, Unconfirmed) as fault:
            return fault
        return None

    def _outgoing(self, row: Unsent) -> Outgoing:
        return Outgoing(row.type, row.body, f"{self._source}:{row.id}")

    def _is_stored(self, row: Unsent, answer: Answer) -> bool:
        if answer is not None:
            if isinstance(answer, Refused):  # nothing is counted against a row we know nothing of
                self.refused.append((row, str(answer)))
            metrics.PUBLISH_FAILURES.labels(self._source, str(answer)).inc()
            log.warning("publish_failed", event_id=str(row.id), type=row.type, error=str(answer))
            return False
        self.sent.append(row.seq)
        waited = (clock.real_now() - row.waiting_since).total_seconds()
        self._delay.observe(max(0.0, waited))
        return True


def _trace_of(row: Unsent) -> str | None:
    """The trace the fact came from."""
    found = from_json(row.body).get("traceparent")
    return found if isinstance(found, str) else None
