"""Many rows in one statement.

A driver's ``executemany`` runs a statement for each row, and a list of values in the text is a
new text for each length. PostgreSQL takes rows as a COPY and a whole column as one parameter
instead; SQLite, where a statement is a function call, gains nothing by that.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache
from typing import Any

import sqlalchemy.exc
from sqlalchemy import Column, ColumnElement, Insert, String, Table, bindparam, insert, select
from sqlalchemy import any_ as any_of
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

WROTE = "wrote"
"""What a connection is marked with when rows were changed through it."""


async def insert_rows(
    session: AsyncSession, table: Table, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Insert rows that all have the same columns, in this order.

    Raises:
        sqlalchemy.exc.DBAPIError: the database refused a row, or is away.
    """
    if not rows:
        return
    if session.get_bind().dialect.name == "sqlite":
        await session.execute(_plainly(table), rows)
        return
    await _copy(await session.connection(), table, rows)


def among(column: Column[Any], values: Collection[Any], *, dialect: str) -> ColumnElement[bool]:
    """Whether the column is one of these values."""
    if dialect == "sqlite":
        return column.in_(list(values))
    return column == any_of(bindparam(None, list(values), type_=array_of(column)))


def given_among(column: Column[Any], name: str, *, dialect: str) -> ColumnElement[bool]:
    """The same for values that are given under this name, in a statement that is built once."""
    if dialect == "sqlite":
        return column.in_(bindparam(name, expanding=True))
    return column == any_of(bindparam(name, type_=array_of(column)))


def array_of(column: Column[Any]) -> ARRAY[Any]:
    """The type of many of its values. A cast to ``varchar(n)`` would cut off in silence what the
    column refuses."""
    kind = String() if isinstance(column.type, String) else column.type
    return ARRAY(kind, dimensions=1)


# Built once: building a statement costs as much as running it.
@cache
def _plainly(table: Table) -> Insert:
    return insert(table)


async def _copy(
    connection: AsyncConnection, table: Table, rows: Sequence[Mapping[str, Any]]
) -> None:
    """SQLAlchemy knows no COPY: the driver is asked, and its errors get SQLAlchemy's names."""
    from asyncpg import IntegrityConstraintViolationError, InterfaceError, PostgresError

    names = tuple(rows[0])
    bind = _binders(table, names, connection.dialect)
    records = zip(*([bind[name](row[name]) for row in rows] for name in names), strict=True)
    driver: Any = (await connection.get_raw_connection()).driver_connection
    if not driver.is_in_transaction():  # SQLAlchemy begins with the first statement it sends
        await connection.execute(_NOTHING)
    connection.info[WROTE] = True
    try:
        await driver.copy_records_to_table(table.name, columns=names, records=records)
    except IntegrityConstraintViolationError as error:
        raise sqlalchemy.exc.IntegrityError("COPY", None, error, hide_parameters=True) from error
    except (PostgresError, InterfaceError) as error:
        raise sqlalchemy.exc.DBAPIError(
            "COPY",
            None,
            error,
            hide_parameters=True,
            connection_invalidated=driver.is_closed(),
        ) from error


_NOTHING = select(1)


@cache
def _binders(
    table: Table, names: tuple[str, ...], dialect: Dialect
) -> Mapping[str, Callable[[Any], Any]]:
    """What each column's type does to a value on its way to the database."""
    ways = {
        name: table.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in names
    }
    return {name: way or _as_it_is for name, way in ways.items()}


def _as_it_is(value: Any) -> Any:
    return value
