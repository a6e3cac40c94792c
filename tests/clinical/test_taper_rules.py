"""The taper rules at their boundaries.

Source: evidence pack 3.5 (T-01 to T-15), 1.8 (F-11 to F-15), 1.2 (forms).
"""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from services.treatment.adapters.course_content import load_rulebook
from services.treatment.domain.findings import Level, RuleRefusal
from services.treatment.domain.policies import Policy, own_rows, slowed
from services.treatment.domain.products import Form, Shelf
from services.treatment.domain.taper_rules import default_interval_days, longer_interval_days
from services.treatment.domain.taper_verdict import Verdict
from tests.support.tapers import (
    CONTENT,
    RULES,
    TODAY,
    a_plan,
    a_product,
    a_shelf,
    doses,
    finding,
)

SOLIDS = a_shelf("sertraline", "us", solids_only=True)
FLOORS = [("sertraline", 7), ("escitalopram", 7), ("paroxetine", 7), ("fluoxetine", 14)]
DEFAULTS = [
    ("sertraline", 12, 14),
    ("sertraline", 13, 28),
    ("citalopram", 0, 14),
    ("fluoxetine", 0, 28),
    ("paroxetine", 0, 28),
    ("venlafaxine", 0, 28),
    ("desvenlafaxine", 0, 28),
    ("duloxetine", 0, 28),
    ("levomilnacipran", 0, 28),
]


def decimals(row: str) -> list[Decimal]:
    return [Decimal(figure) for figure in row.split()]


def refusal(drug: str, policy: str | Policy, start: str, **changes: object) -> RuleRefusal:
    with pytest.raises(RuleRefusal) as refused:
        a_plan(drug, policy, start, **changes)  # type: ignore[arg-type]
    return refused.value


def test_t03_a_percentage_is_of_the_previous_dose_never_of_the_first() -> None:
    plan = a_plan("sertraline", "proportional-50", "100", SOLIDS, last_dose_mg=Decimal("12.5"))

    assert doses(plan) == decimals("50 25 12.5 0")


def test_t03_the_staged_policy_halves_above_the_line_and_quarters_at_it() -> None:
    plan = a_plan("sertraline", "nice-staged", "100", last_dose_mg=Decimal(30))

    assert [step.target_mg for step in plan.steps] == decimals("50 37.5 30 0")


@pytest.mark.parametrize(("drug", "floor"), FLOORS)
def test_t05_an_interval_under_the_floor_is_refused(drug: str, floor: int) -> None:
    highest = str(CONTENT.drug(drug).taper.low_dose_line_mg)

    refused = refusal(drug, "linear-5", highest, interval_days=floor - 1)
    accepted = a_plan(drug, "linear-5", highest, interval_days=floor)

    assert (refused.rule, refused.field) == ("T-05", "interval_days")
    assert {step.days for step in accepted.steps} == {floor}


@pytest.mark.parametrize(("drug", "months", "days"), DEFAULTS)
def test_t05_the_default_interval(drug: str, months: int, days: int) -> None:
    policy = CONTENT.policy("linear-5")

    found = default_interval_days(CONTENT.drug(drug), policy, RULES, use_months=months)

    assert found == days


def test_t09_two_holds_halve_the_cut_and_lengthen_the_interval() -> None:
    plan = a_plan("sertraline", "proportional-25-slowed-1", "100", last_dose_mg=Decimal(80))

    assert doses(plan) == decimals("88 80 0")
    assert [longer_interval_days(days, RULES) for days in (7, 14, 28, 366)] == [14, 28, 56, 366]


def test_t09_rows_are_rewritten_by_a_person() -> None:
    with pytest.raises(RuleRefusal) as refused:
        slowed(CONTENT.policy("scotland-standard"), 1, divisor=2)

    assert refused.value.rule == "T-09"


@pytest.mark.parametrize("policy", ["nice-staged", "proportional-10"])
def test_t10_a_percentage_never_reaches_zero_so_a_last_dose_is_asked(policy: str) -> None:
    refused = refusal("sertraline", policy, "100")

    assert (refused.rule, refused.field) == ("T-10", "last_dose_mg")


def test_t10_the_last_drop_of_an_occupancy_policy_is_a_cut_like_any_other() -> None:
    plan = a_plan("sertraline", "occupancy-5", "100")

    assert plan.verdict is Verdict.UNSAFE
    assert plan.cliff is not None
    assert (plan.cliff.from_mg, plan.cliff.to_mg) == (Decimal(1), Decimal(0))
    assert f"{plan.cliff.drop_points:.1f}" == "10.6"


def test_t10_the_same_shelf_suffices_for_the_fast_tier() -> None:
    assert a_plan("sertraline", "occupancy-10", "100").verdict is Verdict.DISPENSABLE


def test_t10_about_ten_points_may_be_ten_and_a_half() -> None:
    pouches = (a_product("1", form=Form.POUCH), a_product("0.5", form=Form.POUCH))

    plan = a_plan("sertraline", "occupancy-10", "2", Shelf("pouches", pouches))

    assert doses(plan) == decimals("1 0")
    assert f"{plan.steps[-1].drop_points:.2f}" == "10.55"


@pytest.mark.parametrize(("last", "warned"), [("0.2", False), ("0.4", True)])
def test_t10_a_last_drop_of_eleven_points_needs_no_reason(last: str, *, warned: bool) -> None:
    plan = a_plan(
        "citalopram",
        "proportional-25",
        "10",
        a_shelf("citalopram", "us"),
        last_dose_mg=Decimal(last),
    )

    assert (finding(plan, "T-10") is not None) is warned


def test_t10_a_linear_plan_on_tablets_shows_the_cliff_it_ends_at() -> None:
    plan = a_plan("sertraline", "linear-12.5", "50", SOLIDS)

    warned = finding(plan, "T-10")
    assert plan.verdict is Verdict.UNSAFE
    assert warned is not None
    assert warned.level is Level.STRONG_WARN
    assert "from 12.5 mg to zero, costs 56.9 points" in warned.detail


def test_the_ways_round_a_cliff_start_with_a_liquid_and_end_with_a_special_order() -> None:
    plan = a_plan("sertraline", "occupancy-10", "50", a_shelf("sertraline", solids_only=True))

    assert plan.cliff is not None
    first, *_, tablet, last = plan.cliff.routes
    assert first.startswith("the 50 mg/5 mL oral suspension (UK)")
    assert tablet.startswith("the 25 mg tablet (US), doses down to 12.5 mg")
    assert last.startswith("a special order that makes doses down to 1.05 mg")


def test_a_cliff_of_capsules_names_the_smallest_one_to_count() -> None:
    plan = a_plan("venlafaxine", "occupancy-10", "75")

    assert plan.cliff is not None
    assert "counting the beads of the 37.5 mg modified-release capsule" in plan.cliff.routes[0]


def test_t11_only_a_long_half_life_tapers_by_alternate_days() -> None:
    allowed = [d.code for d in CONTENT.drugs.values() if d.taper.alternate_days]

    assert allowed == ["fluoxetine"]


def test_t11_a_label_may_allow_every_other_day_outside_a_taper() -> None:
    traits = CONTENT.drug("desvenlafaxine").taper
    kidneys = frozenset({"renal-severe"})

    assert traits.alternate_days_allowed(in_taper=False, conditions=kidneys)
    assert not traits.alternate_days_allowed(in_taper=False, conditions=frozenset())
    assert not traits.alternate_days_allowed(in_taper=True, conditions=kidneys)
    assert not CONTENT.drug("duloxetine").taper.alternate_days_allowed(
        in_taper=True, conditions=kidneys
    )


@pytest.mark.parametrize("form", [Form.MODIFIED_RELEASE_TABLET, Form.CAPSULE, Form.PELLET_CAPSULE])
def test_t13_what_must_be_swallowed_whole_is_never_halved(form: Form) -> None:
    with pytest.raises(RuleRefusal) as refused:
        a_product("100", form=form, smallest="0.5")

    assert refused.value.rule == "T-13"


def test_t13_a_capsule_that_may_not_be_opened_is_not_counted() -> None:
    capsule = CONTENT.drug("levomilnacipran").products[0]

    with pytest.raises(RuleRefusal) as refused:
        capsule.counted(100)

    assert refused.value.rule == "T-13"


def test_t13_counted_beads_carry_their_method_on_the_plan() -> None:
    shelf = a_shelf("duloxetine")
    capsule = shelf.products[-1].counted(300)

    plan = a_plan(
        "duloxetine",
        "proportional-10",
        "60",
        Shelf("uk-beads", (*shelf.products, capsule)),
        last_dose_mg=Decimal(1),
    )

    method = finding(plan, "T-13")
    assert method is not None
    assert "never crushed" in method.detail
    assert "one 30 mg gastro-resistant capsule and 240 beads counted out of one 30 mg" in (
        plan.steps[0].dose_text
    )
    assert "capsule of 300" in plan.steps[0].dose_text


@pytest.mark.parametrize("beads", [-1, 0, 1, 2001])
def test_t13_a_capsule_holds_a_believable_number_of_beads(beads: int) -> None:
    with pytest.raises(RuleRefusal) as refused:
        a_shelf("duloxetine").products[0].counted(beads)

    assert refused.value.rule == "T-13"


def test_t13_beads_of_two_capsules_are_not_counted_side_by_side() -> None:
    first, second = (capsule.counted(100) for capsule in a_shelf("duloxetine").products)

    with pytest.raises(RuleRefusal) as refused:
        Shelf("two-counted", (first, second))

    assert refused.value.rule == "T-13"


def test_t14_rounding_makes_the_cut_smaller() -> None:
    plan = a_plan("sertraline", "proportional-25", "50", last_dose_mg=Decimal(30))

    assert [(step.target_mg, step.dose_mg) for step in plan.steps[:2]] == [
        (Decimal("37.5"), Decimal(38)),
        (Decimal(30), Decimal(30)),
    ]


def test_t14_a_shelf_that_forces_a_larger_cut_is_blocked_and_named() -> None:
    plan = a_plan("sertraline", "proportional-10", "100", SOLIDS, last_dose_mg=Decimal("12.5"))

    blocked = finding(plan, "T-14")
    assert blocked is not None
    assert blocked.level is Level.BLOCK
    assert plan.verdict is Verdict.UNSAFE


def test_a_last_dose_between_two_makeable_ones_ends_at_the_higher() -> None:
    plan = a_plan("sertraline", "proportional-25", "50", last_dose_mg=Decimal("12.5"))

    assert doses(plan) == decimals("38 29 22 17 13 0")
    assert finding(plan, "T-14") is None


@pytest.mark.parametrize("last", ["40", "44.999", "45", "45.001"])
def test_t10_a_fixed_cut_that_meets_the_stated_last_dose_goes_on_from_there(last: str) -> None:
    """The shelf has nothing between 50 and 40 mg: 45 mg is no reason to stop at 50."""
    gentler = slowed(CONTENT.policy("linear-10"), 1, divisor=2)

    plan = a_plan(
        "paroxetine",
        gentler,
        "50",
        a_shelf("paroxetine", solids_only=True),
        last_dose_mg=Decimal(last),
    )

    assert doses(plan)[0] == 40


def test_t15_venlafaxine_falls_at_most_seventy_five_milligrams_at_a_time() -> None:
    plan = a_plan("venlafaxine", "linear-100", "225")

    assert doses(plan) == decimals("150 75 0")
    assert finding(plan, "T-15") is not None


def test_t15_a_shelf_that_cannot_keep_the_ceiling_is_blocked() -> None:
    only = frozenset({"venlafaxine-xr-capsule-150mg-uk"})

    plan = a_plan("venlafaxine", "linear-75", "300", a_shelf("venlafaxine", only=only))

    blocked = finding(plan, "T-15")
    assert blocked is not None
    assert blocked.level is Level.BLOCK


def test_f15_drops_count_in_tablet_milligrams_and_say_so() -> None:
    drops = frozenset({"citalopram-drops-40mg-per-ml-uk"})

    plan = a_plan("citalopram", "scotland-standard", "40", a_shelf("citalopram", only=drops))

    assert [part.units for step in plan.steps for part in step.products] == [12, 8, 4]
    assert plan.start_text.endswith("(32 mg in drops, equal to 40 mg in tablets)")


def test_a_dose_above_one_hundred_is_divided_where_the_label_asks() -> None:
    plan = a_plan("fluvoxamine", "scotland-standard", "300")

    assert plan.steps[0].dose_text == (
        "one 100 mg tablet in the morning and one 100 mg tablet in the evening"
    )
    assert plan.steps[1].dose_text == "one 100 mg tablet"


@pytest.mark.parametrize(
    ("dose", "text"),
    [
        ("100", "two 50 mg tablets"),
        ("150", "two 50 mg tablets in the morning and one 50 mg tablet in the evening"),
    ],
)
def test_one_hundred_itself_is_not_divided(dose: str, text: str) -> None:
    fifties = a_shelf("fluvoxamine", only=frozenset({"fluvoxamine-tablet-50mg-uk"}))

    assert a_plan("fluvoxamine", "linear-50", dose, fifties).start_text == text


def test_a_drug_without_a_curve_says_so_and_falls_back_to_a_percentage() -> None:
    plan = a_plan(
        "fluvoxamine", "occupancy-5", "100", a_shelf("fluvoxamine", "us"), last_dose_mg=Decimal(25)
    )

    said = finding(plan, "O-01")
    assert plan.model is None
    assert plan.steps[0].target_mg == 90
    assert said is not None
    assert "10 percent of the previous dose instead" in said.detail


def test_an_agreed_floor_ends_the_plan_there() -> None:
    plan = a_plan("sertraline", "proportional-25", "100", floor_mg=Decimal(50))

    assert doses(plan)[-1] == 50


def test_the_days_of_own_rows_are_the_prescribers() -> None:
    rows = own_rows(
        CONTENT.drug("sertraline"), tuple(decimals("75 50 25 0")), days=(14, 21, 28, None)
    )

    plan = a_plan("sertraline", rows, "100")

    assert [step.days for step in plan.steps] == [14, 21, 28, 28]
    assert plan.steps[3].start == TODAY + timedelta(days=63)


BAD = [
    ("a start of nothing", "0", {}, "F-09"),
    ("a negative start", "-50", {}, "F-09"),
    ("a start that is no number", "NaN", {}, "F-09"),
    ("a start beyond every dose", "1e308", {}, "F-09"),
    ("a start over the highest dose", "201", {}, "F-09"),
    ("a start between two makeable doses", "50.5", {}, "F-13"),
    ("a first cut in the past", "50", {"start_on": date(2026, 5, 31)}, "T-01"),
    ("six days a step", "50", {"interval_days": 6}, "T-05"),
    ("more than a year a step", "50", {"interval_days": 367}, "T-05"),
    ("a floor that cannot be made", "50", {"floor_mg": Decimal("10.5")}, "F-13"),
    ("a floor above the start", "50", {"floor_mg": Decimal(75)}, "T-04"),
    ("a last dose above the start", "50", {"last_dose_mg": Decimal(75)}, "T-10"),
    ("a last dose of nothing", "50", {"last_dose_mg": Decimal(0)}, "T-10"),
    ("a region nobody measured", "50", {"region": "cortex"}, "O-01"),
]


@pytest.mark.parametrize(("why", "start", "changes", "rule"), BAD, ids=[row[0] for row in BAD])
def test_bad_input_is_refused_with_its_rule(
    why: str, start: str, changes: dict[str, object], rule: str
) -> None:
    assert refusal("sertraline", "linear-25", start, **changes).rule == rule


@pytest.mark.parametrize("row", ["50 50 0", "50 60 0", "50 -10", "NaN", "Infinity 0", ""])
def test_t04_own_rows_that_do_not_fall_are_refused(row: str) -> None:
    with pytest.raises(RuleRefusal) as refused:
        own_rows(CONTENT.drug("sertraline"), tuple(decimals(row)))

    assert refused.value.rule == "T-04"


@pytest.mark.parametrize(
    ("rows", "rule"), [("50 25 0", "T-04"), ("75 25 0", "T-04"), ("25 12.5", "T-10")]
)
def test_own_rows_start_below_today_and_end_at_the_floor(rows: str, rule: str) -> None:
    policy = own_rows(CONTENT.drug("sertraline"), tuple(decimals(rows)))

    assert refusal("sertraline", policy, "50").rule == rule


def test_own_rows_of_ten_thousand_steps_are_too_many() -> None:
    rows = own_rows(
        CONTENT.drug("sertraline"), tuple(Decimal(9_999 - n) / 100 for n in range(10_000))
    )
    shelf = Shelf("fine", (a_product("1", form=Form.LIQUID, smallest="0.01"),))

    refused = refusal("sertraline", rows, "100", shelf=shelf)

    assert (refused.rule, refused.field) == ("T-10", "rows")


def test_an_empty_shelf_is_refused() -> None:
    with pytest.raises(RuleRefusal) as refused:
        a_shelf("desvenlafaxine", "uk")

    assert refused.value.rule == "F-13"


def test_a_product_that_is_not_sold_there_is_named() -> None:
    with pytest.raises(RuleRefusal) as refused:
        a_shelf("sertraline", "uk", only=frozenset({"sertraline-capsule-200mg-us"}))

    assert refused.value.rule == "F-03"
    assert "sertraline-capsule-200mg-us" in refused.value.sentence


@pytest.mark.parametrize(
    ("day", "sold"),
    [
        (date(2026, 5, 31), False),
        (date(2026, 6, 1), True),
        (date(2026, 6, 30), True),
        (date(2026, 7, 1), False),
    ],
)
def test_f03_a_product_is_sold_from_its_first_day_until_its_last(day: date, *, sold: bool) -> None:
    product = replace(a_product("50"), valid_from=date(2026, 6, 1), valid_to=date(2026, 7, 1))

    assert product.sold_on(day) is sold


def test_two_formulations_are_never_mixed() -> None:
    drug = CONTENT.drug("venlafaxine")

    with pytest.raises(RuleRefusal) as refused:
        Shelf("both", tuple(p for p in drug.products if "uk" in p.jurisdictions))

    assert refused.value.rule == "F-15"


def test_one_liquid_stands_on_a_shelf_unless_another_is_named() -> None:
    liquids = [p.label for p in a_shelf("sertraline").products if p.form is Form.LIQUID]

    assert liquids == ["50 mg/5 mL oral suspension"]


def test_a_special_order_is_on_no_shelf_until_named() -> None:
    code = "venlafaxine-solution-15mg-per-ml-uk"

    usual = a_shelf("venlafaxine", family="immediate-release")
    named = a_shelf("venlafaxine", family="immediate-release", only=frozenset({code}))

    assert code not in {product.code for product in usual.products}
    assert [product.code for product in named.products] == [code]


def test_every_finding_of_a_plan_can_be_cited() -> None:
    cited = load_rulebook("uk").citations
    told = {
        found.rule
        for drug, start, policy in (
            ("sertraline", "200", "occupancy-2.5"),
            ("escitalopram", "20", "linear-5"),
            ("fluvoxamine", "100", "linear-50"),
            ("venlafaxine", "375", "linear-100"),
            ("fluoxetine", "60", "occupancy-2.5"),
        )
        for found in a_plan(drug, policy, start).findings
    }

    assert {"F-07", "O-01", "O-02", "T-10", "T-14", "T-15"} <= told
    assert told <= set(cited)
