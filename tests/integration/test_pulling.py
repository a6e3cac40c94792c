"""Messages come on one order, as soon as there are any, and none is forgotten at the end."""

import asyncio
from collections.abc import Sequence

import pytest
from nats.aio.msg import Msg

from shared.runtime.bus.connection import Connection
from shared.runtime.bus.pulling import OrderRefused, Pull
from shared.runtime.embedded import Embedded
from tests.integration.conftest import Connect
from tests.integration.two_services import a_flag

RAISED = a_flag().TYPE
STREAM = "CARE_ASSESSMENT"


async def test_one_order_brings_many_messages(broker: Embedded, connect: Connect) -> None:
    listener = await connect("engagement")
    pull, publisher = listener.pull(STREAM), await connect("assessment")
    await published(publisher, 1)
    assert bodies(await some(pull)) == [b"1"]
    sent = listener._client.stats["out_msgs"]

    for number in range(2, 22):
        await published(publisher, number)
        assert bodies(await some(pull)) == [b"%d" % number]

    assert listener._client.stats["out_msgs"] == sent


async def test_no_more_is_on_order_than_there_is_room_for(
    broker: Embedded, connect: Connect
) -> None:
    pull, publisher = (await connect("engagement")).pull(STREAM), await connect("assessment")
    for number in range(10):
        await published(publisher, number)

    assert len(await all_of(pull, 3)) == 3
    assert len(await all_of(pull, 7, room=50)) == 7


async def test_what_was_on_its_way_comes_with_the_last(broker: Embedded, connect: Connect) -> None:
    pull, publisher = (await connect("engagement")).pull(STREAM), await connect("assessment")
    await published(publisher, 1)
    await some(pull)
    for number in (2, 3):
        await published(publisher, number)

    assert bodies(await pull.last()) == [b"2", b"3"]

    await published(publisher, 4)
    (waiting,) = await all_of((await connect("engagement")).pull(STREAM), 1)
    assert waiting.data == b"4", "nobody had it, so it does not wait to be given up by anyone"


async def test_a_consumer_that_is_not_there_is_said(connect: Connect) -> None:
    with pytest.raises(OrderRefused):
        await (await connect("engagement")).pull(STREAM).take(1)


async def test_nothing_to_come_is_no_trouble(broker: Embedded, connect: Connect) -> None:
    pull = (await connect("engagement")).pull(STREAM)

    async with asyncio.timeout(10):
        assert [await pull.take(1) for _ in range(2)] == [[], []]


async def published(publisher: Connection, number: int) -> None:
    await publisher.publish(RAISED, b"%d" % number, message_id=str(number))


async def some(pull: Pull) -> Sequence[Msg]:
    return await all_of(pull, 1, room=50)


async def all_of(pull: Pull, count: int, *, room: int | None = None) -> Sequence[Msg]:
    found: list[Msg] = []
    async with asyncio.timeout(10):
        while len(found) < count:
            found += await pull.take(room or count)
    return found


def bodies(messages: Sequence[Msg]) -> list[bytes]:
    return [message.data for message in messages]
