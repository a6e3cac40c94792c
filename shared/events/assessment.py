"""Facts the assessment service owns: patients, answers, safety flags, pathway, trajectory."""

from datetime import date
from decimal import Decimal
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime

from shared.events.envelope import Fact, Payload


class PatientState(Payload):
    """Whether a person is in care and who looks after them. No name, no birth date."""

    patient_id: UUID
    status: Literal["active", "left-care", "deceased"]
    team: str
    care_team: tuple[UUID, ...]
    enrolled_on: date
    ended_on: date | None = None
    """The day care ended or the person died."""
    messages_stopped: bool = False
    """In care, and nothing is sent to the person before somebody lets messages begin again."""


class ChannelConsent(Payload):
    """What one channel may be used for.

    ``channel`` is telephone, text, email or letter; ``purposes`` are appointments, course (dose
    days, check-ins, plan and calendar), questionnaires and outreach.
    """

    channel: str
    purposes: tuple[str, ...]


class QuietHours(Payload):
    """No message from ``starts`` to ``ends``, each ``HH:MM`` on the person's own clock; may run
    over midnight."""

    starts: str
    ends: str


class Carer(Payload):
    """Somebody near to the person, and what they may be told.

    ``scopes`` are appointments, medicines, progress, support and urgent. Empty: they may tell us
    something and are told nothing (R-39).
    """

    carer_id: UUID
    name: str
    relationship: str
    phone: str | None = None
    email: str | None = None
    scopes: tuple[str, ...] = ()


class PatientDetails(Payload):
    """Who the person is and how to reach them. Read by treatment and engagement only.

    ``sealed`` holds what says who it is (names, birth date, telephone, mail, postal address,
    carers), locked with the person's key (AES-256-GCM, base64); those fields then say nothing:
    the names are empty and the birth date is 0001-01-01.
    A channel or purpose that is not in ``consents`` was not agreed to. ``quiet_hours`` None means
    the clinic's own. ``neutral_wording``: no message says what it is about.
    """

    patient_id: UUID
    given_name: str
    family_name: str
    birth_date: date
    time_zone: str
    language: str
    phone: str | None = None
    email: str | None = None
    neutral_wording: bool = True
    postal_address: str | None = None
    consents: tuple[ChannelConsent, ...] = ()
    quiet_hours: QuietHours | None = None
    carers: tuple[Carer, ...] = ()
    erased_on: date | None = None
    """Since that day nobody can tell who this was: the names say so, and of the birth date only
    the year is true. Whoever reads this forgets what it knew."""
    sealed: str | None = None


class PatientFact(Fact):
    """A fact about one patient's place in care; aggregate ``patient:<patient_id>``."""

    patient: PatientState


class PatientEnrolled(PatientFact):
    TYPE: ClassVar[str] = "care.assessment.patient.enrolled.v1"


class CareTeamChanged(PatientFact):
    TYPE: ClassVar[str] = "care.assessment.patient.care-team-changed.v1"


class PatientLeftCare(PatientFact):
    TYPE: ClassVar[str] = "care.assessment.patient.left-care.v1"


class PatientReturnedToCare(PatientFact):
    """An end of care was undone. Messages to the person stay stopped."""

    TYPE: ClassVar[str] = "care.assessment.patient.returned-to-care.v1"


class PatientMessagesRestarted(PatientFact):
    """A person of staff said that they may be written to again."""

    TYPE: ClassVar[str] = "care.assessment.patient.messages-restarted.v1"


class PatientDetailsChanged(Fact):
    """The only fact with a name in it; aggregate ``patient-details:<patient_id>``."""

    TYPE: ClassVar[str] = "care.assessment.patient.details-changed.v1"
    details: PatientDetails


class ScaleState(Payload):
    """The score of one part of an instrument; None when too much of it is missing."""

    code: str
    score: Decimal | None


class AssessmentState(Payload):
    """One completed instrument on one day. ``total`` is None when an item is missing.

    ``subscales`` are the parts it has besides the total: the two rulers, family and friends.
    """

    assessment_id: UUID
    patient_id: UUID
    instrument: str
    instrument_version: str
    taken_at: AwareDatetime
    taken_on: date
    total: int | None
    band: str | None
    subscales: tuple[ScaleState, ...] = ()


class AssessmentFact(Fact):
    """Aggregate ``assessment:<assessment_id>``."""

    assessment: AssessmentState


class AssessmentCompleted(AssessmentFact):
    TYPE: ClassVar[str] = "care.assessment.assessment.completed.v1"


class AssessmentAmended(AssessmentFact):
    TYPE: ClassVar[str] = "care.assessment.assessment.amended.v1"


class SafetyFlagState(Payload):
    """Something that needs a person now. ``level`` 0 is an emergency, 3 is prompt.

    ``due_at`` is the instant by which a named person must have acted.
    """

    flag_id: UUID
    patient_id: UUID
    kind: str
    level: int
    rule: str
    raised_at: AwareDatetime
    due_at: AwareDatetime
    status: Literal["open", "acknowledged", "closed"]
    acknowledged_by: UUID | None = None
    closed_by: UUID | None = None
    outcome: str | None = None


class SafetyFlagFact(Fact):
    """Each flag is its own aggregate, ``flag:<flag_id>``."""

    flag: SafetyFlagState


class SafetyFlagRaised(SafetyFlagFact):
    TYPE: ClassVar[str] = "care.assessment.flag.raised.v1"


class SafetyFlagAcknowledged(SafetyFlagFact):
    TYPE: ClassVar[str] = "care.assessment.flag.acknowledged.v1"


class SafetyFlagClosed(SafetyFlagFact):
    TYPE: ClassVar[str] = "care.assessment.flag.closed.v1"


class PathwayState(Payload):
    """What was proposed and what a person decided. Arms are codes of the pathway content file."""

    proposal_id: UUID
    patient_id: UUID
    proposed_arms: tuple[str, ...]
    ruleset_version: str
    decision: Literal["pending", "accepted", "changed", "declined"] = "pending"
    decided_arm: str | None = None
    decided_by: UUID | None = None


class PathwayFact(Fact):
    """Aggregate ``pathway:<proposal_id>``."""

    pathway: PathwayState


class PathwayProposed(PathwayFact):
    TYPE: ClassVar[str] = "care.assessment.pathway.proposed.v1"


class PathwayDecided(PathwayFact):
    TYPE: ClassVar[str] = "care.assessment.pathway.decided.v1"


class TrajectoryState(Payload):
    """Where the scores stand against the baseline fixed at course start (evidence pack 2.1).

    ``response`` is unknown while the latest reading has no total, never "none".
    ``remission_confirmed_on`` is the date of the second reading under the threshold,
    ``relapse_confirmed_on`` that of the second one that means relapse.
    """

    patient_id: UUID
    instrument: str
    baseline_total: int | None
    latest_total: int | None
    latest_on: date | None
    response: Literal["unknown", "none", "early-improvement", "partial", "response", "remission"]
    remission_confirmed_on: date | None = None
    relapse_confirmed_on: date | None = None


class TrajectoryFact(Fact):
    """Aggregate ``trajectory:<patient_id>``."""

    trajectory: TrajectoryState


class ResponseChanged(TrajectoryFact):
    """The latest reading of the leading instrument says something else than the one before."""

    TYPE: ClassVar[str] = "care.assessment.trajectory.response-changed.v1"


class RemissionCriteriaMet(TrajectoryFact):
    TYPE: ClassVar[str] = "care.assessment.trajectory.remission-criteria-met.v1"


class RemissionCriteriaLost(TrajectoryFact):
    TYPE: ClassVar[str] = "care.assessment.trajectory.remission-criteria-lost.v1"


class RelapseCriteriaMet(TrajectoryFact):
    TYPE: ClassVar[str] = "care.assessment.trajectory.relapse-criteria-met.v1"


class GrantState(Payload):
    """One look at one record in an emergency: by whom, why (a code), until when."""

    grant_id: UUID
    patient_id: UUID
    staff_id: UUID
    reason: str
    opened_at: AwareDatetime
    until: AwareDatetime


class RecordOpened(Fact):
    """Aggregate ``grant:<grant_id>``."""

    TYPE: ClassVar[str] = "care.assessment.record.opened.v1"
    grant: GrantState
