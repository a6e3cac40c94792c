"""The one statement that makes due reminders visible.

It compares with the database's own time, skips what another engine or a decision holds, and
never touches a row about a plan version that is not the live one.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, and_, literal_column, select, update
from sqlalchemy.sql.dml import ReturningUpdate

from services.engagement.adapters.rows import reminder
from services.engagement.adapters.tables import LiveRow
from services.engagement.domain.obligation import Key
from services.engagement.domain.reminder import State

live = LiveRow.metadata.tables["live"]
_PLANNED = reminder.c.state == literal_column("'planned'")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A reminder that has just become visible, as far as it is announced."""

    reminder_id: UUID
    key: Key
    level: int
    patient_id: UUID
    due_at: datetime
    visible_at: datetime
    version: int
    state: State = State.VISIBLE
    reason: None = None


_ANNOUNCED = ("reminder_id", "level", "patient_id", "due_at", "visible_at", "version")
_RETURNED = tuple(reminder.c[name] for name in (*_ANNOUNCED, *Key._fields))


def shown_of(row: Row[Any]) -> Shown:
    """One claimed row."""
    return Shown(
        **{name: getattr(row, name) for name in _ANNOUNCED},
        key=Key(*(getattr(row, name) for name in Key._fields)),
    )


def claim(now: datetime, *, limit: int, dialect: str) -> ReturningUpdate[Any]:
    """Mark up to ``limit`` due rows visible and return them."""
    shown = update(reminder).values(
        state=State.VISIBLE.value, visible_at=now, version=reminder.c.version + 1
    )
    due = _due(now, limit)
    if dialect == "sqlite":
        return shown.where(reminder.c.reminder_id.in_(due)).returning(*_RETURNED)
    claimed = (
        due.with_for_update(skip_locked=True, of=reminder).cte("due").prefix_with("MATERIALIZED")
    )
    return shown.where(reminder.c.reminder_id == claimed.c.reminder_id).returning(*_RETURNED)


def _due(now: datetime, limit: int) -> Select[Any]:
    is_live = (
        select(live.c.subject_id)
        .where(
            and_(
                live.c.subject_kind == reminder.c.subject_kind,
                live.c.subject_id == reminder.c.subject_id,
                live.c.subject_version == reminder.c.subject_version,
            )
        )
        .exists()
    )
    return (
        select(reminder.c.reminder_id)
        .where(_PLANNED, reminder.c.due_at <= now, is_live)
        .order_by(reminder.c.due_at)
        .limit(limit)
    )
