"""Claim what is due, say so, and wait for ever before the commit: something to kill."""

import asyncio
import sys

from services.engagement.adapters.content import load
from services.engagement.adapters.db import SqlWork
from services.engagement.application.show_due_reminders import show_due_reminders
from shared.runtime import clock
from shared.runtime.db import Database


async def main(url: str) -> None:
    """Half a tick on that database."""
    rules = load()
    db = Database.open(url, source="engagement")
    async with db.transaction(actor="service:engagement") as tx:
        shown = await show_due_reminders(
            SqlWork(tx, rules), rules=rules, now=tx.now, real_now=clock.real_now()
        )
        await tx.finish(must_be_audited=True)
        sys.stdout.write(f"claimed {shown}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
