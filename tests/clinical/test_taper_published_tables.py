"""Every row of the published tables, reproduced by the policy that names it.

Source: evidence pack 3.2 A to D (NHS Scotland standard reduction; US paroxetine trials; older
Maudsley; Maudsley 15th ed. contrast), 3.3 (costs in points), 3.1 (vortioxetine label). The 1.5
points printed there for citalopram 40 to 30 mg are the difference of two rounded figures; the
published parameters give 1.43.
"""

from decimal import Decimal

import pytest

from services.treatment.domain.findings import RuleRefusal
from services.treatment.domain.taper_verdict import Verdict
from tests.support.tapers import CONTENT, a_plan, a_shelf, doses, finding

SCOTLAND = [
    ("citalopram", "40 30 20 10 0", "25 33 50 100"),
    ("escitalopram", "20 15 10 5 0", "25 33 50 100"),
    ("fluoxetine", "40 30 20 10 0", "25 33 50 100"),
    ("fluvoxamine", "300 200 100 50 0", "33 50 50 100"),
    ("sertraline", "200 150 100 50 25 0", "25 33 50 50 100"),
    ("paroxetine", "40 30 20 10 5 0", "25 33 50 50 100"),
]
OTHERS = [
    ("us-paroxetine-trial", "paroxetine", "50 40 30 20 0", 7),
    ("historical-paroxetine", "paroxetine", "30 20 10 5 0", 7),
    ("linear-contrast", "sertraline", "50 37.5 25 12.5 0", None),
    ("vortioxetine-us-label", "vortioxetine", "20 10 0", 7),
]
COSTS = [
    ("sertraline", "linear-12.5", "50", "us", ["3.4", "6.0", "13.4", "56.9"]),
    ("citalopram", "linear-10", "40", "uk", ["1.4", "2.7", "7.1", "68.1"]),
]


def decimals(row: str) -> list[Decimal]:
    return [Decimal(figure) for figure in row.split()]


@pytest.mark.parametrize(("drug", "row", "cuts"), SCOTLAND, ids=[row[0] for row in SCOTLAND])
def test_the_scottish_rows_are_dispensed_as_published(drug: str, row: str, cuts: str) -> None:
    start, *rest = decimals(row)

    plan = a_plan(drug, "scotland-standard", str(start), a_shelf(drug, "us"))

    assert doses(plan) == rest
    before = [start, *rest]
    percent = [round(100 * (a - b) / a) for a, b in zip(before, rest, strict=False)]
    assert percent == [int(cut) for cut in cuts.split()]


def test_the_scottish_rows_are_held_four_weeks() -> None:
    assert CONTENT.policy("scotland-standard").interval_days == 28


@pytest.mark.parametrize(("policy", "drug", "row", "days"), OTHERS, ids=[row[0] for row in OTHERS])
def test_the_other_published_rows(policy: str, drug: str, row: str, days: int | None) -> None:
    start, *rest = decimals(row)

    plan = a_plan(drug, policy, str(start), a_shelf(drug, "us"))

    assert doses(plan) == rest
    assert CONTENT.policy(policy).interval_days == days


def test_a_row_in_the_middle_of_the_table_is_entered_from_above() -> None:
    assert doses(a_plan("sertraline", "scotland-standard", "75")) == decimals("50 25 0")


def test_a_dose_above_the_table_has_no_row() -> None:
    with pytest.raises(RuleRefusal) as refused:
        a_plan("fluoxetine", "scotland-standard", "60")

    assert refused.value.rule == "T-02"


@pytest.mark.parametrize("policy", ["historical-paroxetine", "linear-contrast"])
def test_rows_kept_only_for_comparison_are_not_offered(policy: str) -> None:
    assert policy not in CONTENT.policy_codes()


def test_fluoxetine_thirty_is_forty_and_twenty_in_turn_where_only_capsules_are_sold() -> None:
    capsules = a_shelf("fluoxetine", "uk", only=frozenset({"fluoxetine-capsule-20mg-uk"}))

    plan = a_plan("fluoxetine", "scotland-standard", "40", capsules)

    assert doses(plan) == decimals("30 20 10 0")
    assert plan.steps[0].dose_text == (
        "two 20 mg capsules one day and one 20 mg capsule the next, in turn"
    )
    assert plan.steps[2].dose_text == "one 20 mg capsule every other day"
    assert finding(plan, "T-11") is not None


def test_paroxetine_five_cannot_be_made_of_uk_tablets_that_do_not_halve() -> None:
    plan = a_plan("paroxetine", "scotland-standard", "40")

    assert doses(plan) == decimals("30 20 10 0")
    assert plan.verdict is Verdict.UNSAFE
    assert plan.cliff is not None
    assert (plan.cliff.from_mg, plan.cliff.to_mg) == (Decimal(10), Decimal(0))


@pytest.mark.parametrize(
    ("drug", "policy", "start", "where", "points"), COSTS, ids=[row[0] for row in COSTS]
)
def test_equal_milligrams_cost_more_and_more_points(
    drug: str, policy: str, start: str, where: str, points: list[str]
) -> None:
    plan = a_plan(drug, policy, start, a_shelf(drug, where))

    assert [f"{step.drop_points:.1f}" for step in plan.steps] == points


def test_halving_from_fifty_leaves_about_fifteen_points_for_the_last_cut() -> None:
    region = CONTENT.drug("sertraline").occupancy["immediate-release"].steepest

    assert f"{region.percent(Decimal('1.5')):.0f}" == "15"
