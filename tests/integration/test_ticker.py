"""Ticks run until nothing is left, outlive an outage, and end the service on a mistake."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from shared.runtime.outage import DatabaseAway
from shared.runtime.ticker import Tick, Ticker

OFTEN_S = 0.01


def ticker(run: Callable[[], Awaitable[int]]) -> Ticker:
    return Ticker("test", (Tick("test", OFTEN_S, run),))


async def test_a_tick_is_repeated_until_it_finds_nothing() -> None:
    left = [3, 2, 1, 0]

    async def run() -> int:
        return left.pop(0)

    assert await ticker(run).run_now() == 6
    assert left == []


async def test_an_outage_is_outlived() -> None:
    calls = 0
    healed = asyncio.Event()

    async def run() -> int:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise DatabaseAway("test")
        healed.set()
        return 0

    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        running = group.create_task(ticker(run).run())
        await healed.wait()
        running.cancel()


async def test_a_mistake_ends_the_ticker() -> None:
    async def run() -> int:
        raise ZeroDivisionError

    async with asyncio.timeout(10):
        with pytest.raises(ZeroDivisionError):
            await ticker(run).run()


async def test_one_tick_never_runs_beside_itself() -> None:
    at_once, most = 0, 0

    async def run() -> int:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(0)
        at_once -= 1
        return 0

    both = ticker(run)
    await asyncio.gather(*[both.run_now() for _ in range(20)])

    assert most == 1
