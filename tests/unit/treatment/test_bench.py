"""Plans side by side, and what they take from the pharmacy."""

from decimal import Decimal

import pytest

from services.treatment.domain.bench import bands, compare, gentle_last_dose, supply
from services.treatment.domain.findings import RuleRefusal
from services.treatment.domain.taper_verdict import Verdict
from tests.support.tapers import CONTENT, RULES, a_plan, a_shelf


def test_four_plans_show_what_tells_them_apart() -> None:
    plans = (
        a_plan("sertraline", "linear-25", "100", interval_days=14),
        a_plan("sertraline", "proportional-25", "100", last_dose_mg=Decimal(5)),
        a_plan("sertraline", "occupancy-10", "100"),
        a_plan("sertraline", "occupancy-10", "100", a_shelf("sertraline", solids_only=True)),
    )

    linear, quarter, equal, tablets = compare(plans)

    assert (linear.steps, linear.length_days, linear.visits) == (4, 42, 4)
    assert f"{linear.last_drop_points:.1f}" == "70.3"
    assert quarter.largest_drop_points == quarter.last_drop_points
    assert equal.verdict is Verdict.DISPENSABLE
    assert equal.liquid_ml > 0
    assert tablets.verdict is Verdict.UNSAFE
    assert tablets.liquid_ml == 0
    assert f"{tablets.largest_drop_points:.1f}" == "70.3"


def test_the_supply_of_a_plan_is_counted_by_strength() -> None:
    (summary,) = compare((a_plan("sertraline", "linear-25", "100", interval_days=14),))

    counted = {part.product.label: part.units for part in summary.supply}
    assert counted == {"50 mg tablet": 28, "25 mg tablet": 28}


def test_alternating_days_begin_with_the_higher_dose() -> None:
    capsules = a_shelf("fluoxetine", only=frozenset({"fluoxetine-capsule-20mg-uk"}))
    plan = a_plan("fluoxetine", "scotland-standard", "40", capsules, interval_days=29)

    (capsule,) = supply(plan.steps[0])

    assert capsule.units == 15 * 2 + 14


def test_the_regions_of_a_model_are_shown_as_a_band_for_every_step() -> None:
    plan = a_plan("escitalopram", "linear-5", "10", interval_days=14)

    spread = bands(plan, CONTENT.drug("escitalopram"))

    assert [(f"{low:.0f}", f"{high:.0f}") for low, high in spread] == [("55", "67"), ("0", "0")]


def test_a_drug_without_a_model_has_no_band() -> None:
    plan = a_plan("fluvoxamine", "linear-50", "100", interval_days=14)

    assert bands(plan, CONTENT.drug("fluvoxamine")) == ()


@pytest.mark.parametrize("count", [0, 5])
def test_no_plan_and_five_plans_are_refused(count: int) -> None:
    plan = a_plan("sertraline", "linear-25", "100")

    with pytest.raises(RuleRefusal):
        compare((plan,) * count)


def test_plans_from_different_doses_do_not_compare() -> None:
    with pytest.raises(RuleRefusal):
        compare((a_plan("sertraline", "linear-25", "100"), a_plan("sertraline", "linear-25", "50")))


@pytest.mark.parametrize(
    ("drug", "solids_only", "below", "last"),
    [
        ("sertraline", False, "50", "1"),
        ("sertraline", True, "50", "25"),
        ("sertraline", True, "25", None),
        ("fluvoxamine", False, "100", "50"),
    ],
)
def test_the_gentlest_last_dose_a_shelf_can_offer(
    drug: str, solids_only: bool, below: str, last: str | None
) -> None:
    shelf = a_shelf(drug, solids_only=solids_only)

    found = gentle_last_dose(CONTENT.drug(drug), shelf, RULES, below_mg=Decimal(below))

    assert found == (None if last is None else Decimal(last))
