"""Whether a descent may be called safe: the verdict, the cliff, and every rule's finding."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from services.treatment.domain.descent import Descent
from services.treatment.domain.findings import Finding, Level
from services.treatment.domain.policies import EqualOccupancy, Tier
from services.treatment.domain.products import ProductUnits
from services.treatment.domain.quantities import plain
from services.treatment.domain.routes import routes
from services.treatment.domain.rungs import Rung


class Verdict(StrEnum):
    DISPENSABLE = "can be dispensed"
    UNSAFE = "cannot be dispensed safely"


@dataclass(frozen=True, slots=True)
class Cliff:
    """The worst cut the shelf forces; in points where the drug has a curve."""

    from_mg: Decimal
    to_mg: Decimal
    drop_points: Decimal | None
    cut_percent: Decimal
    routes: tuple[str, ...]

    @property
    def sentence(self) -> str:
        there = f"{plain(self.to_mg)} mg" if self.to_mg else "zero"
        size = (
            f"{self.cut_percent:.0f} percent of the dose"
            if self.drop_points is None
            else f"{self.drop_points:.1f} points of occupancy"
        )
        return f"from {plain(self.from_mg)} mg to {there} costs {size}"

    @property
    def way_round(self) -> str:
        return f"Ways round it, least bad first: {'; '.join(self.routes)}"


@dataclass(frozen=True, slots=True)
class Judgement:
    verdict: Verdict
    cliff: Cliff | None
    findings: tuple[Finding, ...]


def judge(descent: Descent) -> Judgement:
    """The verdict with every rule's finding, the gravest first."""
    forced = tuple(rung for rung in descent.rungs if descent.over_limit(rung))
    cliff = _cliff(descent, forced)
    reports = (
        _cliff_finding(descent, cliff, forced),
        _last_drop(descent, cliff),
        _tier(descent),
        _no_model(descent),
        _label_ceiling(descent),
        _alternate_days(descent),
        _method_on_plan(descent),
        _region_spread(descent),
        _bottle_life(descent),
    )
    findings = [finding for finding in reports if finding is not None]
    findings.sort(key=lambda finding: list(Level).index(finding.level))
    verdict = Verdict.UNSAFE if cliff else Verdict.DISPENSABLE
    return Judgement(verdict=verdict, cliff=cliff, findings=tuple(findings))


def _cliff(descent: Descent, forced: tuple[Rung, ...]) -> Cliff | None:
    steep = (*forced, descent.rungs[-1]) if descent.shelf_ends_steeply() else forced
    if not steep:
        return None
    worst = max(steep, key=lambda rung: (rung.drop_points or 0, rung.cut_percent))
    return Cliff(
        from_mg=worst.previous_mg,
        to_mg=worst.dose.dose_mg,
        drop_points=worst.drop_points,
        cut_percent=worst.cut_percent,
        routes=routes(descent),
    )


def _cliff_finding(
    descent: Descent, cliff: Cliff | None, forced: tuple[Rung, ...]
) -> Finding | None:
    if cliff is None or not forced:
        return None
    rule = "T-14" if any(rung.dose.dose_mg for rung in forced) else "T-10"
    return Finding(
        rule,
        Level.BLOCK,
        f"{len(forced)} of {len(descent.rungs)} cuts are larger than {descent.policy.name} allows "
        f"on the {descent.shelf.code.upper()} shelf; the worst, {cliff.sentence}. "
        f"{cliff.way_round}.",
    )


def _last_drop(descent: Descent, cliff: Cliff | None) -> Finding | None:
    """T-10: strong for rows and percentages; an equal-step policy already counted it as a cut."""
    last = descent.rungs[-1]
    if not descent.steep_end() or descent.over_limit(last):
        return None
    points = last.drop_points
    cause = (
        f"the smallest dose on the shelf is {plain(descent.smallest.dose_mg)} mg. {cliff.way_round}"
        if cliff and descent.shelf_ends_steeply()
        else "the shelf could make smaller doses"
    )
    return Finding(
        "T-10",
        Level.STRONG_WARN,
        f"The last drop, from {plain(last.previous_mg)} mg to zero, costs {points:.1f} points of "
        f"occupancy (limit {plain(descent.last_limit)}); {cause}.",
    )


def _tier(descent: Descent) -> Finding | None:
    risk = descent.risk
    if risk is None or descent.policy.tier is not Tier.FASTER or Tier.FASTER in risk.offered:
        return None
    equal_steps = isinstance(descent.policy.method, EqualOccupancy)
    return Finding(
        "T-12",
        Level.BLOCK if equal_steps else Level.STRONG_WARN,
        f"The fast tier is not offered ({'; '.join(risk.reasons)}); proposed: {risk.policy}.",
    )


def _no_model(descent: Descent) -> Finding | None:
    if descent.region is not None:
        return None
    method = descent.policy.method
    fallback = (
        f"; each cut is {plain(method.fallback_percent)} percent of the previous dose instead"
        if isinstance(method, EqualOccupancy)
        else ""
    )
    return Finding(
        "O-01",
        Level.WARN,
        f"No occupancy parameters are known for {descent.drug.name} {descent.shelf.family}"
        f"{fallback}: the size of the last drop cannot be judged.",
    )


def _label_ceiling(descent: Descent) -> Finding | None:
    ceiling = descent.drug.taper.most_cut_mg
    if ceiling is None:
        return None
    if any(rung.previous_mg - rung.dose.dose_mg > ceiling for rung in descent.rungs):
        return Finding(
            "T-15",
            Level.BLOCK,
            f"The label allows at most {plain(ceiling)} mg less at a time; this shelf cannot.",
        )
    if any(rung.held_up for rung in descent.rungs):
        return Finding(
            "T-15",
            Level.INFORM,
            f"Cuts were limited to the label's {plain(ceiling)} mg at a time.",
        )
    return None


def _alternate_days(descent: Descent) -> Finding | None:
    if all(rung.dose.other_day is None for rung in descent.rungs):
        return None
    return Finding(
        "T-11",
        Level.INFORM,
        f"Some doses alternate from day to day, which only suits {descent.drug.name}'s long "
        "half-life.",
    )


def _method_on_plan(descent: Descent) -> Finding | None:
    """T-13: how a product must be handled stands on the plan."""
    used = {part.product.code: part.product for part in _parts(descent)}.values()
    counted = [
        f"Beads of the {product.label} are counted, never crushed or dissolved; count again "
        "whenever the maker changes."
        for product in used
        if product.beads is not None
    ]
    notes = [f"{product.label}: {product.note}" for product in used if product.note]
    if not counted and not notes:
        return None
    level = Level.WARN if counted else Level.INFORM
    return Finding("T-13", level, " ".join((*counted, *notes)))


def _region_spread(descent: Descent) -> Finding | None:
    model = descent.drug.occupancy.get(descent.shelf.family)
    if model is None or descent.region is None or len(model.regions) == 1:
        return None
    dose_mg = descent.rungs[-1].previous_mg
    low, high = model.band(dose_mg)
    return Finding(
        "O-02",
        Level.INFORM,
        f"Brain regions differ: the last {plain(dose_mg)} mg occupy {low:.0f} to {high:.0f} "
        f"percent; the plan follows the {descent.region.name}.",
    )


def _bottle_life(descent: Descent) -> Finding | None:
    lives = {
        part.product.label: part.product.opened_life_days
        for part in _parts(descent)
        if part.product.opened_life_days is not None
    }
    if not lives:
        return None
    bottles = "; ".join(f"the {label} {days} days" for label, days in lives.items())
    return Finding("F-07", Level.INFORM, f"Once opened a bottle keeps: {bottles}.")


def _parts(descent: Descent) -> list[ProductUnits]:
    return [
        part
        for rung in descent.rungs
        for part in (*rung.dose.products, *(rung.dose.other_day or ()))
    ]
