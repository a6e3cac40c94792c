"""The rows assessment keeps. They never validate: the constraints do."""

from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Index,
    LargeBinary,
    MetaData,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from shared.runtime.columns import Json, UtcDateTime
from shared.runtime.signatures import signature_table
from shared.runtime.tables import NAMING, attach


class Row(SQLModel, registry=registry(metadata=MetaData(naming_convention=NAMING))):
    """Every table of this service."""


def _json(*, nullable: bool = False, default: str | None = None) -> Any:
    """A document; ``default`` is what rows from before the column hold."""
    given = None if default is None else text(f"'{default}'")
    return Field(sa_column=Column(Json, nullable=nullable, server_default=given))


UNSEALED = "contact IS NULL AND erased_on IS NULL"
NAMED_IN_THE_CLEAR = "who IS NULL AND erased_on IS NULL"
ANSWERED_IN_THE_CLEAR = "answered_by IS NOT NULL AND answered_by <> 'erased'"
TO_FORGET = "erased_on IS NOT NULL AND key_destroyed_at IS NULL"


def _partial(name: str, *columns: str, where: str) -> Index:
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


class PatientRow(Row, table=True):
    """One person. ``who`` is their names and birth date, ``contact`` how to reach them and who is
    near to them, both sealed with their key; ``name_digest`` finds a name and a birth date together
    (``adapters/name_index.py``).

    The plain columns of the same (given_name to birth_date, identity; phone to carers) hold what
    an older release wrote until it is sealed (``adapters/sealing.py``), and of somebody erased what
    everybody may read. ``identity`` is the folded name, and ``namesake`` counts accepted duplicates
    among names in the clear.
    """

    __tablename__: ClassVar[str] = "patient"
    __table_args__ = (
        UniqueConstraint("identity", "birth_date", "namesake"),
        CheckConstraint("status IN ('active', 'left-care', 'deceased')", name="status"),
        CheckConstraint("(status = 'active') = (left_on IS NULL)", name="left_on"),
        CheckConstraint("version >= 1", name="version"),
        _partial("ix_patient_unsealed", "patient_id", where=UNSEALED),
        _partial("ix_patient_to_forget", "patient_id", where=TO_FORGET),
        _partial("ix_patient_named_in_the_clear", "patient_id", where=NAMED_IN_THE_CLEAR),
        _partial("ix_patient_name_digest", "name_digest", where="erased_on IS NULL"),
        Index("ix_patient_team", "team", "status", "patient_id"),
    )

    patient_id: UUID = Field(primary_key=True)
    version: int
    status: str = Field(sa_type=String(16))
    team: str = Field(sa_type=String(64))
    enrolled_on: date
    left_on: date | None
    left_reason: str | None = Field(sa_type=Text)
    messages_stopped: bool = Field(
        sa_column=Column(Boolean, nullable=False, server_default=false())
    )
    given_name: str | None = Field(sa_type=String(100))
    family_name: str | None = Field(sa_type=String(100))
    birth_date: date | None
    who: bytes | None = Field(sa_type=LargeBinary)
    name_digest: bytes | None = Field(sa_type=LargeBinary)
    time_zone: str = Field(sa_type=String(64))
    language: str = Field(sa_type=String(32))
    phone: str | None = Field(sa_type=String(32))
    email: str | None = Field(sa_type=String(254))
    postal_address: str | None = Field(sa_type=String(500))
    neutral_wording: bool
    quiet_hours: Any = _json(nullable=True)
    consents: Any = _json(default="{}")
    carers: Any = _json(default="[]")
    contact: bytes | None = Field(sa_type=LargeBinary)
    erased_on: date | None
    key_destroyed_at: datetime | None = Field(sa_type=UtcDateTime)
    identity: str | None = Field(sa_type=Text)
    namesake: int
    duplicate_reason: str | None = Field(sa_type=Text)


class PatientVersionRow(Row, table=True):
    """The record as each change left it; only ever added to. ``personal`` is what ``record`` leaves
    out: who the person was and how to reach them, sealed with their key; empty once erased."""

    __tablename__: ClassVar[str] = "patient_version"
    __table_args__ = (
        _partial("ix_patient_version_unsealed", "patient_id", "version", where="personal IS NULL"),
    )

    patient_id: UUID = Field(primary_key=True, foreign_key="patient.patient_id")
    version: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    record: Any = _json()
    personal: bytes | None = Field(sa_type=LargeBinary)
    recorded_at: datetime = Field(sa_type=UtcDateTime)
    recorded_by: str = Field(sa_type=String(96))
    reason: str | None = Field(sa_type=Text)


class CareTeamRow(Row, table=True):
    """Who looks after whom, in the order given."""

    __tablename__: ClassVar[str] = "care_team"
    __table_args__ = (Index("ix_care_team_staff", "staff_id", "patient_id"),)

    patient_id: UUID = Field(primary_key=True, foreign_key="patient.patient_id")
    staff_id: UUID = Field(primary_key=True)
    place: int


class ColleagueRow(Row, table=True):
    """Who works here, as the portal says."""

    __tablename__: ClassVar[str] = "colleague"

    staff_id: UUID = Field(primary_key=True)
    role: str = Field(sa_type=String(16))
    active: bool


class ColleagueTeamRow(Row, table=True):
    """Which teams a colleague works in."""

    __tablename__: ClassVar[str] = "colleague_team"
    __table_args__ = (Index("ix_colleague_team_team", "team"),)

    staff_id: UUID = Field(primary_key=True, foreign_key="colleague.staff_id")
    team: str = Field(primary_key=True, sa_type=String(64))


class EmergencyLookRow(Row, table=True):
    """A record opened in an emergency, and what a second person said about it."""

    __tablename__: ClassVar[str] = "emergency_look"
    __table_args__ = (
        CheckConstraint("until > opened_at", name="until"),
        CheckConstraint("judgement IS NULL OR reviewed_by <> staff_id", name="four_eyes"),
        Index("ix_emergency_look_patient", "patient_id", "opened_at"),
        Index("ix_emergency_look_opened_at", "opened_at", "grant_id"),
    )

    grant_id: UUID = Field(primary_key=True)
    patient_id: UUID = Field(foreign_key="patient.patient_id")
    staff_id: UUID
    reason: str = Field(sa_type=String(32))
    words: str = Field(sa_type=Text)
    opened_at: datetime = Field(sa_type=UtcDateTime)
    until: datetime = Field(sa_type=UtcDateTime)
    reviewed_at: datetime | None = Field(sa_type=UtcDateTime)
    reviewed_by: UUID | None
    judgement: str | None = Field(sa_type=String(16))
    review_words: str | None = Field(sa_type=Text)


class AssessmentRow(Row, table=True):
    """The newest version of one completed instrument."""

    __tablename__: ClassVar[str] = "assessment"
    __table_args__ = (
        UniqueConstraint("patient_id", "instrument", "taken_at"),
        CheckConstraint("version >= 1", name="version"),
        Index("ix_assessment_patient", "patient_id", "taken_at", "assessment_id"),
        _partial(
            "ix_assessment_answered_in_the_clear", "assessment_id", where=ANSWERED_IN_THE_CLEAR
        ),
    )

    assessment_id: UUID = Field(primary_key=True)
    patient_id: UUID = Field(foreign_key="patient.patient_id")
    instrument: str = Field(sa_type=String(64))
    instrument_version: str = Field(sa_type=String(32))
    taken_at: datetime = Field(sa_type=UtcDateTime)
    taken_on: date
    mode: str = Field(sa_type=String(16))
    version: int
    total: int | None
    positive: bool | None
    answers: Any = _json()
    score: Any = _json()
    recorded_at: datetime = Field(sa_type=UtcDateTime)
    recorded_by: str = Field(sa_type=String(96))
    answered_by: str | None = Field(sa_type=String(100))
    """In the clear, as an older release wrote it; otherwise it is ``answerer``, sealed."""
    answerer: bytes | None = Field(default=None, sa_type=LargeBinary)
    reason: str | None = Field(sa_type=Text)


class AssessmentVersionRow(Row, table=True):
    """Every version there was; only ever added to."""

    __tablename__: ClassVar[str] = "assessment_version"

    assessment_id: UUID = Field(primary_key=True, foreign_key="assessment.assessment_id")
    version: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    answers: Any = _json()
    score: Any = _json()
    recorded_at: datetime = Field(sa_type=UtcDateTime)
    recorded_by: str = Field(sa_type=String(96))
    reason: str | None = Field(sa_type=Text)


class FlagRow(Row, table=True):
    """One safety flag, with the words of the rule that raised it as they were then."""

    __tablename__: ClassVar[str] = "safety_flag"
    __table_args__ = (
        CheckConstraint("status IN ('open', 'acknowledged', 'closed')", name="status"),
        CheckConstraint(
            "(status = 'closed') = (closed_by IS NOT NULL AND outcome IS NOT NULL)", name="closed"
        ),
        CheckConstraint("status <> 'acknowledged' OR acknowledged_by IS NOT NULL", name="taken_on"),
        CheckConstraint("level BETWEEN 0 AND 3 AND version >= 1", name="counts"),
        Index("ix_safety_flag_patient", "patient_id", "raised_at"),
        Index("ix_safety_flag_status", "status", "due_at", "flag_id"),
    )

    flag_id: UUID = Field(primary_key=True)
    patient_id: UUID = Field(foreign_key="patient.patient_id")
    version: int
    trigger_code: str = Field(sa_type=String(64))
    kind: str = Field(sa_type=String(64))
    level: int
    rule: str = Field(sa_type=String(96))
    title: str = Field(sa_type=Text)
    act: str = Field(sa_type=Text)
    source: str = Field(sa_type=Text)
    grade: str = Field(sa_type=String(32))
    assessment_id: UUID | None
    raised_at: datetime = Field(sa_type=UtcDateTime)
    due_at: datetime = Field(sa_type=UtcDateTime)
    status: str = Field(sa_type=String(16))
    acknowledged_by: UUID | None
    acknowledged_at: datetime | None = Field(sa_type=UtcDateTime)
    closed_by: UUID | None
    closed_at: datetime | None = Field(sa_type=UtcDateTime)
    outcome: str | None = Field(sa_type=String(64))
    note: str | None = Field(sa_type=Text)


class IntakeRow(Row, table=True):
    """Every version of a person's intake answers; only ever added to."""

    __tablename__: ClassVar[str] = "intake"

    patient_id: UUID = Field(primary_key=True, foreign_key="patient.patient_id")
    version: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    answers: Any = _json()
    recorded_at: datetime = Field(sa_type=UtcDateTime)
    recorded_by: str = Field(sa_type=String(96))


class InvitationRow(Row, table=True):
    """A one-time link to a questionnaire; its secret is kept as a hash only."""

    __tablename__: ClassVar[str] = "invitation"
    __table_args__ = (
        UniqueConstraint("secret_sha256"),
        CheckConstraint("status IN ('open', 'used', 'revoked')", name="status"),
        CheckConstraint("(status = 'open') = (ended_at IS NULL)", name="ended"),
        CheckConstraint("(status = 'used') = (assessment_id IS NOT NULL)", name="used"),
        Index("ix_invitation_patient", "patient_id", "created_at", "invitation_id"),
    )

    invitation_id: UUID = Field(primary_key=True)
    patient_id: UUID = Field(foreign_key="patient.patient_id")
    instrument: str = Field(sa_type=String(64))
    instrument_version: str = Field(sa_type=String(32))
    channel: str = Field(sa_type=String(16))
    secret_sha256: bytes = Field(sa_column=Column(LargeBinary(32), nullable=False))
    created_at: datetime = Field(sa_type=UtcDateTime)
    created_by: UUID
    expires_at: datetime = Field(sa_type=UtcDateTime)
    status: str = Field(sa_type=String(16))
    ended_at: datetime | None = Field(sa_type=UtcDateTime)
    assessment_id: UUID | None
    version: int


class ProposalRow(Row, table=True):
    """One proposal as it was made, trace and all, and the decision on it."""

    __tablename__: ClassVar[str] = "pathway_proposal"
    __table_args__ = (
        CheckConstraint("version >= 1", name="version"),
        Index("ix_pathway_proposal_patient", "patient_id", "proposed_at", "proposal_id"),
    )

    proposal_id: UUID = Field(primary_key=True)
    patient_id: UUID = Field(foreign_key="patient.patient_id")
    version: int
    proposed_at: datetime = Field(sa_type=UtcDateTime)
    ruleset_version: str = Field(sa_type=String(32))
    proposal: Any = _json()
    verdict: str | None = Field(sa_type=String(16))
    decided_by: UUID | None
    decided_at: datetime | None = Field(sa_type=UtcDateTime)
    decision: Any = _json(nullable=True)


class ShadowRow(Row, table=True):
    """What a candidate version of the rules made of the facts of one proposal."""

    __tablename__: ClassVar[str] = "shadow_comparison"
    __table_args__ = (Index("ix_shadow_comparison_version", "shadow_version", "compared_at"),)

    proposal_id: UUID = Field(primary_key=True, foreign_key="pathway_proposal.proposal_id")
    active_version: str = Field(sa_type=String(32))
    shadow_version: str = Field(sa_type=String(32))
    agrees: bool
    active_arms: str = Field(sa_type=Text)
    shadow_arms: str = Field(sa_type=Text)
    differences: Any = _json()
    compared_at: datetime = Field(sa_type=UtcDateTime)


class RuleVerdictRow(Row, table=True):
    """What one decision said about one rule."""

    __tablename__: ClassVar[str] = "rule_verdict"
    __table_args__ = (
        CheckConstraint("part IN ('offer', 'guard')", name="part"),
        Index("ix_rule_verdict_decided_at", "decided_at", "rule"),
    )

    proposal_id: UUID = Field(primary_key=True, foreign_key="pathway_proposal.proposal_id")
    rule: str = Field(primary_key=True, sa_type=String(32))
    part: str = Field(primary_key=True, sa_type=String(8))
    rule_version: int
    overridden: bool
    reason: str | None = Field(sa_type=String(64))
    decided_at: datetime = Field(sa_type=UtcDateTime)


class CourseRow(Row, table=True):
    """A course that is being followed, and the assessments it is measured against."""

    __tablename__: ClassVar[str] = "followed_course"
    __table_args__ = (Index("ix_followed_course_patient", "patient_id", "started_on"),)

    course_id: UUID = Field(primary_key=True)
    patient_id: UUID
    started_on: date
    primary_instrument: str = Field(sa_type=String(64))
    closed: bool
    baselines: Any = _json()


class MilestoneRow(Row, table=True):
    """What has been published about a person's trajectory; ``version`` counts those facts."""

    __tablename__: ClassVar[str] = "trajectory"

    patient_id: UUID = Field(primary_key=True)
    course_id: UUID
    remission_on: date | None
    relapse_on: date | None
    response: str = Field(
        sa_column=Column(String(32), nullable=False, server_default=text("'unknown'"))
    )
    version: int


metadata = Row.metadata
attach(metadata)

SIGNATURE = signature_table(metadata)
PATIENT = metadata.tables["patient"]
PATIENT_VERSION = metadata.tables["patient_version"]
CARE_TEAM = metadata.tables["care_team"]
EMERGENCY_LOOK = metadata.tables["emergency_look"]
COLLEAGUE = metadata.tables["colleague"]
COLLEAGUE_TEAM = metadata.tables["colleague_team"]
ASSESSMENT = metadata.tables["assessment"]
ASSESSMENT_VERSION = metadata.tables["assessment_version"]
FLAG = metadata.tables["safety_flag"]
INVITATION = metadata.tables["invitation"]
INTAKE = metadata.tables["intake"]
PROPOSAL = metadata.tables["pathway_proposal"]
SHADOW = metadata.tables["shadow_comparison"]
RULE_VERDICT = metadata.tables["rule_verdict"]
COURSE = metadata.tables["followed_course"]
