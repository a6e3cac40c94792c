"""Named ways down. Each says what the next dose should be, from the previous one alone."""

from dataclasses import dataclass, field, replace
from decimal import ROUND_CEILING, Decimal
from enum import StrEnum
from itertools import pairwise

from services.treatment.domain.drug import Drug
from services.treatment.domain.findings import RuleRefusal
from services.treatment.domain.occupancy import Region
from services.treatment.domain.quantities import ZERO, plain

HUNDRED = Decimal(100)
OWN_ROWS = "own-rows"


class Tier(StrEnum):
    """How fast a policy goes; which tiers a person is offered is T-12's affair."""

    FASTER = "faster"
    SLOWER = "slower"
    SLOWEST = "slowest"


@dataclass(frozen=True, slots=True)
class Situation:
    """What a method may look at: the drug's low-dose line, the curve, the agreed last dose.

    ``last_dose_mg`` is None where the method does not end by it (``Policy.takes_shares``).
    """

    drug: Drug
    region: Region | None
    last_dose_mg: Decimal | None


@dataclass(frozen=True, slots=True)
class Linear:
    """A fixed number of milligrams less each time."""

    step_mg: Decimal

    def next_target(self, previous_mg: Decimal, _: Situation) -> Decimal:
        return max(ZERO, previous_mg - self.step_mg)


@dataclass(frozen=True, slots=True)
class Proportional:
    """A percentage of the previous dose less each time; never reaches zero by itself."""

    percent: Decimal

    def next_target(self, previous_mg: Decimal, situation: Situation) -> Decimal:
        return _proportion(previous_mg, self.percent, situation)


@dataclass(frozen=True, slots=True)
class Staged:
    """A larger percentage above the drug's low-dose line, a smaller one at or below it (T-03)."""

    percent_above: Decimal
    percent_at_or_below: Decimal

    def next_target(self, previous_mg: Decimal, situation: Situation) -> Decimal:
        above = previous_mg > situation.drug.taper.low_dose_line_mg
        percent = self.percent_above if above else self.percent_at_or_below
        return _proportion(previous_mg, percent, situation)


@dataclass(frozen=True, slots=True)
class EqualOccupancy:
    """Equal steps of transporter occupancy, none above ``step_points``.

    What is still occupied is divided anew at each step, so a dose rounded up makes the rest
    of the way a little gentler and never the next cut larger. ``tolerance_points`` is the
    "about" in "about 10 points".
    """

    step_points: Decimal
    tolerance_points: Decimal
    fallback_percent: Decimal

    @property
    def limit_points(self) -> Decimal:
        return self.step_points + self.tolerance_points

    def next_target(self, previous_mg: Decimal, situation: Situation) -> Decimal:
        region = situation.region
        if region is None:
            return _proportion(previous_mg, self.fallback_percent, situation)
        occupied = region.percent(previous_mg)
        if occupied <= self.limit_points:
            return ZERO
        steps_left = (occupied / self.step_points).to_integral_value(rounding=ROUND_CEILING)
        return region.dose_mg(occupied * (steps_left - 1) / steps_left)


@dataclass(frozen=True, slots=True)
class Rows:
    """The doses of a published table, or the prescriber's own, one by one.

    ``days`` holds how long a row is kept, where the prescriber said so.
    """

    by_drug: dict[str, tuple[Decimal, ...]]
    days: dict[Decimal, int] = field(default_factory=dict)

    def next_target(self, previous_mg: Decimal, situation: Situation) -> Decimal:
        lower = (dose for dose in self.by_drug[situation.drug.code] if dose < previous_mg)
        return next(lower, ZERO)


Method = Linear | Proportional | Staged | EqualOccupancy | Rows


@dataclass(frozen=True, slots=True)
class Policy:
    """A method under its name, with where it comes from and who has looked at it (T-02).

    ``interval_days`` is the policy's own pace where its source states one.
    """

    code: str
    name: str
    method: Method
    tier: Tier | None
    source: str
    grade: str
    review_status: str
    offered: bool = True
    interval_days: int | None = None
    note: str | None = None

    @property
    def needs_last_dose(self) -> bool:
        """A percentage of the previous dose never reaches zero (T-10)."""
        return isinstance(self.method, Proportional | Staged)

    def takes_shares(self, region: Region | None) -> bool:
        """Whether the last dose before zero steers it: always, or for want of a curve (T-10).

        Any other way down only passes that dose by, and may not take it for its end.
        """
        without_curve = region is None and isinstance(self.method, EqualOccupancy)
        return self.needs_last_dose or without_curve

    def reaches(self, drug: str) -> bool:
        """Whether it says anything about this drug; a published table names its own."""
        return not isinstance(self.method, Rows) or drug in self.method.by_drug


def slowed(policy: Policy, times: int, *, divisor: int) -> Policy:
    """T-09: after two holds in a row or a step back, every cut is divided, as often as that was.

    Raises:
        RuleRefusal: T-09, for rows, which only a prescriber can rewrite.
    """
    if isinstance(policy.method, Rows):
        raise RuleRefusal("T-09", "policy", f"{policy.name}: choose gentler rows or a policy.")
    return replace(
        policy,
        code=f"{policy.code}-slowed-{times}",
        name=f"{policy.name}, slowed {times} times" if times > 1 else f"{policy.name}, slowed",
        method=_gentler(policy.method, divisor**times),
    )


def _gentler(method: Linear | Proportional | Staged | EqualOccupancy, divisor: int) -> Method:
    if isinstance(method, Linear):
        return Linear(method.step_mg / divisor)
    if isinstance(method, Proportional):
        return Proportional(method.percent / divisor)
    if isinstance(method, Staged):
        return Staged(method.percent_above / divisor, method.percent_at_or_below / divisor)
    return EqualOccupancy(
        method.step_points / divisor,
        method.tolerance_points / divisor,
        method.fallback_percent / divisor,
    )


def own_rows(
    drug: Drug, doses_mg: tuple[Decimal, ...], days: tuple[int | None, ...] = ()
) -> Policy:
    """The prescriber's own doses, highest first, each with its days where they are set.

    Raises:
        RuleRefusal: T-04, where a row is negative, not a number, or does not fall.
    """
    if not doses_mg:
        raise RuleRefusal("T-04", "rows", "Name at least one dose.")
    if not all(dose.is_finite() and dose >= 0 for dose in doses_mg):
        raise RuleRefusal("T-04", "rows", "Every row is a dose of 0 mg or more.")
    for higher, lower in pairwise(doses_mg):
        if lower >= higher:
            raise RuleRefusal(
                "T-04",
                "rows",
                f"Rows must fall: {plain(lower)} mg follows {plain(higher)} mg.",
            )
    return Policy(
        code=OWN_ROWS,
        name="The prescriber's own rows",
        method=Rows(
            {drug.code: doses_mg},
            {dose: held for dose, held in zip(doses_mg, days, strict=False) if held},
        ),
        tier=None,
        source="the prescriber who signs the plan",
        grade="PD",
        review_status="signed plan by plan",
    )


def _proportion(previous_mg: Decimal, percent: Decimal, situation: Situation) -> Decimal:
    """The agreed last dose is the last rung: reached, then left for zero."""
    last = situation.last_dose_mg or ZERO
    if previous_mg <= last:
        return ZERO
    return max(last, previous_mg * (HUNDRED - percent) / HUNDRED)
