"""Many events on their way to the broker at once, over one connection.

Many go as one batch that the broker stores whole or not at all, with one write to its disk and
one answer (decision 0085). A few, and those of a batch it refused, go one behind the other
without waiting, and each has its own answer.
"""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import count
from typing import Any, NamedTuple

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import Header
from nats.js.errors import APIError, BadRequestError, NoStreamResponseError
from pydantic_core import from_json

from shared.events.envelope import CONTENT_TYPE, MAX_BYTES
from shared.runtime import clock
from shared.runtime.bus.faults import ANSWER_S, FAULTS, Refused, Unconfirmed
from shared.runtime.bus.topology import stream_of

WORTH_A_BATCH = 16
"""From here on a batch is quicker than single events: to begin one costs the broker's disk 3 ms."""
_NOBODY_LISTENS = "503"

Answer = Unconfirmed | Refused | None
"""What came of one event; None says that it is stored."""


class Outgoing(NamedTuple):
    """One event to be stored under its type; ``message_id`` makes a second copy vanish."""

    type: str
    body: bytes
    message_id: str


class _Flight:
    """Events sent together, and the answers so far."""

    def __init__(self, size: int) -> None:
        self.answers: list[Answer] = [Unconfirmed("TimeoutError")] * size
        self._missing = set(range(size))
        self._landed = asyncio.Event()

    def answer(self, place: int, answer: Answer) -> None:
        """What came of the event at this place."""
        self.answers[place] = answer
        self._missing.discard(place)
        if not self._missing:
            self._landed.set()

    async def land(self) -> None:
        """Wait for the answers, and no longer than ``ANSWER_S`` for the next of them."""
        while self._missing:
            missing = len(self._missing)
            with suppress(TimeoutError):
                async with asyncio.timeout(ANSWER_S):
                    await self._landed.wait()
            if len(self._missing) == missing:
                return


class Publishing:
    """The publishing side of one user's connection."""

    def __init__(self, client: Client, user: str) -> None:
        self._client = client
        self._stream = stream_of(user)
        self._inbox: str | None = None
        self._numbers = count(1)
        self._flights: dict[str, _Flight] = {}

    async def publish_all(self, events: Sequence[Outgoing]) -> Sequence[Answer]:
        """Send these in this order; what came of each. Never raises for a broker that is away.

        The broker refuses a batch whole for one event that it knows already or cannot store. The
        events of such a batch then go one by one, so that none is held up by another.
        """
        if len(events) >= WORTH_A_BATCH and not any(map(_is_oversized, events)):
            answer = await self._publish_batch(events)
            if not isinstance(answer, Refused):
                return [answer] * len(events)
        return await self._publish_each(events)

    async def _publish_batch(self, events: Sequence[Outgoing]) -> Answer:
        """What came of all of them: only the last is answered, and it is stored with the rest."""
        batch = str(clock.new_id())
        with self._flight(1) as (number, flight):
            try:
                inbox = await self._listen()
                for place, event in enumerate(events, 1):
                    headers = {"Nats-Batch-Id": batch, "Nats-Batch-Sequence": str(place)}
                    reply = ""
                    if place == len(events):
                        headers["Nats-Batch-Commit"] = "1"
                        reply = f"{inbox}.{number}.0"
                    await self._send(event, reply, headers)
            except FAULTS as error:
                return Unconfirmed(type(error).__name__)
            await flight.land()
        return flight.answers[0]

    async def _publish_each(self, events: Sequence[Outgoing]) -> Sequence[Answer]:
        place = 0
        with self._flight(len(events)) as (number, flight):
            try:
                inbox = await self._listen()
                for place, event in enumerate(events):
                    if _is_oversized(event):  # the server would close the connection over it
                        flight.answer(place, Refused("Oversized"))
                        continue
                    await self._send(event, f"{inbox}.{number}.{place}", {})
            except FAULTS as error:
                for unsent in range(place, len(events)):
                    flight.answer(unsent, Unconfirmed(type(error).__name__))
            await flight.land()
        return flight.answers

    @contextmanager
    def _flight(self, answers: int) -> Iterator[tuple[str, _Flight]]:
        """A flight that as many answers are awaited for, and the number they come in under."""
        number, flight = str(next(self._numbers)), _Flight(answers)
        self._flights[number] = flight
        try:
            yield number, flight
        finally:
            del self._flights[number]

    async def _send(self, event: Outgoing, reply: str, headers: dict[str, str]) -> None:
        headers |= {
            Header.MSG_ID: event.message_id,
            "content-type": CONTENT_TYPE,
            Header.EXPECTED_STREAM: self._stream,
        }
        await self._client.publish(event.type, event.body, reply=reply, headers=headers)

    async def _listen(self) -> str:
        """Where the answers come in; asked for once, and again by the client as it reconnects."""
        if self._inbox is None:
            inbox = self._client.new_inbox()
            await self._client.subscribe(f"{inbox}.*.*", cb=self._answered)
            self._inbox = inbox
        return self._inbox

    async def _answered(self, message: Msg) -> None:
        _, number, place = message.subject.rsplit(".", 2)
        if (flight := self._flights.get(number)) is not None:
            flight.answer(int(place), _read(message))


def _is_oversized(event: Outgoing) -> bool:
    return len(event.body) > MAX_BYTES


def _read(message: Msg) -> Answer:
    """The broker's answer to one event."""
    if message.headers and message.headers.get(Header.STATUS) == _NOBODY_LISTENS:
        return Unconfirmed(NoStreamResponseError.__name__)
    error = from_json(message.data).get("error")
    return None if error is None else _fault(error)


def _fault(error: dict[str, Any]) -> Refused | Unconfirmed:
    try:
        APIError.from_error(error)
    except BadRequestError as refusal:
        return Refused(f"{type(refusal).__name__} {refusal.err_code}")
    except APIError as fault:
        return Unconfirmed(type(fault).__name__)
    raise AssertionError(error)  # the call above always raises
