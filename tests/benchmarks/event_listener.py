"""The listening process of ``bench_events``: notes when each effect has committed."""

import asyncio
import json
import sys
from collections.abc import Sequence

from shared.runtime import clock, logs
from shared.runtime.bus.speaker import Speaker
from shared.runtime.db import Database
from shared.runtime.inbox import Inbox, Outcome, Received
from shared.runtime.settings import ServiceSettings
from tests.integration.two_services import Notebook


class TimedInbox(Inbox):
    """Says on standard output when an event's effect has committed."""

    async def apply_together(
        self, deliveries: Sequence[Received], *, within_s: float
    ) -> Sequence[Outcome]:
        outcomes = await super().apply_together(deliveries, within_s=within_s)
        for event, _ in deliveries:
            print(json.dumps([str(event.id), clock.monotonic()]), flush=True)
        return outcomes


async def main(database_url: str, nats_url: str, password: str) -> None:
    """Listen until the standard input closes."""
    logs.configure(service="engagement", level="error")
    db = Database.open(database_url, source="engagement")
    settings = ServiceSettings(
        http_port=0, database_url=database_url, nats_url=nats_url, nats_password=password
    )
    subscriptions = Notebook().subscriptions
    speaker = Speaker(db, settings, subscriptions)
    speaker._inbox = TimedInbox(db, subscriptions)
    speaking = asyncio.create_task(speaker.run())
    await asyncio.to_thread(sys.stdin.read)
    speaking.cancel()
    await asyncio.gather(speaking, return_exceptions=True)
    await db.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
