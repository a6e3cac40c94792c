"""The rows engagement keeps. They never validate: the constraints do."""

from services.engagement.adapters.tables.facts import CourseRow, FlagRow
from services.engagement.adapters.tables.people import CareTeamRow, PatientRow, StaffRow
from services.engagement.adapters.tables.reminders import (
    AttemptRow,
    LiveRow,
    LostRow,
    ReminderRow,
)
from services.engagement.adapters.tables.row import Row
from shared.runtime.tables import attach

__all__ = [
    "AttemptRow",
    "CareTeamRow",
    "CourseRow",
    "FlagRow",
    "LiveRow",
    "LostRow",
    "PatientRow",
    "ReminderRow",
    "StaffRow",
    "metadata",
]

metadata = Row.metadata
attach(metadata)
