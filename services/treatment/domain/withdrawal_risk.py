"""Who is likely to feel a cut: the tiers, and the policy and pace proposed for them."""

from dataclasses import dataclass
from decimal import Decimal

from services.treatment.domain.drug import Drug
from services.treatment.domain.policies import Tier
from services.treatment.domain.taper_rules import TaperRules


@dataclass(frozen=True, slots=True)
class WithdrawalHistory:
    """What is known of the person before the first cut.

    The missed-dose, failed-stop and dose factors are Ruhe's (2020); past withdrawal and long
    use come from Horowitz (2023).
    """

    dose_mg: Decimal
    use_months: int
    missed_dose_symptoms: bool = False
    failed_attempt: bool = False
    past_withdrawal: bool = False


@dataclass(frozen=True, slots=True)
class Risk:
    """The tier, why, and what follows from it. Proposed to a person, never applied alone."""

    tier: Tier
    reasons: tuple[str, ...]
    offered: frozenset[Tier]
    policy: str
    interval_days: int


def assess_risk(drug: Drug, history: WithdrawalHistory, rules: TaperRules) -> Risk:
    """T-12 and T-05: a high-risk drug or one factor takes the fast tier away."""
    reasons = _reasons(drug, history, rules)
    tier = _tier(len(reasons), rules)
    known = bool(drug.occupancy)
    policies = rules.default_policies if known else rules.without_model_policies
    long_use = history.use_months > rules.long_use_months
    days = drug.taper.interval_days or rules.interval_default_days
    return Risk(
        tier=tier,
        reasons=reasons or ("No factor for a hard withdrawal is recorded.",),
        offered=frozenset(Tier) if tier is Tier.FASTER else frozenset({Tier.SLOWER, Tier.SLOWEST}),
        policy=policies[tier],
        interval_days=max(days, rules.interval_long_days) if long_use else days,
    )


def _reasons(drug: Drug, history: WithdrawalHistory, rules: TaperRules) -> tuple[str, ...]:
    line = drug.taper.low_dose_line_mg
    factors = (
        (not drug.taper.fast_tier, f"{drug.name} is a drug with a hard withdrawal"),
        (history.missed_dose_symptoms, "symptoms after missed doses"),
        (history.failed_attempt, "an earlier attempt to stop failed"),
        (history.dose_mg > line, "the dose is above the minimum effective one"),
        (history.past_withdrawal, "withdrawal in the past"),
        (history.use_months > rules.long_use_months, "long use"),
    )
    return tuple(reason for present, reason in factors if present)


def _tier(factors: int, rules: TaperRules) -> Tier:
    if factors >= rules.slowest_from_factors:
        return Tier.SLOWEST
    return Tier.SLOWER if factors >= rules.slower_from_factors else Tier.FASTER
