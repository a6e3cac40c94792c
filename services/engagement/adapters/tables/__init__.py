"""The rows engagement keeps. They never validate: the constraints do."""

from services.engagement.adapters.tables.absences import AbsenceRow, CoverRow
from services.engagement.adapters.tables.facts import CourseRow, FlagRow, SignatureRow
from services.engagement.adapters.tables.notices import (
    DigestRow,
    NoticeRow,
    PreferenceRow,
    TryRow,
)
from services.engagement.adapters.tables.people import (
    NAMED_IN_THE_CLEAR,
    CareTeamRow,
    PatientRow,
    StaffRow,
)
from services.engagement.adapters.tables.reminders import (
    AttemptRow,
    LiveRow,
    LostRow,
    ReminderRow,
)
from services.engagement.adapters.tables.rota import ShiftRow
from services.engagement.adapters.tables.row import Row
from services.engagement.adapters.tables.support import (
    ActivityRow,
    CarePointRow,
    ContactRow,
    CoursePointRow,
    DropRow,
    GroupPointRow,
    HistoryBeforeRow,
    HistorySummaryRow,
    LifeEventRow,
    OutreachDecisionRow,
    ProfileRow,
    ProgrammeRow,
    ReadingRow,
    ReferralRow,
    RelapsePlanRow,
    SurroundingsRow,
)
from shared.runtime.signatures import signature_table
from shared.runtime.tables import attach

__all__ = [
    "NAMED_IN_THE_CLEAR",
    "SIGNATURE",
    "AbsenceRow",
    "ActivityRow",
    "AttemptRow",
    "CarePointRow",
    "CareTeamRow",
    "ContactRow",
    "CoursePointRow",
    "CourseRow",
    "CoverRow",
    "DigestRow",
    "DropRow",
    "FlagRow",
    "GroupPointRow",
    "HistoryBeforeRow",
    "HistorySummaryRow",
    "LifeEventRow",
    "LiveRow",
    "LostRow",
    "NoticeRow",
    "OutreachDecisionRow",
    "PatientRow",
    "PreferenceRow",
    "ProfileRow",
    "ProgrammeRow",
    "ReadingRow",
    "ReferralRow",
    "RelapsePlanRow",
    "ReminderRow",
    "ShiftRow",
    "SignatureRow",
    "StaffRow",
    "SurroundingsRow",
    "TryRow",
    "metadata",
]

metadata = Row.metadata
attach(metadata)

SIGNATURE = signature_table(metadata)
"""Signatures about support, kept; ``SignatureRow`` is a request for one in treatment."""
