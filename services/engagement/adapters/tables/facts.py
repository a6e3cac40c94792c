"""The last state of what other services own."""

from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import Column, Index
from sqlmodel import Field

from services.engagement.adapters.tables.row import Row
from shared.runtime.columns import Json


class CourseRow(Row, table=True):
    """The last state of a course, as treatment told it."""

    __tablename__: ClassVar[str] = "course"
    __table_args__ = (Index("ix_course_patient", "patient_id"),)

    course_id: UUID = Field(primary_key=True)
    patient_id: UUID
    state: dict[str, Any] = Field(sa_column=Column(Json, nullable=False))


class SignatureRow(Row, table=True):
    """The last state of a request for a signature, as treatment told it."""

    __tablename__: ClassVar[str] = "signature_request"
    __table_args__ = (Index("ix_signature_request_patient", "patient_id"),)

    request_id: UUID = Field(primary_key=True)
    patient_id: UUID
    state: dict[str, Any] = Field(sa_column=Column(Json, nullable=False))


class FlagRow(Row, table=True):
    """The last state of a safety flag, as assessment told it."""

    __tablename__: ClassVar[str] = "flag"
    __table_args__ = (Index("ix_flag_patient", "patient_id"),)

    flag_id: UUID = Field(primary_key=True)
    patient_id: UUID
    state: dict[str, Any] = Field(sa_column=Column(Json, nullable=False))
