"""Between reminder rows and the domain's reminders."""

from operator import itemgetter
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
_ANSWER = ("acknowledged_by", "acknowledged_at", "acknowledged_meaning")
_REST = ("state", "reason", "detail")
reminder = ReminderRow.metadata.tables["reminder"]
WRITTEN = tuple(column for column in reminder.c if column.computed is None)
"""The columns that do not follow from others by themselves."""
_place = {column.name: place for place, column in enumerate(reminder.c)}.__getitem__
_same, _key, _answer, _rest = (
    itemgetter(*map(_place, names)) for names in (SAME, Key._fields, _ANSWER, _REST)
)


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
    """The reminder in these columns, which begin with its own in the order of the table."""
    values = tuple(row)
    state, reason, detail = _rest(values)
    answer = Acknowledgement(*_answer(values))
    return Reminder(
        key=Key(*_key(values)),
        state=State(state),
        reason=None if reason is None else Reason(reason),
        acknowledged=None if answer.by is None else answer,
        detail=detail,
        **dict(zip(SAME, _same(values), strict=True)),
    )
