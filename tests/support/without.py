"""A pytest plugin that takes one safeguard away, so that a test can see the others notice.

``-p tests.support.without`` with ``WITHOUT`` naming the safeguard.
"""

import os
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from services.engagement.adapters import reminders
from services.engagement.adapters.claim import claim
from shared.events.envelope import AnyEvent
from shared.runtime.inbox import Inbox, Received
from shared.runtime.schema import Schema
from tests.support.databases import Databases


def _claim_lock() -> None:
    """The claim takes no lock: the statement that suffices for one writer."""

    def unlocked(_dialect: str) -> Any:
        return claim("sqlite")

    reminders.claim = unlocked


def _unique_key() -> None:
    """The database lets two open rows of one key in."""
    migrated = Databases.migrated

    async def without_index(self: Databases, schema: Schema) -> str:
        url = await migrated(self, schema)
        engine = create_async_engine(url)
        async with engine.begin() as connection:
            await connection.execute(text("DROP INDEX uq_reminder_one_open"))
        await engine.dispose()
        return url

    Databases.migrated = without_index  # type: ignore[method-assign]


def _inbox_mark() -> None:
    """The inbox believes that it never saw any of these before."""

    async def mark(_self: Inbox, _session: Any, deliveries: Sequence[Received]) -> set[UUID]:
        return {event.id for event, _ in deliveries}

    Inbox._mark = mark  # type: ignore[method-assign]


def _version_check() -> None:
    """The inbox takes every version for the newest."""

    async def advance(
        _self: Inbox, _session: Any, events: Sequence[AnyEvent], *, at: datetime
    ) -> set[UUID]:
        return {event.id for event in events}

    Inbox._advance = advance  # type: ignore[method-assign]


SAFEGUARDS: dict[str, Callable[[], None]] = {
    "claim-lock": _claim_lock,
    "unique-key": _unique_key,
    "inbox-mark": _inbox_mark,
    "version-check": _version_check,
}

if (name := os.environ.get("WITHOUT")) is not None:
    SAFEGUARDS[name]()
