"""Bodies of the taper bench: plans side by side, kept nowhere.

==================================================  =======================  ==================
Route                                               Body in                  Body out
==================================================  =======================  ==================
POST /courses/{course_id}/taper-bench               BenchRequest             BenchBody
==================================================  =======================  ==================
"""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, PlainSerializer

from shared.api.body import Body, Code, DoseMg
from shared.api.treatment import FindingBody, TaperRequest

MOST_WAYS = 4

Points = Annotated[
    Decimal, PlainSerializer(lambda value: f"{value:.2f}", return_type=str, when_used="json")
]
"""Percent or points of occupancy, to the precision of the published parameters."""

SignedMg = Annotated[
    Decimal,
    PlainSerializer(lambda value: f"{value.normalize():f}", return_type=str, when_used="json"),
]


class BenchRequest(Body):
    """The ways to compare; what only a draft needs (readiness, reason) is not looked at.

    Without a way the tiers this person may be offered are compared, from ``starts_on`` (today).
    """

    ways: tuple[TaperRequest, ...] = Field(default=(), max_length=MOST_WAYS)
    starts_on: date | None = None


class RiskBody(Body):
    """How hard stopping may be for this person, and what is proposed because of it (T-12)."""

    tier: Literal["faster", "slower", "slowest"]
    reasons: tuple[str, ...]
    fast_tier_offered: bool
    policy: Code
    interval_days: int


class SupplyBody(Body):
    """What a whole plan takes of one product; ``unit`` is tablet, capsule, mL, drop, bead."""

    product: Code
    name: str
    units: Decimal
    unit: str


class BenchStepBody(Body):
    """One step: asked for, dispensed, and what it costs. Without a curve the figures of
    occupancy are null; ``lowest_percent`` and ``highest_percent`` span the brain regions."""

    ordinal: int
    expected_on: date
    days: int
    target_mg: DoseMg
    dose_mg: DoseMg
    dose_text: str
    occupancy_percent: Points | None
    lowest_percent: Points | None
    highest_percent: Points | None
    drop_points: Points | None
    error_mg: SignedMg
    error_points: Points | None


class BenchPlanBody(Body):
    """One column. ``model`` names curve and region; ``cliff`` the worst cut a shelf forces."""

    policy: Code
    policy_name: str
    policy_source: str
    grade: str
    review_status: str
    shelf: str
    model: str | None
    verdict: Literal["ok", "cannot-be-dispensed-safely"]
    cliff: str | None
    ways_round: tuple[str, ...]
    interval_days: int
    length_days: int
    step_count: int
    largest_drop_points: Points | None
    last_drop_points: Points | None
    largest_rounding_mg: SignedMg
    largest_rounding_points: Points | None
    supply: tuple[SupplyBody, ...]
    liquid_ml: Decimal
    visits: int
    start_occupancy_percent: Points | None
    steps: tuple[BenchStepBody, ...]
    findings: tuple[FindingBody, ...]


class BenchRefusalBody(Body):
    """Why this column has no plan, and what would make it acceptable."""

    rule: str
    field: str
    detail: str


class BenchColumnBody(Body):
    """What was asked for, and either its plan or the rules' refusal of it."""

    asked: TaperRequest
    plan: BenchPlanBody | None
    refusal: BenchRefusalBody | None


class BenchBody(Body):
    """Up to four ways down from the course's dose, in the order they were asked for."""

    course_id: UUID
    drug: Code
    drug_name: str
    from_dose_mg: DoseMg
    from_dose_text: str
    risk: RiskBody
    columns: tuple[BenchColumnBody, ...]
