"""A year in minutes: an event loop that never waits, and every clock of the program on it."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from shared.runtime import clock

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


class Stalled(Exception):
    """Everything waits for something, and nothing will ever happen."""


class VirtualLoop(asyncio.SelectorEventLoop):
    """Its clock jumps to the next timer instead of waiting for it."""

    def __init__(self) -> None:
        super().__init__()
        self._virtual = 0.0
        # A timer runs when it is due before now plus this. The usual nanosecond is nothing beside
        # a clock that has counted more than 2**24 seconds: from day 194 on no timer would run.
        self._clock_resolution = 1e-6
        selector: Any = self._selector  # type: ignore[attr-defined] - what the loop waits in
        really_select = selector.select

        def select(timeout: float | None) -> Any:
            if timeout is None:
                raise Stalled
            self._virtual += max(0.0, timeout)
            return really_select(0)

        selector.select = select

    def time(self) -> float:
        return self._virtual


def now() -> datetime:
    """The instant it is in the simulation."""
    return BEGIN + timedelta(seconds=asyncio.get_running_loop().time())


async def until(instant: datetime) -> None:
    """Wait for an instant of the simulation."""
    await asyncio.sleep(max(0.0, (instant - now()).total_seconds()))


@contextmanager
def clocks_and_ids(dice: Random) -> Iterator[None]:
    """The program's one source of time and ids follows the simulation."""
    names = ("real_now", "monotonic", "elapsed", "new_id")
    real = {name: getattr(clock, name) for name in names}

    def passed() -> float:
        return asyncio.get_running_loop().time()

    def new_id() -> UUID:
        return UUID(int=dice.getrandbits(128), version=4)

    made: dict[str, Any] = {
        "real_now": now,
        "monotonic": passed,
        "elapsed": passed,
        "new_id": new_id,
    }
    try:
        for name, replacement in made.items():
            setattr(clock, name, replacement)
        yield
    finally:
        for name, original in real.items():
            setattr(clock, name, original)
