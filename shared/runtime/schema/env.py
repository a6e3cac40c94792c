"""Alembic's environment, the same for every service; ``Schema`` says which one."""

import asyncio
from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Column, Connection, MetaData, String, Table, delete, event, insert, select
from sqlalchemy.ext.asyncio import create_async_engine

from shared.runtime.schema import FLOOR_TABLE, VERSION_TABLE

FLOOR = Table(FLOOR_TABLE, MetaData(), Column("revision", String(32), nullable=False))
OWN_TYPES = {"UtcDateTime", "MilligramsAsMicrograms"}


def render(kind: str, item: Any, autogen: AutogenContext) -> str | Literal[False]:
    """Spell our own column types in a new migration."""
    name = type(item).__name__
    if kind != "type" or name not in OWN_TYPES:
        return False
    autogen.imports.add(f"from shared.runtime.columns import {name}")
    return f"{name}()"


def migrate(connection: Connection) -> None:
    """Run the migrations on this connection; a table rebuilt on SQLite must not cascade."""
    sqlite = connection.dialect.name == "sqlite"
    if not sqlite:
        connection.exec_driver_sql("SET lock_timeout = '4s'")
        connection.exec_driver_sql("SET statement_timeout = '60s'")
    context.configure(
        connection=connection,
        target_metadata=context.config.attributes["schema"].metadata,
        include_name=lambda name, kind, _: not (kind == "table" and name == FLOOR_TABLE),
        render_as_batch=sqlite,
        compare_type=True,
        render_item=render,
        version_table=VERSION_TABLE,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()
    note_floor(connection)


def note_floor(connection: Connection) -> None:
    """Remember in the database the oldest schema a program must know to work on it.

    What it remembers already is left alone: a service's own role may not write here.
    """
    current = context.get_context().get_current_revision()
    floor = context.config.attributes["schema"].floor(current)
    FLOOR.create(connection, checkfirst=True)
    if connection.scalar(select(FLOOR.c.revision)) == floor:
        return
    connection.execute(delete(FLOOR))
    if floor is not None:
        connection.execute(insert(FLOOR).values(revision=floor))


async def main() -> None:
    """Connect, migrate, commit."""
    engine = create_async_engine(context.config.attributes["url"])
    if engine.dialect.name == "sqlite":
        event.listen(engine.sync_engine, "connect", _durable)
    async with engine.connect() as connection:
        await connection.run_sync(migrate)
        await connection.commit()
    await engine.dispose()


def _durable(dbapi: Any, _record: Any) -> None:
    cursor = dbapi.cursor()
    cursor.execute("PRAGMA foreign_keys=OFF")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.close()


asyncio.run(main())
