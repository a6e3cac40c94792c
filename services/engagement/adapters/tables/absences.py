"""Who is away, and who said yes to whom."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, String, Uuid
from sqlmodel import Field

from services.engagement.adapters.tables.row import Row
from shared.runtime.columns import UtcDateTime


class AbsenceRow(Row, table=True):
    """From the first to the last day away, both included."""

    __tablename__: ClassVar[str] = "absence"
    __table_args__ = (
        CheckConstraint("ends_on >= starts_on", name="days"),
        CheckConstraint("staff_id <> cover_id", name="cover"),
        CheckConstraint("followed IN ('planned', 'running', 'over')", name="followed"),
        Index("ix_absence_staff", "staff_id", "ends_on"),
        Index("ix_absence_cover", "cover_id", "ends_on"),
        Index("ix_absence_followed", "followed", "starts_on"),
    )

    absence_id: UUID = Field(primary_key=True)
    staff_id: UUID
    cover_id: UUID
    starts_on: date
    ends_on: date
    note: str = Field(sa_type=String(500))
    made_by: UUID
    made_at: datetime = Field(sa_type=UtcDateTime)
    withdrawn: bool
    followed: str = Field(sa_type=String(16))
    version: int


class CoverRow(Row, table=True):
    """What the colleague said about one person."""

    __tablename__: ClassVar[str] = "cover"
    __table_args__ = (
        CheckConstraint("answer IN ('asked', 'accepted', 'declined')", name="answer"),
        Index("ix_cover_patient", "patient_id"),
    )

    absence_id: UUID = Field(
        sa_column=Column(Uuid(), ForeignKey("absence.absence_id"), primary_key=True)
    )
    patient_id: UUID = Field(primary_key=True)
    answer: str = Field(sa_type=String(16))
