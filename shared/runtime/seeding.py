"""Playing a service's part of the demo's past, before it listens.

What other services have already told is taken in first, by the ordinary consumers; what this
service tells is relayed before the process ends. So a seeded group is in no state that the
running group could not have reached.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from datetime import date

from shared.runtime import clock, logs, outbox
from shared.runtime.bus.speaker import Speaker
from shared.runtime.db import Database
from shared.runtime.lock import single_process
from shared.runtime.service import Build, Refused

STUCK_S = 30.0
_POLL_S = 0.02

Play = Callable[[Database, date], Awaitable[None]]
"""Runs the service's use cases for the demo cohort up to a day, in transactions ``at`` the past."""


async def seed(build: Build, play: Play, *, today: date, when_told: bool = False) -> None:
    """Take in, play, and tell. ``when_told``: take in what others are still telling, and play when
    a line comes on standard input, so that one plays while the next ones listen.

    Raises:
        Refused: not in demo mode, the broker did not take everything in time, or whoever should
            have said when to play has gone.
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
                async with service.db.unflushed():
                    if when_told:
                        await _until_told()
                    await _quiet(speaker, service.db, speaking)
                    await play(service.db, today)
                    await _quiet(speaker, service.db, speaking)
            finally:
                speaking.cancel()
                await asyncio.gather(speaking, return_exceptions=True)


async def _until_told() -> None:
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    if not await reader.readline():
        raise Refused("nobody is left who would say when to play the past")


async def _quiet(speaker: Speaker, db: Database, speaking: asyncio.Task[None]) -> None:
    """Wait until nothing waits to be taken in or told; give up when nothing moves any more."""
    least, deadline = sys.maxsize, clock.monotonic() + STUCK_S
    while clock.monotonic() < deadline:
        if speaking.done():
            await speaking
        waiting = await _waiting(speaker, db)
        if waiting == 0:
            return
        if waiting is not None and waiting < least:
            least, deadline = waiting, clock.monotonic() + STUCK_S
        await asyncio.sleep(_POLL_S)
    raise Refused("the broker did not take the demo's events in time")


async def _waiting(speaker: Speaker, db: Database) -> int | None:
    """Events not yet told and not yet taken in; None while the broker cannot be asked."""
    unpublished = (await outbox.backlog(db)).count
    pending = await speaker.pending()
    return None if pending is None else unpublished + pending
