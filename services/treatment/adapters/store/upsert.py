"""Insert or replace by primary key, alike on SQLite and PostgreSQL."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from services.treatment.adapters.tables import Row


async def upsert(session: AsyncSession, row: type[Row], values: Mapping[str, Any]) -> None:
    """One row with these values, whatever was there under its key."""
    is_postgres = session.get_bind().dialect.name == "postgresql"
    insert = (postgresql if is_postgres else sqlite).insert(row).values(**values)
    keys = [column.name for column in row.__table__.primary_key]  # type: ignore[attr-defined]
    changed = {name: insert.excluded[name] for name in values if name not in keys}
    await session.execute(insert.on_conflict_do_update(index_elements=keys, set_=changed))
