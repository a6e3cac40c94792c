"""What a decision does to reminders: the rows as they are afterwards, and what happened."""

from enum import StrEnum
from typing import NamedTuple

from services.engagement.domain.reminder import Reminder


class What(StrEnum):
    """What happened to a reminder."""

    PLANNED = "planned"
    MOVED = "moved"
    REWORDED = "reworded"
    ASSIGNED = "assigned"
    SHOWN = "shown"
    ATTEMPTED = "attempted"
    ACKNOWLEDGED = "acknowledged"
    ESCALATED = "escalated"
    DONE = "done"
    CANCELLED = "cancelled"


class Change(NamedTuple):
    """One row after the change. A row at version 1 is new."""

    row: Reminder
    what: What


Changes = tuple[Change, ...]
