"""The engine: two at once, killed in the middle, clocks, signs of life, and mending."""

import asyncio
import sys
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid5

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import delete, func, insert, select
from sqlalchemy.exc import IntegrityError

from services.engagement.adapters.db import SqlWork
from services.engagement.adapters.rows import WRITTEN
from services.engagement.adapters.rows import reminder as reminder_rows
from services.engagement.adapters.tables import ReminderRow
from services.engagement.adapters.ticks import Engine, next_due
from services.engagement.application.apply_course_state import apply_course_state
from services.engagement.application.show_due_reminders import show_due_reminders
from services.engagement.domain.course import Course
from services.engagement.main import SCHEMA
from shared.events import engagement as facts
from shared.runtime import clock, tables
from shared.runtime.db import Database
from tests.support.databases import Databases
from tests.support.engagement import (
    CHANGE_ON,
    CONTENT,
    NOW,
    PATIENT,
    PLAN,
    a_course,
    a_review,
    a_step,
    a_taper,
    at,
)

LONG_AGO = NOW - timedelta(days=30)
ROOT = Path(__file__).parents[2]


@pytest.fixture
async def url(databases: Databases) -> str:
    """An empty database of this service."""
    return await databases.migrated(SCHEMA)


@pytest.fixture
async def db(url: str) -> AsyncIterator[Database]:
    """It, open."""
    opened = Database.open(url, source="engagement")
    yield opened
    await opened.close()


async def know(db: Database, *courses: Course) -> None:
    """These facts came in while the engine was not running."""
    async with db.transaction(actor="service:engagement", at=LONG_AGO) as tx:
        for course in courses:
            work = SqlWork(tx, CONTENT)
            await apply_course_state(work, course=course, rules=CONTENT, now=LONG_AGO)


def many_courses(count: int) -> list[Course]:
    """Each with a plan of its own whose first step fell due long ago."""
    course = a_course(a_taper(a_step(change_on=LONG_AGO.date())))
    assert course.taper is not None
    return [
        replace(
            course,
            course_id=uuid5(PLAN, f"course {number}"),
            patient_id=uuid5(PATIENT, str(number)),
            taper=replace(course.taper, plan_id=uuid5(PLAN, str(number))),
        )
        for number in range(count)
    ]


async def announced(db: Database) -> Counter[UUID]:
    """How often each reminder was announced, read from what waits to be published."""
    types = (facts.ReminderMadeVisible.TYPE, facts.ReminderEscalated.TYPE)
    query = select(tables.outbox.c.aggregate).where(tables.outbox.c.type.in_(types))
    async with db.reading() as tx:
        found = (await tx.session.execute(query)).scalars()
        return Counter(UUID(aggregate.removeprefix("reminder:")) for aggregate in found)


async def states(db: Database) -> Counter[str]:
    """How many rows are in each state."""
    async with db.reading() as tx:
        return Counter((await tx.session.execute(select(ReminderRow.state))).scalars())


def engine(db: Database, instance: str = "one") -> Engine:
    """An engine on that database."""
    return Engine(db=db, rules=CONTENT, instance=instance)


async def drain(one: Engine) -> int:
    """Tick until nothing is due."""
    done = 0
    while count := await one.show_due():
        done += count
    return done


async def test_two_engines_at_once_announce_everything_once(db: Database, url: str) -> None:
    await know(db, *many_courses(100))
    other = Database.open(url, source="engagement") if db.dialect == "postgresql" else db

    counts = await asyncio.gather(drain(engine(db)), drain(engine(other, "two")))

    assert sum(counts) == 100 * 6 * 4
    assert set((await announced(db)).values()) == {1}
    assert len(await announced(db)) == 100 * 6 * 4
    assert await states(db) == Counter({"visible": 100 * 6 * 4})
    if other is not db:
        await other.close()


async def test_a_database_clock_that_ran_ahead_makes_nothing_due(db: Database) -> None:
    await know(db, *many_courses(1))
    async with db.reading() as tx:
        database = tx.now
    ahead = database - LONG_AGO + timedelta(days=30)
    db.guard.compare(database, wall=database - ahead, elapsed_s=db.guard.started_s)

    assert await engine(db).show_due() == 0

    db.guard.compare(database, wall=database, elapsed_s=clock.elapsed())
    assert await engine(db).show_due() > 0


@pytest.mark.postgres
async def test_a_claim_passes_over_what_another_engine_holds(
    postgres_databases: Databases,
) -> None:
    db = Database.open(await postgres_databases.migrated(SCHEMA), source="engagement")
    await know(db, *many_courses(2))
    async with db.reading() as tx:
        due = await tx.session.scalar(
            select(func.count()).select_from(ReminderRow).where(ReminderRow.due_at <= tx.now)
        )
    assert due > 20
    async with db.transaction(actor="service:one") as first:
        held = await SqlWork(first, CONTENT).reminders.show_due(first.now, limit=20)
        async with db.transaction(actor="service:two") as second:
            rest = await SqlWork(second, CONTENT).reminders.show_due(second.now, limit=100)
            second.audit("test.claimed", object="test:2")
        first.audit("test.claimed", object="test:1")

    assert (len(held), len(rest)) == (20, due - 20)
    assert not {row.reminder_id for row in held} & {row.reminder_id for row in rest}
    await db.close()


@pytest.mark.postgres
async def test_a_decision_and_a_claim_never_undo_each_other(
    postgres_databases: Databases,
) -> None:
    db = Database.open(await postgres_databases.migrated(SCHEMA), source="engagement")
    (course,) = many_courses(1)
    await know(db, course)
    taken = replace(course.taper, steps=(a_step(taken_at=NOW, change_on=LONG_AGO.date()),))  # type: ignore[type-var]
    async with db.transaction(actor="service:events", at=NOW) as tx:
        work = SqlWork(tx, CONTENT)
        done = replace(course, taper=taken)
        await apply_course_state(work, course=done, rules=CONTENT, now=NOW)
        assert await engine(db).show_due() == 0

    await drain(engine(db))

    async with db.reading() as tx:
        rows = select(ReminderRow.state).where(ReminderRow.kind == "change-day")
        assert set((await tx.session.execute(rows)).scalars()) == {"done", "cancelled"}
    await db.close()


async def test_killed_in_the_middle_of_a_tick_nothing_is_lost_or_doubled(
    db: Database, url: str
) -> None:
    await know(db, *many_courses(3))
    if db.dialect == "sqlite":
        await db.close()
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.support.half_a_tick",
        url,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    assert child.stdout is not None
    assert await child.stdout.readline() == b"claimed 72\n"
    child.kill()
    await child.wait()

    again = Database.open(url, source="engagement")
    assert await states(again) == Counter({"planned": 72})
    assert await announced(again) == Counter()
    assert await drain(engine(again)) == 72
    assert set((await announced(again)).values()) == {1}
    await again.close()


async def test_what_is_not_due_by_the_databases_clock_stays_planned(db: Database) -> None:
    async with db.reading() as tx:
        today = tx.now.date()
    tomorrow = replace(a_review(), due_on=today + timedelta(days=2))
    await know(db, a_course(reviews=(tomorrow,)))

    assert await drain(engine(db)) == 0
    async with db.reading() as tx:
        due = await next_due(tx, CONTENT)
    assert due is not None
    assert due.date() == tomorrow.due_on


async def test_each_announcement_leaves_its_audit_entry(db: Database) -> None:
    await know(db, *many_courses(1))

    await drain(engine(db))

    async with db.reading() as tx:
        actions = Counter((await tx.session.execute(select(tables.audit.c.action))).scalars())
    assert actions[facts.ReminderMadeVisible.TYPE] == 6
    assert actions[facts.ReminderEscalated.TYPE] == 18


async def test_a_sign_of_life_with_the_oldest_waiting_reminder(db: Database) -> None:
    times = iter([0.0, 1.0, 9.0])
    one = Engine(db=db, rules=CONTENT, instance="one", monotonic=lambda: next(times))

    async def beat() -> tuple[int, object]:
        await one.show_due()
        async with db.reading() as tx:
            row = (await tx.session.execute(select(tables.heartbeat))).one()
        return (row.tick_no, row.oldest_due_at)

    assert [await beat() for _ in range(3)] == [(1, None), (1, None), (3, None)]


async def test_prometheus_is_told_what_waits_and_what_went_up_the_ladder(db: Database) -> None:
    def told(name: str) -> float:
        found = REGISTRY.get_sample_value(name, {"service": "engagement"})
        assert found is not None
        return found

    await know(db, *many_courses(1))
    now = clock.real_now()
    db.guard.compare(now + timedelta(days=999), wall=now, elapsed_s=clock.elapsed())
    await engine(db).show_due()
    assert told("mooring_oldest_due_seconds") > 0

    db.guard.compare(now, wall=now, elapsed_s=clock.elapsed())
    await drain(engine(db))
    one = engine(db)
    await one.show_due()
    await one.recount()
    assert told("mooring_oldest_due_seconds") == 0
    rows = reminder_rows.c
    shown = select(func.count()).where(rows.level > 0, rows.state == "visible")
    async with db.reading() as tx:
        expected = (await tx.session.execute(shown)).scalar_one()
    assert told("mooring_escalations_open") == expected > 0


async def test_a_row_that_vanished_is_mended_and_counted_as_lost(db: Database) -> None:
    await know(db, a_course(a_taper(a_step(change_on=CHANGE_ON))))
    async with db.transaction(actor="service:vandal") as tx:
        await tx.session.execute(delete(ReminderRow).where(ReminderRow.kind == "change-day"))
        tx.audit("test.removed", object="test:1")

    await engine(db).recount()

    async with db.reading() as tx:
        work = SqlWork(tx, CONTENT)
        assert {row.key.kind for row in await work.reminders.about(PATIENT)} >= {"change-day"}
        assert (await work.reminders.levels(None, tx.now)).lost == 1


async def test_a_recount_walks_everybody_and_finds_nothing_to_mend(db: Database) -> None:
    await know(db, *many_courses(12))
    before = await states(db)
    one = engine(db)

    for _ in range(4):
        await one.recount()

    assert await states(db) == before
    async with db.reading() as tx:
        assert (await SqlWork(tx, CONTENT).reminders.levels(None, tx.now)).lost == 0


async def test_a_batch_holds_no_more_than_its_limit(db: Database) -> None:
    await know(db, *many_courses(2))

    async with db.transaction(actor="service:engagement") as tx:
        assert (
            await show_due_reminders(
                SqlWork(tx, CONTENT), rules=CONTENT, now=at("2026-06-01"), real_now=tx.now, limit=5
            )
            == 5
        )


@pytest.mark.parametrize(
    ("why", "life", "state"),
    [
        ("the same life of the same key", 1, "cancelled"),
        ("another life while one is open", 2, "planned"),
    ],
)
async def test_the_database_refuses_a_second_row_of_one_key(
    db: Database, why: str, life: int, state: str
) -> None:
    """The id is made from the key, so only a row with an id of its own can show this."""
    await know(db, *many_courses(1))
    async with db.reading() as tx:
        found = select(*WRITTEN).where(reminder_rows.c.level == 0)
        row = (await tx.session.execute(found.limit(1))).mappings().one()
    twin = {**row, "reminder_id": uuid5(PLAN, "twin"), "life": life, "state": state}
    twin["reason"] = "withdrawn" if state == "cancelled" else None

    with pytest.raises(IntegrityError):
        async with db.transaction(actor="service:engagement") as tx:
            tx.audit("test", object="reminder:twin")
            await tx.session.execute(insert(reminder_rows), twin)

    assert (await states(db))["planned"] > 0, why
