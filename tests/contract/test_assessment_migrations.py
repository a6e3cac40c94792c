"""Assessment's migrations: up, equal to the tables, down to nothing, and up again."""

import asyncio

from sqlalchemy import inspect

from services.assessment.main import SCHEMA
from shared.runtime.db import Database
from shared.runtime.schema import FLOOR_TABLE, VERSION_TABLE
from tests.support.databases import Databases


async def test_the_migrations_make_exactly_the_tables(databases: Databases) -> None:
    url = await databases.empty()
    await SCHEMA.upgrade_async(url)

    await asyncio.to_thread(SCHEMA.check, url)


async def test_the_migrations_can_be_taken_back(databases: Databases) -> None:
    url = await databases.empty()
    await SCHEMA.upgrade_async(url)
    await asyncio.to_thread(SCHEMA.downgrade, url)
    db = Database.open(url, source="assessment")
    async with db.engine.connect() as connection:
        left = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
    await db.close()

    assert set(left) <= {VERSION_TABLE, FLOOR_TABLE}
    await SCHEMA.upgrade_async(url)
