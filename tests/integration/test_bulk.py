"""Many rows in one statement are stored as single ones would be, or refused as they would be."""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy.exc
from sqlalchemy import select, text

from shared.runtime.bulk import insert_rows
from shared.runtime.db import Database, UnauditedWrite
from shared.runtime.outage import DatabaseAway
from shared.runtime.tables import outbox, runtime
from tests.support.databases import Databases

AT = datetime(2026, 3, 1, 8, 30, tzinfo=UTC)


@pytest.fixture
async def db(databases: Databases) -> AsyncIterator[Database]:
    database = Database.open(await databases.with_tables(runtime), source="portal")
    yield database
    await database.close()


def a_row(number: int, *, at: datetime = AT) -> Mapping[str, Any]:
    return {
        "id": UUID(int=number),
        "type": "care.portal.staff.added.v1",
        "subject": str(UUID(int=7)),
        "aggregate": "staff:7",
        "version": number,
        "body": bytes([number]),
        "created_at": at,
        "next_try_at": at,
    }


async def stored(db: Database) -> list[tuple[Any, ...]]:
    query = select(outbox.c.version, outbox.c.body, outbox.c.created_at, outbox.c.published_at)
    async with db.reading() as tx:
        return [tuple(row) for row in await tx.session.execute(query.order_by(outbox.c.seq))]


async def test_rows_are_stored_in_the_order_given(db: Database) -> None:
    async with db.housekeeping() as tx:
        await insert_rows(tx.session, outbox, [a_row(number) for number in (3, 1, 2)])

    assert await stored(db) == [(n, bytes([n]), AT, None) for n in (3, 1, 2)]


async def test_no_rows_are_nothing(db: Database) -> None:
    async with db.housekeeping() as tx:
        await insert_rows(tx.session, outbox, [])

    assert await stored(db) == []


async def test_a_row_that_is_there_already_is_told_by_name(db: Database) -> None:
    with pytest.raises(sqlalchemy.exc.IntegrityError, match=r"(?i)unique") as refused:
        async with db.housekeeping() as tx:
            await insert_rows(tx.session, outbox, [a_row(1), a_row(2), a_row(1)])

    assert str(UUID(int=7)) not in str(refused.value)
    assert await stored(db) == []


async def test_an_instant_needs_a_zone(db: Database) -> None:
    naive = AT.replace(tzinfo=None)
    with pytest.raises((ValueError, sqlalchemy.exc.StatementError), match="time zone"):
        async with db.housekeeping() as tx:
            await insert_rows(tx.session, outbox, [a_row(1, at=naive)])

    assert await stored(db) == []


async def test_somebody_has_to_answer_for_them(db: Database) -> None:
    with pytest.raises(UnauditedWrite):
        async with db.transaction(actor="staff:7") as tx:
            await insert_rows(tx.session, outbox, [a_row(1)])

    assert await stored(db) == []


async def test_they_are_undone_with_the_rest_although_nothing_came_before_them(
    db: Database,
) -> None:
    with pytest.raises(ZeroDivisionError):
        async with db.transaction(actor="staff:7", at=AT) as tx:
            await insert_rows(tx.session, outbox, [a_row(1)])
            raise ZeroDivisionError

    assert await stored(db) == []


async def test_a_connection_that_ended_meanwhile_is_an_outage(
    postgres_databases: Databases,
) -> None:
    url = await postgres_databases.with_tables(runtime)
    db, other = Database.open(url, source="portal"), Database.open(url, source="portal")
    with pytest.raises(DatabaseAway):
        async with db.housekeeping() as tx:
            own = (await tx.session.execute(text("SELECT pg_backend_pid()"))).scalar_one()
            async with other.housekeeping() as killer:
                end = text("SELECT pg_terminate_backend(:pid, 5000)")
                await killer.session.execute(end, {"pid": own})
            await insert_rows(tx.session, outbox, [a_row(1)])

    assert await stored(db) == []  # on a new connection
    await db.close()
    await other.close()
