"""What a use case needs from the outside: one transaction, and the content read at start."""

from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID

from services.treatment.domain.course import Course
from services.treatment.domain.diary import CalendarLink, DiaryEntry
from services.treatment.domain.drug import Drug
from services.treatment.domain.gate import CheckIn, Proposal
from services.treatment.domain.life_events import LifeEvent
from services.treatment.domain.person import Details, HealthProfile, Patient, PlaceInCare
from services.treatment.domain.plan import Plan
from services.treatment.domain.plan_change import PlanChange, PlanVersion
from services.treatment.domain.policies import Policy
from services.treatment.domain.response import Reading
from services.treatment.domain.signature_request import Request, Signable
from services.treatment.domain.taper_rules import TaperRules
from shared.events.envelope import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A verified signature, as it is kept beside what it binds."""

    token_id: str
    staff_id: UUID
    hash: str
    meaning: str
    signed_at: datetime
    proof: str | None = None
    """With which it can be verified later, without the portal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of a course's journal: what happened, and what was known then.

    ``known`` holds the facts, findings and rule versions a decision was made with.
    """

    course_id: UUID
    patient_id: UUID
    version: int
    at: datetime
    on: date
    kind: str
    dose_mg: Decimal
    text: str
    reason: str | None = None
    known: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedCheckIn:
    """A check-in as it was said, with what was proposed from it."""

    id: UUID
    course_id: UUID
    plan_id: UUID
    plan_version: int
    kind: str
    ordinal: int
    at: datetime
    said: CheckIn
    proposal: Proposal
    assessment_ids: tuple[UUID, ...]
    note: str | None


class Patients(Protocol):
    async def get(self, patient_id: UUID) -> Patient | None: ...

    async def place(self, patient_id: UUID, place: PlaceInCare) -> None:
        """Keep what one fact says; what the other fact says stays as it is."""
        ...

    async def describe(self, patient_id: UUID, details: Details) -> None:
        """Keep what the other fact says; the place in care stays as it is."""
        ...

    async def is_information_missing(self, patient_id: UUID) -> bool:
        """Whether a parked event of this person waits for somebody to resolve it."""
        ...


class Readings(Protocol):
    async def put(
        self, *, assessment_id: UUID, patient_id: UUID, instrument: str, on: date, total: int | None
    ) -> None: ...

    async def of(self, patient_id: UUID, *, instrument: str) -> tuple[Reading, ...]:
        """Complete totals in order of their days."""
        ...

    async def owners(self, assessment_ids: Collection[UUID]) -> AbstractSet[UUID]:
        """Whose those of them are that are known here."""
        ...


class Flags(Protocol):
    async def put(self, *, flag_id: UUID, patient_id: UUID, level: int, is_open: bool) -> None: ...

    async def gravest_open(self, patient_id: UUID) -> int | None:
        """The level of the gravest open flag, 0 being the gravest; None without one."""
        ...

    async def owners(self, flag_ids: Collection[UUID]) -> AbstractSet[UUID]:
        """Whose those of them are that are known here."""
        ...


class LifeEvents(Protocol):
    """Stressors, as somebody said them or another service knows them."""

    async def put(self, event: LifeEvent) -> None: ...

    async def forget(self, event_id: UUID) -> None:
        """It was recorded by mistake."""
        ...

    async def of(self, patient_id: UUID) -> tuple[LifeEvent, ...]: ...


class PlanChanges(Protocol):
    """Proposed versions of a plan, waiting or decided."""

    async def get(self, change_id: UUID) -> PlanChange | None: ...

    async def of(self, course_id: UUID) -> Sequence[PlanChange]:
        """The course's, newest first."""
        ...

    async def add(self, change: PlanChange) -> None: ...

    async def save(self, change: PlanChange, *, expected: int) -> None:
        """Replace version ``expected``.

        Raises:
            StaleVersion: somebody else decided it.
        """
        ...


class Diary(Protocol):
    """What people's own calendars show; entries are called off, never taken out."""

    async def of_course(self, course_id: UUID) -> tuple[DiaryEntry, ...]: ...

    async def of_patient(self, patient_id: UUID) -> tuple[DiaryEntry, ...]:
        """All courses, in order of their days."""
        ...

    async def put(self, entries: Sequence[DiaryEntry]) -> None: ...


class CalendarLinks(Protocol):
    """Secret links to a diary. At most one of a person is live."""

    async def get(self, link_id: UUID) -> CalendarLink | None: ...

    async def live(self, patient_id: UUID) -> CalendarLink | None: ...

    async def with_secret(self, secret_sha256: bytes) -> CalendarLink | None: ...

    async def of(self, patient_id: UUID) -> tuple[CalendarLink, ...]:
        """The person's, newest first."""
        ...

    async def add(self, link: CalendarLink) -> None: ...

    async def save(self, link: CalendarLink) -> None: ...


class Profiles(Protocol):
    async def latest(self, patient_id: UUID) -> HealthProfile | None: ...

    async def add(self, profile: HealthProfile) -> None:
        """Keep one more version.

        Raises:
            StaleVersion: that version exists.
        """
        ...


class Courses(Protocol):
    async def get(self, course_id: UUID) -> Course | None: ...

    async def of(self, patient_id: UUID) -> Sequence[Course]:
        """The patient's courses, newest first."""
        ...

    async def before_remission(self, *, started_by: date) -> Sequence[UUID]:
        """Who takes a drug without remission since that day or longer, each once."""
        ...

    async def add(self, course: Course) -> None: ...

    async def save(self, course: Course, *, expected: int) -> None:
        """Replace version ``expected``.

        Raises:
            StaleVersion: somebody else changed it.
            OtherCourse: the patient takes another antidepressant course already.
        """
        ...


class Plans(Protocol):
    async def get(self, plan_id: UUID) -> Plan | None: ...

    async def of(self, course_id: UUID) -> Sequence[Plan]:
        """The course's plans, newest first."""
        ...

    async def add(self, plan: Plan) -> None: ...

    async def save(self, plan: Plan, *, expected: int) -> None:
        """Replace version ``expected``.

        Raises:
            StaleVersion: somebody else changed it.
        """
        ...


class Judged(Protocol):
    """With which formulary each running course was last judged, and what was found."""

    async def seen(self, drug: str) -> tuple[str, int] | None:
        """The digest a drug was last seen with, and how often it changed."""
        ...

    async def see(
        self, drug: str, *, digest: str, before: str | None, changes: int, at: datetime
    ) -> bool:
        """Note a digest after that one; False when another process noted one first."""
        ...

    async def outdated(self, digests: Mapping[str, str], *, limit: int) -> Sequence[UUID]:
        """Courses whose drug is taken and whose last judgement used another digest."""
        ...

    async def found(self, course_id: UUID) -> frozenset[str] | None:
        """The findings of the last judgement; None before the first."""
        ...

    async def judge(
        self, course_id: UUID, *, digest: str, found: frozenset[str], at: datetime
    ) -> None: ...


class Records(Protocol):
    """What is only ever added."""

    async def journal(self, entry: Entry) -> None: ...

    async def check_in(self, recorded: RecordedCheckIn) -> None: ...

    async def version(self, kept: PlanVersion) -> None:
        """Keep a version of a plan as it was when it became the live one."""
        ...

    async def versions(self, course_id: UUID) -> tuple[PlanVersion, ...]:
        """Every version the course has lived by, newest first."""
        ...

    async def check_ins_of(self, course_id: UUID) -> tuple[RecordedCheckIn, ...]:
        """What was said at the course's check-ins, newest first."""
        ...

    async def signature(self, signed: Signed, *, of: str) -> None:
        """Keep a signature with the object it binds.

        Raises:
            SignatureUsed: this token was used before.
        """
        ...


class Requests(Protocol):
    """Who is asked to sign what of a course."""

    async def hold(self, course_id: UUID, what: Signable) -> Request:
        """The request, nobody else deciding about it until we commit; made when there is none."""
        ...

    async def find(self, course_id: UUID, what: Signable) -> Request | None:
        """The same, or None when nobody was ever asked."""
        ...

    async def look(self, course_id: UUID, what: Signable) -> Request | None:
        """The same, to be shown and not to be decided about."""
        ...

    async def put(self, request: Request) -> None: ...

    async def open_since(
        self, what: Sequence[Signable], *, before: datetime, limit: int
    ) -> Sequence[Request]:
        """Those that have been open since then or longer, the oldest first."""
        ...


class Work(Protocol):
    """One transaction."""

    @property
    def patients(self) -> Patients: ...

    @property
    def readings(self) -> Readings: ...

    @property
    def flags(self) -> Flags: ...

    @property
    def profiles(self) -> Profiles: ...

    @property
    def life_events(self) -> LifeEvents: ...

    @property
    def changes(self) -> PlanChanges: ...

    @property
    def diary(self) -> Diary: ...

    @property
    def calendar_links(self) -> CalendarLinks: ...

    @property
    def courses(self) -> Courses: ...

    @property
    def plans(self) -> Plans: ...

    @property
    def judged(self) -> Judged: ...

    @property
    def requests(self) -> Requests: ...

    @property
    def records(self) -> Records: ...

    def new_id(self) -> UUID: ...

    def publish(self, fact: Fact, *, subject: UUID, aggregate: str, version: int) -> None: ...

    def audit(
        self,
        action: str,
        *,
        object: str,  # noqa: A002 - the audit trail's own word
        subject: UUID | None = None,
        version: int | None = None,
        reason: str | None = None,
    ) -> None: ...


class Formulary(Protocol):
    """The drugs and policies of the content files."""

    @property
    def drugs(self) -> Mapping[str, Drug]: ...

    @property
    def taper_rules(self) -> TaperRules: ...

    def drug(self, code: str) -> Drug: ...

    def policy(self, code: str) -> Policy: ...
