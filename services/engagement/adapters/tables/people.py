"""People in care and the people who work here."""

from datetime import date
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import Boolean, CheckConstraint, Column, Index, LargeBinary, String, false
from sqlmodel import Field

from services.engagement.adapters.tables.row import Row, partial
from shared.runtime.columns import Json

NAMED_IN_THE_CLEAR = "who IS NULL AND given_name IS NOT NULL"


class PatientRow(Row, table=True):
    """Where a person is in care, and who they are once that is known.

    ``who`` is their names, birth date and mail address, sealed with their key. The plain columns of
    the same hold what an older release wrote until that is sealed, and of somebody erased what
    everybody may read; ``reach`` without the address is how they agreed to be written to.
    """

    __tablename__: ClassVar[str] = "patient"
    __table_args__ = (
        CheckConstraint("status IN ('active', 'left-care', 'deceased')", name="status"),
        Index("ix_patient_team", "team"),
        partial("ix_patient_named_in_the_clear", "patient_id", where=NAMED_IN_THE_CLEAR),
    )

    patient_id: UUID = Field(primary_key=True)
    status: str = Field(sa_type=String(16))
    team: str = Field(sa_type=String(64))
    zone: str = Field(sa_type=String(64))
    given_name: str | None = Field(sa_type=String(100))
    family_name: str | None = Field(sa_type=String(100))
    birth_date: date | None
    who: bytes | None = Field(sa_type=LargeBinary)
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
