"""The one statement that makes due reminders visible.

It compares with the database's own time, skips what another engine or a decision holds, and
never touches a row about a plan version that is not the live one.
"""

from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    and_,
    bindparam,
    func,
    literal_column,
    select,
    update,
)
from sqlalchemy import any_ as any_of
from sqlalchemy.sql.dml import ReturningUpdate

from services.engagement.adapters.rows import reminder
from services.engagement.adapters.tables import LiveRow
from services.engagement.application.ports import Shown
from services.engagement.domain.obligation import Key
from services.engagement.domain.reminder import State

live = LiveRow.metadata.tables["live"]
PLANNED = and_(reminder.c.is_open, reminder.c.state == literal_column("'planned'"))
"""Found by what is open: see ``ReminderRow``."""
_PLACE: ColumnElement[Any] = literal_column("reminder.ctid")
"""Where PostgreSQL keeps a row. What is locked stays there, so it is not looked for a second time;
looked for by id, a planner that expects many would rather read the whole table."""


_SHOWN = tuple(name for name in Shown._fields if name not in {"key", *Shown._field_defaults})
RETURNED = tuple(reminder.c[name] for name in (*_SHOWN, *Key._fields))


def shown_of(row: Row[Any]) -> Shown:
    """One claimed row."""
    values = tuple(row)
    return Shown(Key(*values[len(_SHOWN) :]), *values[: len(_SHOWN)])


@cache
def claim(dialect: str) -> ReturningUpdate[Any]:
    """Mark up to ``limit`` rows that are due at ``now`` visible and return them."""
    shown = update(reminder).values(
        state=State.VISIBLE.value, visible_at=bindparam("now"), version=reminder.c.version + 1
    )
    due = _due()
    if dialect == "sqlite":
        return shown.where(reminder.c.reminder_id.in_(due)).returning(*RETURNED)
    held = due.with_only_columns(_PLACE).with_for_update(skip_locked=True, of=reminder)
    places = func.array(held.correlate(None).scalar_subquery())
    return shown.where(any_of(places) == _PLACE).returning(*RETURNED)


def _due() -> Select[Any]:
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
        .where(PLANNED, reminder.c.due_at <= bindparam("now"), is_live)
        .order_by(reminder.c.due_at)
        .limit(bindparam("limit"))
    )
