"""Reminders, the versions they may be about, and what people did about them."""

from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    Index,
    String,
    UniqueConstraint,
    text,
)
from sqlmodel import Field

from services.engagement.adapters.tables.row import Row, partial
from shared.runtime.columns import Json, UtcDateTime

_IS_OPEN = "state IN ('planned', 'visible', 'acknowledged')"
_IS_IN_HAND = "state = 'acknowledged'"
KEY = ("subject_kind", "subject_id", "subject_version", "ordinal", "kind", "level")
_LISTED = ("risk", "due_at", "reminder_id", "owed_at", "overdue_from", "kind", "is_in_hand")
"""What the order of a list needs, so that it is read from an index alone."""
_MINE = (*_LISTED, "item_id", "level", "team")


def _of_open(name: str, *columns: str, and_: str = "", unique: bool = False) -> Index:
    """An index of open reminders; spelled as each database is asked, so that it finds it."""
    return Index(
        name,
        *columns,
        unique=unique,
        sqlite_where=text(f"{and_}is_open = 1"),
        postgresql_where=text(f"{and_}is_open"),
    )


class ReminderRow(Row, table=True):
    """One reminder or one rung of its ladder. The unique keys make doubling impossible: a key has
    one row for each life, and at most one of them is open.

    ``team`` repeats the patient's, for the lists only.

    No index is about ``state`` itself, but about what of it stays as it is when a reminder
    becomes visible. So PostgreSQL shows a reminder without writing to a single index (a HOT
    update, for which each page keeps some room); otherwise it would write to all of them.
    """

    __tablename__: ClassVar[str] = "reminder"
    __table_args__ = (
        UniqueConstraint(
            "subject_kind",
            "subject_id",
            "subject_version",
            "ordinal",
            "kind",
            "level",
            "life",
            name="uq_reminder_key",
        ),
        CheckConstraint(
            "state IN ('planned', 'visible', 'acknowledged', 'done', 'cancelled')", name="state"
        ),
        CheckConstraint("(state = 'cancelled') = (reason IS NOT NULL)", name="reason"),
        CheckConstraint(
            "state <> 'visible' OR (visible_at IS NOT NULL AND visible_at >= due_at)",
            name="never_early",
        ),
        CheckConstraint(
            "state <> 'acknowledged' OR acknowledged_by IS NOT NULL", name="acknowledged"
        ),
        CheckConstraint("state <> 'done' OR done_at IS NOT NULL", name="done"),
        CheckConstraint(
            "level >= 0 AND ordinal >= 0 AND version >= 1 AND life >= 1", name="counts"
        ),
        _of_open("uq_reminder_one_open", *KEY, unique=True),
        _of_open("ix_reminder_due", "due_at"),
        _of_open("ix_reminder_of_team", "team", *_LISTED, and_="level = 0 AND "),
        _of_open("ix_reminder_of_owner", "owner_id", "for_role", *_MINE),
        Index("ix_reminder_patient", "patient_id", "due_at"),
        Index("ix_reminder_item", "item_id", "level"),
        Index(
            "ix_reminder_done",
            "due_at",
            sqlite_where=text("is_open = 0 AND reason IS NULL"),
            postgresql_where=text("NOT is_open AND reason IS NULL"),
        ),
        partial("ix_reminder_cancelled", "due_at", where="reason IS NOT NULL"),
        partial("ix_reminder_again", "life", where="life > 1"),
    )

    reminder_id: UUID = Field(primary_key=True)
    item_id: UUID
    subject_kind: str = Field(sa_type=String(32))
    subject_id: UUID
    subject_version: int
    ordinal: int
    kind: str = Field(sa_type=String(32))
    level: int
    life: int
    patient_id: UUID
    team: str = Field(sa_type=String(64))
    course_id: UUID | None
    for_role: str = Field(sa_type=String(16))
    owner_id: UUID | None
    handed_over: bool
    risk: int
    due_on: date
    owed_at: datetime = Field(sa_type=UtcDateTime)
    due_at: datetime = Field(sa_type=UtcDateTime)
    overdue_from: datetime = Field(sa_type=UtcDateTime)
    planned_at: datetime = Field(sa_type=UtcDateTime)
    state: str = Field(sa_type=String(16))
    reason: str | None = Field(sa_type=String(16))
    visible_at: datetime | None = Field(sa_type=UtcDateTime)
    acknowledged_by: UUID | None
    acknowledged_at: datetime | None = Field(sa_type=UtcDateTime)
    acknowledged_meaning: str | None = Field(sa_type=String(16))
    answered_before: bool
    done_at: datetime | None = Field(sa_type=UtcDateTime)
    attempts: int
    detail: dict[str, Any] = Field(sa_column=Column(Json, nullable=False))
    version: int
    is_open: bool = Field(sa_column=Column(Boolean, Computed(_IS_OPEN), nullable=False))
    is_in_hand: bool = Field(sa_column=Column(Boolean, Computed(_IS_IN_HAND), nullable=False))


class LiveRow(Row, table=True):
    """The version of each plan, course or flag that reminders may be about now."""

    __tablename__: ClassVar[str] = "live"

    subject_kind: str = Field(primary_key=True, sa_type=String(32))
    subject_id: UUID = Field(primary_key=True)
    subject_version: int


class LostRow(Row, table=True):
    """A reminder that should have existed and did not until the recount found it."""

    __tablename__: ClassVar[str] = "lost"

    reminder_id: UUID = Field(primary_key=True)
    found_at: datetime = Field(sa_type=UtcDateTime)


class AttemptRow(Row, table=True):
    """What somebody did about a reminder; only ever added to."""

    __tablename__: ClassVar[str] = "outcome"
    __table_args__ = (Index("ix_outcome_reminder", "reminder_id", "at"),)

    attempt_id: UUID = Field(primary_key=True)
    reminder_id: UUID
    patient_id: UUID
    act: str = Field(sa_type=String(16))
    by: UUID
    at: datetime = Field(sa_type=UtcDateTime)
    meaning: str | None = Field(sa_type=String(16))
    until: datetime | None = Field(sa_type=UtcDateTime)
    to: UUID | None
    note: str | None = Field(sa_type=String(500))
