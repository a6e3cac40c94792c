"""A change, its facts and its audit entries commit together or not at all."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import delete, func, insert, select, update

from shared.events import decode
from shared.events.portal import StaffAdded, StaffState
from shared.runtime import audit_check
from shared.runtime.anchors import Anchors
from shared.runtime.db import Database, OversizedFact, UnauditedWrite
from shared.runtime.http.idempotency import Key, StoredAnswer, claim, store
from shared.runtime.tables import audit as audit_table
from shared.runtime.tables import clock, heartbeat, outbox, runtime
from tests.support.databases import Databases

ACTOR = f"staff:{UUID(int=7)}"
A_BEAT = {"component": "a", "instance": "b", "tick_no": 4, "at": datetime(2026, 1, 1, tzinfo=UTC)}


@pytest.fixture
async def db(databases: Databases) -> AsyncIterator[Database]:
    database = Database.open(await databases.with_tables(runtime), source="portal")
    yield database
    await database.close()


def a_fact(name: str = "A. Nurse") -> StaffAdded:
    return StaffAdded(
        staff=StaffState(
            staff_id=UUID(int=7), display_name=name, role="nurse", teams=("harbour",), active=True
        )
    )


async def publish(db: Database, *, version: int = 1) -> None:
    async with db.transaction(actor=ACTOR, correlation_id="request-1") as tx:
        tx.publish(a_fact(), subject=UUID(int=7), aggregate="staff:7", version=version)


async def count(db: Database, table: object) -> int:
    async with db.reading() as tx:
        return (await tx.session.execute(select(func.count()).select_from(table))).scalar_one()


async def test_a_fact_and_its_audit_entry_commit_together(db: Database) -> None:
    await publish(db)

    async with db.reading() as tx:
        row = (await tx.session.execute(select(outbox))).one()
        entry = (await tx.session.execute(select(audit_table))).one()
    event = decode(row.type, row.body)
    assert event.data == a_fact()
    assert (event.recordedby, event.aggregate, event.version) == (ACTOR, "staff:7", 1)
    assert event.correlationid == "request-1"
    assert (entry.actor, entry.action, entry.object) == (ACTOR, row.type, "staff:7")


async def test_an_error_leaves_neither_fact_nor_entry(db: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        async with db.transaction(actor=ACTOR) as tx:
            tx.publish(a_fact(), subject=UUID(int=7), aggregate="staff:7", version=1)
            await tx.session.execute(insert(clock).values(id=1, offset_seconds=5))
            raise ZeroDivisionError

    assert await count(db, outbox) == 0
    assert await count(db, audit_table) == 0
    assert await count(db, clock) == 0


@pytest.mark.parametrize(
    "change",
    [
        insert(clock).values(id=1, offset_seconds=5),
        update(heartbeat).values(tick_no=1),
        delete(heartbeat),
    ],
    ids=["insert", "update", "delete"],
)
async def test_a_write_nobody_answers_for_is_rolled_back(db: Database, change: object) -> None:
    async with db.housekeeping() as tx:
        await tx.session.execute(insert(heartbeat).values(A_BEAT))

    with pytest.raises(UnauditedWrite):
        async with db.transaction(actor=ACTOR) as tx:
            await tx.session.execute(change)

    assert await count(db, clock) == 0
    async with db.reading() as tx:
        beat = (await tx.session.execute(select(heartbeat.c.tick_no))).scalar_one()
    assert beat == A_BEAT["tick_no"]


@pytest.mark.parametrize("returning", [False, True], ids=["plain", "returning"])
async def test_a_statement_that_found_nothing_to_change_needs_no_answer(
    db: Database,
    returning: bool,
) -> None:
    change = update(heartbeat).values(tick_no=1)
    async with db.transaction(actor=ACTOR) as tx:
        await tx.session.execute(change.returning(heartbeat) if returning else change)

    assert await count(db, audit_table) == 0


async def test_a_claim_that_got_something_needs_an_answer(db: Database) -> None:
    async with db.housekeeping() as tx:
        await tx.session.execute(insert(heartbeat).values(A_BEAT))

    with pytest.raises(UnauditedWrite):
        async with db.transaction(actor=ACTOR) as tx:
            await tx.session.execute(update(heartbeat).values(tick_no=1).returning(heartbeat))


async def test_keeping_the_answer_to_a_request_that_changed_nothing_needs_no_entry(
    db: Database,
) -> None:
    key = Key.of(actor=ACTOR, value="k" * 8, route="acknowledge", target="/flags/1", body=b"{}")
    async with db.transaction(actor=ACTOR) as tx:
        assert await claim(tx, key) is None
        await store(tx, key, StoredAnswer(status=200, body="{}", etag=None))

    async with db.transaction(actor=ACTOR) as tx:
        assert await claim(tx, key) == StoredAnswer(status=200, body="{}", etag=None)
    assert await count(db, audit_table) == 0


async def test_a_look_after_housekeeping_is_not_mistaken_for_a_write(db: Database) -> None:
    async with db.housekeeping() as tx:
        await tx.session.execute(insert(clock).values(id=1, offset_seconds=0))

    async with db.reading() as tx:
        assert (await tx.session.execute(select(clock.c.id))).scalar_one() == 1


async def test_the_same_version_of_an_aggregate_is_stored_once(db: Database) -> None:
    await publish(db)

    with pytest.raises(Exception, match=r"(?i)unique"):
        await publish(db)

    assert await count(db, outbox) == 1
    assert await count(db, audit_table) == 1


async def test_a_fact_larger_than_the_broker_takes_is_refused_at_its_source(db: Database) -> None:
    with pytest.raises(OversizedFact):
        async with db.transaction(actor=ACTOR) as tx:
            tx.publish(a_fact("x" * 65536), subject=UUID(int=8), aggregate="staff:7", version=1)

    assert await count(db, outbox) == 0


async def test_many_facts_of_one_transaction_keep_their_order_and_seal_one_chain(
    db: Database,
) -> None:
    async with db.transaction(actor=ACTOR) as tx:
        for version in range(1, 701):
            tx.publish(a_fact(), subject=UUID(int=7), aggregate="staff:7", version=version)

    async with db.reading() as tx:
        rows = await tx.session.execute(select(outbox.c.version, outbox.c.body).order_by("seq"))
        said = [(row.version, decode(a_fact().TYPE, row.body).version) for row in rows]
    assert said == [(version, version) for version in range(1, 701)]
    verdict = await audit_check.check(db, anchors=Anchors("portal", None))
    assert (verdict.entries, verdict.broken) == (700, ())


async def test_a_word_too_long_for_its_column_is_refused_and_not_cut_off(db: Database) -> None:
    if db.dialect == "sqlite":
        return  # it knows no lengths
    with pytest.raises(Exception, match="too long"):
        async with db.transaction(actor=ACTOR) as tx:
            tx.audit("x" * 129, object="staff:7")

    assert await count(db, audit_table) == 0


async def test_now_is_the_database_time_plus_the_demo_offset(db: Database) -> None:
    async with db.reading() as tx:
        before = tx.now
    async with db.housekeeping() as tx:
        await tx.session.execute(insert(clock).values(id=1, offset_seconds=86_400))

    async with db.reading() as tx:
        moved = tx.now - before
    assert timedelta(days=1) <= moved < timedelta(days=1, minutes=2)


async def test_an_untouched_chain_verifies(db: Database) -> None:
    for version in range(1, 6):
        await publish(db, version=version)

    verdict = await audit_check.check(db, anchors=Anchors("test", None))
    assert (verdict.entries, verdict.broken) == (5, ())


async def test_concurrent_writers_leave_one_unbroken_chain(db: Database) -> None:
    async with asyncio.TaskGroup() as group:
        for version in range(1, 31):
            group.create_task(publish(db, version=version))

    verdict = await audit_check.check(db, anchors=Anchors("test", None))
    assert (verdict.entries, verdict.broken) == (30, ())


@pytest.mark.parametrize(
    "reason",
    ["Frightened of another winter", "two words", "a" * 65, "", "seen\n", "Müller"],
    ids=["sentence", "words", "long", "empty", "line", "name"],
)
async def test_the_reason_of_an_audit_entry_is_a_code(db: Database, reason: str) -> None:
    """The trail can never be erased, so no words of a person may reach it."""
    with pytest.raises(ValueError, match="has to be a code") as refused:
        async with db.transaction(actor=ACTOR) as tx:
            tx.audit("test.wrote", object="test:1", reason=reason)

    assert not reason or reason not in str(refused.value)
    assert await count(db, audit_table) == 0


@pytest.mark.parametrize("reason", ["rows:20", "group-only:patient-choice", "0a" * 32, None])
async def test_a_code_is_kept_as_it_is(db: Database, reason: str | None) -> None:
    async with db.transaction(actor=ACTOR) as tx:
        tx.audit("test.wrote", object="test:1", reason=reason)

    async with db.reading() as tx:
        assert (await tx.session.execute(select(audit_table.c.reason))).scalar_one() == reason
