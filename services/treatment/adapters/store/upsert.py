"""Insert or replace by primary key, alike on SQLite and PostgreSQL."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import Executable, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from services.treatment.adapters.tables import Row


async def upsert(session: AsyncSession, row: type[Row], values: Mapping[str, Any]) -> None:
    """One row with these values, whatever was there under its key."""
    dialect = session.get_bind().dialect.name
    await session.execute(_statement(row, tuple(values), dialect), values)


# Built once for each: building a statement costs as much as running it.
@cache
def _statement(row: type[Row], names: tuple[str, ...], dialect: str) -> Executable:
    table: Table = row.__table__  # type: ignore[attr-defined]
    insert = (postgresql if dialect == "postgresql" else sqlite).insert(table)
    keys = [column.name for column in table.primary_key]
    changed = {name: insert.excluded[name] for name in names if name not in keys}
    statement: Executable = insert.on_conflict_do_update(index_elements=keys, set_=changed)
    return statement
