"""A taper plan as a document: drafted, signed once, never changed afterwards."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from services.treatment.domain.findings import Finding
from services.treatment.domain.live_taper import Dose, PlannedStep


class PlanState(StrEnum):
    """``signed`` covers all of its life; how that life goes is the live taper's affair."""

    DRAFT = "draft"
    SIGNED = "signed"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRow:
    """One step as calculated and as dispensed, with what the bench shows about it."""

    ordinal: int
    expected_on: date
    days: int
    target_mg: Decimal
    dose: Dose
    supply_text: str
    cut_percent: Decimal | None
    occupancy_percent: Decimal | None
    error_mg: Decimal

    def planned(self) -> PlannedStep:
        """What the live taper needs of it."""
        return PlannedStep(
            ordinal=self.ordinal, days=self.days, dose=self.dose, supply_text=self.supply_text
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """What must be asked before the first cut (T-01, T-02)."""

    baseline_withdrawal: str
    crisis_plan_agreed: bool
    supporter_asked: bool
    pace_is_the_patients: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """A calculated way down, before anybody drafts a plan from it."""

    policy: str
    policy_name: str
    policy_source: str
    start: Dose
    starts_on: date
    dispensable: bool
    rows: tuple[PlanRow, ...]
    findings: tuple[Finding, ...]

    @property
    def length_days(self) -> int:
        """From the first cut to the day of the last one."""
        return sum(row.days for row in self.rows[:-1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A draft, or the document that was signed. ``version`` counts changes of this record."""

    id: UUID
    course_id: UUID
    patient_id: UUID
    version: int
    plan_version: int
    state: PlanState
    outline: Outline
    readiness: Readiness | None
    early_reason: str | None
    drafted_by: UUID
    drafted_at: datetime
    rulebook: str
    signed_by: UUID | None = None
    signed_at: datetime | None = None
