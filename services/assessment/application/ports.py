"""What the use cases need of a transaction. SQL and the tests' fake both provide it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from services.assessment.domain.assessment import Assessment
from services.assessment.domain.decision import Decision, RuleVerdict
from services.assessment.domain.emergency import Look
from services.assessment.domain.facts import Measured
from services.assessment.domain.following import FollowedCourse, Milestones
from services.assessment.domain.invitation import Invitation
from services.assessment.domain.pathway import Proposal
from services.assessment.domain.patient import Patient
from services.assessment.domain.safety import Flag
from services.assessment.domain.shadow import Comparison
from services.assessment.domain.signing import Signed
from services.assessment.domain.trajectory import Reading
from shared.events.envelope import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class Colleague:
    """A member of staff, as the portal says."""

    staff_id: UUID
    role: str
    active: bool
    teams: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """The answers to the intake questions; version 0 is nothing recorded yet."""

    patient_id: UUID
    version: int = 0
    answers: Mapping[str, str] = field(default_factory=dict)
    recorded_at: datetime | None = None
    recorded_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedProposal:
    """A proposal as it was made, with its whole trace, and what a person decided about it."""

    proposal_id: UUID
    patient_id: UUID
    proposed_at: datetime
    proposal: Proposal
    decision: Decision | None = None
    version: int = 1

    def decided(self, decision: Decision) -> "RecordedProposal":
        return replace(self, decision=decision, version=self.version + 1)


class Patients(Protocol):
    async def get(self, patient_id: UUID) -> Patient | None: ...

    async def hold(self, patient_id: UUID) -> Patient | None:
        """The person, with nobody else changing what hangs on them until we commit."""
        ...

    async def alike(self, *, identity: str, birth_date: date) -> tuple[UUID, ...]:
        """Who has these names and was born on this day."""
        ...

    async def add(self, patient: Patient, *, duplicate_reason: str | None) -> None:
        """Keep a new person.

        Raises:
            Conflict: somebody alike was enrolled at the same moment.
        """
        ...

    async def save(self, patient: Patient, *, reason: str | None = None) -> None:
        """Replace the version before this one, which stays in the record's history.

        Raises:
            StaleVersion: another one is stored.
        """
        ...

    async def erase(self, patient: Patient, *, reason: str) -> None:
        """Save the record of somebody erased. Nothing kept of earlier versions says who they were,
        and what sealed their contact data is destroyed once this has been committed.

        Raises:
            StaleVersion: another one is stored.
        """
        ...


class Staff(Protocol):
    async def put(self, colleague: Colleague) -> None: ...

    async def active(self, staff_ids: Collection[UUID]) -> frozenset[UUID]:
        """Those of these who work here now."""
        ...

    async def works_in(self, team: str) -> bool:
        """Whether anybody who works here now is in this team."""
        ...


class Looks(Protocol):
    """Records opened in an emergency."""

    async def live(self, patient_id: UUID, *, staff_id: UUID, now: datetime) -> Look | None:
        """The colleague's look at this record that has not ended yet."""
        ...

    async def hold(self, grant_id: UUID) -> Look | None:
        """One look, with nobody else judging it until we commit."""
        ...

    async def add(self, look: Look) -> None: ...

    async def save(self, look: Look) -> None: ...


class Assessments(Protocol):
    async def get(self, assessment_id: UUID) -> Assessment | None: ...

    async def exists(self, patient_id: UUID, *, instrument: str, taken_at: datetime) -> bool: ...

    async def add(self, assessment: Assessment) -> None: ...

    async def save(self, assessment: Assessment) -> None:
        """Add the next version; the earlier ones are kept.

        Raises:
            StaleVersion: another one is stored.
        """
        ...

    async def readings(self, patient_id: UUID, *, instrument: str) -> tuple[Reading, ...]:
        """Every reading of one instrument, oldest first."""
        ...

    async def measured(self, patient_id: UUID) -> tuple[Measured, ...]:
        """The latest reading of each instrument."""
        ...


class Flags(Protocol):
    async def get(self, flag_id: UUID) -> Flag | None: ...

    async def of(self, patient_id: UUID) -> tuple[Flag, ...]:
        """All flags of a person, oldest first."""
        ...

    async def add(self, flag: Flag) -> None: ...

    async def save(self, flag: Flag) -> None:
        """Replace the version before this one.

        Raises:
            StaleVersion: another one is stored.
        """
        ...


class Intakes(Protocol):
    async def latest(self, patient_id: UUID) -> Intake: ...

    async def add(self, intake: Intake) -> None:
        """Keep the next version beside the earlier ones.

        Raises:
            StaleVersion: that version exists.
        """
        ...


class Invitations(Protocol):
    async def get(self, invitation_id: UUID) -> Invitation | None: ...

    async def by_secret(self, secret_sha256: bytes) -> Invitation | None:
        """The one whose link holds this secret."""
        ...

    async def open_of(self, patient_id: UUID, *, instrument: str | None) -> tuple[Invitation, ...]:
        """Those, all or to one questionnaire, that were neither used nor taken back."""
        ...

    async def add(self, invitation: Invitation) -> None: ...

    async def save(self, invitation: Invitation) -> None:
        """Replace the version before this one.

        Raises:
            StaleVersion: another one is stored.
        """
        ...


class Proposals(Protocol):
    async def get(self, proposal_id: UUID) -> RecordedProposal | None: ...

    async def add(self, proposal: RecordedProposal) -> None: ...

    async def save(self, proposal: RecordedProposal) -> None:
        """Replace the version before this one.

        Raises:
            StaleVersion: another one is stored.
        """
        ...

    async def add_comparison(self, proposal_id: UUID, found: Comparison) -> None:
        """Keep what the shadow rules made of the same facts."""
        ...

    async def add_verdicts(self, proposal_id: UUID, found: tuple[RuleVerdict, ...]) -> None:
        """Keep what the decision said about each rule behind the proposal."""
        ...


class Courses(Protocol):
    async def get(self, course_id: UUID) -> FollowedCourse | None: ...

    async def latest(self, patient_id: UUID) -> FollowedCourse | None:
        """The course that started last."""
        ...

    async def put(self, course: FollowedCourse) -> None: ...

    async def milestones(self, patient_id: UUID) -> Milestones | None: ...

    async def put_milestones(self, milestones: Milestones) -> None: ...


class Work(Protocol):
    """One transaction of this service. ``actor`` is who acts in it, as the audit names them."""

    @property
    def actor(self) -> str: ...
    @property
    def patients(self) -> Patients: ...
    @property
    def staff(self) -> Staff: ...
    @property
    def looks(self) -> Looks: ...
    @property
    def assessments(self) -> Assessments: ...
    @property
    def flags(self) -> Flags: ...
    @property
    def intakes(self) -> Intakes: ...
    @property
    def invitations(self) -> Invitations: ...
    @property
    def proposals(self) -> Proposals: ...
    @property
    def courses(self) -> Courses: ...

    def new_id(self) -> UUID: ...

    async def keep_signature(self, signed: Signed, *, of: str, subject: UUID) -> None:
        """Keep a signature with its proof.

        Raises:
            RuleViolation: it has signed something before.
        """
        ...

    def publish(self, fact: Fact, *, subject: UUID, aggregate: str, version: int) -> None:
        """Tell the others, and the audit trail, in this transaction."""
        ...

    def audit(
        self,
        action: str,
        *,
        object: str,  # noqa: A002 - the audit trail's own word
        subject: UUID | None = None,
        version: int | None = None,
        reason: str | None = None,
    ) -> None:
        """Tell the audit trail alone."""
        ...
