"""Outcomes from summaries are those from the records, and no summary outlives what is recorded."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid5

import pytest
from sqlalchemy import Row, Table, delete, event, insert, select, text, update

from services.engagement.adapters.db import SqlWork
from services.engagement.adapters.histories import history_of
from services.engagement.adapters.summaries import mark_of, outcomes, standings, sum_up
from services.engagement.adapters.support import SqlSupport, visible
from services.engagement.adapters.tables import metadata
from services.engagement.adapters.ticks import Engine
from services.engagement.application.ports import (
    CarePoint,
    Case,
    CoursePoint,
    Grouped,
    GroupPoint,
    Reading,
    Surroundings,
)
from services.engagement.domain.owed_by_support import Known
from services.engagement.domain.support.contact import Outcome as Happened
from services.engagement.domain.support.equity import by_group
from services.engagement.domain.support.outcomes import Outcome, figures, outcome_of, row_of
from services.engagement.domain.support.profile import Adaptation, Barrier, Profile
from services.engagement.domain.support.programme import Look
from services.engagement.domain.support.standing import Standing, standing_of
from services.engagement.main import SCHEMA
from shared.runtime.db import Database, Transaction
from tests.support.databases import Databases
from tests.support.engagement import CONTENT, NURSE, into_care
from tests.support.support import FACILITATOR, a_contact, a_programme, day, moment
from tests.support.triggers import drop_triggers

RULES = CONTENT.support.outcomes
SEEN = visible(("harbour",), (NURSE,))
PEOPLE = tuple(UUID(int=number << 96) for number in range(1, 41))
DAYS = (-40, -8, 0, 6, 13, 27, 28, 30, 41, 56, 70, 83, 84, 97, 120, 143, 170, 200, 245, 400)
TABLES = (
    "care_point",
    "contact",
    "course_point",
    "group_point",
    "programme",
    "reading",
    "support_profile",
    "surroundings",
)
summary = metadata.tables["history_summary"]
before = metadata.tables["history_before"]


@dataclass(frozen=True, slots=True)
class Life:
    """As the dice fall: recorded when it happened, days later, or put right long after."""

    support: SqlSupport
    person: UUID
    dice: random.Random

    def day(self, earliest: int = -30, latest: int = 150) -> date:
        """Some day."""
        return day(self.dice.randint(earliest, latest))

    def known(self, on: date) -> datetime:
        """When it was recorded."""
        hours = self.dice.choice((1, 14, 15, 16, 200, 2000))
        return datetime.combine(on, time(9), UTC) + timedelta(hours=hours)

    async def courses(self) -> None:
        """What was said about one course."""
        begun = self.day(0, 60)
        for version in range(self.dice.randint(0, 4)):
            point = CoursePoint(
                course_id=uuid5(self.person, "course"),
                version=version,
                patient_id=self.person,
                at=moment(begun),
                known_at=self.known(begun + timedelta(days=30 * version)),
                phase="acute",
                drug="a-drug",
                indication="depression",
                dose_mg=Decimal(50),
                dose_text="one 50 mg tablet",
                started_on=self.dice.choice((None, begun, begun, self.day(0, 60))),
                remission_on=None,
                reviewed_on=tuple(self.day(40, 160) for _ in range(self.dice.randint(0, 2))),
            )
            await self.support.add_point(point)

    async def readings(self) -> None:
        """Questionnaires, some of them put right."""
        codes = self.dice.choices(("phq-9", "phq-9", "phq-9", "lsns-6", "ucla-3"), k=20)
        for number, code in enumerate(codes):
            on = self.day()
            for version in range(1, self.dice.choice((2, 2, 3))):
                reading = Reading(
                    assessment_id=uuid5(self.person, f"reading {number}"),
                    version=version,
                    patient_id=self.person,
                    instrument=code,
                    taken_on=on,
                    taken_at=moment(on, 9),
                    known_at=self.known(on + timedelta(days=10 * (version - 1))),
                    total=self.dice.choice((None, 2, 4, 8, 16, 20, 22)),
                    scales={},
                )
                await self.support.add_reading(reading)

    async def care(self) -> None:
        """In care from when until when, as it was said at different times."""
        first = self.dice.choice((1, 1, 2))  # what was said before these words were kept is gone
        for version in range(first, first + self.dice.randint(0, 3)):
            point = CarePoint(
                patient_id=self.person,
                version=version,
                known_at=self.known(self.day()),
                enrolled_on=self.day(-30, 30),
                ended_on=self.day(60, 160) if self.dice.random() < 0.5 else None,
            )
            await self.support.add_care(point)

    async def groups(self) -> None:
        """The language and the barriers, now and at different times."""
        for kind, value in ((Grouped.LANGUAGE, "de"), (Grouped.BARRIERS, "transport")):
            for version in range(self.dice.randint(0, 2)):
                point = GroupPoint(
                    patient_id=self.person,
                    kind=kind,
                    version=version,
                    known_at=self.known(self.day()),
                    values=(value,),
                )
                await self.support.add_group(point)
        if self.dice.random() < 0.7:
            barrier = Adaptation(barrier=Barrier.COST, answer="Free places.")
            await self.support.profiles.put(Profile(patient_id=self.person, adaptations=(barrier,)))
            await self.support.surroundings.put(
                Surroundings(patient_id=self.person, language="ur", neutral_wording=True)
            )

    async def contacts(self) -> None:
        """Meetings held and missed, and other talks."""
        for number in range(self.dice.randint(0, 5)):
            on = self.day(0, 150)
            contact = replace(
                a_contact(7, self.dice.choice(list(Happened))),
                contact_id=uuid5(self.person, f"contact {number}"),
                patient_id=self.person,
                programme_id=uuid5(self.person, "programme") if number % 2 else None,
                at=moment(on),
                on=on,
                minutes=0,
                recorded_at=self.known(on),
            )
            await self.support.contacts.put(contact)

    async def programme(self) -> None:
        """Somebody looks at it as a whole at times."""
        if self.dice.random() < 0.5:
            return
        begun = self.day(0, 60)
        looks = (self.day(40, 160) for _ in range(self.dice.randint(0, 2)))
        made = a_programme(
            programme_id=uuid5(self.person, "programme"),
            patient_id=self.person,
            started_on=begun,
            started_at=self.known(begun),
            looks=tuple(
                Look(
                    on=on,
                    at=self.known(on),
                    by=FACILITATOR,
                    serves_goal=True,
                    mode_still_right=True,
                )
                for on in looks
            ),
        )
        await self.support.programmes.put(made)


async def live(tx: Transaction, person: UUID) -> None:
    """All of a life."""
    life = Life(SqlSupport(tx), person, random.Random(person.int))
    await life.courses()
    await life.readings()
    await life.care()
    await life.groups()
    await life.contacts()
    await life.programme()


async def come(db: Database) -> None:
    """Everybody comes into care, and lives."""
    async with db.transaction(actor="service:engagement", at=moment(day(0), 8)) as tx:
        for person in PEOPLE:
            await into_care(SqlWork(tx, CONTENT), patient_id=person, now=tx.now)
            await live(tx, person)


@pytest.fixture
async def url(databases: Databases) -> str:
    """An empty database of this service."""
    return await databases.migrated(SCHEMA)


@pytest.fixture
async def db(url: str, databases: Databases) -> AsyncIterator[Database]:
    """With these people in it; nobody is summed up."""
    opened = Database.open(url, source="engagement", person_keys=databases.person_keys)
    await come(opened)
    yield opened
    await opened.close()


def until(on: date) -> datetime:
    """The end of that day in the clinic."""
    zone = CONTENT.hours.zone
    return datetime.combine(on + timedelta(days=1), time.min, zone).astimezone(UTC)


async def from_records(tx: Transaction, on: date) -> list[Outcome]:
    """The same without any summary."""
    cases = await SqlWork(tx, CONTENT).support.cases(SEEN, RULES.counted)
    histories = [history_of(one, RULES, on=on, until=until(on)) for one in cases]
    return [outcome_of(one, RULES, on) for one in histories]


def said(found: list[Outcome], on: date) -> tuple[Any, ...]:
    """Whatever is told of outcomes: the figures, the groups, and each person's line."""
    groups = by_group(found, RULES, CONTENT.support.equity, on)
    return figures(found, RULES), groups, [row_of(one) for one in found]


async def as_from_records(db: Database) -> None:
    """On every one of the days."""
    for number in DAYS:
        on = day(number)
        async with db.reading() as tx:
            found = await outcomes(tx, SEEN, RULES, on=on, until=until(on))
            assert said(found, on) == said(await from_records(tx, on), on), number
            assert len(found) == len(PEOPLE)


async def sum_up_all(db: Database) -> int:
    """As the engine does until nobody is left."""
    done = 0
    while True:
        async with db.housekeeping() as tx:
            count = await sum_up(tx, RULES, limit=7)
        if not count:
            return done
        done += count


async def marks(db: Database) -> dict[UUID, str | None]:
    """By which rules each person's summary was made."""
    async with db.reading() as tx:
        rows = await tx.session.execute(select(summary.c.patient_id, summary.c.rules))
        return {row.patient_id: row.rules for row in rows}


async def test_with_and_without_summaries_the_answer_is_the_same(db: Database) -> None:
    assert await marks(db) == dict.fromkeys(PEOPLE)
    await as_from_records(db)

    assert await sum_up_all(db) == len(PEOPLE)
    assert set((await marks(db)).values()) == {mark_of(RULES)}
    await as_from_records(db)

    async with db.transaction(actor="service:engagement", at=moment(day(210))) as tx:
        for person in PEOPLE[::2]:
            point = CarePoint(
                patient_id=person,
                version=9,
                known_at=tx.now,
                enrolled_on=day(0),
                ended_on=day(205),
            )
            await SqlWork(tx, CONTENT).support.add_care(point)
        tx.audit("test.left", object="outcomes:test")
    assert list((await marks(db)).values()).count(None) == len(PEOPLE) / 2
    await as_from_records(db)
    assert await sum_up_all(db) == len(PEOPLE) / 2
    await as_from_records(db)


async def test_where_programmes_stand_is_the_same_with_and_without_summaries(db: Database) -> None:
    async with db.reading() as tx:
        assert not await standings(tx, PEOPLE, RULES)
        cases = await SqlWork(tx, CONTENT).support.cases(SEEN, RULES.counted)
        expected = {one.patient_id: standing_from_records(one) for one in cases if one.programmes}
    assert any(one.missed_in_a_row for one in expected.values())
    assert any(one.scores for one in expected.values())

    await sum_up_all(db)

    async with db.reading() as tx:
        assert await standings(tx, PEOPLE, RULES) == expected


def standing_from_records(case: Case) -> Standing:
    """Of everything that was ever recorded."""
    history = history_of(case, RULES, on=date.max, until=datetime.max.replace(tzinfo=UTC))
    known = Known(programmes=case.programmes, contacts=case.contacts)
    return standing_of(known, history.depression)


async def test_the_engine_sums_everybody_up(db: Database) -> None:
    engine = Engine(db=db, rules=CONTENT, instance="one")
    (tick,) = (one for one in engine.ticks if one.name == "summaries")
    assert tick.every_s <= 15
    while await tick.run():
        pass
    assert set((await marks(db)).values()) == {mark_of(RULES)}


async def test_the_days_tell_apart_what_summaries_must_tell_apart(db: Database) -> None:
    """Otherwise the comparison would prove little."""
    seen = []
    for number in DAYS:
        async with db.reading() as tx:
            seen.append(await from_records(tx, day(number)))
    contacted = [[one.contact_4_weeks for one in found].count("no") for found in seen]
    reviewed = [[one.review_8_12 for one in found].count("not-due") for found in seen]
    assert len(set(contacted)) > 3, contacted
    assert len(set(reviewed)) > 3, reviewed
    assert {one.review_8_12 for one in seen[-1]} >= {"yes", "no", "unknown", "improved"}
    assert len({sum(one.history.in_care for one in found) for found in seen}) > 3
    assert any(one.days_to_remission for one in seen[-1])
    assert any(one.days_to_response for one in seen[-1])


@pytest.mark.parametrize("number", DAYS)
async def test_who_is_summed_up_is_not_read_again(db: Database, number: int) -> None:
    await sum_up_all(db)
    asked: list[str] = []
    event.listen(
        db.engine.sync_engine,
        "before_cursor_execute",
        lambda _c, _cursor, statement, *_rest: asked.append(statement),
    )

    async with db.reading() as tx:
        await outcomes(tx, SEEN, RULES, on=day(number), until=until(day(number)))

    assert not [one for one in asked if any(f"FROM {table}" in one for table in TABLES)]


@pytest.mark.parametrize("name", TABLES)
async def test_whatever_is_recorded_takes_the_summary_away(db: Database, name: str) -> None:
    """Also by hand, and by a release that knows nothing of summaries."""
    table = metadata.tables[name]
    person, row = await first_row(db, table)
    changes = (
        update(table).where(table.c.patient_id == person).values(state=table.c.state),
        delete(table).where(table.c.patient_id == person),
        insert(table).values(row),
    )
    for change in changes:
        await sum_up_all(db)
        async with db.housekeeping() as tx:
            await tx.session.execute(change)
        found = await marks(db)
        assert found[person] is None
        assert list(found.values()).count(None) == 1


async def first_row(db: Database, table: Table) -> tuple[UUID, dict[str, Any]]:
    """A row of somebody who has one."""
    async with db.reading() as tx:
        query = select(table).order_by(*table.primary_key.columns).limit(1)
        row = (await tx.session.execute(query)).one()
    return row.patient_id, dict(row._mapping)


async def test_other_rules_take_no_summary_made_by_these(db: Database) -> None:
    await sum_up_all(db)
    other = replace(RULES, case_at_least=4, remission_below=9, contact_within_days=60)
    on = day(200)
    async with db.reading() as tx:
        found = await outcomes(tx, SEEN, other, on=on, until=until(on))
        cases = await SqlWork(tx, CONTENT).support.cases(SEEN, other.counted)
        histories = [history_of(one, other, on=on, until=until(on)) for one in cases]
    assert found == [outcome_of(one, other, on) for one in histories]

    async with db.housekeeping() as tx:
        assert await sum_up(tx, other, limit=100) == len(PEOPLE)
    await as_from_records(db)


async def test_no_row_of_before_says_what_the_next_one_says(db: Database) -> None:
    """So there are no more of them than what was known has changed; and they are made anew, not
    added to."""
    await sum_up_all(db)
    once = await rows_of_before(db)
    assert len(once) > len(PEOPLE)
    for earlier, later in pairwise(once):
        assert earlier.patient_id != later.patient_id or earlier.state != later.state
        assert earlier.state["standing"] is None
    async with db.housekeeping() as tx:
        await tx.session.execute(update(summary).values(rules=None))

    await sum_up_all(db)

    assert await rows_of_before(db) == once


async def rows_of_before(db: Database) -> Sequence[Row[Any]]:
    """In the order in which it was known."""
    async with db.reading() as tx:
        query = select(before).order_by(before.c.patient_id, before.c.known_until)
        return (await tx.session.execute(query)).all()


async def test_a_word_that_comes_late_changes_what_was_known_since(db: Database) -> None:
    """It may be recorded with a time that others came after: a copy that was brought back."""
    await sum_up_all(db)
    async with db.transaction(actor="service:engagement", at=moment(day(60))) as tx:
        for person in PEOPLE:
            await change_care(tx, person, 9)

    assert await sum_up_all(db) == len(PEOPLE)

    await as_from_records(db)


@pytest.mark.parametrize(
    ("release", "tables"),
    [
        ("0012c", ()),
        ("0012d", ("history_before",)),
        ("0016", ("history_before", "history_summary")),
        ("0018", ("history_before", "history_summary")),
        ("0019", ("history_before",)),
    ],
)
async def test_a_database_of_the_release_before_loses_nothing(
    databases: Databases, release: str, tables: Sequence[str]
) -> None:
    """Whichever it had come to; what was put in before 0016 was not there when it got there."""
    url = await databases.empty()
    await asyncio.to_thread(SCHEMA.upgrade, url, release)
    db = Database.open(url, source="engagement", person_keys=databases.person_keys)
    await without(db, tables)
    await come(db)

    await SCHEMA.upgrade_async(url)

    await asyncio.to_thread(SCHEMA.check, url)
    assert await marks(db) == dict.fromkeys(PEOPLE)
    await as_from_records(db)
    assert await sum_up_all(db) == len(PEOPLE)
    await as_from_records(db)
    async with db.transaction(actor="service:engagement", at=moment(day(210))) as tx:
        await change_care(tx, PEOPLE[0], 8)
    assert [person for person, mark in (await marks(db)).items() if mark is None] == [PEOPLE[0]]

    await asyncio.to_thread(SCHEMA.downgrade, url, "0012c")
    async with db.transaction(actor="service:engagement", at=moment(day(211))) as tx:
        await change_care(tx, PEOPLE[0], 9)
    await SCHEMA.upgrade_async(url)
    assert await marks(db) == dict.fromkeys(PEOPLE)
    await db.close()


async def without(db: Database, tables: Sequence[str]) -> None:
    """Take away what a database of a release before has not."""
    async with db.engine.begin() as connection:
        if summary.name in tables:
            await drop_triggers(connection)
        for name in tables:
            await connection.execute(text(f"DROP TABLE IF EXISTS {name}"))


@pytest.mark.postgres
async def test_who_is_written_about_meanwhile_is_summed_up_later(
    postgres_databases: Databases,
) -> None:
    """SQLite lets one write at a time."""
    url = await postgres_databases.migrated(SCHEMA)
    db = Database.open(url, source="engagement", person_keys=postgres_databases.person_keys)
    await come(db)
    written, counted = asyncio.Event(), asyncio.Event()

    async def write() -> None:
        async with db.transaction(actor="service:engagement", at=moment(day(210))) as tx:
            await change_care(tx, PEOPLE[0], 8)
            written.set()
            await counted.wait()

    writing = asyncio.create_task(write())
    await written.wait()
    async with db.housekeeping() as tx:
        assert await sum_up(tx, RULES, limit=100) == len(PEOPLE) - 1
    counted.set()
    await writing
    assert (await marks(db))[PEOPLE[0]] is None

    async with db.housekeeping() as tx:
        assert await sum_up(tx, RULES, limit=100) == 1
        counted.clear()
        written.clear()
        counted.set()
        writing = asyncio.create_task(write())
        _done, waiting = await asyncio.wait({writing}, timeout=0.3)
        assert waiting, "it waits for whoever sums up"
    await writing
    assert (await marks(db))[PEOPLE[0]] is None
    await as_from_records(db)
    await db.close()


async def change_care(tx: Transaction, person: UUID, version: int) -> None:
    """One more word about where somebody is in care."""
    point = CarePoint(
        patient_id=person,
        version=version,
        known_at=tx.now,
        enrolled_on=day(0),
        ended_on=day(205),
    )
    await SqlWork(tx, CONTENT).support.add_care(point)
    tx.audit("test.left", object="outcomes:test")
