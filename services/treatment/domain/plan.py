"""A taper plan as a document: drafted, signed once, never changed afterwards."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from services.treatment.domain.findings import Finding
from services.treatment.domain.gate import FourSymptoms
from services.treatment.domain.live_taper import Dose, PlannedStep
from services.treatment.domain.supply import SupplyPart


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
    supply_parts: tuple[SupplyPart, ...] = ()

    def planned(self) -> PlannedStep:
        """What the live taper needs of it."""
        return PlannedStep(
            ordinal=self.ordinal,
            days=self.days,
            dose=self.dose,
            supply_text=self.supply_text,
            supply_parts=self.supply_parts,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """What must be asked before the first cut (T-01, T-02)."""

    baseline_withdrawal: str
    baseline: FourSymptoms | None = None
    crisis_plan_agreed: bool
    supporter_asked: bool
    pace_is_the_patients: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Which way down a prescriber asks for; ``rows`` are their own doses with their days.

    ``solids_only`` leaves liquids and drops on the shelf. ``slowed`` counts how often the
    policy's cuts were halved (T-09).
    """

    policy: str
    starts_on: date
    products: frozenset[str] = frozenset()
    solids_only: bool = False
    interval_days: int | None = None
    last_dose_mg: Decimal | None = None
    rows: tuple[tuple[Decimal, int], ...] = ()
    slowed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """A calculated way down, before anybody drafts a plan from it.

    ``wish`` is what was asked for; None in plans older than the question.
    """

    policy: str
    policy_name: str
    policy_source: str
    start: Dose
    starts_on: date
    dispensable: bool
    rows: tuple[PlanRow, ...]
    findings: tuple[Finding, ...]
    start_parts: tuple[SupplyPart, ...] = ()
    wish: Wish | None = None

    @property
    def length_days(self) -> int:
        """From the first cut to the day of the last one."""
        return sum(row.days for row in self.rows[:-1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A draft, or the document that was signed. ``version`` counts changes of this record.

    ``standing_days``: how long the signer lets a nurse hold at one dose without asking.
    """

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
    standing_days: int | None = None
