"""Calls side by side: nothing is left running once one of them has failed."""

import asyncio

import pytest

from services.portal.pages.together import all_of, together


class NoAnswer(Exception):
    """The failure of these tests."""


async def test_the_answers_come_in_the_order_of_the_calls() -> None:
    async def say(value: object) -> object:
        return value

    assert await together(say(1), say("two")) == (1, "two")
    assert await all_of(*(say(n) for n in range(5))) == (0, 1, 2, 3, 4)


async def test_the_first_failure_calls_the_others_off() -> None:
    called_off: list[str] = []

    async def wait() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            called_off.append("waiting")
            raise

    async def fail() -> None:
        raise NoAnswer

    with pytest.raises(NoAnswer):
        await together(wait(), fail())

    assert called_off == ["waiting"]
