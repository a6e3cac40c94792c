"""Two services at their smallest: assessment raises flags, engagement notes them down."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID, uuid5

from nats.aio.msg import Msg
from sqlalchemy import Column, Integer, MetaData, String, Table, insert, select

from shared.events import assessment, decode
from shared.events.assessment import SafetyFlagRaised, SafetyFlagState
from shared.events.envelope import Event, Fact
from shared.runtime.bus.connection import Connection
from shared.runtime.bus.speaker import Speaker
from shared.runtime.db import Database, Transaction
from shared.runtime.embedded import Embedded
from shared.runtime.inbox import Handler
from shared.runtime.settings import ServiceSettings
from shared.runtime.tables import attach, outbox

PEOPLE = UUID("7d9ad7b2-2a4b-4f0f-8c7e-5a8f3f7a0001")
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)

metadata = MetaData()
notes = Table(
    "notes",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("aggregate", String(96), nullable=False),
    Column("version", Integer, nullable=False),
    Column("outcome", String(64), nullable=False),
)
"""What engagement's effect writes: one row for each event that took effect."""
attach(metadata)


def person(number: int) -> UUID:
    """The number-th invented patient."""
    return uuid5(PEOPLE, f"person {number}")


def a_flag(number: int = 1, *, outcome: str = "seen") -> SafetyFlagRaised:
    """A flag of one person, told apart by its outcome."""
    flag = SafetyFlagState(
        flag_id=person(number),
        patient_id=person(number),
        kind="test",
        level=3,
        rule="E-01",
        raised_at=NOON,
        due_at=NOON,
        status="open",
        outcome=outcome,
    )
    return SafetyFlagRaised(flag=flag)


async def raise_flag(
    db: Database, number: int = 1, *, version: int = 1, outcome: str = "seen"
) -> None:
    """Commit one flag of one person in the publishing service."""
    async with db.transaction(actor="service:assessment") as tx:
        publish_flag(tx, number, version=version, outcome=outcome)


def publish_flag(
    tx: Transaction, number: int = 1, *, version: int = 1, outcome: str = "seen"
) -> None:
    """Put one flag of one person in the transaction's outbox."""
    tx.publish(
        a_flag(number, outcome=outcome),
        subject=person(number),
        aggregate=f"flag:{person(number)}",
        version=version,
    )


@dataclass
class Notebook:
    """Engagement's handler. ``trouble`` runs first, to fail, hang or count."""

    trouble: Callable[[Event[SafetyFlagRaised]], Awaitable[None]] | None = None
    calls: list[UUID] = field(default_factory=list)

    async def note(self, tx: Transaction, event: Event[SafetyFlagRaised]) -> None:
        self.calls.append(event.id)
        if self.trouble:
            await self.trouble(event)
        row = {
            "aggregate": event.aggregate,
            "version": event.version,
            "outcome": event.data.flag.outcome,
        }
        await tx.session.execute(insert(notes).values(row))

    @property
    def subscriptions(self) -> dict[type[Fact], Handler]:
        """What engagement listens to here."""
        return {assessment.SafetyFlagRaised: self.note}


def settings_for(broker: Embedded, user: str) -> ServiceSettings:
    """Settings that name this broker."""
    return ServiceSettings(
        http_port=0,
        database_url="unused",
        nats_url=broker.url,
        nats_user=user,
        nats_password=broker.passwords[user],
    )


@asynccontextmanager
async def speaking(
    broker: Embedded, db: Database, subscriptions: dict[type[Fact], Handler] | None = None
) -> AsyncIterator[Speaker]:
    """A service's part on the bus, until the block ends."""
    speaker = Speaker(db, settings_for(broker, db.source), subscriptions or {})
    task = asyncio.create_task(speaker.run())
    try:
        yield speaker
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def noted(db: Database) -> list[tuple[str, int]]:
    """The effects so far, in the order they happened."""
    async with db.reading() as tx:
        rows = await tx.session.execute(
            select(notes.c.aggregate, notes.c.version).order_by(notes.c.id)
        )
        return [tuple(row) for row in rows]


async def unpublished(db: Database) -> int:
    """How many outbox rows the broker has not acknowledged."""
    async with db.reading() as tx:
        rows = await tx.session.execute(select(outbox.c.seq).where(outbox.c.published_at.is_(None)))
        return len(rows.all())


async def until(condition: Callable[[], Awaitable[bool]], *, within_s: float = 20.0) -> None:
    """Look until something holds that happens in another task; fail when it never does."""
    async with asyncio.timeout(within_s):
        while not await condition():  # noqa: ASYNC110 - the other side is a database
            await asyncio.sleep(0.01)


async def stored(listener: Connection) -> list[tuple[str, int]]:
    """Aggregate and version of everything in assessment's stream that engagement has not had."""
    events = [decode(message.subject, message.data) for message in await _new_to(listener)]
    return [(event.aggregate, event.version) for event in events]


async def stored_headers(listener: Connection) -> list[dict[str, str]]:
    """The headers of everything in assessment's stream that engagement has not had."""
    return [message.headers or {} for message in await _new_to(listener)]


async def _new_to(listener: Connection) -> list[Msg]:
    subscription = await listener.jetstream.pull_subscribe_bind(
        consumer="engagement", stream="CARE_ASSESSMENT"
    )
    waiting = (await listener.consumer_info("assessment")).num_pending or 0
    found: list[Msg] = []
    while len(found) < waiting:
        for message in await subscription.fetch(50, timeout=2):
            found.append(message)
            await message.ack()
    return found


async def is_connected(speaker: Speaker) -> bool:
    """Whether the speaker is on the bus."""
    return await speaker.pending() is not None
