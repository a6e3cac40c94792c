"""A process that may be killed at any statement, commit, publish or acknowledgement.

What it had in memory is gone then, what it had not committed is rolled back, and nothing it still
tries has any effect. Its files and the broker stay.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from random import Random
from typing import Any


class Killed(Exception):
    """What a dead process tries, fails."""


@dataclass(slots=True)
class Process:
    """One process. ``main`` runs it from a cold start until it is cancelled."""

    name: str
    dice: Random
    main: Callable[["Process"], Coroutine[Any, Any, None]]
    on_death: Callable[["Process"], Awaitable[None]]
    alive: asyncio.Event = field(default_factory=asyncio.Event)
    deaths: int = 0
    deaths_at_work: int = 0
    """How many of them fell between two statements or two messages."""
    _countdown: int | None = None
    _task: asyncio.Task[None] | None = None
    _guests: set[asyncio.Task[Any]] = field(default_factory=set)

    @property
    def is_dead(self) -> bool:
        return not self.alive.is_set()

    async def start(self) -> None:
        """From a cold start."""
        self.alive.set()
        self._task = asyncio.create_task(self.main(self))

    async def point(self) -> None:
        """A place where the process may die, and where time may pass."""
        if self.is_dead:
            raise Killed(self.name)
        if self._countdown is not None:
            self._countdown -= 1
            if self._countdown <= 0:
                self.deaths_at_work += 1
                self._die()
                await asyncio.Event().wait()  # until the cancellation reaches us
        if self.dice.random() < 0.01:
            await asyncio.sleep(self.dice.uniform(0.001, 0.2))
            if self.is_dead:
                raise Killed(self.name)

    async def run(self, act: Coroutine[Any, Any, Any]) -> bool:
        """Do this inside the process, as a request does; whether it lived to answer."""
        if self.is_dead:
            act.close()
            return False
        task = asyncio.create_task(act)
        self._guests.add(task)
        try:
            await asyncio.wait({task})
        finally:
            self._guests.discard(task)
        if task.cancelled():
            return False
        if (error := task.exception()) is None:
            return True
        if self.is_dead or isinstance(error, Killed):
            return False
        raise error

    async def kill(self, *, within: int, patience_s: float, away_s: float) -> None:
        """Die at one of the next ``within`` points, or idle after a while; start again later."""
        task = self._task
        self._countdown = within
        try:
            async with asyncio.timeout(patience_s):
                while not self.is_dead:
                    if task is not None and task.done():
                        task.result()
                        raise AssertionError(f"{self.name} ended by itself")
                    await asyncio.sleep(patience_s / 20)
        except TimeoutError:
            self._die()
        await self._buried()
        await asyncio.sleep(away_s)
        await self.start()

    async def stop(self) -> None:
        """The end of the simulation."""
        self._die()
        await self._buried()

    async def _buried(self) -> None:
        """Everything it was doing has ended, in whatever way."""
        if self._task is not None:
            await asyncio.gather(self._task, *self._guests, return_exceptions=True)
        await self.on_death(self)

    def check(self) -> None:
        """Raise what ended it, if it ended while it should be alive."""
        if self._task is not None and self._task.done() and not self.is_dead:
            self._task.result()
            raise AssertionError(f"{self.name} ended by itself")

    def _die(self) -> None:
        self._countdown = None
        self.deaths += 1
        self.alive.clear()
        for task in (self._task, *self._guests):
            if task is not None:
                task.cancel()
