"""Playing a service's part of the demo's past, before it listens.

What other services have already told is taken in first, by the ordinary consumers; what this
service tells is relayed before the process ends. So a seeded group is in no state that the
running group could not have reached.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date

from sqlalchemy import func, select

from shared.runtime import clock, logs
from shared.runtime.bus.speaker import Speaker
from shared.runtime.db import Database
from shared.runtime.lock import single_process
from shared.runtime.service import Build, Refused
from shared.runtime.tables import outbox

QUIET_S = 45.0
_POLL_S = 0.01

Play = Callable[[Database, date], Awaitable[None]]
"""Runs the service's use cases for the demo cohort up to a day, in transactions ``at`` the past."""


async def seed(build: Build, play: Play, *, today: date) -> None:
    """Take in, play, and tell.

    Raises:
        Refused: not in demo mode, or the broker did not take everything in time.
    """
    async with build() as service:
        logs.configure(service=service.api.service, level="warning")
        if not service.settings.demo:
            raise Refused("demo data are refused outside demo mode")
        with single_process(service.settings.database_url):
            await service.schema.require_head(service.db)
            speaker = Speaker(service.db, service.settings, service.subscriptions)
            speaking = asyncio.create_task(speaker.run())
            try:
                await _quiet(speaker, service.db, speaking)
                await play(service.db, today)
                await _quiet(speaker, service.db, speaking)
            finally:
                speaking.cancel()
                await asyncio.gather(speaking, return_exceptions=True)


async def _quiet(speaker: Speaker, db: Database, speaking: asyncio.Task[None]) -> None:
    """Wait until nothing waits to be taken in or told."""
    deadline = clock.monotonic() + QUIET_S
    waiting = select(func.count()).select_from(outbox).where(outbox.c.published_at.is_(None))
    while clock.monotonic() < deadline:
        if speaking.done():
            await speaking
        async with db.reading() as tx:
            unpublished = (await tx.session.execute(waiting)).scalar_one()
        if not unpublished and await speaker.pending() == 0:
            return
        await asyncio.sleep(_POLL_S)
    raise Refused("the broker did not take the demo's events in time")
