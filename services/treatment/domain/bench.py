"""Plans side by side: the numbers that tell them apart."""

from dataclasses import dataclass
from decimal import Decimal

from services.treatment.domain.drug import Drug
from services.treatment.domain.findings import RuleRefusal
from services.treatment.domain.products import Form, ProductUnits, Shelf, gathered
from services.treatment.domain.quantities import ZERO, up_to_microgram
from services.treatment.domain.realiser import dose_table
from services.treatment.domain.taper import TaperPlan, TaperStep
from services.treatment.domain.taper_rules import TaperRules
from services.treatment.domain.taper_verdict import Verdict

MOST_PLANS = 4


@dataclass(frozen=True, slots=True)
class PlanSummary:
    """One column of the bench.

    ``length_days`` runs to the day of the stop. ``supply`` is what the whole plan takes, as
    the units of each product; ``visits`` counts the gates, one before every step.
    """

    policy: str
    shelf: str
    model: str | None
    verdict: Verdict
    length_days: int
    steps: int
    largest_drop_points: Decimal | None
    last_drop_points: Decimal | None
    largest_rounding_mg: Decimal
    largest_rounding_points: Decimal | None
    supply: tuple[ProductUnits, ...]
    liquid_ml: Decimal
    visits: int


def compare(plans: tuple[TaperPlan, ...]) -> tuple[PlanSummary, ...]:
    """One to four plans of the same drug from the same dose.

    Raises:
        RuleRefusal: T-02, for more plans than a person can weigh, or plans that do not compare.
    """
    if not 1 <= len(plans) <= MOST_PLANS:
        raise RuleRefusal("T-02", "plans", f"Compare one to {MOST_PLANS} plans.")
    if len({(plan.drug, plan.start_mg) for plan in plans}) > 1:
        raise RuleRefusal("T-02", "plans", "Compare plans of one drug from one dose.")
    return tuple(_summary(plan) for plan in plans)


def bands(plan: TaperPlan, drug: Drug) -> tuple[tuple[Decimal, Decimal], ...]:
    """For each step the lowest and the highest region's occupancy; empty without a model."""
    model = drug.occupancy.get(plan.formulation)
    return tuple(model.band(step.dose_mg) for step in plan.steps) if model else ()


def supply(step: TaperStep) -> tuple[ProductUnits, ...]:
    """What the step takes over all its days; alternating days begin with the higher dose."""
    low_days = step.days // 2 if step.other_day is not None else 0
    high = [ProductUnits(p.product, p.units * (step.days - low_days)) for p in step.products]
    low = [ProductUnits(p.product, p.units * low_days) for p in step.other_day or ()]
    return gathered((*high, *low))


def gentle_last_dose(
    drug: Drug, shelf: Shelf, rules: TaperRules, *, below_mg: Decimal
) -> Decimal | None:
    """T-10: the largest dose on the shelf whose drop to zero needs no reason, under ``below_mg``.

    Where the shelf has none, or the drug has no curve, the smallest dose it can make; None where
    even that is not below today's dose.
    """
    table = dose_table(shelf, drug.taper.highest_start_mg)
    model = drug.occupancy.get(shelf.family)
    found = table.smallest
    if model is not None:
        limit_mg = model.steepest.dose_mg(rules.last_drop_points)
        nearest = table.below(up_to_microgram(limit_mg))
        found = nearest if nearest.dose_mg else found
    return found.dose_mg if found.dose_mg < below_mg else None


def _summary(plan: TaperPlan) -> PlanSummary:
    drops = [step.drop_points for step in plan.steps if step.drop_points is not None]
    roundings = [abs(step.error_points) for step in plan.steps if step.error_points is not None]
    taken = _total(plan)
    return PlanSummary(
        policy=plan.policy,
        shelf=plan.shelf,
        model=plan.model,
        verdict=plan.verdict,
        length_days=(plan.ends_on - plan.steps[0].start).days,
        steps=len(plan.steps),
        largest_drop_points=max(drops, default=None),
        last_drop_points=drops[-1] if drops else None,
        largest_rounding_mg=max(abs(step.error_mg) for step in plan.steps),
        largest_rounding_points=max(roundings, default=None),
        supply=taken,
        liquid_ml=sum((p.units for p in taken if p.product.form is Form.LIQUID), ZERO),
        visits=len(plan.steps),
    )


def _total(plan: TaperPlan) -> tuple[ProductUnits, ...]:
    return gathered(part for step in plan.steps for part in supply(step))
