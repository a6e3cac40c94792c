"""Engagement's ``Work`` over dictionaries. It passes the suite the SQL one passes."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import count
from operator import gt, lt
from typing import Generic, TypeVar
from uuid import UUID, uuid5

from services.engagement.application.ports import (
    Attempt,
    CarePoint,
    ChannelLevels,
    CoursePoint,
    Digest,
    GroupPoint,
    Identity,
    Levels,
    Listed,
    Named,
    OnRecord,
    Reach,
    Reading,
    Shown,
    Stretch,
    Subject,
    Surroundings,
    Try,
    Viewer,
    Wanted,
    key_subject,
)
from services.engagement.domain.absence import Absence
from services.engagement.domain.change import Changes
from services.engagement.domain.course import Course
from services.engagement.domain.flag import Flag
from services.engagement.domain.kind import Kinds
from services.engagement.domain.ladder import Item
from services.engagement.domain.notice import Notice, Preference, Purpose, turn_of
from services.engagement.domain.notice_wording import Line
from services.engagement.domain.on_call import ON_CALL, Shift
from services.engagement.domain.reconcile import items_of
from services.engagement.domain.reminder import Reason, Reminder, State, shown
from services.engagement.domain.signature import Signature
from services.engagement.domain.support.contact import Contact
from services.engagement.domain.support.directory import Activity
from services.engagement.domain.support.life_event import LifeEvent
from services.engagement.domain.support.lost import Decision
from services.engagement.domain.support.motivation import Drop
from services.engagement.domain.support.profile import Profile
from services.engagement.domain.support.programme import Programme
from services.engagement.domain.support.referral import Referral
from services.engagement.domain.support.refusals import SignatureMismatch
from services.engagement.domain.support.relapse_plan import RelapsePlan
from services.engagement.domain.support.signing import Signed
from services.engagement.domain.team import Away, CareStatus, Colleague, Patient
from services.engagement.domain.worklist import Section, reading_order, section_of
from shared.events.engagement import StandInState
from shared.events.envelope import Fact
from shared.runtime.audit import coded

T = TypeVar("T")
CLINICAL = {"nurse", "prescriber", "facilitator", "lead"}
PROMPT = timedelta(seconds=60)
SOON = timedelta(seconds=120)
_IDS = UUID("2d6f2c38-7c3f-4d3c-9a55-0f3d1a6f0b11")


@dataclass(frozen=True, slots=True)
class Published:
    """One fact on its way out."""

    fact: Fact
    subject: UUID
    aggregate: str
    version: int


@dataclass(slots=True)
class FakeReminders:
    """All reminders."""

    kinds: Kinds
    patients: "FakePatients"
    rows: dict[UUID, Reminder] = field(default_factory=dict)
    live: dict[Subject, int] = field(default_factory=dict)
    lost: dict[UUID, datetime] = field(default_factory=dict)
    notices: "FakeNotices" = field(init=False)

    async def about(self, patient_id: UUID) -> Sequence[Reminder]:
        spent = {Reason.SUPERSEDED, Reason.COMPLETED}
        return [
            row
            for row in self.rows.values()
            if row.patient_id == patient_id
            and (row.level == 0 or not (row.state is State.DONE or row.reason in spent))
        ]

    async def rungs_of(self, items: Collection[UUID]) -> Sequence[Reminder]:
        return [row for row in self.rows.values() if row.item_id in items and row.level > 0]

    async def patient_of(self, reminder_id: UUID) -> UUID | None:
        row = self.rows.get(reminder_id)
        return None if row is None else row.patient_id

    async def item(self, reminder_id: UUID) -> Item | None:
        row = self.rows.get(reminder_id)
        if row is None:
            return None
        rows = (each for each in self.rows.values() if each.item_id == row.item_id)
        return items_of(rows)[row.key]

    async def save(self, changes: Changes) -> None:
        for row, _ in changes:
            known = self.rows.get(row.reminder_id)
            if row.version != (known.version if known else 0) + 1:
                raise AssertionError("a change was lost")
            if known is not None and not known.is_open:
                raise AssertionError("what is closed was changed")
            self.rows[row.reminder_id] = row
        keys = [(row.key, row.level) for row in self.rows.values() if row.is_open]
        if len(keys) != len(set(keys)):
            raise AssertionError("two open rows of one key")

    async def set_live(self, live: Mapping[Subject, int], *, retired: frozenset[Subject]) -> None:
        self.live = {s: v for s, v in self.live.items() if s not in retired} | dict(live)

    async def show_due(self, now: datetime, *, limit: int) -> Sequence[Shown]:
        due = [
            row
            for row in self.rows.values()
            if row.state is State.PLANNED
            and row.due_at <= now
            and self.live.get(key_subject(row.key)) == row.key.subject_version
        ]
        claimed = [shown(row, now) for row in sorted(due, key=lambda row: row.due_at)[:limit]]
        self.rows |= {row.reminder_id: row for row in claimed}
        return [self.announced(row) for row in claimed]

    def announced(self, row: Reminder) -> Shown:
        if row.visible_at is None:
            raise AssertionError("shown and not visible")
        return Shown(
            key=row.key,
            reminder_id=row.reminder_id,
            level=row.level,
            patient_id=row.patient_id,
            due_at=row.due_at,
            visible_at=row.visible_at,
            version=row.version,
            owner_id=row.owner_id,
            for_role=row.for_role,
            team=self.patients.known[row.patient_id].team,
        )

    async def next_due(self) -> datetime | None:
        planned = (row.due_at for row in self.rows.values() if row.state is State.PLANNED)
        return min(planned, default=None)

    async def listed(self, wanted: Wanted) -> Sequence[Listed]:
        found = [
            listed
            for listed in self._whole(wanted)
            if wanted.section in {None, listed.section}
            and (wanted.patients is None or listed.row.patient_id in wanted.patients)
            and wanted.action in {None, self.kinds[listed.row.key.kind].action}
            and not (wanted.free and _is_taken(listed.row))
        ]
        if wanted.after is not None:
            *position, last = wanted.after
            found = [one for one in found if self._order(one) > (*position, str(last))]
        return sorted(found, key=self._order)[: wanted.limit]

    async def counts(self, wanted: Wanted) -> Mapping[Section, int]:
        whole = [listed.section for listed in self._whole(wanted)]
        return {section: whole.count(section) for section in Section}

    async def of_patient(
        self, patient_id: UUID, as_of: datetime, stretch: Stretch
    ) -> Sequence[Listed]:
        rows = [r for r in self.rows.values() if r.patient_id == patient_id and r.level == 0]
        rows = [row for row in rows if row.state in stretch.states]
        rows.sort(key=_place, reverse=not stretch.soonest_first)
        if stretch.after is not None:
            seen = (stretch.after[0], str(stretch.after[1]))
            beyond = gt if stretch.soonest_first else lt
            rows = [row for row in rows if beyond(_place(row), seen)]
        return [self._as_listed(row, as_of) for row in rows[: stretch.limit]]

    async def one(self, reminder_id: UUID, as_of: datetime) -> Listed | None:
        row = self.rows.get(reminder_id)
        return None if row is None else self._as_listed(row, as_of)

    async def add_lost(self, found: Sequence[Reminder], now: datetime) -> None:
        self.lost |= {row.reminder_id: now for row in found}

    async def levels(self, since: datetime | None, as_of: datetime) -> Levels:
        rows = [row for row in self.rows.values() if since is None or row.due_at >= since]
        waits = [row.visible_at - max(row.due_at, row.planned_at) for row in rows if row.visible_at]
        return Levels(
            on_time=sum(wait <= PROMPT for wait in waits),
            late=sum(wait > PROMPT for wait in waits),
            early=sum(
                row.state is State.VISIBLE and row.visible_at < row.due_at
                for row in rows
                if row.visible_at
            ),
            doubled=sum(_at_once(a, b) for a in self.rows.values() for b in self.rows.values()),
            lost=sum(since is None or found >= since for found in self.lost.values()),
            waiting=sum(row.state is State.PLANNED and row.due_at <= as_of for row in rows),
            open=sum(row.is_open and row.due_at <= as_of for row in rows),
            done=sum(row.state is State.DONE for row in rows),
            cancelled=sum(row.state is State.CANCELLED for row in rows),
            worst_lateness_s=max((int(w.total_seconds()) for w in waits), default=0),
            channels=self.notices.channels(since),
        )

    def _whole(self, wanted: Wanted) -> Sequence[Listed]:
        mine = [row for row in self.rows.values() if self._is_listed(row, wanted)]
        if not wanted.mine:
            return [self._as_listed(row, wanted.as_of) for row in mine if row.level == 0]
        lowest: dict[UUID, Reminder] = {}
        for row in sorted(mine, key=lambda row: row.level):
            if _falls_to(wanted.viewer, row, self.patients.known[row.patient_id].team):
                lowest.setdefault(row.item_id, row)
        return [self._as_listed(row, wanted.as_of) for row in lowest.values()]

    def _is_listed(self, row: Reminder, wanted: Wanted) -> bool:
        section = section_of(row, self.kinds[row.key.kind].group, wanted.as_of)
        return section is not None and self.patients.related(row.patient_id, wanted.viewer)

    def _as_listed(self, row: Reminder, as_of: datetime) -> Listed:
        patient = self.patients.known[row.patient_id]
        identity = self.patients.identities.get(row.patient_id)
        told = [
            each.level
            for each in self.rows.values()
            if each.item_id == row.item_id
            and each.level > 0
            and each.is_open
            and each.due_at <= as_of
        ]
        return Listed(
            row=row,
            section=section_of(row, self.kinds[row.key.kind].group, as_of),
            team=patient.team,
            patient_name=f"{identity.given_name} {identity.family_name}" if identity else None,
            birth_date=identity.birth_date if identity else None,
            zone=patient.zone,
            escalated_to=max(told, default=None),
            comes_back_at=self.rows[row.item_id].comes_back_at(as_of),
        )

    def _order(self, listed: Listed) -> tuple[int, int, datetime, str]:
        if listed.section is None:
            raise AssertionError("only rows of a section are listed")
        return reading_order(listed.row, listed.section)


def _place(row: Reminder) -> tuple[datetime, str]:
    return (row.due_at, str(row.reminder_id))


def _at_once(former: Reminder, later: Reminder) -> bool:
    same = (former.key, former.level) == (later.key, later.level) and former.life < later.life
    if not same or not later.visible_at:
        return same and former.is_open and later.is_open
    return former.is_open or bool(former.done_at and later.visible_at < former.done_at)


def _is_taken(row: Reminder) -> bool:
    return row.state is State.ACKNOWLEDGED or (row.is_put_off and row.level == 0)


def _falls_to(viewer: Viewer, row: Reminder, team: str) -> bool:
    if row.owner_id is not None:
        return row.owner_id in {viewer.staff_id, *viewer.stands_in_for}
    called = row.for_role == ON_CALL and team in viewer.on_call_for
    return called or row.for_role == viewer.role


@dataclass(slots=True)
class FakePatients:
    """Who is in care."""

    clinic_zone: str
    known: dict[UUID, Patient] = field(default_factory=dict)
    identities: dict[UUID, Identity] = field(default_factory=dict)
    reminders: FakeReminders | None = None

    async def hold(self, patient_id: UUID) -> Patient:
        return self.known.setdefault(
            patient_id,
            Patient(
                patient_id=patient_id,
                status=CareStatus.ACTIVE,
                team="",
                care_team=(),
                zone=self.clinic_zone,
            ),
        )

    async def find(self, patient_id: UUID) -> Patient | None:
        return self.known.get(patient_id)

    async def place(
        self,
        patient_id: UUID,
        *,
        status: CareStatus,
        team: str,
        care_team: tuple[UUID, ...],
        messages_stopped: bool,
    ) -> None:
        people = tuple(dict.fromkeys(care_team))
        self.known[patient_id] = replace(
            self.known[patient_id],
            status=status,
            team=team,
            care_team=people,
            messages_stopped=messages_stopped,
        )

    async def identify(self, patient_id: UUID, identity: Identity) -> None:
        self.identities[patient_id] = identity
        self.known[patient_id] = replace(self.known[patient_id], zone=identity.zone)

    async def after(self, patient_id: UUID | None, *, limit: int) -> Sequence[UUID]:
        return sorted(id_ for id_ in self.known if patient_id is None or id_ > patient_id)[:limit]

    async def around(self, staff_id: UUID) -> Sequence[UUID]:
        rows = self.reminders.rows.values() if self.reminders else ()
        owned = {row.patient_id for row in rows if row.owner_id == staff_id and row.is_open}
        return sorted(
            owned | {p.patient_id for p in self.known.values() if staff_id in p.care_team}
        )

    def related(self, patient_id: UUID, viewer: Viewer) -> bool:
        patient = self.known[patient_id]
        near = {viewer.staff_id, *viewer.stands_in_for}
        return patient.team in viewer.teams or bool(near & set(patient.care_team))


@dataclass(slots=True)
class FakeCourses:
    """The last state of each course."""

    known: dict[UUID, Course] = field(default_factory=dict)

    async def put(self, course: Course) -> None:
        self.known[course.course_id] = course

    async def of_patient(self, patient_id: UUID) -> Sequence[Course]:
        found = [course for course in self.known.values() if course.patient_id == patient_id]
        return sorted(found, key=lambda course: course.course_id)


@dataclass(slots=True)
class FakeFlags:
    """The last state of each flag."""

    known: dict[UUID, Flag] = field(default_factory=dict)

    async def put(self, flag: Flag) -> None:
        self.known[flag.flag_id] = flag

    async def of_patient(self, patient_id: UUID) -> Sequence[Flag]:
        found = [flag for flag in self.known.values() if flag.patient_id == patient_id]
        return sorted(found, key=lambda flag: flag.flag_id)


@dataclass(slots=True)
class FakeSignatures:
    """The last state of each request for a signature."""

    known: dict[UUID, Signature] = field(default_factory=dict)

    async def put(self, signature: Signature) -> None:
        self.known[signature.request_id] = signature

    async def of_patient(self, patient_id: UUID) -> Sequence[Signature]:
        found = [one for one in self.known.values() if one.patient_id == patient_id]
        return sorted(found, key=lambda one: one.request_id)


@dataclass(slots=True)
class FakeStaff:
    """Everybody who works here."""

    known: dict[UUID, Colleague] = field(default_factory=dict)

    async def put(self, colleague: Colleague) -> None:
        self.known[colleague.staff_id] = colleague

    async def all(self) -> Mapping[UUID, Colleague]:
        return dict(self.known)


@dataclass(slots=True)
class FakeAttempts:
    """What people did."""

    kept: list[Attempt] = field(default_factory=list)

    async def add(self, attempt: Attempt) -> None:
        self.kept.append(attempt)

    async def deferrals(self, reminder_id: UUID) -> int:
        return sum(one.reminder_id == reminder_id and one.until is not None for one in self.kept)


@dataclass(slots=True)
class FakeRecords(Generic[T]):
    """Records of one kind, by the name of their id."""

    id_name: str
    known: dict[UUID, T] = field(default_factory=dict)

    async def put(self, record: T) -> None:
        self.known[getattr(record, self.id_name)] = record

    async def get(self, record_id: UUID) -> T | None:
        return self.known.get(record_id)

    async def of_patient(self, patient_id: UUID) -> Sequence[T]:
        found = [one for one in self.known.values() if _whose(one) == patient_id]
        return sorted(found, key=lambda one: getattr(one, self.id_name))


def _whose(record: object) -> UUID:
    found: UUID = record.patient_id  # type: ignore[attr-defined]
    return found


@dataclass(slots=True)
class FakeActivities:
    """The directory."""

    known: dict[UUID, Activity] = field(default_factory=dict)

    async def put(self, activities: Sequence[Activity]) -> None:
        self.known |= {one.activity_id: one for one in activities}

    async def all(self) -> Sequence[Activity]:
        return sorted(self.known.values(), key=lambda one: one.name)


@dataclass(slots=True)
class FakeSupport:
    """Programmes, contacts, and what is kept beside them."""

    patients: FakePatients
    programmes: FakeRecords[Programme] = field(default_factory=lambda: FakeRecords("programme_id"))
    contacts: FakeRecords[Contact] = field(default_factory=lambda: FakeRecords("contact_id"))
    life_events: FakeRecords[LifeEvent] = field(
        default_factory=lambda: FakeRecords("life_event_id")
    )
    drops: FakeRecords[Drop] = field(default_factory=lambda: FakeRecords("reading_id"))
    plans: FakeRecords[RelapsePlan] = field(default_factory=lambda: FakeRecords("plan_id"))
    profiles: FakeRecords[Profile] = field(default_factory=lambda: FakeRecords("patient_id"))
    surroundings: FakeRecords[Surroundings] = field(
        default_factory=lambda: FakeRecords("patient_id")
    )
    activities: FakeActivities = field(default_factory=FakeActivities)
    referrals: FakeRecords[Referral] = field(default_factory=lambda: FakeRecords("referral_id"))
    decisions: FakeRecords[Decision] = field(default_factory=lambda: FakeRecords("decision_id"))
    readings: dict[tuple[UUID, int], Reading] = field(default_factory=dict)
    points: dict[tuple[UUID, int], CoursePoint] = field(default_factory=dict)
    care: dict[tuple[UUID, int], CarePoint] = field(default_factory=dict)
    groups: dict[tuple[UUID, str, int], GroupPoint] = field(default_factory=dict)

    async def add_reading(self, reading: Reading) -> None:
        self.readings[reading.assessment_id, reading.version] = reading

    async def readings_of(self, patient_id: UUID) -> Sequence[Reading]:
        found = [one for one in self.readings.values() if one.patient_id == patient_id]
        return sorted(found, key=lambda one: (one.taken_at, one.assessment_id, one.version))

    async def add_point(self, point: CoursePoint) -> None:
        self.points[point.course_id, point.version] = point

    async def points_of(self, patient_id: UUID) -> Sequence[CoursePoint]:
        found = [one for one in self.points.values() if one.patient_id == patient_id]
        return sorted(found, key=lambda one: (one.course_id, one.version))

    async def add_care(self, point: CarePoint) -> None:
        self.care[point.patient_id, point.version] = point

    async def add_group(self, point: GroupPoint) -> None:
        self.groups[point.patient_id, point.kind, point.version] = point

    async def programmes_of_staff(self, staff_id: UUID) -> Sequence[Programme]:
        return [one for one in self._open() if staff_id in {one.facilitator_id, one.deputy_id}]

    async def open_programmes(
        self, teams: Collection[str], staff: Collection[UUID]
    ) -> Sequence[Programme]:
        return [one for one in self._open() if self._sees(one.patient_id, teams, staff)]

    async def named(self, people: Collection[UUID]) -> Mapping[UUID, Named]:
        found = {}
        for patient_id in people:
            patient = self.patients.known[patient_id]
            identity = self.patients.identities.get(patient_id)
            found[patient_id] = Named(
                patient_id=patient_id,
                name=f"{identity.given_name} {identity.family_name}" if identity else None,
                birth_date=identity.birth_date if identity else None,
                team=patient.team,
                zone=patient.zone,
            )
        return found

    def _open(self) -> Sequence[Programme]:
        found = [one for one in self.programmes.known.values() if one.is_open]
        return sorted(found, key=lambda one: one.programme_id)

    def _sees(self, patient_id: UUID, teams: Collection[str], staff: Collection[UUID]) -> bool:
        patient = self.patients.known[patient_id]
        active = patient.status is CareStatus.ACTIVE
        return active and (patient.team in teams or not set(staff).isdisjoint(patient.care_team))


def _fared(notice: Notice, *, came_through: bool) -> str:
    if not came_through:
        return "being tried" if notice.state == "planned" else "failed"
    may_go_from = max(notice.made_at, notice.not_before)
    return "late" if notice.ended_at and notice.ended_at - may_go_from > SOON else "on time"


@dataclass(slots=True)
class FakeNotices:
    """What is sent, to whom, and what came of it."""

    kinds: Kinds
    patients: FakePatients
    staff: FakeStaff
    reminders: FakeReminders
    wishes: dict[UUID, Preference] = field(default_factory=dict)
    known: dict[UUID, Notice] = field(default_factory=dict)
    attempts: list[Try] = field(default_factory=list)
    digests: dict[tuple[UUID, date], Digest] = field(default_factory=dict)

    async def preferences(self) -> Mapping[UUID, Preference]:
        return dict(self.wishes)

    async def preference(self, staff_id: UUID) -> Preference | None:
        return self.wishes.get(staff_id)

    async def prefer(self, preference: Preference) -> None:
        self.wishes[preference.staff_id] = preference

    async def told(self, shown: Collection[UUID]) -> Sequence[Shown]:
        rows = self.reminders.rows
        return [self.reminders.announced(rows[reminder_id]) for reminder_id in sorted(shown)]

    async def reachable(self, patients: Collection[UUID]) -> Mapping[UUID, Reach]:
        found = {id_: self.patients.identities.get(id_) for id_ in sorted(patients)}
        return {id_: one.reach for id_, one in found.items() if one and one.reach}

    async def add(self, notices: Sequence[Notice]) -> None:
        for one in notices:
            self.known.setdefault(one.notice_id, one)

    async def claim(
        self, now: datetime, real_now: datetime, *, lease_until: datetime, limit: int
    ) -> Sequence[Notice]:
        ready = [
            one
            for one in self.known.values()
            if one.state == "planned" and one.not_before <= now and one.retry_at <= real_now
        ]
        ready = sorted(
            ready, key=lambda one: (turn_of(one.purpose), one.not_before, one.notice_id)
        )[:limit]
        self.known |= {one.notice_id: replace(one, retry_at=lease_until) for one in ready}
        return ready

    async def about(self, reminder_id: UUID) -> Sequence[Notice]:
        return [
            one
            for one in self.known.values()
            if one.purpose is Purpose.SAFETY and one.about == (reminder_id,)
        ]

    async def hold(self, notice_id: UUID) -> Notice | None:
        return self.known.get(notice_id)

    async def keep(self, notice: Notice) -> None:
        if self.known[notice.notice_id].state != "planned":
            raise AssertionError("a notice that ended was changed")
        self.known[notice.notice_id] = notice

    async def tries(self, notice_id: UUID) -> int:
        return sum(one.notice_id == notice_id for one in self.attempts)

    async def add_try(self, one: Try) -> None:
        self.attempts.append(one)

    def channels(self, since: datetime | None) -> tuple[ChannelLevels, ...]:
        """How they fared on each channel they were tried on."""
        tried: dict[tuple[str, UUID], bool] = {}
        for one in self.attempts:
            key = one.channel, one.notice_id
            tried[key] = tried.get(key, False) or one.answer == "taken"
        found: dict[str, list[str]] = {}
        for (channel, notice_id), came_through in sorted(tried.items()):
            notice = self.known[notice_id]
            if since is None or notice.made_at >= since:
                found.setdefault(channel, []).append(_fared(notice, came_through=came_through))
        return tuple(
            ChannelLevels(
                channel=channel,
                on_time=ends.count("on time"),
                late=ends.count("late"),
                failed=ends.count("failed"),
            )
            for channel, ends in found.items()
        )

    async def lines(self, reminders: Collection[UUID]) -> Sequence[Line]:
        rows = [self.reminders.rows[one] for one in reminders if one in self.reminders.rows]
        rows = sorted(
            (row for row in rows if row.is_open),
            key=lambda row: (row.risk, row.due_at, str(row.reminder_id)),
        )
        return [
            Line(kind=self.kinds[row.key.kind].notice, initials=self._initials(row.patient_id))
            for row in rows
        ]

    async def of_staff(
        self, staff_id: UUID, *, limit: int, after: tuple[datetime, UUID] | None = None
    ) -> Sequence[Notice]:
        found = [one for one in self.known.values() if one.staff_id == staff_id]
        return self._latest(found, limit, after)

    async def unsent(
        self, teams: Collection[str], *, limit: int, after: tuple[datetime, UUID] | None = None
    ) -> Sequence[Notice]:
        people = {id_ for id_, one in self.staff.known.items() if one.teams & set(teams)}
        found = [
            one
            for one in self.known.values()
            if one.state in {"failed", "not-done"}
            and (
                one.staff_id in people
                or (one.patient_id and self.patients.known[one.patient_id].team in teams)
            )
        ]
        return self._latest(found, limit, after)

    async def digest(self, staff_id: UUID, day: date) -> Digest | None:
        return self.digests.get((staff_id, day))

    async def without_digest(self, day: date) -> Sequence[UUID]:
        return sorted(
            id_
            for id_, one in self.staff.known.items()
            if one.active and one.role in CLINICAL and (id_, day) not in self.digests
        )

    async def forget_digests(self, before: date) -> int:
        gone = [key for key in self.digests if key[1] < before]
        for key in gone:
            del self.digests[key]
        return len(gone)

    async def keep_digest(self, digest: Digest) -> bool:
        key = (digest.staff_id, digest.day)
        return self.digests.setdefault(key, digest) is digest

    def _initials(self, patient_id: UUID) -> str:
        one = self.patients.identities.get(patient_id)
        return f"{one.given_name[0].upper()}.{one.family_name[0].upper()}." if one else "?"

    def _latest(
        self, found: Sequence[Notice], limit: int, after: tuple[datetime, UUID] | None
    ) -> Sequence[Notice]:
        by_id = sorted(found, key=lambda one: one.notice_id)
        latest = sorted(by_id, key=lambda one: one.made_at, reverse=True)
        if after is not None:
            at, id_ = after
            latest = [
                one
                for one in latest
                if one.made_at < at or (one.made_at == at and one.notice_id > id_)
            ]
        return latest[:limit]


@dataclass(slots=True)
class FakeAbsences:
    """Who is away."""

    known: dict[UUID, Absence] = field(default_factory=dict)
    standing: dict[UUID, StandInState] = field(default_factory=dict)

    async def put(self, absence: Absence) -> None:
        self.known[absence.absence_id] = absence

    async def find(self, absence_id: UUID) -> Absence | None:
        return self.known.get(absence_id)

    async def of(self, people: Sequence[UUID], *, until: date) -> Sequence[Absence]:
        found = [
            one
            for one in self.known.values()
            if {one.staff_id, one.cover_id} & set(people)
            if one.ends_on >= until and not one.withdrawn
        ]
        return sorted(found, key=lambda one: (one.starts_on, one.absence_id))

    async def away(self, patient_id: UUID, *, on: date) -> Mapping[UUID, Away]:
        return {
            one.staff_id: Away(
                one.starts_on,
                one.cover_id if one.people.get(patient_id) == "accepted" else None,
            )
            for one in self.known.values()
            if one.covers(on)
        }

    async def let_in(self, state: StandInState) -> None:
        self.standing[state.stand_in_id] = state

    async def unfollowed(self, on: date) -> Sequence[UUID]:
        order = ("planned", "running", "over")
        return sorted(
            id_
            for id_, one in self.known.items()
            if order.index(one.stage(on)) > order.index(one.followed)
        )


@dataclass(slots=True)
class FakeRota:
    """Who is on call."""

    reminders: FakeReminders
    patients: FakePatients
    known: dict[UUID, Shift] = field(default_factory=dict)
    standing: dict[UUID, StandInState] = field(default_factory=dict)

    async def hold(self, team: str) -> None:
        pass

    async def put(self, shift: Shift) -> None:
        self.known[shift.shift_id] = shift

    async def find(self, shift_id: UUID) -> Shift | None:
        return self.known.get(shift_id)

    async def between(
        self, from_at: datetime, until_at: datetime, teams: Collection[str] | None = None
    ) -> Sequence[Shift]:
        found = [
            one
            for one in self.known.values()
            if one.from_at < until_at and one.until_at > from_at and not one.withdrawn
            if teams is None or one.team in teams
        ]
        return sorted(found, key=lambda one: (one.team, one.from_at))

    async def to_follow(self, now: datetime) -> Sequence[Shift]:
        found = sorted(self.known.values(), key=lambda one: (one.from_at, one.shift_id))
        return [
            one for one in found if one.followed != "over" and (one.from_at <= now or one.withdrawn)
        ]

    async def waiting(self, team: str, *, shown_before: datetime) -> Sequence[UUID]:
        return sorted(
            row.reminder_id
            for row in self.reminders.rows.values()
            if row.is_open and row.for_role == ON_CALL
            if row.visible_at is not None and row.visible_at < shown_before
            if self.patients.known[row.patient_id].team == team
        )

    async def let_in(self, state: StandInState) -> None:
        self.standing[state.stand_in_id] = state


class FakeWork:
    """One transaction after another over the same dictionaries."""

    def __init__(self, kinds: Kinds, clinic_zone: str = "Europe/London") -> None:
        self.patients = FakePatients(clinic_zone)
        self.reminders = FakeReminders(kinds, self.patients)
        self.patients.reminders = self.reminders
        self.courses = FakeCourses()
        self.flags = FakeFlags()
        self.signatures = FakeSignatures()
        self.staff = FakeStaff()
        self.attempts = FakeAttempts()
        self.support = FakeSupport(self.patients)
        self.notices = FakeNotices(kinds, self.patients, self.staff, self.reminders)
        self.reminders.notices = self.notices
        self.absences = FakeAbsences()
        self.rota = FakeRota(self.reminders, self.patients)
        self._ids = count()
        self.published: list[Published] = []
        self.audited: list[str] = []
        self.kept_signatures: dict[str, str] = {}

    async def on_record(self, patient_id: UUID) -> OnRecord:
        support = self.support
        return OnRecord(
            programmes=await support.programmes.of_patient(patient_id),
            contacts=await support.contacts.of_patient(patient_id),
            life_events=await support.life_events.of_patient(patient_id),
            drops=await support.drops.of_patient(patient_id),
            plans=await support.plans.of_patient(patient_id),
            decisions=await support.decisions.of_patient(patient_id),
            surroundings=await support.surroundings.of_patient(patient_id),
            flags=await self.flags.of_patient(patient_id),
            courses=await self.courses.of_patient(patient_id),
            signatures=await self.signatures.of_patient(patient_id),
        )

    def new_id(self) -> UUID:
        return uuid5(_IDS, str(next(self._ids)))

    async def keep_signature(
        self,
        signed: Signed,
        *,
        of: str,
        subject: UUID,
        document: str,
    ) -> None:
        if signed.token_id in self.kept_signatures:
            raise SignatureMismatch
        self.kept_signatures[signed.token_id] = of

    def publish(self, fact: Fact, *, subject: UUID, aggregate: str, version: int) -> None:
        if any((p.aggregate, p.version) == (aggregate, version) for p in self.published):
            raise AssertionError("two facts with one version")
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
