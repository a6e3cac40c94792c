"""Reading what the alarms are judged by: SQL with a role that may only look, and the disk."""

import asyncio
import shutil
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy.exc
from cryptography.x509 import load_pem_x509_certificate
from sqlalchemy import bindparam, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from services.watcher.alarms import Database, Seen

ANSWER_S = 10.0

# A demo's rows are in the demo's time, so its clock's offset is added to the server's.
_NOW = (
    "(clock_timestamp() + make_interval(secs => coalesce((SELECT offset_seconds FROM clock), 0)))"
)
_STATE = text(
    f"SELECT coalesce(extract(epoch FROM {_NOW} - (SELECT min(created_at) FROM outbox"  # noqa: S608
    " WHERE published_at IS NULL)), 0), (SELECT count(*) FROM parked WHERE status = 'parked')"
)
_HEARTBEAT = text(
    "SELECT extract(epoch FROM clock_timestamp() - max(at)) FROM heartbeat"
    " WHERE component = 'reminders'"
)
_OVERDUE = text(
    "SELECT count(*) FROM reminder"  # noqa: S608
    f" WHERE state = 'planned' AND due_at < {_NOW} - make_interval(secs => :overdue_s)"
)
_FLAGS = text(
    "SELECT flag_id FROM safety_flag"  # noqa: S608
    f" WHERE status = 'open' AND raised_at < {_NOW} - interval '1 minute'"
)
_ATTENDED = text(
    "SELECT DISTINCT subject_id FROM reminder"
    " WHERE subject_kind = 'safety-flag' AND subject_id IN :flags"
).bindparams(bindparam("flags", expanding=True))
_UNSENT = text(
    "SELECT count(*) FROM notice WHERE state IN ('failed', 'not-done')"  # noqa: S608
    " AND purpose IN ('safety', 'escalated', 'on-call', 'uncovered')"
    " AND reason IN ('refused', 'unreachable', 'no-channel', 'left-staff')"
    f" AND made_at > {_NOW} - interval '1 day' AND ended_at > {_NOW} - interval '1 hour'"
)
"""To colleagues; what a person in care does not get is no alarm."""
_ARCHIVED = text("SELECT coalesce(bool_or(active), false) FROM pg_replication_slots")
_BACKUP = text(
    "SELECT extract(epoch FROM clock_timestamp() - max(at)) FROM backup WHERE kind = 'base'"
)

_AWAY = (sqlalchemy.exc.SQLAlchemyError, OSError, TimeoutError)


async def look(
    databases: Mapping[str, str],
    *,
    server: str,
    certificates: Path | None,
    overdue_s: float,
    now: datetime,
) -> Seen:
    """One look at everything; what cannot be asked is missing from it, never fatal.

    All is asked at once: a database that does not answer costs one wait and not one for each
    question, which would be minutes.
    """
    reminders = databases["engagement"]
    async with asyncio.TaskGroup() as group:
        states = {name: group.create_task(_state(url)) for name, url in databases.items()}
        unattended = group.create_task(_unattended(databases))
        heartbeat, overdue, unsent, archived, backup = (
            group.create_task(_ask(url, query, values))
            for url, query, values in (
                (reminders, _HEARTBEAT, None),
                (reminders, _OVERDUE, {"overdue_s": overdue_s}),
                (reminders, _UNSENT, None),
                (server, _ARCHIVED, None),
                (server, _BACKUP, None),
            )
        )
    disk = shutil.disk_usage("/")
    return Seen(
        databases={name: state.result() for name, state in states.items()},
        heartbeat_s=_number(heartbeat.result()),
        overdue=_count(overdue.result()),
        flags_without_reminder=unattended.result(),
        safety_unsent=_count(unsent.result()),
        archived=bool(_count(archived.result())),
        backup_s=_number(backup.result()),
        disk_free=disk.free / disk.total,
        certificates=_certificates(certificates, now),
    )


async def _state(url: str) -> Database | None:
    rows = await _ask(url, _STATE)
    return Database(outbox_s=float(rows[0][0]), parked=rows[0][1]) if rows else None


async def _unattended(databases: Mapping[str, str]) -> int | None:
    """Open flags, a minute old, for which engagement has no reminder of any state."""
    open_flags = await _ask(databases["assessment"], _FLAGS)
    if not open_flags:
        return None if open_flags is None else 0
    flags: set[UUID] = {row[0] for row in open_flags}
    attended = await _ask(databases["engagement"], _ATTENDED, {"flags": list(flags)})
    return None if attended is None else len(flags - {row[0] for row in attended})


async def _ask(url: str, query: Any, values: Mapping[str, Any] | None = None) -> list[Any] | None:
    """The rows, or None when the database is away or does not answer in time."""
    engine = create_async_engine(url, poolclass=NullPool, hide_parameters=True)
    try:
        async with asyncio.timeout(ANSWER_S), engine.connect() as connection:
            return list((await connection.execute(query, values)).all())
    except _AWAY:
        return None
    finally:
        await engine.dispose()


def _count(rows: list[Any] | None) -> int | None:
    return int(rows[0][0]) if rows else None


def _number(rows: list[Any] | None) -> float | None:
    return float(rows[0][0]) if rows and rows[0][0] is not None else None


def _certificates(folder: Path | None, now: datetime) -> dict[str, int | None]:
    """Days until the end of each certificate in the folder; None for one that cannot be read."""
    if folder is None:
        return {}
    return {path.stem: _days_left(path, now) for path in sorted(folder.glob("*.crt"))}


def _days_left(path: Path, now: datetime) -> int | None:
    try:
        return (load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc - now).days
    except (OSError, ValueError):
        return None
