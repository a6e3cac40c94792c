"""After a restore the owner's word counts, and what others held or are still sent is listed."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import delete, func, select

from shared.runtime import clock, epochs, outbox
from shared.runtime.db import Database
from shared.runtime.inbox import Inbox, Outcome, StillFails
from shared.runtime.outbox import Unsent
from shared.runtime.tables import applied, audit, parked
from shared.runtime.tables import outbox as outbox_table
from tests.integration.two_services import Notebook, a_flag, noted, person, publish_flag, raise_flag

RAISED = a_flag().TYPE
OPERATOR = f"staff:{UUID(int=5)}"


@dataclass(frozen=True)
class Point:
    """How far a database's history went at some moment."""

    facts: int
    entries: int


async def point(db: Database) -> Point:
    async with db.reading() as tx:
        facts = (await tx.session.execute(select(func.max(outbox_table.c.seq)))).scalar_one()
        entries = (await tx.session.execute(select(func.max(audit.c.seq)))).scalar_one()
    return Point(facts, entries)


async def restore(db: Database, to: Point) -> epochs.Begun:
    """What a point-in-time restore does: nothing after that moment ever happened."""
    async with db.engine.begin() as connection:
        await connection.execute(delete(outbox_table).where(outbox_table.c.seq > to.facts))
        await connection.execute(delete(audit).where(audit.c.seq > to.entries))
    return await epochs.begin(db, actor="service:assessment")


async def on_its_way(db: Database) -> list[Unsent]:
    """Take what is unsent, as the broker would."""
    rows = await outbox.unsent(db, now=clock.real_now(), limit=99)
    sent = [row.seq for row in rows]
    await outbox.settle(db, sent=sent, refused=(), now=clock.real_now())
    return list(rows)


def hearing(db: Database) -> Callable[[list[Unsent]], Awaitable[list[Outcome]]]:
    inbox = Inbox(db, Notebook().subscriptions)

    async def hear(rows: list[Unsent]) -> list[Outcome]:
        return [await inbox.apply(inbox.read(row.type, row.body), row.body) for row in rows]

    return hear


async def listed(db: Database) -> list[tuple[str, str, str]]:
    """What waits for a person: reason, what is wrong, and whom it is about."""
    query = select(parked.c.reason, parked.c.error, parked.c.subject)
    waiting = query.where(parked.c.status == "parked").order_by(parked.c.reason, parked.c.error)
    async with db.reading() as tx:
        return [tuple(row) for row in await tx.session.execute(waiting)]


async def test_who_was_never_restored_says_nothing_about_it(assessment: Database) -> None:
    await raise_flag(assessment, 1)
    (fact,) = await on_its_way(assessment)
    assert b"epoch" not in fact.body
    assert b"restoredto" not in fact.body


async def test_what_both_have_is_confirmed_without_a_second_effect(
    assessment: Database, engagement: Database
) -> None:
    hear = hearing(engagement)
    await raise_flag(assessment, 1)
    await hear(await on_its_way(assessment))

    begun = await restore(assessment, await point(assessment))
    again = await on_its_way(assessment)

    assert begun.restated == len(again) == 1
    assert await hear(again) == [Outcome.DUPLICATE]
    assert await hear(again) == [Outcome.SUPERSEDED]
    assert await noted(engagement) == [(f"flag:{person(1)}", 1)]
    assert await listed(engagement) == []
    async with engagement.reading() as tx:
        assert (await tx.session.execute(select(applied.c.epoch))).scalar_one() == begun.number


async def test_a_lower_version_of_the_restored_owner_counts_and_the_held_one_is_listed(
    assessment: Database, engagement: Database
) -> None:
    hear = hearing(engagement)
    await raise_flag(assessment, 1, version=1)
    await raise_flag(assessment, 1, version=2)
    then = await point(assessment)
    await raise_flag(assessment, 1, version=3)
    await hear(await on_its_way(assessment))

    await restore(assessment, then)
    assert await hear(await on_its_way(assessment)) == [Outcome.APPLIED]

    assert await noted(engagement) == [(f"flag:{person(1)}", number) for number in (1, 2, 3, 2)]
    held = "held version 3, its owner has version 2"
    assert await listed(engagement) == [(epochs.HELD, held, str(person(1)))]


async def test_a_version_made_anew_after_the_restore_is_applied(
    assessment: Database, engagement: Database
) -> None:
    hear = hearing(engagement)
    await raise_flag(assessment, 1, version=1)
    then = await point(assessment)
    await raise_flag(assessment, 1, version=2, outcome="lost")
    await hear(await on_its_way(assessment))

    await restore(assessment, then)
    await raise_flag(assessment, 1, version=2, outcome="made anew")
    assert await hear(await on_its_way(assessment)) == [Outcome.APPLIED, Outcome.APPLIED]
    assert [version for _, version in await noted(engagement)] == [1, 2, 1, 2]
    assert len(await listed(engagement)) == 1


async def test_even_when_the_state_before_was_too_old_to_be_told_again(
    assessment: Database, engagement: Database
) -> None:
    hear = hearing(engagement)
    await raise_flag(assessment, 1, version=1)
    then = await point(assessment)
    await raise_flag(assessment, 1, version=2, outcome="lost")
    await hear(await on_its_way(assessment))

    await restore(assessment, then)
    async with assessment.engine.begin() as connection:
        await connection.execute(delete(outbox_table))
    await raise_flag(assessment, 1, version=2, outcome="made anew")
    assert await hear(await on_its_way(assessment)) == [Outcome.APPLIED]
    held = "held version 2, its owner has version 2"
    assert await listed(engagement) == [(epochs.HELD, held, str(person(1)))]


async def test_what_the_owner_no_longer_knows_at_all_is_listed(
    assessment: Database, engagement: Database
) -> None:
    hear = hearing(engagement)
    await raise_flag(assessment, 1)
    then = await point(assessment)
    await raise_flag(assessment, 2)
    await hear(await on_its_way(assessment))

    await restore(assessment, then)
    await hear(await on_its_way(assessment))

    held = "held version 1, its owner has nothing newer"
    assert await listed(engagement) == [(epochs.HELD, held, str(person(2)))]


async def test_a_late_event_of_the_lost_history_is_set_aside_and_cannot_be_applied(
    assessment: Database, engagement: Database
) -> None:
    hear = hearing(engagement)
    await raise_flag(assessment, 1)
    then = await point(assessment)
    early = await on_its_way(assessment)
    async with assessment.reading() as tx:
        soon = tx.now + timedelta(seconds=1)
    async with assessment.transaction(actor="service:assessment", at=soon) as tx:
        publish_flag(tx, 2)
    late = await on_its_way(assessment)

    await restore(assessment, then)
    assert await hear(await on_its_way(assessment)) == [Outcome.APPLIED]
    assert await hear(early) == [Outcome.SUPERSEDED]
    assert await hear(late) == [Outcome.LOST]
    assert await hear(late) == [Outcome.LOST]

    ((reason, _error, subject),) = await listed(engagement)
    assert (reason, subject) == (epochs.LATE, str(person(2)))
    assert await noted(engagement) == [(f"flag:{person(1)}", 1)]
    async with engagement.reading() as tx:
        parked_id = (await tx.session.execute(select(parked.c.id))).scalar_one()
    inbox = Inbox(engagement, Notebook().subscriptions)
    with pytest.raises(StillFails):
        await inbox.replay(parked_id, actor=OPERATOR, reason="try-again")
    assert await inbox.count_parked() == 1


async def test_an_event_from_before_the_moment_is_history_as_it_was(
    assessment: Database, engagement: Database
) -> None:
    hear = hearing(engagement)
    await raise_flag(assessment, 1, version=1)
    early = await on_its_way(assessment)
    await raise_flag(assessment, 2)
    await hear(await on_its_way(assessment))

    await restore(assessment, await point(assessment))
    told_again = [row for row in await on_its_way(assessment) if str(person(2)) in row.aggregate]
    assert await hear(told_again) == [Outcome.DUPLICATE]
    assert await hear(early) == [Outcome.APPLIED]
    assert await listed(engagement) == []


async def test_a_second_restore_begins_a_later_epoch(assessment: Database) -> None:
    await raise_flag(assessment, 1)
    first = await restore(assessment, await point(assessment))
    await raise_flag(assessment, 2)
    second = await restore(assessment, await point(assessment))
    assert second.number > first.number
    assert second.restored_to > first.restored_to


async def test_it_is_said_once(assessment: Database, engagement: Database) -> None:
    await raise_flag(assessment, 1)
    await epochs.begin(assessment, actor="service:assessment")
    with pytest.raises(epochs.NothingRestored):
        await epochs.begin(assessment, actor="service:assessment")
    with pytest.raises(epochs.NothingRestored):
        await epochs.begin(engagement, actor="service:engagement")
