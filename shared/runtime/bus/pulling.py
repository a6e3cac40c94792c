"""A standing order for messages: one asking for many of them.

The library's ``fetch`` asks anew for each handful, and the brokers agree on each asking and write
it to their disks, twice. So it is asked once for as many as there is room for. The brokers answer
with each message as soon as there is one, and with a sign of life while there is none.
"""

import asyncio
import json
from collections.abc import Sequence
from contextlib import suppress

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.js.api import Header, StatusCode

from shared.runtime.bus.faults import ANSWER_S, FAULTS

ORDER_S = 30.0
SIGN_OF_LIFE_S = 1.0
SILENCE_S = 2.5
"""Without a message or a sign of life: the broker that had the order has lost it."""
_SECOND = 1_000_000_000
_IS_ALIVE = StatusCode.CONTROL_MESSAGE
_IS_OVER = frozenset({StatusCode.NO_MESSAGES, StatusCode.REQUEST_TIMEOUT})


class OrderRefused(Exception):
    """The brokers cannot deliver now; the message is what they answered."""


class Pull:
    """The messages of one durable consumer, as they come."""

    def __init__(self, client: Client, *, stream: str, consumer: str) -> None:
        self._client = client
        self._orders = f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{consumer}"
        self._inbox = client.new_inbox()
        self._subscription: Subscription | None = None
        self._came: list[Msg] = []
        self._heard = asyncio.Event()
        self._ordered = 0
        self._refusal = ""

    async def take(self, room: int) -> Sequence[Msg]:
        """What has come, else what comes next; nothing after a second in which nothing came. At
        most ``room`` messages are on order.

        Raises:
            OrderRefused: the brokers cannot deliver now.
            FAULTS: there is no broker.
        """
        if self._subscription is None:
            self._subscription = await self._client.subscribe(self._inbox, cb=self._on_answer)
        if self._ordered <= 0:
            await self._order(room)
        try:
            await asyncio.wait_for(self._heard.wait(), SILENCE_S)
        except TimeoutError:
            self._ordered = 0
        self._heard.clear()
        if (refusal := self._refusal) and not self._came:
            self._refusal = ""
            raise OrderRefused(refusal)
        return self._taken()

    async def last(self) -> Sequence[Msg]:
        """Order nothing more; what was on its way."""
        if self._subscription is not None:
            # A broker that is away delivers again what was not acknowledged.
            with suppress(*FAULTS):
                await asyncio.wait_for(self._subscription.drain(), ANSWER_S)  # type: ignore[no-untyped-call]
        return self._taken()

    def _taken(self) -> Sequence[Msg]:
        came, self._came = self._came, []
        return came

    async def _order(self, room: int) -> None:
        order = {
            "batch": room,
            "expires": int(ORDER_S * _SECOND),
            "idle_heartbeat": int(SIGN_OF_LIFE_S * _SECOND),
        }
        await self._client.publish(self._orders, json.dumps(order).encode(), reply=self._inbox)
        self._ordered = room

    async def _on_answer(self, message: Msg) -> None:
        status = (message.headers or {}).get(Header.STATUS)
        if status is None:
            self._ordered -= 1
            self._came.append(message)
        elif status != _IS_ALIVE:
            self._ordered = 0
            if status not in _IS_OVER:
                self._refusal = status
        self._heard.set()
