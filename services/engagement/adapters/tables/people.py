"""People in care and the people who work here."""

from datetime import date
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import Boolean, CheckConstraint, Column, Index, String, false
from sqlmodel import Field

from services.engagement.adapters.tables.row import Row
from shared.runtime.columns import Json


class PatientRow(Row, table=True):
    """Where a person is in care, and two identifiers once they are known."""

    __tablename__: ClassVar[str] = "patient"
    __table_args__ = (
        CheckConstraint("status IN ('active', 'left-care', 'deceased')", name="status"),
        Index("ix_patient_team", "team"),
    )

    patient_id: UUID = Field(primary_key=True)
    status: str = Field(sa_type=String(16))
    team: str = Field(sa_type=String(64))
    zone: str = Field(sa_type=String(64))
    given_name: str | None = Field(sa_type=String(100))
    family_name: str | None = Field(sa_type=String(100))
    birth_date: date | None
    reach: dict[str, Any] | None = Field(sa_column=Column(Json, nullable=True))
    messages_stopped: bool = Field(
        sa_column=Column(Boolean, nullable=False, server_default=false())
    )


class CareTeamRow(Row, table=True):
    """Who looks after whom, in the order the care team was given."""

    __tablename__: ClassVar[str] = "care_team"
    __table_args__ = (Index("ix_care_team_staff", "staff_id"),)

    patient_id: UUID = Field(primary_key=True)
    staff_id: UUID = Field(primary_key=True)
    position: int


class StaffRow(Row, table=True):
    """Everybody who works here."""

    __tablename__: ClassVar[str] = "staff"

    staff_id: UUID = Field(primary_key=True)
    role: str = Field(sa_type=String(16))
    teams: list[str] = Field(sa_column=Column(Json, nullable=False))
    active: bool
