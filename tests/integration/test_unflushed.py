"""While a demo's past is played SQLite does not wait for the disk; afterwards it does again."""

import sqlite3

from sqlalchemy import text

from services.engagement.main import SCHEMA
from shared.runtime.db import Database
from tests.support.databases import Databases


async def synchronous(db: Database) -> int:
    async with db.reading() as tx:
        return int((await tx.session.execute(text("PRAGMA synchronous"))).scalar_one())


async def test_the_disk_is_waited_for_again(sqlite_databases: Databases) -> None:
    url = await sqlite_databases.migrated(SCHEMA)
    db = Database.open(url, source="engagement")
    before = await synchronous(db)

    async with db.unflushed():
        within = await synchronous(db)
        async with db.transaction(actor="service:engagement") as tx:
            tx.audit("demo.played", object="test")

    assert within == 0
    assert before == await synchronous(db) >= 2
    await db.close()
    with sqlite3.connect(db.engine.url.database or "") as file:
        assert file.execute("SELECT action FROM audit").fetchall() == [("demo.played",)]


async def test_a_server_keeps_its_own_settings(postgres_databases: Databases) -> None:
    db = Database.open(await postgres_databases.migrated(SCHEMA), source="engagement")

    async with db.unflushed():
        await db.check()

    await db.close()
