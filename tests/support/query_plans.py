"""Which statements are sent to a database, and how it would go about them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from shared.runtime.db import Database

Statement = tuple[str, Any]
"""A statement as the driver gets it, and its values."""


@contextmanager
def statements(db: Database) -> Iterator[list[Statement]]:
    """What is sent to the database meanwhile."""
    made: list[Statement] = []

    def note(_c: Any, _cursor: Any, sql: str, given: Any, _context: Any, _many: bool) -> None:
        made.append((sql, given))

    event.listen(db.engine.sync_engine, "before_cursor_execute", note)
    try:
        yield made
    finally:
        event.remove(db.engine.sync_engine, "before_cursor_execute", note)


async def plan_of(session: Any, statement: Statement) -> str:
    """How the database would go about it."""
    sql, given = statement
    connection = await session.connection()
    word = "EXPLAIN" if connection.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
    rows = (await connection.exec_driver_sql(f"{word} {sql}", given)).all()
    return "\n".join(str(row[-1]) for row in rows)
