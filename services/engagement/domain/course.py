"""What treatment says about a course, as far as obligations depend on it."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """One planned look at the course."""

    ordinal: int
    kind: str
    due_on: date
    for_role: str
    rule: str
    done_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One dose on the way down. The texts are treatment's own words and stay so."""

    ordinal: int
    change_on: date
    previous_dose_text: str
    dose_text: str
    supply_text: str
    check_in_early_on: date | None
    check_in_gate_on: date | None
    supply_confirmed_at: datetime | None = None
    taken_at: datetime | None = None
    early_check_in_at: datetime | None = None
    gate_check_in_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Surveillance:
    """One look at the person after the last dose."""

    ordinal: int
    due_on: date
    done_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Taper:
    """The live taper plan, scheduled one step ahead."""

    plan_id: UUID
    plan_version: int
    status: str
    steps: tuple[Step, ...]
    step_count: int
    surveillance: tuple[Surveillance, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """One course of medication."""

    course_id: UUID
    patient_id: UUID
    phase: str
    drug: str
    dose_text: str
    prescriber_id: UUID
    reviews: tuple[Review, ...] = ()
    taper: Taper | None = None
    started_on: date | None = None
