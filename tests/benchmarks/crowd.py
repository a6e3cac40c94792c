"""A crowd out of the demo cohort: every person again and again, under names and ids of their own.

The rows are inserted into the files of a group that does not run, so a thousand people with all
that belongs to them are there in seconds. What a process keeps for itself (queues, the chain of the
audit, sessions) is not copied: it is about what happened, and to the copies nothing has happened.
Nor are the kept versions of a record: they are sealed, and the copies have no keys.
"""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

SERVICES = ("assessment", "treatment", "engagement")
_NOT_COPIED = frozenset(
    {
        "applied",
        "attempts",
        "audit",
        "clock",
        "heartbeat",
        "idempotency",
        "inbox",
        "outbox",
        "patient_version",
        "parked",
        "schema_floor",
        "schema_version",
        "on_call_shift",
        "standing",
    }
)
_ID = re.compile(
    r"(?<![0-9a-f-])(?:[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?![0-9a-f-])"
)
_NAMES = frozenset({"family_name", "name", "identity"})
_CROWD = UUID("6f0d9a52-6f2e-4ef5-8e0b-5e6b6e1f7c10")


def gather(folder: Path, people: int) -> int:
    """Copy the cohort until there are at least so many people. Returns how many there are."""
    with closing(sqlite3.connect(folder / "portal.db")) as portal:
        staff = frozenset(row[0] for row in portal.execute("SELECT staff_id FROM staff"))
    with closing(sqlite3.connect(folder / "assessment.db")) as assessment:
        cohort = int(assessment.execute("SELECT count(*) FROM patient").fetchone()[0])
    copies = -(-people // cohort) - 1
    for service in SERVICES:
        with closing(sqlite3.connect(folder / f"{service}.db")) as db, db:
            for table in _tables(db):
                _copy(db, table, copies, staff)
    return cohort * (copies + 1)


def _tables(db: sqlite3.Connection) -> list[str]:
    found = db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    return [name for (name,) in found if name not in _NOT_COPIED and not name.startswith("sqlite_")]


def _copy(db: sqlite3.Connection, table: str, copies: int, staff: frozenset[str]) -> None:
    """Insert each row again, unless it names nothing of a person's: that one is for everybody."""
    cursor = db.execute(f'SELECT * FROM "{table}"')
    columns = [one[0] for one in cursor.description]
    places = ", ".join("?" * len(columns))
    rows = cursor.fetchall()
    db.executemany(
        f'INSERT INTO "{table}" VALUES ({places})',
        _copies(rows, columns, copies, staff),
    )


def _copies(
    rows: list[tuple[Any, ...]], columns: list[str], copies: int, staff: frozenset[str]
) -> Iterator[tuple[Any, ...]]:
    for row in rows:
        for number in range(copies):
            again = tuple(_other(value, number, staff) for value in row)
            if again == row:
                break
            yield tuple(
                f"{value} {number}" if column in _NAMES and value else value
                for column, value in zip(columns, again, strict=True)
            )


def _other(value: object, number: int, staff: frozenset[str]) -> object:
    """A value with every id replaced by the copy's; whoever works here stays who they are."""
    if not isinstance(value, str):
        return value

    def instead(found: re.Match[str]) -> str:
        old = found[0]
        if old.replace("-", "") in staff:
            return old
        new = uuid5(_CROWD, f"{old.replace('-', '')} {number}")
        return str(new) if "-" in old else new.hex

    return _ID.sub(instead, value)
