"""A crowd out of the demo cohort: every person again and again, under names and ids of their own.

The rows are inserted into the files of a group that does not run, so a thousand people with all
that belongs to them are there in seconds. What a process keeps for itself (queues, the chain of the
audit, sessions) is not copied: it is about what happened, and to the copies nothing has happened.
What is sealed is opened and sealed again, for each copy has a key of its own.
"""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from services.assessment.adapters import names as assessment_names
from services.engagement.adapters import names as engagement_names
from services.treatment.adapters import names as treatment_names
from shared.runtime.person_keys import PersonKeys

SERVICES = ("assessment", "treatment", "engagement")
_NOT_COPIED = frozenset(
    {
        "applied",
        "attempts",
        "audit",
        "clock",
        "heartbeat",
        "history_before",
        "history_summary",
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
_SEALED = {
    ("assessment", "patient", "contact"): "contact",
    ("assessment", "patient", "who"): assessment_names.WHO,
    ("treatment", "patient", "who"): treatment_names.WHO,
    ("engagement", "patient", "who"): engagement_names.WHO,
    ("engagement", "surroundings", "near"): engagement_names.NEAR,
}
"""Which columns are sealed, and as what."""
_WHOSE = ("patient_id", "id")
"""The column that says whose a sealed one is."""
_CROWD = UUID("6f0d9a52-6f2e-4ef5-8e0b-5e6b6e1f7c10")


def gather(folder: Path, people: int) -> int:
    """Copy the cohort until there are at least so many people. Returns how many there are."""
    with closing(sqlite3.connect(folder / "portal.db")) as portal:
        staff = frozenset(row[0] for row in portal.execute("SELECT staff_id FROM staff"))
    with closing(sqlite3.connect(folder / "assessment.db")) as assessment:
        cohort = int(assessment.execute("SELECT count(*) FROM patient").fetchone()[0])
    copies = -(-people // cohort) - 1
    keys = PersonKeys(folder / "person-keys")
    for service in SERVICES:
        with closing(sqlite3.connect(folder / f"{service}.db")) as db, db:
            for table in _tables(db):
                _copy(db, service, table, copies, staff, keys)
    return cohort * (copies + 1)


def _tables(db: sqlite3.Connection) -> list[str]:
    found = db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    return [name for (name,) in found if name not in _NOT_COPIED and not name.startswith("sqlite_")]


def _copy(
    db: sqlite3.Connection,
    service: str,
    table: str,
    copies: int,
    staff: frozenset[str],
    keys: PersonKeys,
) -> None:
    """Insert each row again, unless it names nothing of a person's: that one is for everybody."""
    columns = [name for (name,) in db.execute("SELECT name FROM pragma_table_info(?)", (table,))]
    names, places = ", ".join(f'"{name}"' for name in columns), ", ".join("?" * len(columns))
    stored = db.execute(f'SELECT {names} FROM "{table}"')  # without what is generated
    sealed = {
        name: _SEALED[service, table, name] for name in columns if (service, table, name) in _SEALED
    }
    rows = [dict(zip(columns, row, strict=True)) for row in stored.fetchall()]
    db.executemany(
        f'INSERT INTO "{table}" ({names}) VALUES ({places})',
        (
            tuple(_sealed_again(copy, row, sealed, number, keys).values())
            for row in rows
            for number, copy in _copies(row, copies, staff)
        ),
    )


def _copies(
    row: dict[str, Any], copies: int, staff: frozenset[str]
) -> Iterator[tuple[int, dict[str, Any]]]:
    for number in range(copies):
        again = {name: _other(value, number, staff) for name, value in row.items()}
        if again == row:
            break
        yield number, {name: _named(name, value, number) for name, value in again.items()}


def _named(field: str, value: Any, number: int) -> Any:
    return f"{value} {number}" if field in _NAMES and value else value


def _sealed_again(
    copy: dict[str, Any], row: dict[str, Any], sealed: dict[str, str], number: int, keys: PersonKeys
) -> dict[str, Any]:
    """The copy with what is sealed under the copy's own key, and the name that it has."""
    whose = next((name for name in _WHOSE if name in row), None)
    for name, what in sealed.items():
        if row[name] is not None and whose is not None:
            values = keys.open_values(UUID(row[whose]), what, row[name])
            values = {field: _named(field, value, number) for field, value in values.items()}
            copy[name] = keys.seal_values(UUID(copy[whose]), what, values)
    return copy


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
