"""Between reminder rows and the domain's reminders."""

from typing import Any

from sqlalchemy import Row

from services.engagement.adapters.tables import ReminderRow
from services.engagement.domain.obligation import Acknowledgement, Key
from services.engagement.domain.reminder import Reason, Reminder, State

SAME = (
    "reminder_id",
    "item_id",
    "level",
    "life",
    "patient_id",
    "course_id",
    "for_role",
    "owner_id",
    "handed_over",
    "risk",
    "due_on",
    "owed_at",
    "due_at",
    "overdue_from",
    "planned_at",
    "visible_at",
    "answered_before",
    "done_at",
    "attempts",
    "version",
)
reminder = ReminderRow.metadata.tables["reminder"]


def values_of(row: Reminder) -> dict[str, Any]:
    """The columns of a reminder."""
    answer = row.acknowledged
    return {
        **{name: getattr(row, name) for name in SAME},
        **row.key._asdict(),
        "state": row.state.value,
        "reason": None if row.reason is None else row.reason.value,
        "acknowledged_by": answer and answer.by,
        "acknowledged_at": answer and answer.at,
        "acknowledged_meaning": answer and answer.meaning,
        "detail": dict(row.detail),
    }


def reminder_of(row: Row[Any]) -> Reminder:
    """The reminder in these columns."""
    return Reminder(
        key=Key(*(getattr(row, name) for name in Key._fields)),
        state=State(row.state),
        reason=None if row.reason is None else Reason(row.reason),
        acknowledged=_answer(row),
        detail=row.detail,
        **{name: getattr(row, name) for name in SAME},
    )


def _answer(row: Row[Any]) -> Acknowledgement | None:
    if row.acknowledged_by is None:
        return None
    return Acknowledgement(row.acknowledged_by, row.acknowledged_at, row.acknowledged_meaning)
