"""Who is offered which pace.

Source: evidence pack T-05 and T-12; Ruhe 2020 and Horowitz 2023 (table withdrawal_risk_factors);
RELEASE tiers (no fast plan for paroxetine, venlafaxine, desvenlafaxine, duloxetine). The count
of factors for the slowest tier is a project decision.
"""

from decimal import Decimal

import pytest

from services.treatment.domain.findings import Level
from services.treatment.domain.policies import Tier
from services.treatment.domain.withdrawal_risk import Risk, WithdrawalHistory, assess_risk
from tests.support.tapers import CONTENT, RULES, a_plan, finding

RELEASE = {
    "sertraline": True,
    "escitalopram": True,
    "fluoxetine": True,
    "citalopram": True,
    "venlafaxine": False,
    "desvenlafaxine": False,
    "duloxetine": False,
    "paroxetine": False,
}
FACTORS = ["missed_dose_symptoms", "failed_attempt", "past_withdrawal"]


def risk(drug: str, dose: str = "", months: int = 6, **facts: bool) -> Risk:
    line = CONTENT.drug(drug).taper.low_dose_line_mg
    history = WithdrawalHistory(dose_mg=Decimal(dose) if dose else line, use_months=months, **facts)
    return assess_risk(CONTENT.drug(drug), history, RULES)


@pytest.mark.parametrize(("drug", "fast"), RELEASE.items())
def test_the_fast_tier_follows_the_drug(drug: str, fast: bool) -> None:
    assert (Tier.FASTER in risk(drug).offered) is fast


def test_nobody_on_an_snri_is_offered_the_fast_tier() -> None:
    snris = [drug for drug in CONTENT.drugs.values() if drug.drug_class == "SNRI"]

    assert len(snris) == 4
    assert not any(Tier.FASTER in risk(drug.code).offered for drug in snris)


@pytest.mark.parametrize("factor", FACTORS)
def test_one_factor_takes_the_fast_tier_away_and_proposes_equal_steps(factor: str) -> None:
    found = risk("sertraline", **{factor: True})

    assert Tier.FASTER not in found.offered
    assert found.policy == "occupancy-5"


@pytest.mark.parametrize(("dose", "tier"), [("50", Tier.FASTER), ("51", Tier.SLOWER)])
def test_a_dose_above_the_minimum_effective_one_is_a_factor(dose: str, tier: Tier) -> None:
    assert risk("sertraline", dose).tier is tier


@pytest.mark.parametrize(("months", "tier", "days"), [(12, Tier.FASTER, 14), (13, Tier.SLOWER, 28)])
def test_use_of_more_than_a_year_is_long(months: int, tier: Tier, days: int) -> None:
    found = risk("sertraline", months=months)

    assert (found.tier, found.interval_days) == (tier, days)


def test_three_factors_propose_the_slowest_tier() -> None:
    found = risk("paroxetine", missed_dose_symptoms=True, failed_attempt=True)

    assert (found.tier, found.policy) == (Tier.SLOWEST, "occupancy-2.5")


def test_a_drug_without_a_curve_is_proposed_a_percentage() -> None:
    assert risk("levomilnacipran").policy == "proportional-10"


def test_the_choice_is_explained_in_words() -> None:
    found = risk("paroxetine", failed_attempt=True)

    assert found.reasons == (
        "paroxetine is a drug with a hard withdrawal",
        "an earlier attempt to stop failed",
    )


@pytest.mark.parametrize(
    ("policy", "level"),
    [
        ("occupancy-10", Level.BLOCK),
        ("scotland-standard", Level.STRONG_WARN),
        ("linear-10", Level.STRONG_WARN),
        ("proportional-25", Level.STRONG_WARN),
    ],
)
def test_t12_blocks_equal_steps_and_warns_strongly_of_the_rest(policy: str, level: Level) -> None:
    plan = a_plan(
        "citalopram",
        policy,
        "40",
        risk=risk("citalopram", failed_attempt=True),
        last_dose_mg=Decimal(10),
    )

    found = finding(plan, "T-12")
    assert found is not None
    assert found.level is level


@pytest.mark.parametrize("policy", ["occupancy-5", "occupancy-2.5", "proportional-10"])
def test_slower_policies_pass_t12(policy: str) -> None:
    plan = a_plan(
        "citalopram",
        policy,
        "40",
        risk=risk("citalopram", failed_attempt=True),
        last_dose_mg=Decimal(10),
    )

    assert finding(plan, "T-12") is None
