"""Where a reminder stands on the list, and in which order the list is read."""

from datetime import datetime
from enum import IntEnum

from services.engagement.domain.kind import Group
from services.engagement.domain.reminder import Reminder, State


class Section(IntEnum):
    """The sections in reading order."""

    SAFETY_NOW = 0
    OVERDUE = 1
    DUE_TODAY = 2
    PREPARE = 3
    WAITING = 4


def section_of(row: Reminder, group: Group, now: datetime) -> Section | None:
    """The section it is listed in; None for what is closed or not due yet.

    What is late is never hidden under "waiting": taking it in hand does not make it done.
    """
    if not row.is_open:
        return None
    if row.due_at > now:
        return Section.WAITING if row.is_put_off and row.level == 0 else None
    if group is Group.SAFETY:
        return Section.SAFETY_NOW
    if row.overdue_from <= now:
        return Section.OVERDUE
    if row.state is State.ACKNOWLEDGED:
        return Section.WAITING
    return Section.PREPARE if group is Group.PREPARE else Section.DUE_TODAY


def reading_order(row: Reminder, section: Section) -> tuple[int, int, datetime, str]:
    """Section, then risk, then what has waited longest."""
    return (section, row.risk, row.due_at, str(row.reminder_id))


def late_by_minutes(row: Reminder, now: datetime) -> int:
    """Whole minutes since it fell due; 0 for what is closed or still to come."""
    if not row.is_open or row.due_at >= now:
        return 0
    return int((now - row.due_at).total_seconds() // 60)
