"""Treatment's port to its transaction, over dictionaries; held to the SQL one by one suite."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from uuid import UUID, uuid5

from services.treatment.application.ports import Entry, RecordedCheckIn, Signed
from services.treatment.application.refusals import OtherCourse, SignatureUsed, StaleVersion
from services.treatment.domain.course import Course
from services.treatment.domain.diary import CalendarLink, DiaryEntry
from services.treatment.domain.life_events import LifeEvent
from services.treatment.domain.person import Details, HealthProfile, Patient, PlaceInCare
from services.treatment.domain.phases import BEFORE_REMISSION, ON_DRUG, TAKING
from services.treatment.domain.plan import Plan
from services.treatment.domain.plan_change import PlanChange, PlanVersion
from services.treatment.domain.response import Reading
from services.treatment.domain.signature_request import Request, Signable
from shared.events.envelope import Fact
from shared.runtime.audit import coded


@dataclass(slots=True)
class FakePatients:
    known: dict[UUID, Patient] = field(default_factory=dict)
    parked: set[UUID] = field(default_factory=set)

    async def get(self, patient_id: UUID) -> Patient | None:
        return self.known.get(patient_id)

    def put(self, patient: Patient) -> None:
        """As if both facts had come; only the fake can be told so."""
        self.known[patient.id] = replace(patient, care_team=tuple(sorted(patient.care_team)))

    async def place(self, patient_id: UUID, place: PlaceInCare) -> None:
        care_team = tuple(sorted(place.care_team))
        known = self.known.get(patient_id) or Patient(id=patient_id)
        self.known[patient_id] = replace(
            known,
            status=place.status,
            team=place.team,
            care_team=care_team,
            enrolled_on=place.enrolled_on,
        )

    async def describe(self, patient_id: UUID, details: Details) -> None:
        known = self.known.get(patient_id) or Patient(id=patient_id)
        self.known[patient_id] = replace(
            known,
            name=details.name,
            birth_date=details.birth_date,
            time_zone=details.time_zone,
        )

    async def is_information_missing(self, patient_id: UUID) -> bool:
        return patient_id in self.parked


@dataclass(slots=True)
class FakeReadings:
    rows: dict[UUID, tuple[UUID, str, date, int | None]] = field(default_factory=dict)

    async def put(
        self, *, assessment_id: UUID, patient_id: UUID, instrument: str, on: date, total: int | None
    ) -> None:
        self.rows[assessment_id] = (patient_id, instrument, on, total)

    async def of(self, patient_id: UUID, *, instrument: str) -> tuple[Reading, ...]:
        found = [
            Reading(on=on, total=total)
            for whose, which, on, total in self.rows.values()
            if whose == patient_id and which == instrument and total is not None
        ]
        return tuple(sorted(found, key=lambda reading: reading.on))

    async def owners(self, assessment_ids: Collection[UUID]) -> AbstractSet[UUID]:
        return {self.rows[one][0] for one in assessment_ids if one in self.rows}


@dataclass(slots=True)
class FakeFlags:
    rows: dict[UUID, tuple[UUID, int, bool]] = field(default_factory=dict)

    async def put(self, *, flag_id: UUID, patient_id: UUID, level: int, is_open: bool) -> None:
        self.rows[flag_id] = (patient_id, level, is_open)

    async def gravest_open(self, patient_id: UUID) -> int | None:
        levels = [
            level for whose, level, is_open in self.rows.values() if is_open and whose == patient_id
        ]
        return min(levels, default=None)

    async def owners(self, flag_ids: Collection[UUID]) -> AbstractSet[UUID]:
        return {self.rows[one][0] for one in flag_ids if one in self.rows}


@dataclass(slots=True)
class FakeProfiles:
    rows: dict[tuple[UUID, int], HealthProfile] = field(default_factory=dict)

    async def latest(self, patient_id: UUID) -> HealthProfile | None:
        versions = [version for whose, version in self.rows if whose == patient_id]
        return self.rows[patient_id, max(versions)] if versions else None

    async def add(self, profile: HealthProfile) -> None:
        key = (profile.patient_id, profile.version)
        if key in self.rows:
            raise StaleVersion
        self.rows[key] = profile


@dataclass(slots=True)
class FakeCourses:
    rows: dict[UUID, Course] = field(default_factory=dict)

    async def get(self, course_id: UUID) -> Course | None:
        return self.rows.get(course_id)

    async def of(self, patient_id: UUID) -> Sequence[Course]:
        found = [course for course in self.rows.values() if course.patient_id == patient_id]
        return sorted(found, key=lambda course: course.starts_on, reverse=True)

    async def before_remission(self, *, started_by: date) -> Sequence[UUID]:
        found = {
            course.patient_id
            for course in self.rows.values()
            if course.phase in BEFORE_REMISSION and course.first_dose_on <= started_by
        }
        return sorted(found)

    async def add(self, course: Course) -> None:
        self.rows[course.id] = course

    async def save(self, course: Course, *, expected: int) -> None:
        if self.rows[course.id].version != expected:
            raise StaleVersion
        others = [row for row in self.rows.values() if row.id != course.id]
        taken = any(row.patient_id == course.patient_id and row.phase in TAKING for row in others)
        if taken and course.phase in TAKING:
            raise OtherCourse
        self.rows[course.id] = course


@dataclass(slots=True)
class FakeJudged:
    courses: FakeCourses
    drugs: dict[str, tuple[str, int]] = field(default_factory=dict)
    rows: dict[UUID, tuple[str, frozenset[str]]] = field(default_factory=dict)

    async def seen(self, drug: str) -> tuple[str, int] | None:
        return self.drugs.get(drug)

    async def see(
        self, drug: str, *, digest: str, before: str | None, changes: int, at: datetime
    ) -> bool:
        known = self.drugs.get(drug)
        if (known[0] if known else None) != before:
            return False
        self.drugs[drug] = (digest, changes)
        return True

    async def outdated(self, digests: Mapping[str, str], *, limit: int) -> Sequence[UUID]:
        found = [
            course.id
            for course in self.courses.rows.values()
            if course.phase in ON_DRUG
            and course.drug in digests
            and (course.id not in self.rows or self.rows[course.id][0] != digests[course.drug])
        ]
        return sorted(found)[:limit]

    async def found(self, course_id: UUID) -> frozenset[str] | None:
        return self.rows[course_id][1] if course_id in self.rows else None

    async def judge(
        self, course_id: UUID, *, digest: str, found: frozenset[str], at: datetime
    ) -> None:
        self.rows[course_id] = (digest, found)


@dataclass(slots=True)
class FakePlans:
    rows: dict[UUID, Plan] = field(default_factory=dict)

    async def get(self, plan_id: UUID) -> Plan | None:
        return self.rows.get(plan_id)

    async def of(self, course_id: UUID) -> Sequence[Plan]:
        found = [plan for plan in self.rows.values() if plan.course_id == course_id]
        return sorted(found, key=lambda plan: plan.drafted_at, reverse=True)

    async def add(self, plan: Plan) -> None:
        self.rows[plan.id] = plan

    async def save(self, plan: Plan, *, expected: int) -> None:
        if self.rows[plan.id].version != expected:
            raise StaleVersion
        self.rows[plan.id] = plan


@dataclass(slots=True)
class FakeLifeEvents:
    rows: dict[UUID, LifeEvent] = field(default_factory=dict)

    async def put(self, event: LifeEvent) -> None:
        self.rows[event.id] = event

    async def forget(self, event_id: UUID) -> None:
        self.rows.pop(event_id, None)

    async def of(self, patient_id: UUID) -> tuple[LifeEvent, ...]:
        found = [event for event in self.rows.values() if event.patient_id == patient_id]
        return tuple(sorted(found, key=lambda event: (event.on, event.id)))


@dataclass(slots=True)
class FakeDiary:
    rows: dict[UUID, DiaryEntry] = field(default_factory=dict)

    async def of_course(self, course_id: UUID) -> tuple[DiaryEntry, ...]:
        return self._those(entry for entry in self.rows.values() if entry.course_id == course_id)

    async def of_patient(self, patient_id: UUID) -> tuple[DiaryEntry, ...]:
        return self._those(entry for entry in self.rows.values() if entry.patient_id == patient_id)

    async def put(self, entries: Sequence[DiaryEntry]) -> None:
        self.rows |= {entry.uid: entry for entry in entries}

    @staticmethod
    def _those(found: Iterable[DiaryEntry]) -> tuple[DiaryEntry, ...]:
        return tuple(sorted(found, key=lambda entry: (entry.on, entry.uid)))


@dataclass(slots=True)
class FakeCalendarLinks:
    rows: dict[UUID, CalendarLink] = field(default_factory=dict)

    async def get(self, link_id: UUID) -> CalendarLink | None:
        return self.rows.get(link_id)

    async def live(self, patient_id: UUID) -> CalendarLink | None:
        return next((link for link in await self.of(patient_id) if link.is_live), None)

    async def with_secret(self, secret_sha256: bytes) -> CalendarLink | None:
        found = (link for link in self.rows.values() if link.secret_sha256 == secret_sha256)
        return next(found, None)

    async def of(self, patient_id: UUID) -> tuple[CalendarLink, ...]:
        found = [link for link in self.rows.values() if link.patient_id == patient_id]
        return tuple(sorted(found, key=lambda link: link.made_at, reverse=True))

    async def add(self, link: CalendarLink) -> None:
        self.rows[link.id] = link

    async def save(self, link: CalendarLink) -> None:
        self.rows[link.id] = link


@dataclass(slots=True)
class FakePlanChanges:
    rows: dict[UUID, PlanChange] = field(default_factory=dict)

    async def get(self, change_id: UUID) -> PlanChange | None:
        return self.rows.get(change_id)

    async def of(self, course_id: UUID) -> Sequence[PlanChange]:
        found = [change for change in self.rows.values() if change.course_id == course_id]
        return sorted(found, key=lambda change: change.proposed_at, reverse=True)

    async def add(self, change: PlanChange) -> None:
        self.rows[change.id] = change

    async def save(self, change: PlanChange, *, expected: int) -> None:
        if self.rows[change.id].version != expected:
            raise StaleVersion
        self.rows[change.id] = change


@dataclass(slots=True)
class FakeRequests:
    rows: dict[UUID, Request] = field(default_factory=dict)

    async def hold(self, course_id: UUID, what: Signable) -> Request:
        new = Request(id=uuid5(course_id, what.value), course_id=course_id, what=what)
        return self.rows.setdefault(new.id, new)

    async def find(self, course_id: UUID, what: Signable) -> Request | None:
        return self.rows.get(uuid5(course_id, what.value))

    async def look(self, course_id: UUID, what: Signable) -> Request | None:
        return await self.find(course_id, what)

    async def put(self, request: Request) -> None:
        self.rows[request.id] = request

    async def open_since(
        self, what: Sequence[Signable], *, before: datetime, limit: int
    ) -> Sequence[Request]:
        found = [
            one
            for one in self.rows.values()
            if one.is_open and one.what in what and one.asked_at and one.asked_at <= before
        ]
        return sorted(found, key=lambda one: (one.asked_at, one.id))[:limit]


@dataclass(slots=True)
class FakeRecords:
    entries: list[Entry] = field(default_factory=list)
    check_ins: list[RecordedCheckIn] = field(default_factory=list)
    kept: list[PlanVersion] = field(default_factory=list)
    signatures: dict[str, tuple[Signed, str]] = field(default_factory=dict)

    async def journal(self, entry: Entry) -> None:
        self.entries.append(entry)

    async def check_in(self, recorded: RecordedCheckIn) -> None:
        self.check_ins.append(recorded)

    async def version(self, kept: PlanVersion) -> None:
        self.kept.append(kept)

    async def versions(self, course_id: UUID) -> tuple[PlanVersion, ...]:
        return tuple(kept for kept in reversed(self.kept) if kept.course_id == course_id)

    async def check_ins_of(self, course_id: UUID) -> tuple[RecordedCheckIn, ...]:
        found = [one for one in self.check_ins if one.course_id == course_id]
        return tuple(sorted(found, key=lambda one: one.at, reverse=True))

    async def signature(self, signed: Signed, *, of: str) -> None:
        if signed.token_id in self.signatures:
            raise SignatureUsed
        self.signatures[signed.token_id] = (signed, of)


@dataclass(slots=True)
class FakeWork:
    """One transaction. ``published`` keeps what would go out, with aggregate and version."""

    patients: FakePatients = field(default_factory=FakePatients)
    readings: FakeReadings = field(default_factory=FakeReadings)
    flags: FakeFlags = field(default_factory=FakeFlags)
    profiles: FakeProfiles = field(default_factory=FakeProfiles)
    courses: FakeCourses = field(default_factory=FakeCourses)
    judged: FakeJudged = field(init=False)
    plans: FakePlans = field(default_factory=FakePlans)
    life_events: FakeLifeEvents = field(default_factory=FakeLifeEvents)
    changes: FakePlanChanges = field(default_factory=FakePlanChanges)
    diary: FakeDiary = field(default_factory=FakeDiary)
    calendar_links: FakeCalendarLinks = field(default_factory=FakeCalendarLinks)
    requests: FakeRequests = field(default_factory=FakeRequests)
    records: FakeRecords = field(default_factory=FakeRecords)
    published: list[tuple[str, int, Fact]] = field(default_factory=list)
    audited: list[str] = field(default_factory=list)
    _ids: int = 0

    def __post_init__(self) -> None:
        self.judged = FakeJudged(self.courses)

    def new_id(self) -> UUID:
        self._ids += 1
        return UUID(int=self._ids)

    def publish(self, fact: Fact, *, subject: UUID, aggregate: str, version: int) -> None:
        self.published.append((aggregate, version, fact))

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
