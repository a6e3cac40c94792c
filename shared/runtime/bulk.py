"""Many rows in one statement.

A driver's ``executemany`` runs a statement for each row, and a list of values in the text is a
new text for each length. PostgreSQL takes a whole column as one parameter instead; SQLite, where
a statement is a function call, gains nothing by that.
"""

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Column, ColumnElement, Insert, String, Table, bindparam, func, insert, select
from sqlalchemy import any_ as any_of
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession


async def insert_rows(
    session: AsyncSession, table: Table, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Insert rows that all have the same columns, in this order."""
    if not rows:
        return
    if session.get_bind().dialect.name == "sqlite":
        await session.execute(_plainly(table), rows)
        return
    names = tuple(rows[0])
    columns = {name: [row[name] for row in rows] for name in names}
    await session.execute(_insert(table, names), columns)


def among(column: Column[Any], values: Collection[Any], *, dialect: str) -> ColumnElement[bool]:
    """Whether the column is one of these values."""
    if dialect == "sqlite":
        return column.in_(list(values))
    return column == any_of(bindparam(None, list(values), type_=array_of(column)))


# Built once: building a statement costs as much as running it.
@cache
def _plainly(table: Table) -> Insert:
    return insert(table)


@cache
def _insert(table: Table, names: tuple[str, ...]) -> Insert:
    given = (bindparam(name, type_=array_of(table.c[name])) for name in names)
    rows = func.unnest(*given).table_valued(*names, with_ordinality="place").render_derived()
    in_order = select(*(rows.c[name] for name in names)).order_by(rows.c.place)
    return insert(table).from_select(names, in_order)


def array_of(column: Column[Any]) -> ARRAY[Any]:
    """The type of many of its values. A cast to ``varchar(n)`` would cut off in silence what the
    column refuses."""
    kind = String() if isinstance(column.type, String) else column.type
    return ARRAY(kind, dimensions=1)
