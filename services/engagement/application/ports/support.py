"""What the use cases need of the records of support."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol, TypeVar
from uuid import UUID

from services.engagement.domain.support.carer import Carer
from services.engagement.domain.support.contact import Contact
from services.engagement.domain.support.directory import Activity
from services.engagement.domain.support.life_event import LifeEvent
from services.engagement.domain.support.lost import Decision
from services.engagement.domain.support.motivation import Drop
from services.engagement.domain.support.profile import Profile
from services.engagement.domain.support.programme import Programme
from services.engagement.domain.support.referral import Referral
from services.engagement.domain.support.relapse_plan import RelapsePlan

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One completed instrument as assessment told it; an amendment is a further version.

    ``known_at`` is when we heard of it, so that a report of a past day leaves out the rest.
    """

    assessment_id: UUID
    version: int
    patient_id: UUID
    instrument: str
    taken_on: date
    taken_at: datetime
    known_at: datetime
    total: int | None
    scales: Mapping[str, Decimal | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class CoursePoint:
    """What treatment said about a course at one moment. ``reviewed_on`` are the reviews done."""

    course_id: UUID
    version: int
    patient_id: UUID
    at: datetime
    known_at: datetime
    phase: str
    drug: str
    indication: str
    dose_mg: Decimal
    dose_text: str
    started_on: date | None
    remission_on: date | None
    reviewed_on: tuple[date, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CarePoint:
    """What assessment said at one moment about whether somebody is in care."""

    patient_id: UUID
    version: int
    known_at: datetime
    enrolled_on: date
    ended_on: date | None
    """The first day they are not in care any more; None while they are."""

    def holds_on(self, day: date) -> bool:
        """Whether that day lies in the care this speaks of."""
        return self.enrolled_on <= day and (self.ended_on is None or day < self.ended_on)


class Grouped(StrEnum):
    """By what people are grouped in a report, where it may change over time (R-40)."""

    LANGUAGE = "language"
    BARRIERS = "barriers"


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupPoint:
    """To which groups of one kind somebody belongs, as it was said at one moment."""

    patient_id: UUID
    kind: Grouped
    version: int
    known_at: datetime
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What assessment says about the people and the language around a person."""

    patient_id: UUID
    language: str
    neutral_wording: bool
    carers: tuple[Carer, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One person as the outcomes report needs them. Where nothing else is said, in no order."""

    patient_id: UUID
    status: str
    counts_from: date | None
    """The birth date, or the first day of the year that is known of it."""
    language: str
    profile: Profile | None
    programmes: tuple[Programme, ...]
    contacts: tuple[Contact, ...]
    readings: tuple[Reading, ...]
    points: tuple[CoursePoint, ...]
    care: tuple[CarePoint, ...] = ()
    """Oldest first. Nothing of what was said before these were kept."""
    groups: tuple[GroupPoint, ...] = ()
    """Oldest first of each kind. Nothing of what was said before these were kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """One person as a caseload names them."""

    patient_id: UUID
    name: str | None
    birth_date: date | None
    team: str
    zone: str
    birth_year: int | None = None
    """Of somebody erased, in place of the birth date."""


class Records(Protocol[T]):
    """Records of one kind, by id and by person."""

    async def put(self, record: T) -> None:
        """Store it as it is now."""
        ...

    async def get(self, record_id: UUID) -> T | None:
        """The record of this id."""
        ...

    async def of_patient(self, patient_id: UUID) -> Sequence[T]:
        """All of one person, by id."""
        ...


class Activities(Protocol):
    """The directory of activities."""

    async def put(self, activities: Sequence[Activity]) -> None:
        """Store these rows; the same source id replaces what was there."""
        ...

    async def all(self) -> Sequence[Activity]:
        """The whole directory, by name."""
        ...


class Support(Protocol):
    """Everything about support."""

    @property
    def programmes(self) -> Records[Programme]: ...
    @property
    def contacts(self) -> Records[Contact]: ...
    @property
    def life_events(self) -> Records[LifeEvent]: ...
    @property
    def drops(self) -> Records[Drop]: ...
    @property
    def plans(self) -> Records[RelapsePlan]: ...
    @property
    def profiles(self) -> Records[Profile]: ...
    @property
    def surroundings(self) -> Records[Surroundings]: ...
    @property
    def activities(self) -> Activities: ...
    @property
    def referrals(self) -> Records[Referral]: ...
    @property
    def decisions(self) -> Records[Decision]: ...

    async def add_reading(self, reading: Reading) -> None:
        """Keep a reading; the same version again changes nothing."""
        ...

    async def readings_of(self, patient_id: UUID) -> Sequence[Reading]:
        """All versions of all readings of one person, oldest first."""
        ...

    async def add_point(self, point: CoursePoint) -> None:
        """Keep what was said about a course; the same version again changes nothing."""
        ...

    async def points_of(self, patient_id: UUID) -> Sequence[CoursePoint]:
        """Everything said about a person's courses, oldest first."""
        ...

    async def add_care(self, point: CarePoint) -> None:
        """Keep where somebody is in care; the same version again changes nothing."""
        ...

    async def add_group(self, point: GroupPoint) -> None:
        """Keep the groups somebody belongs to; the same version again changes nothing."""
        ...

    async def programmes_of_staff(self, staff_id: UUID) -> Sequence[Programme]:
        """Open programmes this colleague facilitates or stands in for."""
        ...

    async def open_programmes(
        self, teams: Collection[str], staff: Collection[UUID]
    ) -> Sequence[Programme]:
        """Open programmes of people in care whom these viewers may see."""
        ...

    async def named(self, people: Collection[UUID]) -> Mapping[UUID, Named]:
        """Who these people are."""
        ...
