"""Reading what the alarms are judged by: SQL with a role that may only look, and the disk."""

import asyncio
import shutil
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy.exc
from cryptography.x509 import load_pem_x509_certificate
from sqlalchemy import Executable, bindparam, text
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
OVERDUE = text(
    "SELECT count(*) FROM reminder"  # noqa: S608
    f" WHERE is_open AND state = 'planned' AND due_at < {_NOW} - make_interval(secs => :overdue_s)"
)
"""``is_open`` is what the index is about: without it every row there ever was would be read."""
_FLAGS = text(
    "SELECT flag_id FROM safety_flag"  # noqa: S608
    f" WHERE status = 'open' AND raised_at < {_NOW} - interval '1 minute'"
)
_ATTENDED = text(
    "SELECT DISTINCT subject_id FROM reminder"
    " WHERE subject_kind = 'safety-flag' AND subject_id IN :flags"
).bindparams(bindparam("flags", expanding=True))
_UNSENT = text(
    "SELECT count(*) FROM notice AS ended WHERE state IN ('failed', 'not-done')"  # noqa: S608
    " AND purpose IN ('safety', 'on-call', 'uncovered')"
    " AND reason IN ('refused', 'unreachable', 'no-channel')"
    f" AND made_at > {_NOW} - interval '1 day' AND ended_at > {_NOW} - interval '1 hour'"
    " AND NOT EXISTS (SELECT FROM notice AS other WHERE other.purpose = 'safety'"
    " AND other.about = ended.about AND (other.state = 'sent'"
    f" AND other.made_at > {_NOW} - interval '1 day' OR other.state = 'planned'"
    f" AND other.made_at > {_NOW} - interval '5 minutes'))"
)
"""Urgent messages to colleagues; one of several about the same reminder is enough. One that was
passed on has five minutes to be sent: it may meet the same mail server that is away."""
_ARCHIVED = text("SELECT coalesce(bool_or(active), false) FROM pg_replication_slots")
_BACKUP = text(
    "SELECT extract(epoch FROM clock_timestamp() - max(at)) FROM backup WHERE kind = 'base'"
)

Rows = list[Any] | None
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

    Each database is asked all its questions on one connection, and all databases at once: one that
    does not answer costs one wait, and the watcher's role may have eight connections.
    """
    questions: dict[str, list[Executable]] = {name: [_STATE] for name in databases}
    overdue_since = OVERDUE.bindparams(overdue_s=overdue_s)
    questions["engagement"] += [_HEARTBEAT, overdue_since, _UNSENT]
    questions["assessment"] += [_FLAGS]
    asked = (_ask(databases[name], *each) for name, each in questions.items())
    answers = dict(zip(questions, await asyncio.gather(*asked), strict=True))
    _, heartbeat, overdue, unsent = answers["engagement"]
    _, flags = answers["assessment"]
    unattended, (archived, backup) = await asyncio.gather(
        _unattended(databases["engagement"], flags), _ask(server, _ARCHIVED, _BACKUP)
    )
    disk = shutil.disk_usage("/")
    return Seen(
        databases={name: _state(rows) for name, (rows, *_) in answers.items()},
        heartbeat_s=_number(heartbeat),
        overdue=_count(overdue),
        flags_without_reminder=unattended,
        urgent_unsent=_count(unsent),
        archived=bool(_count(archived)),
        backup_s=_number(backup),
        disk_free=disk.free / (disk.used + disk.free),  # as df: what root keeps back is nobody's
        certificates=_certificates(certificates, now),
    )


def _state(rows: Rows) -> Database | None:
    return Database(outbox_s=float(rows[0][0]), parked=rows[0][1]) if rows else None


async def _unattended(reminders: str, open_flags: Rows) -> int | None:
    """Open flags, a minute old, for which engagement has no reminder of any state."""
    if not open_flags:
        return None if open_flags is None else 0
    flags: set[UUID] = {row[0] for row in open_flags}
    (attended,) = await _ask(reminders, _ATTENDED.bindparams(flags=list(flags)))
    return None if attended is None else len(flags - {row[0] for row in attended})


async def _ask(url: str, *questions: Executable) -> list[Rows]:
    """The rows of each, one after the other; None for what is refused, and for all that a database
    which is away or does not answer in time was not asked."""
    engine = create_async_engine(
        url, poolclass=NullPool, hide_parameters=True, isolation_level="AUTOCOMMIT"
    )
    found: list[Rows] = [None] * len(questions)
    with suppress(*_AWAY):
        async with asyncio.timeout(ANSWER_S), engine.connect() as connection:
            for place, question in enumerate(questions):
                with suppress(sqlalchemy.exc.SQLAlchemyError):
                    found[place] = list((await connection.execute(question)).all())
    await engine.dispose()
    return found


def _count(rows: Rows) -> int | None:
    return int(rows[0][0]) if rows else None


def _number(rows: Rows) -> float | None:
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
