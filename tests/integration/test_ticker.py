"""Ticks run until nothing is left, outlive an outage, and end the service on a mistake."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

import pytest

from shared.runtime import clock
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


async def test_a_stop_in_the_middle_of_a_tick_is_no_error(
    caplog: pytest.LogCaptureFixture,
) -> None:
    begun, undone = asyncio.Event(), asyncio.Event()

    async def run() -> int:
        begun.set()
        try:
            return await asyncio.Future()
        finally:
            undone.set()

    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        running = group.create_task(ticker(run).run())
        await begun.wait()
        running.cancel()
        await undone.wait()
    await asyncio.sleep(0)  # the scheduler's own end of the job

    assert [one for one in caplog.records if one.levelno >= logging.ERROR] == []


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


async def test_a_tick_that_a_stalled_process_made_late_runs_at_once() -> None:
    """By default the scheduler would leave out a tick more than a second late."""
    every_s, late_s = 3.0, 1.5
    ran: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    async def run() -> int:
        if not ran.done():
            ran.set_result(clock.monotonic())
        return 0

    began = clock.monotonic()
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        running = group.create_task(Ticker("test", (Tick("test", every_s, run),)).run())
        await asyncio.sleep(every_s - 0.5)
        time.sleep(0.5 + late_s)  # noqa: ASYNC251 - the stall itself
        first = await ran - began
        running.cancel()

    assert every_s + 1 < first < 2 * every_s, "late, and before the next one was due"
