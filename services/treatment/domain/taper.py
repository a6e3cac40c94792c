"""A taper plan: every dose on the way down, with what to take for it and what it costs.

The base of every cut is the previous dose as dispensed, never the first one (T-03). Rounding
goes up, so a cut only ever gets smaller (T-14); where a shelf cannot do that, the plan takes
the next dose the shelf can make and says so instead of hiding it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from services.treatment.domain.descent import Descent, Rung
from services.treatment.domain.dose_text import alternate_day_text
from services.treatment.domain.drug import Drug
from services.treatment.domain.findings import Finding, RuleRefusal
from services.treatment.domain.occupancy import Region
from services.treatment.domain.policies import EqualOccupancy, Policy, Rows, Situation
from services.treatment.domain.products import ProductUnits, Shelf
from services.treatment.domain.quantities import ZERO, plain, up_to_microgram
from services.treatment.domain.realiser import NOTHING, DoseTable, RealisedDose, dose_table
from services.treatment.domain.taper_rules import TaperRules, check_interval
from services.treatment.domain.taper_verdict import Cliff, Verdict, judge
from services.treatment.domain.withdrawal_risk import Risk


@dataclass(frozen=True, slots=True)
class TaperStep:
    """One dose a day, from ``start`` for ``days`` days; dose 0 is the stop.

    The stop's days are those in which its cut is judged like any other. ``error_mg`` and
    ``error_points`` say how far the dispensable dose lies above the calculated one.
    ``products`` is one day's take; where ``other_day`` is set, the two alternate and
    ``dose_mg`` is their mean (T-11).
    """

    index: int
    start: date
    days: int
    target_mg: Decimal
    dose_mg: Decimal
    products: tuple[ProductUnits, ...]
    dose_text: str
    occupancy_percent: Decimal | None
    drop_points: Decimal | None
    error_mg: Decimal
    error_points: Decimal | None
    other_day: tuple[ProductUnits, ...] | None = None

    @property
    def end(self) -> date:
        """The first day no longer covered."""
        return self.start + timedelta(days=self.days)


@dataclass(frozen=True, slots=True)
class TaperPlan:
    """A calculated plan and the verdict on it. ``model`` names curve and region, if any."""

    drug: str
    policy: str
    shelf: str
    model: str | None
    start_mg: Decimal
    start_text: str
    start_occupancy_percent: Decimal | None
    interval_days: int
    steps: tuple[TaperStep, ...]
    verdict: Verdict
    cliff: Cliff | None
    findings: tuple[Finding, ...]

    @property
    def ends_on(self) -> date:
        """The day the last dose of the plan (zero, or the floor) is first taken."""
        return self.steps[-1].start


def plan_taper(
    *,
    drug: Drug,
    policy: Policy,
    start_mg: Decimal,
    shelf: Shelf,
    start_on: date,
    interval_days: int,
    rules: TaperRules,
    today: date,
    last_dose_mg: Decimal | None = None,
    floor_mg: Decimal = ZERO,
    region: str | None = None,
    risk: Risk | None = None,
) -> TaperPlan:
    """The plan from ``start_mg`` to zero, or to an agreed floor.

    Raises:
        RuleRefusal: naming the rule, the field and what would make it acceptable.
    """
    check_interval(interval_days, drug, rules)
    if start_on < today:
        raise RuleRefusal("T-01", "start_on", f"The first cut lies in the past: {start_on}.")
    table = dose_table(shelf, _checked_start(start_mg, drug))
    start = _makeable(start_mg, "start_mg", table, shelf)
    _check_end(policy, drug, start_mg, last_dose_mg, floor_mg)
    if floor_mg:
        _makeable(floor_mg, "floor_mg", table, shelf)
    model = drug.occupancy.get(shelf.family)
    curve = model.region(region) if model else None
    situation = Situation(drug=drug, region=curve, last_dose_mg=last_dose_mg)
    rungs = tuple(_descent(policy, start, table, situation, floor_mg=floor_mg, rules=rules))
    judgement = judge(
        Descent(
            drug=drug,
            policy=policy,
            shelf=shelf,
            rungs=rungs,
            region=curve,
            smallest=table.smallest,
            rules=rules,
            risk=risk,
        )
    )
    return TaperPlan(
        drug=drug.code,
        policy=policy.code,
        shelf=shelf.code,
        model=f"{model.name}, {curve.name}" if model and curve else None,
        start_mg=start.dose_mg,
        start_text=start.text,
        start_occupancy_percent=_occupancy(curve, start.dose_mg),
        interval_days=interval_days,
        steps=_dated(rungs, start.dose_mg, start_on, interval_days, curve),
        verdict=judgement.verdict,
        cliff=judgement.cliff,
        findings=judgement.findings,
    )


def _checked_start(start_mg: Decimal, drug: Drug) -> Decimal:
    highest = drug.taper.highest_start_mg
    if not (start_mg.is_finite() and 0 < start_mg <= highest):
        raise RuleRefusal(
            "F-09",
            "start_mg",
            f"A taper of {drug.name} starts above 0 mg and at most at {plain(highest)} mg.",
        )
    return start_mg


def _makeable(dose_mg: Decimal, field: str, table: DoseTable, shelf: Shelf) -> RealisedDose:
    found = table.exactly(dose_mg)
    if found is not None:
        return found
    above = table.at_least(dose_mg)
    near = [table.below(dose_mg), *([above] if above else [])]
    doses = " or ".join(f"{plain(dose.dose_mg)} mg" for dose in near if dose.dose_mg)
    raise RuleRefusal(
        "F-13",
        field,
        f"{plain(dose_mg)} mg cannot be made from the {shelf.code} shelf; nearest: {doses}.",
    )


def _check_end(
    policy: Policy, drug: Drug, start_mg: Decimal, last_dose_mg: Decimal | None, floor_mg: Decimal
) -> None:
    method = policy.method
    if isinstance(method, Rows) and start_mg > method.by_drug.get(drug.code, (ZERO,))[0]:
        raise RuleRefusal(
            "T-02", "policy", f"{policy.name} has no row for {drug.name} at {plain(start_mg)} mg."
        )
    if not (floor_mg.is_finite() and 0 <= floor_mg < start_mg):
        raise RuleRefusal("T-04", "floor_mg", "The floor is 0 mg or more and below the start.")
    unmodelled = isinstance(method, EqualOccupancy) and not drug.occupancy
    if (policy.needs_last_dose or unmodelled) and last_dose_mg is None and not floor_mg:
        raise RuleRefusal(
            "T-10",
            "last_dose_mg",
            f"{policy.name} cuts a share of the previous dose and never reaches zero: "
            "state the last dose before zero.",
        )
    if last_dose_mg is not None and not (last_dose_mg.is_finite() and 0 < last_dose_mg < start_mg):
        raise RuleRefusal(
            "T-10", "last_dose_mg", "The last dose is above 0 mg and below the start."
        )


def _descent(
    policy: Policy,
    start: RealisedDose,
    table: DoseTable,
    situation: Situation,
    *,
    floor_mg: Decimal,
    rules: TaperRules,
) -> Iterator[Rung]:
    previous, count = start, 0
    ceiling = situation.drug.taper.most_cut_mg
    while previous.dose_mg > floor_mg:
        count += 1
        if count > rules.most_steps:
            raise RuleRefusal(
                "T-10",
                "policy",
                f"More than {rules.most_steps} steps: choose larger cuts or a higher last dose.",
            )
        wanted = max(floor_mg, policy.method.next_target(previous.dose_mg, situation))
        limited = wanted if ceiling is None else max(wanted, previous.dose_mg - ceiling)
        target = up_to_microgram(limited)
        dose = _dispensed(target, previous.dose_mg, table, situation.drug)
        yield Rung(
            previous_mg=previous.dose_mg, target_mg=target, dose=dose, held_up=limited > wanted
        )
        previous = dose


def _dispensed(
    target_mg: Decimal, previous_mg: Decimal, table: DoseTable, drug: Drug
) -> RealisedDose:
    """The smallest dose not under the target that still is a cut, else the next one down."""
    if not target_mg:
        return NOTHING
    daily = table.at_least(target_mg)
    if daily is None or daily.dose_mg < previous_mg:
        return daily or table.below(previous_mg)
    if drug.taper.alternate_days:
        alternating = _alternating(daily, target_mg, table)
        if alternating.dose_mg < previous_mg:
            return alternating
    return table.below(previous_mg)


def _alternating(high: RealisedDose, target_mg: Decimal, table: DoseTable) -> RealisedDose:
    low = table.at_least(max(ZERO, 2 * target_mg - high.dose_mg)) or high
    return replace(
        high,
        dose_mg=(high.dose_mg + low.dose_mg) / 2,
        other_day=low.products,
        text=alternate_day_text(high.text, low.text if low.products else None),
    )


def _dated(
    rungs: tuple[Rung, ...],
    start_mg: Decimal,
    start_on: date,
    days: int,
    region: Region | None,
) -> tuple[TaperStep, ...]:
    steps = []
    before = _occupancy(region, start_mg)
    for index, rung in enumerate(rungs, start=1):
        dose_mg = rung.dose.dose_mg
        now = _occupancy(region, dose_mg)
        wanted = _occupancy(region, rung.target_mg)
        steps.append(
            TaperStep(
                index=index,
                start=start_on + timedelta(days=(index - 1) * days),
                days=days,
                target_mg=rung.target_mg,
                dose_mg=dose_mg,
                products=rung.dose.products,
                dose_text=rung.dose.text,
                occupancy_percent=now,
                drop_points=None if before is None or now is None else before - now,
                error_mg=dose_mg - rung.target_mg,
                error_points=None if now is None or wanted is None else now - wanted,
                other_day=rung.dose.other_day,
            )
        )
        before = now
    return tuple(steps)


def _occupancy(region: Region | None, dose_mg: Decimal) -> Decimal | None:
    return region.percent(dose_mg) if region else None
