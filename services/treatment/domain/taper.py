"""A taper plan: every dose on the way down, with what to take for it and what it costs.

The base of every cut is the previous dose as dispensed, never the first one (T-03). Rounding
goes up, so a cut only ever gets smaller (T-14); where a shelf cannot do that, the plan takes
the next dose the shelf can make and says so instead of hiding it.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from services.treatment.domain.descent import Descent
from services.treatment.domain.dose_text import divided_text
from services.treatment.domain.drug import Drug
from services.treatment.domain.findings import Finding, RuleRefusal
from services.treatment.domain.occupancy import Region
from services.treatment.domain.policies import OWN_ROWS, Policy, Rows, Situation
from services.treatment.domain.products import ProductUnits, Shelf
from services.treatment.domain.quantities import ZERO, plain
from services.treatment.domain.realiser import DoseTable, RealisedDose, dose_table
from services.treatment.domain.rungs import Rung, rungs_down
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
    rung: Rung
    dose_text: str
    error_points: Decimal | None

    @property
    def end(self) -> date:
        """The first day no longer covered."""
        return self.start + timedelta(days=self.days)

    @property
    def target_mg(self) -> Decimal:
        return self.rung.target_mg

    @property
    def dose_mg(self) -> Decimal:
        return self.rung.dose.dose_mg

    @property
    def products(self) -> tuple[ProductUnits, ...]:
        return self.rung.dose.products

    @property
    def other_day(self) -> tuple[ProductUnits, ...] | None:
        return self.rung.dose.other_day

    @property
    def occupancy_percent(self) -> Decimal | None:
        return self.rung.occupancy_percent

    @property
    def drop_points(self) -> Decimal | None:
        return self.rung.drop_points

    @property
    def error_mg(self) -> Decimal:
        return self.dose_mg - self.target_mg


@dataclass(frozen=True, slots=True)
class TaperPlan:
    """A calculated plan and the verdict on it. ``model`` names curve and region, if any."""

    drug: str
    policy: str
    shelf: str
    formulation: str
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
    model = drug.occupancy.get(shelf.family)
    curve = model.region(region) if model else None
    takes_shares = policy.takes_shares(curve)
    _check_end(
        policy,
        drug,
        start_mg,
        last_dose_mg,
        floor_mg,
        most_rows=rules.most_steps,
        takes_shares=takes_shares,
    )
    if floor_mg:
        _makeable(floor_mg, "floor_mg", table, shelf)
    situation = Situation(
        drug=drug, region=curve, last_dose_mg=last_dose_mg if takes_shares else None
    )
    rungs = tuple(
        rungs_down(policy, start, table, situation, floor_mg=floor_mg, most_steps=rules.most_steps)
    )
    held = tuple(_days(policy, rung, interval_days) for rung in rungs)
    for days in set(held):
        check_interval(days, drug, rules)
    descent = Descent(
        drug=drug,
        policy=policy,
        shelf=shelf,
        rungs=rungs,
        region=curve,
        smallest=table.smallest,
        rules=rules,
        risk=risk,
    )
    judgement = judge(descent)
    return TaperPlan(
        drug=drug.code,
        policy=policy.code,
        shelf=shelf.code,
        formulation=shelf.family,
        model=f"{model.name}, {curve.name}" if model and curve else None,
        start_mg=start.dose_mg,
        start_text=_text(drug, shelf, start),
        start_occupancy_percent=_occupancy(curve, start.dose_mg),
        interval_days=interval_days,
        steps=_dated(descent, start_on, held),
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
        f"{plain(dose_mg)} mg cannot be made from the {shelf.code.upper()} shelf; "
        f"nearest: {doses}.",
    )


def _check_end(
    policy: Policy,
    drug: Drug,
    start_mg: Decimal,
    last_dose_mg: Decimal | None,
    floor_mg: Decimal,
    *,
    most_rows: int,
    takes_shares: bool,
) -> None:
    method = policy.method
    if isinstance(method, Rows):
        rows = method.by_drug.get(drug.code, ())
        if len(rows) > most_rows:
            raise RuleRefusal(
                "T-10", "rows", f"{len(rows)} rows: write at most {most_rows}, with larger cuts."
            )
        _check_rows(policy, rows, start_mg, floor_mg)
    if not (floor_mg.is_finite() and 0 <= floor_mg < start_mg):
        raise RuleRefusal("T-04", "floor_mg", "The floor is 0 mg or more and below the start.")
    if takes_shares and last_dose_mg is None and not floor_mg:
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


def _check_rows(
    policy: Policy, rows: tuple[Decimal, ...], start_mg: Decimal, floor_mg: Decimal
) -> None:
    """A published table is entered at a row of its own; own rows start below today's dose."""
    if policy.code == OWN_ROWS:
        if rows[0] >= start_mg:
            raise RuleRefusal(
                "T-04",
                "rows",
                f"The first row is {plain(rows[0])} mg: begin below {plain(start_mg)} mg.",
            )
        if rows[-1] != floor_mg:
            raise RuleRefusal(
                "T-10",
                "rows",
                f"The last row is {plain(rows[-1])} mg: end at {plain(floor_mg)} mg.",
            )
    elif not rows or start_mg > rows[0]:
        raise RuleRefusal(
            "T-02", "policy", f"{policy.name} has no row for this drug at {plain(start_mg)} mg."
        )


def _days(policy: Policy, rung: Rung, interval_days: int) -> int:
    method = policy.method
    own = method.days.get(rung.target_mg) if isinstance(method, Rows) else None
    return own or interval_days


def _dated(descent: Descent, start_on: date, held: tuple[int, ...]) -> tuple[TaperStep, ...]:
    steps, start = [], start_on
    for index, (rung, days) in enumerate(zip(descent.rungs, held, strict=True), start=1):
        steps.append(
            TaperStep(
                index=index,
                start=start,
                days=days,
                rung=rung,
                dose_text=_text(descent.drug, descent.shelf, rung.dose),
                error_points=_error_points(rung, descent.region),
            )
        )
        start += timedelta(days=days)
    return tuple(steps)


def _error_points(rung: Rung, region: Region | None) -> Decimal | None:
    if region is None or rung.occupancy_percent is None:
        return None
    if rung.dose.dose_mg == rung.target_mg:
        return ZERO
    return rung.occupancy_percent - region.percent(rung.target_mg)


def _text(drug: Drug, shelf: Shelf, dose: RealisedDose) -> str:
    if dose.other_day is None and drug.taper.divided(dose.dose_mg, shelf.family):
        return divided_text(dose.products)
    return dose.text


def _occupancy(region: Region | None, dose_mg: Decimal) -> Decimal | None:
    return region.percent(dose_mg) if region else None
