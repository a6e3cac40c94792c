"""Ticks: things looked at every few seconds. Due dates are rows; nothing is due in here.

APScheduler only wakes us. By default it skips a tick that is a second late and swallows a tick's
exception; here a late tick runs once and an exception ends the service (which is restarted).
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from shared.runtime import metrics
from shared.runtime.logs import get_logger
from shared.runtime.outage import TRANSIENT

log = get_logger()


@dataclass(frozen=True, slots=True)
class Tick:
    """``run`` does what is due and returns how many things it did; it is called until it
    returns 0. ``every_s`` is at most 15."""

    name: str
    every_s: float
    run: Callable[[], Awaitable[int]]


@dataclass(slots=True)
class Ticker:
    """Runs the ticks of one service."""

    service: str
    ticks: tuple[Tick, ...]
    _locks: dict[str, asyncio.Lock] = field(default_factory=dict)
    _failed: asyncio.Future[None] | None = None

    async def run(self) -> None:
        """Tick until cancelled.

        Raises:
            Exception: whatever a tick raised that another try would not mend.
        """
        self._failed = asyncio.get_running_loop().create_future()
        scheduler = AsyncIOScheduler(
            timezone=UTC,
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        for tick in self.ticks:
            scheduler.add_job(self._scheduled, "interval", args=[tick], seconds=tick.every_s)
        scheduler.start()
        try:
            await self._failed
        finally:
            scheduler.shutdown(wait=False)

    async def run_now(self) -> int:
        """Everything due at this moment; for the demo clock and for tests."""
        return sum([await self._drain(tick) for tick in self.ticks])

    async def _scheduled(self, tick: Tick) -> None:
        try:
            await self._drain(tick)
        except TRANSIENT as error:
            metrics.TICK_FAILURES.labels(self.service, tick.name).inc()
            log.warning("tick_postponed", tick=tick.name, error=type(error).__name__)
        except asyncio.CancelledError:
            return  # the service stops; APScheduler would log an error, and nothing is wrong
        except Exception as error:  # noqa: BLE001 - handed to the service, which ends on it
            metrics.TICK_FAILURES.labels(self.service, tick.name).inc()
            if self._failed and not self._failed.done():
                self._failed.set_exception(error)
        else:
            metrics.LAST_TICK.labels(self.service, tick.name).set_to_current_time()

    async def _drain(self, tick: Tick) -> int:
        done = 0
        async with self._locks.setdefault(tick.name, asyncio.Lock()):
            while count := await tick.run():
                done += count
        return done
