"""Assessment's ``Work`` over dictionaries. It passes the suite the SQL one passes."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID, uuid5

from services.assessment.application.ports import Colleague, Intake, RecordedProposal
from services.assessment.domain.assessment import Assessment
from services.assessment.domain.decision import RuleVerdict
from services.assessment.domain.emergency import Look
from services.assessment.domain.facts import Measured
from services.assessment.domain.following import FollowedCourse, Milestones
from services.assessment.domain.invitation import Invitation, InvitationStatus
from services.assessment.domain.patient import Patient
from services.assessment.domain.refusals import RuleViolation, StaleVersion
from services.assessment.domain.safety import Flag
from services.assessment.domain.shadow import Comparison
from services.assessment.domain.signing import Signed
from services.assessment.domain.trajectory import Reading
from shared.events.envelope import Fact
from shared.runtime.audit import coded

_IDS = UUID("7a0c6a2e-58a5-4f49-8f4c-5a3f0d1c2b11")


@dataclass(frozen=True, slots=True)
class Published:
    """One fact on its way out."""

    fact: Fact
    subject: UUID
    aggregate: str
    version: int


@dataclass(slots=True)
class FakePatients:
    rows: dict[UUID, Patient] = field(default_factory=dict)
    reasons: dict[UUID, str] = field(default_factory=dict)

    async def get(self, patient_id: UUID) -> Patient | None:
        return self.rows.get(patient_id)

    async def hold(self, patient_id: UUID) -> Patient | None:
        return self.rows.get(patient_id)

    async def alike(self, *, identity: str, birth_date: date) -> tuple[UUID, ...]:
        return tuple(
            patient.patient_id
            for patient in self.rows.values()
            if (patient.details.identity, patient.details.birth_date) == (identity, birth_date)
        )

    async def add(self, patient: Patient, *, duplicate_reason: str | None) -> None:
        self.rows[patient.patient_id] = patient
        if duplicate_reason is not None:
            self.reasons[patient.patient_id] = duplicate_reason

    async def save(self, patient: Patient, *, reason: str | None = None) -> None:
        _next(self.rows.get(patient.patient_id), patient.version)
        self.rows[patient.patient_id] = patient
        if reason is not None:
            self.reasons[patient.patient_id] = reason

    async def erase(self, patient: Patient, *, reason: str) -> None:
        await self.save(patient, reason=reason)


@dataclass(slots=True)
class FakeStaff:
    rows: dict[UUID, Colleague] = field(default_factory=dict)

    async def put(self, colleague: Colleague) -> None:
        self.rows[colleague.staff_id] = colleague

    async def active(self, staff_ids: Collection[UUID]) -> frozenset[UUID]:
        return frozenset(i for i in staff_ids if i in self.rows and self.rows[i].active)

    async def works_in(self, team: str) -> bool:
        return any(one.active and team in one.teams for one in self.rows.values())


@dataclass(slots=True)
class FakeLooks:
    rows: dict[UUID, Look] = field(default_factory=dict)

    async def live(self, patient_id: UUID, *, staff_id: UUID, now: datetime) -> Look | None:
        own = (
            look
            for look in self.rows.values()
            if (look.patient_id, look.staff_id) == (patient_id, staff_id) and look.until > now
        )
        return next(own, None)

    async def hold(self, grant_id: UUID) -> Look | None:
        return self.rows.get(grant_id)

    async def add(self, look: Look) -> None:
        self.rows[look.grant_id] = look

    async def save(self, look: Look) -> None:
        self.rows[look.grant_id] = look


@dataclass(slots=True)
class FakeAssessments:
    rows: dict[UUID, Assessment] = field(default_factory=dict)

    async def get(self, assessment_id: UUID) -> Assessment | None:
        return self.rows.get(assessment_id)

    async def exists(self, patient_id: UUID, *, instrument: str, taken_at: datetime) -> bool:
        return any(
            (a.patient_id, a.instrument, a.taken_at) == (patient_id, instrument, taken_at)
            for a in self.rows.values()
        )

    async def add(self, assessment: Assessment) -> None:
        self.rows[assessment.assessment_id] = assessment

    async def save(self, assessment: Assessment) -> None:
        _next(self.rows.get(assessment.assessment_id), assessment.version)
        self.rows[assessment.assessment_id] = assessment

    async def readings(self, patient_id: UUID, *, instrument: str) -> tuple[Reading, ...]:
        own = [a for a in self._of(patient_id) if a.instrument == instrument]
        return tuple(a.reading for a in own)

    async def measured(self, patient_id: UUID) -> tuple[Measured, ...]:
        latest = {a.instrument: a for a in self._of(patient_id)}
        return tuple(
            Measured(
                instrument=a.instrument,
                taken_on=a.taken_on,
                total=a.score.total,
                positive=a.score.positive,
            )
            for a in latest.values()
        )

    def _of(self, patient_id: UUID) -> list[Assessment]:
        own = (a for a in self.rows.values() if a.patient_id == patient_id)
        return sorted(own, key=lambda a: a.taken_at)


@dataclass(slots=True)
class FakeFlags:
    rows: dict[UUID, Flag] = field(default_factory=dict)

    async def get(self, flag_id: UUID) -> Flag | None:
        return self.rows.get(flag_id)

    async def of(self, patient_id: UUID) -> tuple[Flag, ...]:
        own = (flag for flag in self.rows.values() if flag.patient_id == patient_id)
        return tuple(sorted(own, key=lambda flag: (flag.raised_at, flag.flag_id)))

    async def add(self, flag: Flag) -> None:
        self.rows[flag.flag_id] = flag

    async def save(self, flag: Flag) -> None:
        _next(self.rows.get(flag.flag_id), flag.version)
        self.rows[flag.flag_id] = flag


@dataclass(slots=True)
class FakeIntakes:
    rows: dict[tuple[UUID, int], Intake] = field(default_factory=dict)

    async def latest(self, patient_id: UUID) -> Intake:
        own = [intake for (who, _version), intake in self.rows.items() if who == patient_id]
        return max(own, key=lambda i: i.version, default=Intake(patient_id=patient_id))

    async def add(self, intake: Intake) -> None:
        key = (intake.patient_id, intake.version)
        if key in self.rows:
            raise StaleVersion
        self.rows[key] = intake


@dataclass(slots=True)
class FakeInvitations:
    rows: dict[UUID, Invitation] = field(default_factory=dict)

    async def get(self, invitation_id: UUID) -> Invitation | None:
        return self.rows.get(invitation_id)

    async def by_secret(self, secret_sha256: bytes) -> Invitation | None:
        found = (i for i in self.rows.values() if i.secret_sha256 == secret_sha256)
        return next(found, None)

    async def open_of(self, patient_id: UUID, *, instrument: str | None) -> tuple[Invitation, ...]:
        return tuple(
            i
            for i in self.rows.values()
            if (i.patient_id, i.status) == (patient_id, InvitationStatus.OPEN)
            and instrument in {None, i.instrument}
        )

    async def add(self, invitation: Invitation) -> None:
        self.rows[invitation.invitation_id] = invitation

    async def save(self, invitation: Invitation) -> None:
        _next(self.rows.get(invitation.invitation_id), invitation.version)
        self.rows[invitation.invitation_id] = invitation


@dataclass(slots=True)
class FakeProposals:
    rows: dict[UUID, RecordedProposal] = field(default_factory=dict)
    comparisons: dict[UUID, Comparison] = field(default_factory=dict)
    verdicts: dict[UUID, tuple[RuleVerdict, ...]] = field(default_factory=dict)

    async def add_comparison(self, proposal_id: UUID, found: Comparison) -> None:
        self.comparisons[proposal_id] = found

    async def add_verdicts(self, proposal_id: UUID, found: tuple[RuleVerdict, ...]) -> None:
        self.verdicts[proposal_id] = found

    async def get(self, proposal_id: UUID) -> RecordedProposal | None:
        return self.rows.get(proposal_id)

    async def add(self, proposal: RecordedProposal) -> None:
        self.rows[proposal.proposal_id] = proposal

    async def save(self, proposal: RecordedProposal) -> None:
        _next(self.rows.get(proposal.proposal_id), proposal.version)
        self.rows[proposal.proposal_id] = proposal


@dataclass(slots=True)
class FakeCourses:
    rows: dict[UUID, FollowedCourse] = field(default_factory=dict)
    published: dict[UUID, Milestones] = field(default_factory=dict)

    async def get(self, course_id: UUID) -> FollowedCourse | None:
        return self.rows.get(course_id)

    async def latest(self, patient_id: UUID) -> FollowedCourse | None:
        own = [course for course in self.rows.values() if course.patient_id == patient_id]
        own.sort(key=lambda c: (c.closed, -c.started_on.toordinal(), c.course_id))
        return own[0] if own else None

    async def put(self, course: FollowedCourse) -> None:
        self.rows[course.course_id] = course

    async def milestones(self, patient_id: UUID) -> Milestones | None:
        return self.published.get(patient_id)

    async def put_milestones(self, milestones: Milestones) -> None:
        self.published[milestones.patient_id] = milestones


@dataclass(slots=True)
class FakeWork:
    """One unit of work that never ends; what it published and audited can be read."""

    actor: str = f"staff:{UUID(int=1)}"
    patients: FakePatients = field(default_factory=FakePatients)
    staff: FakeStaff = field(default_factory=FakeStaff)
    looks: FakeLooks = field(default_factory=FakeLooks)
    assessments: FakeAssessments = field(default_factory=FakeAssessments)
    flags: FakeFlags = field(default_factory=FakeFlags)
    intakes: FakeIntakes = field(default_factory=FakeIntakes)
    invitations: FakeInvitations = field(default_factory=FakeInvitations)
    proposals: FakeProposals = field(default_factory=FakeProposals)
    courses: FakeCourses = field(default_factory=FakeCourses)
    published: list[Published] = field(default_factory=list)
    audited: list[str] = field(default_factory=list)
    kept_signatures: dict[str, str] = field(default_factory=dict)
    ids: int = 0

    def new_id(self) -> UUID:
        self.ids += 1
        return uuid5(_IDS, str(self.ids))

    async def keep_signature(self, signed: Signed, *, of: str, subject: UUID) -> None:
        if signed.token_id in self.kept_signatures:
            raise RuleViolation("signature-mismatch", "used before", field="signature")
        self.kept_signatures[signed.token_id] = of

    def publish(self, fact: Fact, *, subject: UUID, aggregate: str, version: int) -> None:
        self.published.append(Published(fact, subject, aggregate, version))

    def audit(
        self,
        action: str,
        *,
        object: str,  # noqa: A002 - the audit trail's own word
        subject: UUID | None = None,
        version: int | None = None,
        reason: str | None = None,
    ) -> None:
        coded(reason)
        self.audited.append(action)


def _next(stored: object, version: int) -> None:
    """Only the version before this one may be replaced."""
    if getattr(stored, "version", None) != version - 1:
        raise StaleVersion
