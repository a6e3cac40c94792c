"""Who a course is for, as far as treatment needs to know, and what they were asked."""

from calendar import isleap
from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from services.treatment.domain.safety import Taken


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceInCare:
    """What the fact about a person's care says."""

    status: str
    team: str
    care_team: tuple[UUID, ...]
    enrolled_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What the fact about the person says."""

    name: str
    birth_date: date
    time_zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """Learned from two facts that may come in either order; until both are here it is partial."""

    id: UUID
    status: str | None = None
    team: str | None = None
    care_team: tuple[UUID, ...] = ()
    enrolled_on: date | None = None
    name: str | None = None
    birth_date: date | None = None
    time_zone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A patient of whom both facts are here."""

    id: UUID
    status: str
    team: str
    care_team: tuple[UUID, ...]
    enrolled_on: date
    name: str
    birth_date: date
    time_zone: str

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def in_care(self) -> bool:
        return self.status == "active"

    def age_on(self, day: date) -> int:
        """Whole years on that day; who is born on 29 February ages on 1 March (F-08)."""
        had_birthday = (day.month, day.day) >= (self.birth_date.month, self.birth_date.day)
        return day.year - self.birth_date.year - (not had_birthday)

    def birthday(self, age: int) -> date:
        """The day on which they reach that age."""
        year = self.birth_date.year + age
        if (self.birth_date.month, self.birth_date.day) == (2, 29) and not isleap(year):
            return date(year, 3, 1)
        return self.birth_date.replace(year=year)

    def today(self, now: datetime) -> date:
        """The date where the person is."""
        return now.astimezone(self.zone).date()

    def instant(self, day: date, clinic_time: time) -> datetime:
        """The clinic's time on that day where the person is."""
        return datetime.combine(day, clinic_time, tzinfo=self.zone)


def known(patient: Patient) -> Known | None:
    """The patient, once nothing is missing."""
    values = (
        patient.status,
        patient.team,
        patient.enrolled_on,
        patient.name,
        patient.birth_date,
        patient.time_zone,
    )
    match values:
        case (str(status), str(team), date() as enrolled, str(name), date() as born, str(zone)):
            return Known(
                id=patient.id,
                status=status,
                team=team,
                care_team=patient.care_team,
                enrolled_on=enrolled,
                name=name,
                birth_date=born,
                time_zone=zone,
            )
        case _:
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthProfile:
    """What the person answered, once. Versions are kept: a decision shows what was known then."""

    patient_id: UUID
    version: int
    asked_at: datetime
    asked_by: UUID
    conditions: frozenset[str]
    medicines: tuple[Taken, ...]
    note: str | None
