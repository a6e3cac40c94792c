"""Programmes, contacts, and what is kept beside them. ``state`` is the domain's own value."""

from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, LargeBinary, String
from sqlmodel import Field

from services.engagement.adapters.tables.row import Row
from shared.runtime.columns import Json, UtcDateTime


class ProgrammeRow(Row, table=True):
    """A programme of support. An active one has a facilitator, or says since when it has not."""

    __tablename__: ClassVar[str] = "programme"
    __table_args__ = (
        CheckConstraint("status IN ('active', 'closing-requested', 'closed')", name="status"),
        CheckConstraint(
            "status = 'closed' OR facilitator_id IS NOT NULL OR gap_since IS NOT NULL",
            name="facilitator_or_gap",
        ),
        Index("ix_programme_patient", "patient_id"),
        Index("ix_programme_facilitator", "facilitator_id"),
        Index("ix_programme_deputy", "deputy_id"),
    )

    programme_id: UUID = Field(primary_key=True)
    patient_id: UUID
    kind: str = Field(sa_type=String(64))
    status: str = Field(sa_type=String(32))
    facilitator_id: UUID | None
    deputy_id: UUID | None
    gap_since: date | None
    state: dict[str, Any] = Field(sa_column=Column(Json, nullable=False))


class ContactRow(Row, table=True):
    """A contact, or the attempt at it; only ever added."""

    __tablename__: ClassVar[str] = "contact"
    __table_args__ = (
        CheckConstraint("minutes >= 0 AND minutes <= 240", name="minutes"),
        CheckConstraint("outcome = 'took-place' OR minutes = 0", name="minutes_of_what"),
        Index("ix_contact_patient", "patient_id", "at"),
    )

    contact_id: UUID = Field(primary_key=True)
    patient_id: UUID
    programme_id: UUID | None
    at: datetime = Field(sa_type=UtcDateTime)
    mode: str = Field(sa_type=String(32))
    outcome: str = Field(sa_type=String(32))
    minutes: int
    state: dict[str, Any] = Field(sa_column=Column(Json, nullable=False))


class LifeEventRow(Row, table=True):
    """Something that happened in a person's life."""

    __tablename__: ClassVar[str] = "life_event"
    __table_args__ = (Index("ix_life_event_patient", "patient_id"),)

    life_event_id: UUID = Field(primary_key=True)
    patient_id: UUID
    state: dict[str, Any] = Field(sa_column=Column(Json, nullable=False))


class DropRow(Row, table=True):
    """A ruler that fell or is low, and the talk about it."""

    __tablename__: ClassVar[str] = "motivation_drop"
    __table_args__ = (Index("ix_motivation_drop_patient", "patient_id"),)

    reading_id: UUID = Field(primary_key=True)
    patient_id: UUID
    state: dict[str, Any] = Field(sa_column=Column(Json, nullable=False))


class RelapsePlanRow(Row, table=True):
    """The relapse-prevention plan; one for each person."""

    __tablename__: ClassVar[str] = "relapse_plan"
    __table_args__ = (Index("uq_relapse_plan_patient", "patient_id", unique=True),)

    plan_id: UUID = Field(primary_key=True)
    patient_id: UUID
    state: dict[str, Any] = Field(sa_column=Column(Json, nullable=False))


class ProfileRow(Row, table=True):
    """What a person needs so that support reaches them."""

    __tablename__: ClassVar[str] = "support_profile"

    patient_id: UUID = Field(primary_key=True)
    state: dict[str, Any] = Field(sa_column=Column(Json, nullable=False))


class SurroundingsRow(Row, table=True):
    """The language and the carers, as assessment told it; ``near`` is the carers' names, sealed."""

    __tablename__: ClassVar[str] = "surroundings"

    patient_id: UUID = Field(primary_key=True)
    state: dict[str, Any] = Field(sa_column=Column(Json, nullable=False))
    near: bytes | None = Field(sa_type=LargeBinary)


class ActivityRow(Row, table=True):
    """One activity of the imported directory."""

    __tablename__: ClassVar[str] = "activity"

    activity_id: UUID = Field(primary_key=True)
    name: str = Field(sa_type=String(200))
    state: dict[str, Any] = Field(sa_column=Column(Json, nullable=False))


class ReferralRow(Row, table=True):
    """A referral to an activity of the directory."""

    __tablename__: ClassVar[str] = "referral"
    __table_args__ = (Index("ix_referral_patient", "patient_id"),)

    referral_id: UUID = Field(primary_key=True)
    patient_id: UUID
    state: dict[str, Any] = Field(sa_column=Column(Json, nullable=False))


class OutreachDecisionRow(Row, table=True):
    """What was decided about somebody who cannot be reached; only ever added."""

    __tablename__: ClassVar[str] = "outreach_decision"
    __table_args__ = (Index("ix_outreach_decision_patient", "patient_id"),)

    decision_id: UUID = Field(primary_key=True)
    patient_id: UUID
    state: dict[str, Any] = Field(sa_column=Column(Json, nullable=False))


class ReadingRow(Row, table=True):
    """A completed instrument as it was told; an amendment is one more row."""

    __tablename__: ClassVar[str] = "reading"
    __table_args__ = (Index("ix_reading_patient", "patient_id"),)

    assessment_id: UUID = Field(primary_key=True)
    version: int = Field(primary_key=True)
    patient_id: UUID
    state: dict[str, Any] = Field(sa_column=Column(Json, nullable=False))


class CarePointRow(Row, table=True):
    """Whether somebody was in care at one moment; each fact about it is one row."""

    __tablename__: ClassVar[str] = "care_point"

    patient_id: UUID = Field(primary_key=True)
    version: int = Field(primary_key=True)
    state: dict[str, Any] = Field(sa_column=Column(Json, nullable=False))


class GroupPointRow(Row, table=True):
    """The language and the barriers of somebody at one moment; each word about them is one row."""

    __tablename__: ClassVar[str] = "group_point"

    patient_id: UUID = Field(primary_key=True)
    kind: str = Field(primary_key=True, sa_type=String(16))
    version: int = Field(primary_key=True)
    state: dict[str, Any] = Field(sa_column=Column(Json, nullable=False))


class CoursePointRow(Row, table=True):
    """A course as it stood at one moment; each fact about it is one row."""

    __tablename__: ClassVar[str] = "course_point"
    __table_args__ = (Index("ix_course_point_patient", "patient_id"),)

    course_id: UUID = Field(primary_key=True)
    version: int = Field(primary_key=True)
    patient_id: UUID
    state: dict[str, Any] = Field(sa_column=Column(Json, nullable=False))


class HistorySummaryRow(Row, table=True):
    """What is known of a person, summed up for the report of outcomes; one for each person.

    ``rules`` is the mark of the rules it was made by. Triggers of migration 0012d take it away with
    whatever is recorded about the person, whoever writes it: without a mark it counts for nothing.
    """

    __tablename__: ClassVar[str] = "history_summary"
    __table_args__ = (Index("ix_history_summary_rules", "rules"),)

    patient_id: UUID = Field(primary_key=True)
    rules: str | None = Field(sa_type=String(64))
    known_at: datetime | None = Field(sa_type=UtcDateTime)
    state: dict[str, Any] | None = Field(sa_column=Column(Json))


class HistoryBeforeRow(Row, table=True):
    """What was known of a person before their summary: for a report of a past day.

    It was so until ``known_until``, since the row before. These rows belong to the summary, are
    made with it, and count as long as it does.
    """

    __tablename__: ClassVar[str] = "history_before"

    patient_id: UUID = Field(primary_key=True)
    known_until: datetime = Field(sa_type=UtcDateTime, primary_key=True)
    state: dict[str, Any] = Field(sa_column=Column(Json, nullable=False))
