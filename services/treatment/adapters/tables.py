"""Rows. They hold values and refuse the impossible by constraints; rules live in the domain."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Index,
    LargeBinary,
    MetaData,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from services.treatment.domain.phases import TAKING, Phase
from shared.runtime.columns import Json, MilligramsAsMicrograms, UtcDateTime
from shared.runtime.tables import NAMING, attach

_TAKING = text("phase IN (" + ", ".join(f"'{phase}'" for phase in sorted(TAKING)) + ")")
_PHASES = ", ".join(f"'{phase}'" for phase in Phase)


class Row(SQLModel, registry=registry(metadata=MetaData(naming_convention=NAMING))):
    """The base of this service's tables."""


metadata = Row.metadata


NAMED_IN_THE_CLEAR = "who IS NULL AND name IS NOT NULL"


class PatientRow(Row, table=True):
    """What two facts of assessment say of a person; null until that fact is here.

    ``who`` is name and birth date, sealed with the person's key. The plain columns of the same
    hold what an older release wrote until that is sealed, and of somebody erased what everybody
    may read.
    """

    __tablename__ = "patient"
    __table_args__ = (
        Index(
            "ix_patient_named_in_the_clear",
            "id",
            sqlite_where=text(NAMED_IN_THE_CLEAR),
            postgresql_where=text(NAMED_IN_THE_CLEAR),
        ),
    )

    id: UUID = Field(primary_key=True)
    status: str | None = Field(default=None, sa_type=String(16))
    team: str | None = Field(default=None, sa_type=String(64), index=True)
    enrolled_on: date | None = None
    name: str | None = Field(default=None, sa_type=Text)
    birth_date: date | None = None
    who: bytes | None = Field(default=None, sa_type=LargeBinary)
    time_zone: str | None = Field(default=None, sa_type=String(64))


class CareTeamRow(Row, table=True):
    """Who looks after whom."""

    __tablename__ = "care_team"
    patient_id: UUID = Field(primary_key=True, foreign_key="patient.id")
    staff_id: UUID = Field(primary_key=True, index=True)


class ReadingRow(Row, table=True):
    """A score learned from assessment; ``total`` is null where an item is missing."""

    __tablename__ = "reading"
    assessment_id: UUID = Field(primary_key=True)
    patient_id: UUID
    instrument: str = Field(sa_type=String(64))
    taken_on: date
    total: int | None = None

    __table_args__ = (Index("ix_reading_patient_id", "patient_id", "instrument", "taken_on"),)


class FlagRow(Row, table=True):
    """A safety flag learned from assessment."""

    __tablename__ = "flag"
    id: UUID = Field(primary_key=True)
    patient_id: UUID = Field(index=True)
    level: int
    is_open: bool


class HealthProfileRow(Row, table=True):
    """One version of what a person answered; versions are only added."""

    __tablename__ = "health_profile"
    patient_id: UUID = Field(primary_key=True, foreign_key="patient.id")
    version: int = Field(primary_key=True)
    asked_at: datetime = Field(sa_type=UtcDateTime)
    asked_by: UUID
    conditions: list[str] = Field(sa_type=Json)
    medicines: list[dict[str, Any]] = Field(sa_type=Json)
    note: str | None = Field(default=None, sa_type=Text)


class CourseRow(Row, table=True):
    """A course. At most one per patient is being taken."""

    __tablename__ = "course"
    id: UUID = Field(primary_key=True)
    patient_id: UUID = Field(foreign_key="patient.id", index=True)
    version: int
    phase: str = Field(sa_type=String(32))
    drug: str = Field(sa_type=String(64))
    indication: str = Field(sa_type=String(64))
    instrument: str = Field(sa_type=String(64))
    prescriber_id: UUID
    starts_on: date
    started_on: date | None = None
    suicide_concern: bool
    dose_mg: Decimal = Field(sa_type=MilligramsAsMicrograms)
    dose_text: str = Field(sa_type=Text)
    titration: list[dict[str, Any]] = Field(sa_type=Json)
    marks: list[dict[str, Any]] = Field(sa_type=Json)
    pauses: list[dict[str, Any]] = Field(sa_type=Json)
    reviews_made: int
    resumes_to: str | None = Field(default=None, sa_type=String(32))
    plan_id: UUID | None = None
    ending: str | None = Field(default=None, sa_type=String(32))
    harm: str | None = Field(default=None, sa_type=String(64))
    ended_on: date | None = None
    closed_on: date | None = None
    jurisdiction: str | None = Field(default=None, sa_type=String(8))
    family: str | None = Field(default=None, sa_type=String(64))
    dose_since: date | None = None
    replaces: UUID | None = Field(default=None, foreign_key="course.id")
    successor_id: UUID | None = Field(default=None, foreign_key="course.id")
    leaving: list[dict[str, Any]] = Field(default_factory=list, sa_type=Json)

    __table_args__ = (
        CheckConstraint("phase != 'switching-out' OR successor_id IS NOT NULL", name="successor"),
        Index(
            "uq_course_taking",
            "patient_id",
            unique=True,
            sqlite_where=_TAKING,
            postgresql_where=_TAKING,
        ),
        CheckConstraint("version >= 1", name="version"),
        CheckConstraint(f"phase IN ({_PHASES})", name="phase"),
        CheckConstraint("dose_mg >= 0", name="dose"),
    )


class FormularySeenRow(Row, table=True):
    """With which digest a drug was last seen, and how often it has changed."""

    __tablename__ = "formulary_seen"
    drug: str = Field(primary_key=True, sa_type=String(64))
    digest: str = Field(sa_type=String(64))
    changes: int
    at: datetime = Field(sa_type=UtcDateTime)


class JudgedRow(Row, table=True):
    """With which digest of its drug a course was last judged, and what was found."""

    __tablename__ = "judged"
    course_id: UUID = Field(primary_key=True, foreign_key="course.id")
    digest: str = Field(sa_type=String(64))
    found: list[str] = Field(sa_type=Json)
    at: datetime = Field(sa_type=UtcDateTime)


class ReviewRow(Row, table=True):
    """A planned look at a course."""

    __tablename__ = "review"
    course_id: UUID = Field(primary_key=True, foreign_key="course.id")
    ordinal: int = Field(primary_key=True)
    kind: str = Field(sa_type=String(64))
    due_on: date
    for_role: str = Field(sa_type=String(32))
    rule: str = Field(sa_type=String(32))
    done_at: datetime | None = Field(default=None, sa_type=UtcDateTime)

    __table_args__ = (
        Index(
            "ix_review_owed",
            "due_on",
            sqlite_where=text("done_at IS NULL"),
            postgresql_where=text("done_at IS NULL"),
        ),
    )


class PlanRow(Row, table=True):
    """A plan as a document: drafted, then signed, then never changed."""

    __tablename__ = "taper_plan"
    id: UUID = Field(primary_key=True)
    course_id: UUID = Field(foreign_key="course.id", index=True)
    patient_id: UUID = Field(foreign_key="patient.id")
    version: int
    plan_version: int
    state: str = Field(sa_type=String(16))
    outline: dict[str, Any] = Field(sa_type=Json)
    readiness: dict[str, Any] | None = Field(default=None, sa_type=Json)
    early_reason: str | None = Field(default=None, sa_type=Text)
    drafted_by: UUID
    drafted_at: datetime = Field(sa_type=UtcDateTime)
    rulebook: str = Field(sa_type=String(128))
    signed_by: UUID | None = None
    signed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    standing_days: int | None = None

    __table_args__ = (CheckConstraint("(state = 'draft') = (signed_by IS NULL)", name="signed_by"),)


class TaperRow(Row, table=True):
    """A signed plan being lived."""

    __tablename__ = "taper"
    plan_id: UUID = Field(primary_key=True, foreign_key="taper_plan.id")
    course_id: UUID = Field(foreign_key="course.id", index=True)
    plan_version: int
    policy: str = Field(sa_type=String(64))
    status: str = Field(sa_type=String(16))
    planned: list[dict[str, Any]] = Field(sa_type=Json)
    hold_until: date | None = None
    held_days: int
    holds: int
    proposal: dict[str, Any] | None = Field(default=None, sa_type=Json)
    proposed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    starts_on: date | None = None
    standing_days: int | None = None


class StepRow(Row, table=True):
    """A scheduled step. ``supply_on`` is when its supply is owed."""

    __tablename__ = "taper_step"
    plan_id: UUID = Field(primary_key=True, foreign_key="taper.plan_id")
    ordinal: int = Field(primary_key=True)
    supply_on: date = Field(index=True)
    change_on: date = Field(index=True)
    previous_mg: Decimal = Field(sa_type=MilligramsAsMicrograms)
    previous_text: str = Field(sa_type=Text)
    dose_mg: Decimal = Field(sa_type=MilligramsAsMicrograms)
    dose_text: str = Field(sa_type=Text)
    supply_text: str = Field(sa_type=Text)
    check_in_early_on: date | None = Field(default=None, index=True)
    check_in_gate_on: date | None = Field(default=None, index=True)
    supply_confirmed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    taken_on: date | None = None
    taken_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    early_check_in_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    gate_check_in_at: datetime | None = Field(default=None, sa_type=UtcDateTime)

    __table_args__ = (CheckConstraint("dose_mg < previous_mg OR ordinal = 0", name="falls"),)


class TaperVersionRow(Row, table=True):
    """A version of a plan as it was when it became the live one; rows are only added."""

    __tablename__ = "taper_version"
    plan_id: UUID = Field(primary_key=True, foreign_key="taper_plan.id")
    plan_version: int = Field(primary_key=True)
    course_id: UUID = Field(foreign_key="course.id", index=True)
    patient_id: UUID
    kind: str = Field(sa_type=String(32))
    made_at: datetime = Field(sa_type=UtcDateTime)
    made_on: date
    reason: str | None = Field(default=None, sa_type=Text)
    taper: dict[str, Any] = Field(sa_type=Json)
    made_by: str = Field(sa_type=String(96))


class PlanChangeRow(Row, table=True):
    """A proposed version of a plan: what it would change, and what became of it."""

    __tablename__ = "plan_change"
    id: UUID = Field(primary_key=True)
    course_id: UUID = Field(foreign_key="course.id", index=True)
    patient_id: UUID = Field(foreign_key="patient.id")
    version: int
    kind: str = Field(sa_type=String(16))
    state: str = Field(sa_type=String(16))
    plan_id: UUID
    from_version: int
    days: int | None = None
    on: date | None = None
    outline: dict[str, Any] | None = Field(default=None, sa_type=Json)
    diff: dict[str, Any] = Field(sa_type=Json)
    rule: str = Field(sa_type=String(32))
    reason: str = Field(sa_type=Text)
    proposed_by: str = Field(sa_type=String(96))
    proposed_at: datetime = Field(sa_type=UtcDateTime)
    decided_by: UUID | None = None
    decided_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    decline_reason: str | None = Field(default=None, sa_type=Text)

    __table_args__ = (
        CheckConstraint(
            "(state IN ('signed', 'declined')) = (decided_by IS NOT NULL)", name="decided_by"
        ),
        CheckConstraint("(days IS NULL) = (kind <> 'hold')", name="days"),
    )


class DiaryRow(Row, table=True):
    """What a person's own calendar shows of one thing; called off rather than taken out."""

    __tablename__ = "diary"
    uid: UUID = Field(primary_key=True)
    course_id: UUID = Field(foreign_key="course.id", index=True)
    patient_id: UUID = Field(index=True)
    kind: str = Field(sa_type=String(32))
    on: date
    zone: str = Field(sa_type=String(64))
    state: str = Field(sa_type=String(8))
    sequence: int
    changed_at: datetime = Field(sa_type=UtcDateTime)


class CalendarLinkRow(Row, table=True):
    """A secret link to a diary; of the secret only its SHA-256 is here."""

    __tablename__ = "calendar_link"
    id: UUID = Field(primary_key=True)
    patient_id: UUID = Field(foreign_key="patient.id", index=True)
    secret_sha256: bytes = Field(sa_type=LargeBinary(32), unique=True)
    change_title: str = Field(sa_type=String(60))
    check_in_title: str = Field(sa_type=String(60))
    made_by: UUID
    made_at: datetime = Field(sa_type=UtcDateTime)
    revoked_by: UUID | None = None
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)

    __table_args__ = (
        Index(
            "uq_calendar_link_live",
            "patient_id",
            unique=True,
            sqlite_where=text("revoked_at IS NULL"),
            postgresql_where=text("revoked_at IS NULL"),
        ),
    )


class LifeEventRow(Row, table=True):
    """A stressor that steps keep away from."""

    __tablename__ = "life_event"
    id: UUID = Field(primary_key=True)
    patient_id: UUID = Field(index=True)
    kind: str = Field(sa_type=String(64))
    on: date
    no_step_before: date | None = None


class LookRow(Row, table=True):
    """A look at the person after the last dose."""

    __tablename__ = "taper_look"
    plan_id: UUID = Field(primary_key=True, foreign_key="taper.plan_id")
    ordinal: int = Field(primary_key=True)
    due_on: date = Field(index=True)
    done_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class CheckInRow(Row, table=True):
    """A check-in as it was said."""

    __tablename__ = "check_in"
    id: UUID = Field(primary_key=True)
    course_id: UUID = Field(foreign_key="course.id", index=True)
    plan_id: UUID
    plan_version: int
    kind: str = Field(sa_type=String(16))
    ordinal: int
    at: datetime = Field(sa_type=UtcDateTime)
    said: dict[str, Any] = Field(sa_type=Json)
    proposal: dict[str, Any] = Field(sa_type=Json)
    assessment_ids: list[str] = Field(sa_type=Json)
    note: str | None = Field(default=None, sa_type=Text)


class SignatureRequestRow(Row, table=True):
    """Who is asked to sign what of a course: one row for each thing, asked again in place."""

    __tablename__ = "signature_request"
    id: UUID = Field(primary_key=True)
    course_id: UUID = Field(foreign_key="course.id")
    what: str = Field(sa_type=String(16))
    status: str = Field(sa_type=String(16))
    plan_id: UUID | None = None
    plan_version: int
    asked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    version: int
    first_by: UUID | None = None
    first_hash: str | None = Field(default=None, sa_type=String(64))
    first_reasons: dict[str, str] | None = Field(default=None, sa_type=Json)
    """Of a second signature: who signed first (at ``asked_at``), what, and why."""

    __table_args__ = (
        UniqueConstraint("course_id", "what", name="uq_signature_request_course_id"),
        Index("ix_signature_request_asked", "status", "what", "asked_at"),
    )


class SignatureRow(Row, table=True):
    """A signature and the version of what it binds."""

    __tablename__ = "signature"
    token_id: str = Field(primary_key=True, sa_type=String(64))
    object: str = Field(sa_type=String(128), index=True)
    staff_id: UUID
    hash: str = Field(sa_type=String(64))
    meaning: str = Field(sa_type=String(64))
    signed_at: datetime = Field(sa_type=UtcDateTime)
    proof: str | None = Field(default=None, sa_type=Text)
    """The signed token and the public key it was verified with (``auth.proven``)."""


class JournalRow(Row, table=True):
    """What happened to a course, and what was known then; rows are only added."""

    __tablename__ = "journal"
    course_id: UUID = Field(primary_key=True, foreign_key="course.id")
    version: int = Field(primary_key=True)
    patient_id: UUID
    at: datetime = Field(sa_type=UtcDateTime)
    on: date
    kind: str = Field(sa_type=String(32))
    dose_mg: Decimal = Field(sa_type=MilligramsAsMicrograms)
    text: str = Field(sa_type=Text)
    reason: str | None = Field(default=None, sa_type=Text)
    known: dict[str, Any] = Field(sa_type=Json)
    recorded_by: str = Field(sa_type=String(96))

    __table_args__ = (Index("ix_journal_patient_id", "patient_id", "at"),)


attach(metadata)
