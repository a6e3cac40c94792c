"""The figures the taper rules use, as one value; they live in ``content/taper.toml``."""

from dataclasses import dataclass
from decimal import Decimal

from services.treatment.domain.drug import Drug
from services.treatment.domain.findings import RuleRefusal
from services.treatment.domain.policies import Policy, Tier


@dataclass(frozen=True, slots=True)
class TaperRules:
    """T-05 intervals, the T-10 limit on the last drop, the T-12 tiers, and sane bounds.

    ``also_compared`` are policies shown beside the tiers' own while there is room.
    ``last_drop_points`` is the largest last drop, in points of occupancy, that needs no reason.
    ``cut_divisor`` is by how much each slow-down divides the cuts (T-09).
    """

    interval_floor_days: int
    interval_default_days: int
    interval_long_days: int
    interval_ceiling_days: int
    long_use_months: int
    most_steps: int
    last_drop_points: Decimal
    cut_divisor: int
    slower_from_factors: int
    slowest_from_factors: int
    default_policies: dict[Tier, str]
    without_model_policies: dict[Tier, str]
    also_compared: tuple[str, ...] = ()


def interval_floor_days(drug: Drug, rules: TaperRules) -> int:
    return max(rules.interval_floor_days, drug.taper.interval_floor_days or 0)


def default_interval_days(
    drug: Drug, policy: Policy, rules: TaperRules, *, use_months: int | None = None
) -> int:
    """T-05: the policy's own pace if its source states one, else by drug and length of use."""
    if policy.interval_days is not None:
        return max(policy.interval_days, interval_floor_days(drug, rules))
    long_use = use_months is not None and use_months > rules.long_use_months
    days = drug.taper.interval_days or rules.interval_default_days
    return max(days, rules.interval_long_days) if long_use else days


def longer_interval_days(days: int, rules: TaperRules) -> int:
    """T-09: one level up; beyond the longest level the interval doubles."""
    levels = (rules.interval_default_days, rules.interval_long_days)
    higher = next((level for level in levels if level > days), 2 * days)
    return min(higher, rules.interval_ceiling_days)


def check_interval(days: int, drug: Drug, rules: TaperRules) -> None:
    """Raises: RuleRefusal T-05, outside what the rules allow for this drug."""
    floor = interval_floor_days(drug, rules)
    if not floor <= days <= rules.interval_ceiling_days:
        raise RuleRefusal(
            "T-05",
            "interval_days",
            f"Each dose of {drug.name} is held {floor} to {rules.interval_ceiling_days} days.",
        )
