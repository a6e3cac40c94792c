"""Takes events from one owner's stream and applies them: commit first, acknowledge second.

The events of one person are applied in the order they came. What came at once for different
people is applied in one commit, which is how a backlog is caught up with; if any of it fails,
each goes its own way, side by side. An event that has to be retried comes later than its
successors; it holds the whole state, so the inbox drops it if a later version is already here.
Nothing waits behind it.
"""

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass

from nats.aio.msg import Msg

from shared.events.envelope import AnyEvent
from shared.runtime import clock
from shared.runtime.bus import metrics
from shared.runtime.bus.connection import Connection
from shared.runtime.bus.faults import ANSWER_S, FAULTS
from shared.runtime.bus.pulling import OrderRefused, Pull
from shared.runtime.bus.topology import stream_of
from shared.runtime.inbox import Inbox, Outcome, Unacceptable
from shared.runtime.logs import get_logger
from shared.runtime.outage import TRANSIENT

MOST_IN_HAND = 50
PAUSE_S = 1.0
KEEP_ALIVE_S = 10.0
UNCOUNTED_DELAY_S = 5.0
TOGETHER_S = 2.0
"""How long people may wait for each other before each goes alone."""

log = get_logger()


@dataclass(slots=True)
class Delivery:
    """One message in hand, and the event in it or why it cannot be one."""

    message: Msg
    content: AnyEvent | Unacceptable
    settled: bool = False

    @property
    def event(self) -> AnyEvent | None:
        """The event, if it could be read."""
        return None if isinstance(self.content, Unacceptable) else self.content

    @property
    def lane(self) -> str:
        """What must stay in order: everything about one person."""
        event = self.event
        return event.subject if event else f"message {self.message.metadata.sequence.stream}"


class Consumer:
    """The consumer of one service on one owner's stream.

    ``transactions`` bounds how many run at once, over all consumers of the service.
    """

    def __init__(
        self, connection: Connection, inbox: Inbox, *, owner: str, transactions: asyncio.Semaphore
    ) -> None:
        self._connection = connection
        self._inbox = inbox
        self._stream = stream_of(owner)
        self._service = connection.user
        self._transactions = transactions
        self._in_hand: dict[int, Delivery] = {}
        self._lanes: dict[str, deque[Delivery]] = {}
        self._busy: set[str] = set()
        self._at_most = MOST_IN_HAND
        self._freed = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Consume until ``stop`` is set, then finish what is in hand."""
        pull = self._connection.pull(self._stream)
        async with asyncio.TaskGroup() as group:
            keeping = group.create_task(self._keep_alive())
            async with asyncio.TaskGroup() as lanes:
                while not stop.is_set():
                    await self._begin_all(await self._next(pull), lanes)
                await self._begin_all(await pull.last(), lanes)
            keeping.cancel()

    async def _next(self, pull: Pull) -> Sequence[Msg]:
        """The next messages; none after a second in which none came, or the broker failed."""
        while (room := MOST_IN_HAND - len(self._in_hand)) <= 0:
            self._freed.clear()
            await self._freed.wait()
        try:
            return await pull.take(room)
        except (OrderRefused, *FAULTS) as error:
            log.warning("fetch_failed", stream=self._stream, error=type(error).__name__)
            await asyncio.sleep(PAUSE_S)
            return ()

    async def _begin_all(self, messages: Sequence[Msg], group: asyncio.TaskGroup) -> None:
        for message in messages:
            self._take(message)
        await self._begin(group)

    def _take(self, message: Msg) -> None:
        """Put one message at the end of its person's lane."""
        number = message.metadata.sequence.stream
        if number in self._in_hand:
            return  # the broker thought we had forgotten it
        delivery = self._in_hand[number] = self._read(message)
        self._lanes.setdefault(delivery.lane, deque()).append(delivery)

    async def _begin(self, group: asyncio.TaskGroup) -> None:
        """Apply the first of each lane in one commit, and so on, or let each lane go alone."""
        while idle := [name for name in self._lanes if name not in self._busy][: self._at_most]:
            if len(idle) > 1 and await self._together([self._lanes[name][0] for name in idle]):
                for name in idle:
                    self._lanes[name].popleft()
                    self._leave_if_empty(name)
                continue
            for name in idle:
                self._busy.add(name)
                group.create_task(self._work_off(name))

    async def _together(self, firsts: Sequence[Delivery]) -> bool:
        """Whether all of them were applied in one commit; otherwise nothing happened."""
        received = [(d.event, d.message.data) for d in firsts if d.event is not None]
        if len(received) < len(firsts):
            return False
        try:
            async with self._transactions:
                outcomes = await self._inbox.apply_together(received, within_s=TOGETHER_S)
        except Exception as error:  # noqa: BLE001 - each is tried, counted and named by itself now
            if isinstance(error, TimeoutError):  # that was too much at once for this machine
                self._at_most = max(2, self._at_most // 2)
            log.info("not_together", stream=self._stream, error=type(error).__name__)
            return False
        for delivery, outcome in zip(firsts, outcomes, strict=True):
            self._applied(delivery, outcome)
        self._at_most = min(MOST_IN_HAND, self._at_most + 1)
        await asyncio.gather(*[self._settle(delivery) for delivery in firsts])
        return True

    def _read(self, message: Msg) -> Delivery:
        try:
            return Delivery(message, self._inbox.read(message.subject, message.data))
        except Unacceptable as unacceptable:
            return Delivery(message, unacceptable)

    async def _keep_alive(self) -> None:
        """Tell the broker, as long as it takes, that we still work on what is in hand."""
        while True:
            await asyncio.sleep(KEEP_ALIVE_S)
            for delivery in [d for d in self._in_hand.values() if not d.settled]:
                await self._tell(delivery.message.in_progress())

    async def _work_off(self, name: str) -> None:
        """Apply what is in one lane, one by one."""
        lane = self._lanes[name]
        while lane:
            delivery = lane.popleft()
            async with self._transactions:
                retry_after_s = await self._handle(delivery)
            await self._settle(delivery, retry_after_s)
        self._busy.discard(name)
        self._leave_if_empty(name)

    def _leave_if_empty(self, name: str) -> None:
        if not self._lanes[name]:
            del self._lanes[name]

    async def _settle(self, delivery: Delivery, retry_after_s: float | None = None) -> None:
        """Tell the broker what became of one event, and make room for the next."""
        delivery.settled = True
        if retry_after_s is None:
            await self._tell(delivery.message.ack_sync(timeout=ANSWER_S))
        else:
            await self._tell(delivery.message.nak(delay=retry_after_s))
        del self._in_hand[delivery.message.metadata.sequence.stream]
        self._freed.set()

    async def _handle(self, delivery: Delivery) -> float | None:
        """Apply or park one event. None when that is done, else seconds until the next try."""
        try:
            if isinstance(delivery.content, Unacceptable):
                await self._park(delivery, delivery.content)
                return None
            return await self._apply(delivery, delivery.content)
        except TRANSIENT as error:
            log.warning("inbox_away", stream=self._stream, error=type(error).__name__)
            return UNCOUNTED_DELAY_S

    async def _apply(self, delivery: Delivery, event: AnyEvent) -> float | None:
        try:
            outcome = await self._inbox.apply(event, delivery.message.data)
        except Unacceptable as unacceptable:
            await self._park(delivery, unacceptable)
            return None
        except Exception as error:  # noqa: BLE001 - whatever a handler raises is counted, not lost
            return await self._retry(delivery, event, type(error).__name__)
        self._applied(delivery, outcome)
        return None

    def _applied(self, delivery: Delivery, outcome: Outcome) -> None:
        if outcome is Outcome.APPLIED:
            took = clock.real_now() - delivery.message.metadata.timestamp
            metrics.EFFECT_DELAY.labels(self._service).observe(max(0.0, took.total_seconds()))
        self._note(delivery, outcome)

    async def _retry(self, delivery: Delivery, event: AnyEvent, error: str) -> float | None:
        failure = await self._inbox.failed(event, error, jitter=random.random())
        if failure.exhausted:
            exhausted = Unacceptable("retries-exhausted", error)
            await self._park(delivery, exhausted, tries=failure.tries)
            return None
        self._note(delivery, "retried", error=error, tries=failure.tries)
        return failure.delay_s

    async def _park(self, delivery: Delivery, why: Unacceptable, *, tries: int = 0) -> None:
        message = delivery.message
        await self._inbox.park(
            message.subject, message.data, reason=why.reason, error=why.error, tries=tries
        )
        self._note(delivery, "parked", reason=why.reason, error=why.error, tries=tries)

    async def _tell(self, answer: Awaitable[object]) -> None:
        """Answer the broker. If that fails the event comes again and the inbox drops it."""
        try:
            await answer
        except FAULTS as error:
            log.warning("answer_failed", stream=self._stream, error=type(error).__name__)

    def _note(self, delivery: Delivery, outcome: str, **fields: object) -> None:
        type_ = delivery.message.subject
        metrics.HANDLED.labels(self._service, type_, outcome).inc()
        event = delivery.event
        log.info(
            "event_handled",
            type=type_,
            status=outcome,
            event_id=str(event.id) if event else None,
            correlation_id=event.correlationid if event else None,
            causation_id=event.causationid if event else None,
            **fields,
        )
