"""Many events on their way to the broker at once, over one connection.

They are sent one behind the other without waiting, and the answers are collected as they come:
the broker then writes to its disk for many at a time instead of for each.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from typing import Any

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import Header
from nats.js.errors import APIError, BadRequestError, NoStreamResponseError
from pydantic_core import from_json

from shared.events.envelope import CONTENT_TYPE, MAX_BYTES
from shared.runtime.bus.faults import ANSWER_S, FAULTS, Refused, Unconfirmed
from shared.runtime.bus.topology import stream_of

_NOBODY_LISTENS = "503"

Answer = Unconfirmed | Refused | None
"""What came of one event; None says that it is stored."""


@dataclass(frozen=True, slots=True)
class Outgoing:
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
        """Send these in this order; what came of each. Never raises for a broker that is away."""
        flight = _Flight(len(events))
        number = str(next(self._numbers))
        self._flights[number] = flight
        try:
            await self._send(events, flight, number)
            await flight.land()
        finally:
            del self._flights[number]
        return flight.answers

    async def _send(self, events: Sequence[Outgoing], flight: _Flight, number: str) -> None:
        place = 0
        try:
            inbox = await self._listen()
            for place, event in enumerate(events):
                if len(event.body) > MAX_BYTES:  # the server would close the connection over it
                    flight.answer(place, Refused("Oversized"))
                    continue
                headers = {
                    Header.MSG_ID: event.message_id,
                    "content-type": CONTENT_TYPE,
                    Header.EXPECTED_STREAM: self._stream,
                }
                reply = f"{inbox}.{number}.{place}"
                await self._client.publish(event.type, event.body, reply=reply, headers=headers)
        except FAULTS as error:
            for unsent in range(place, len(events)):
                flight.answer(unsent, Unconfirmed(type(error).__name__))

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
