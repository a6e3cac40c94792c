"""A database that had passed a migration before others were put in ahead of it loses nothing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from sqlalchemy import Connection, inspect, text

from services.assessment.main import SCHEMA as ASSESSMENT
from services.engagement.main import SCHEMA as ENGAGEMENT
from services.treatment.main import SCHEMA as TREATMENT
from shared.runtime.db import Database
from shared.runtime.schema import Phase, Schema, WrongSchema
from tests.support.databases import Databases
from tests.support.triggers import drop_triggers


@dataclass(frozen=True, slots=True)
class Passed:
    """What such a database had come to, and how it is without what was put in."""

    schema: Schema
    revision: str
    without: tuple[str, ...]


WITHOUT_IS_OPEN = (
    "DROP INDEX uq_reminder_one_open",
    "DROP INDEX ix_reminder_due",
    "DROP INDEX ix_reminder_of_team",
    "DROP INDEX ix_reminder_of_owner",
    "ALTER TABLE reminder DROP COLUMN is_open",
    "ALTER TABLE reminder DROP COLUMN is_in_hand",
)
WITHOUT_BEFORE = ("DROP TABLE history_before",)
WITHOUT_SUMMARIES = (
    *WITHOUT_BEFORE,
    "DROP TABLE history_summary",
    "DROP INDEX ix_reminder_done",
    "DROP INDEX ix_reminder_cancelled",
    "DROP INDEX ix_reminder_again",
)
PASSED = (
    Passed(
        TREATMENT,
        "0011",
        ("DROP INDEX ix_signature_request_asked", "ALTER TABLE signature DROP COLUMN proof"),
    ),
    Passed(
        ASSESSMENT,
        "0012",
        (
            "DROP INDEX ix_patient_name_digest",
            "ALTER TABLE patient DROP COLUMN name_digest",
            "DROP INDEX ix_assessment_answered_in_the_clear",
            "ALTER TABLE assessment DROP COLUMN answerer",
            "DROP TABLE signature",
        ),
    ),
    Passed(
        ENGAGEMENT,
        "0013",
        (
            "DROP TABLE group_point",
            "DROP TABLE signature",
            *WITHOUT_SUMMARIES,
            *WITHOUT_IS_OPEN,
        ),
    ),
    Passed(ENGAGEMENT, "0016", (*WITHOUT_SUMMARIES, *WITHOUT_IS_OPEN)),
    Passed(ENGAGEMENT, "0017", WITHOUT_SUMMARIES),
    Passed(ENGAGEMENT, "0018", WITHOUT_SUMMARIES),
    Passed(ENGAGEMENT, "0016", WITHOUT_BEFORE),
    Passed(ENGAGEMENT, "0019", WITHOUT_BEFORE),
)


_NAMES = "treatment assessment engagement is-open 0017 0018 before-0018 0019"
ALL = pytest.mark.parametrize("passed", PASSED, ids=_NAMES.split())


@asynccontextmanager
async def database_of(passed: Passed, databases: Databases) -> AsyncIterator[tuple[str, Database]]:
    """Its address, and itself."""
    url = await databases.empty()
    await asyncio.to_thread(passed.schema.upgrade, url, passed.revision)
    db = Database.open(url, source=passed.schema.service)
    try:
        async with db.engine.begin() as connection:
            if set(WITHOUT_SUMMARIES) <= set(passed.without):
                await drop_triggers(connection)
            for statement in passed.without:
                await connection.execute(text(statement))
        yield url, db
    finally:
        await db.close()


@ALL
async def test_what_was_put_in_before_is_made_up_for(databases: Databases, passed: Passed) -> None:
    async with database_of(passed, databases) as (url, _):
        await passed.schema.upgrade_async(url)

        await asyncio.to_thread(passed.schema.check, url)


@ALL
async def test_it_is_made_up_for_before_a_new_release_starts_beside_the_old_one(
    databases: Databases, passed: Passed
) -> None:
    """And the old release, whose floor is as it was, may come back."""
    schema = passed.schema
    async with database_of(passed, databases) as (url, db):
        with pytest.raises(WrongSchema):
            await schema.require_head(db)

        left = await asyncio.to_thread(schema.upgrade_beside_old, url)

        await schema.require_head(db)
        assert {phase for _, phase in left} <= {Phase.POST, Phase.CATCH_UP}
        assert not left or left[0][1] is Phase.POST, "what catches up waits behind nothing else"
        now = await asyncio.to_thread(schema.current, url)
        assert schema.floor(now) == schema.floor(passed.revision)
        async with db.engine.connect() as connection:
            tables = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
            indexes = await connection.run_sync(_indexes)
        assert set(schema.metadata.tables) <= set(tables)
        expected = {one.name for table in schema.metadata.tables.values() for one in table.indexes}
        assert expected <= indexes


def _indexes(connection: Connection) -> set[str | None]:
    found = inspect(connection)
    return {one["name"] for table in found.get_table_names() for one in found.get_indexes(table)}
