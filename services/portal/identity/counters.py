"""Rows that count, there before they are locked: so the first of two at the same moment is no
exception, and all are counted one by one."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite

from shared.runtime.db import Transaction

_INSERTS: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


async def make_sure_of(tx: Transaction, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert those whose keys are not there yet."""
    insert = _INSERTS[tx.session.get_bind().dialect.name](table)
    await tx.session.execute(insert.values(rows).on_conflict_do_nothing())
