"""A broker that keeps its word and no more: at least once, in any order, and answers get lost.

It takes the place of the connection under the real relay and the real consumer.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from types import SimpleNamespace

import nats.errors

from shared.runtime.bus.faults import Unconfirmed
from shared.runtime.bus.publishing import Answer, Outgoing
from shared.runtime.bus.topology import stream_of
from tests.simulation.process import Process
from tests.simulation.virtual_time import now

ANSWER_S = 5.0
ACK_WAIT_S = 30.0
WINDOW_S = 120.0
"""How long it knows a message id again."""


@dataclass(slots=True)
class Losses:
    """The share of publishes and acknowledgements of which one half of the way is lost, and of
    messages that come twice for no reason. None while the simulation is calm."""

    answers: float = 0.05
    twice: float = 0.01


@dataclass(slots=True)
class Message:
    """One message in a stream."""

    number: int
    type: str
    body: bytes
    stored_at: datetime


@dataclass(slots=True)
class Queue:
    """What one consumer of one stream has not acknowledged."""

    waiting: deque[Message] = field(default_factory=deque)
    out: dict[int, int] = field(default_factory=dict)
    """Number of the message, and of its latest delivery."""
    deliveries: int = 0
    arrived: asyncio.Event = field(default_factory=asyncio.Event)


class Broker:
    """Streams by owner, each with the queues of those who hear it."""

    def __init__(self, dice: Random) -> None:
        self.dice = dice
        self.losses: Losses | None = Losses()
        self.is_away = False
        self.counts: Counter[str] = Counter()
        self.streams: dict[str, list[Message]] = {}
        self._known: dict[str, float] = {}
        self._queues: dict[tuple[str, str], Queue] = {}

    def hears(self, listener: str, owner: str) -> None:
        """Provision a durable consumer."""
        self._queues[stream_of(owner), listener] = Queue()

    def pending(self) -> int:
        """Messages that somebody has not acknowledged."""
        return sum(len(queue.waiting) + len(queue.out) for queue in self._queues.values())

    def store(self, owner: str, type_: str, body: bytes, message_id: str) -> None:
        """Keep a message, unless its id was here a moment ago."""
        loop_time = asyncio.get_running_loop().time()
        if loop_time - self._known.get(message_id, -WINDOW_S) < WINDOW_S:
            self.counts["known again"] += 1
            return
        self._known[message_id] = loop_time
        stream = self.streams.setdefault(stream_of(owner), [])
        message = Message(len(stream) + 1, type_, body, now())
        stream.append(message)
        for (name, _), queue in self._queues.items():
            if name == stream_of(owner):
                self._put(queue, message)
                if self.losses and self.dice.random() < self.losses.twice:
                    self.counts["came twice"] += 1
                    self._put(queue, message)

    def queue(self, stream: str, listener: str) -> Queue:
        return self._queues[stream, listener]

    def is_lost(self, what: str) -> bool:
        """Whether this answer gets lost on its way."""
        lost = self.losses is not None and self.dice.random() < self.losses.answers / 2
        self.counts[f"{what} lost"] += lost
        return lost

    def deliver(self, queue: Queue, message: Message) -> int:
        """Hand it out, for a while; the number of this delivery."""
        queue.deliveries += 1
        queue.out[message.number] = delivery = queue.deliveries
        loop = asyncio.get_running_loop()
        loop.call_later(ACK_WAIT_S, self.again, queue, message, delivery)
        return delivery

    def again(self, queue: Queue, message: Message, delivery: int) -> None:
        """Nobody acknowledged this delivery in time: somebody else gets it."""
        if queue.out.get(message.number) == delivery:
            del queue.out[message.number]
            self.counts["delivered again"] += 1
            self._put(queue, message)

    def _put(self, queue: Queue, message: Message) -> None:
        queue.waiting.append(message)
        queue.arrived.set()


class Line:
    """One process's connection."""

    def __init__(self, broker: Broker, process: Process, *, user: str) -> None:
        self.user = user
        self.wake: asyncio.Event | None = None
        """Set a moment after a publish failed: what the relay's slow poll is for."""
        self._broker = broker
        self._process = process
        self._is_waking = False

    def pull(self, stream: str) -> "Pull":
        return Pull(self._broker, self._process, self._broker.queue(stream, self.user))

    async def publish_all(self, events: Sequence[Outgoing]) -> Sequence[Answer]:
        """As the real one: each is stored, or nobody knows. Some overtake others."""
        async with asyncio.TaskGroup() as group:
            sent = [group.create_task(self._answer(event)) for event in events]
        return [task.result() for task in sent]

    async def _answer(self, event: Outgoing) -> Answer:
        try:
            await self._publish(event.type, event.body, event.message_id)
        except Unconfirmed as unknown:
            return unknown
        return None

    async def _publish(self, type_: str, body: bytes, message_id: str) -> None:
        await self._process.point()
        broker = self._broker
        if broker.is_away or broker.is_lost("publish"):
            await self._unanswered()
        broker.store(self.user, type_, body, message_id)
        await self._process.point()  # stored, and we do not know it yet
        if broker.is_lost("publish's answer"):
            await self._unanswered()

    async def _unanswered(self) -> None:
        await asyncio.sleep(ANSWER_S)
        if self.wake is not None and not self._is_waking:
            self._is_waking = True
            wait_s = 60.0 if self._broker.is_away else 0.5
            asyncio.get_running_loop().call_later(wait_s, self._wake)
        raise Unconfirmed("TimeoutError")

    def _wake(self) -> None:
        self._is_waking = False
        if self.wake is not None:
            self.wake.set()


@dataclass(slots=True)
class Pull:
    """What comes to one process; it waits for a message without a sign of life meanwhile."""

    broker: Broker
    process: Process
    queue: Queue

    async def take(self, room: int) -> Sequence["Delivered"]:
        while not self.queue.waiting or self.broker.is_away:
            self.queue.arrived.clear()
            if self.broker.is_away:
                await asyncio.sleep(60)
                raise nats.errors.NoServersError
            await self.queue.arrived.wait()
        await self.process.point()
        waiting = self.queue.waiting
        taken = [waiting.popleft() for _ in range(min(room, len(waiting)))]
        if self.broker.losses and self.broker.dice.random() < 0.2:
            self.broker.dice.shuffle(taken)
        return [
            Delivered(self, message, self.broker.deliver(self.queue, message)) for message in taken
        ]


class Delivered:
    """One delivery of a message, as the consumer sees it."""

    def __init__(self, by: Pull, message: Message, delivery: int) -> None:
        self.subject, self.data = message.type, message.body
        self.metadata = SimpleNamespace(
            sequence=SimpleNamespace(stream=message.number), timestamp=message.stored_at
        )
        self._by, self._message, self._delivery = by, message, delivery

    async def ack_sync(self, timeout: float) -> None:
        broker, queue = self._by.broker, self._by.queue
        await self._by.process.point()
        if broker.is_away or broker.is_lost("acknowledgement"):
            await asyncio.sleep(timeout)
            raise nats.errors.TimeoutError
        queue.out.pop(self._message.number, None)
        if broker.is_lost("acknowledgement's answer"):
            await asyncio.sleep(timeout)
            raise nats.errors.TimeoutError

    async def nak(self, delay: float) -> None:
        broker, queue = self._by.broker, self._by.queue
        loop = asyncio.get_running_loop()
        loop.call_later(delay, broker.again, queue, self._message, self._delivery)

    async def in_progress(self) -> None:
        """The longest a handler takes here is far from the limit."""
