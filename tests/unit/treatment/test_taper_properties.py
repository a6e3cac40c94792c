"""What holds for every plan: any drug, shelf, policy, dose and pace."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from services.treatment.domain.bench import compare, supply
from services.treatment.domain.findings import RuleRefusal
from services.treatment.domain.policies import EqualOccupancy, Linear, Proportional, slowed
from services.treatment.domain.products import Form, Shelf
from services.treatment.domain.realiser import dose_table
from services.treatment.domain.taper import TaperPlan, TaperStep, plan_taper
from services.treatment.domain.taper_verdict import Verdict
from tests.support.tapers import CONTENT, RULES, TODAY, every_shelf, finding

POLICIES = (
    "linear-10",
    "linear-37.5",
    "proportional-5",
    "proportional-10",
    "proportional-33",
    "proportional-50",
    "nice-staged",
    "occupancy-10",
    "occupancy-5",
    "occupancy-2.5",
)
SHELVES = tuple(every_shelf())
MICROGRAM = Decimal("0.001")


@st.composite
def requests(draw: st.DrawFn) -> dict[str, object]:
    """A request the rules accept, unless the policy needs too many steps."""
    drug, shelf = draw(st.sampled_from(SHELVES))
    table = dose_table(shelf, drug.taper.highest_start_mg)
    wished = draw(st.decimals(1, drug.taper.highest_start_mg, places=1))
    start = table.at_least(wished)
    assume(start is not None and start.dose_mg <= drug.taper.highest_start_mg)
    assert start is not None
    last = draw(st.decimals("0.1", "0.9", places=2)) * start.dose_mg
    return {
        "drug": drug,
        "shelf": shelf,
        "policy": CONTENT.policy(draw(st.sampled_from(POLICIES))),
        "start_mg": start.dose_mg,
        "start_on": TODAY + timedelta(days=draw(st.integers(0, 400))),
        "interval_days": draw(st.integers(14, 90)),
        "last_dose_mg": last.quantize(MICROGRAM),
        "rules": RULES,
        "today": TODAY,
    }


def planned(request: dict[str, object]) -> TaperPlan:
    try:
        return plan_taper(**request)  # type: ignore[arg-type]
    except RuleRefusal as refusal:
        assume(refusal.rule != "T-10")
        raise


plans = requests().map(lambda request: (request, planned(request)))


def every_plan(
    test: Callable[[dict[str, object], TaperPlan], None],
) -> Callable[[tuple[dict[str, object], TaperPlan]], None]:
    """Runs a property on generated plans; about a tenth of them can be dispensed safely."""

    @settings(max_examples=150, deadline=None)
    @given(plans)
    def run(pair: tuple[dict[str, object], TaperPlan]) -> None:
        test(*pair)

    run.__name__, run.__doc__ = test.__name__, test.__doc__
    return run


def before(plan: TaperPlan, step: TaperStep) -> Decimal:
    return plan.start_mg if step.index == 1 else plan.steps[step.index - 2].dose_mg


def taken_mg(step: TaperStep) -> Decimal:
    """The mean day, added up from the products."""
    day = sum((p.units * p.product.unit_mg for p in step.products), Decimal(0))
    if step.other_day is None:
        return day
    return (day + sum((p.units * p.product.unit_mg for p in step.other_day), Decimal(0))) / 2


@every_plan
def test_doses_strictly_fall(request: dict[str, object], plan: TaperPlan) -> None:
    assert all(step.dose_mg < before(plan, step) for step in plan.steps)


@every_plan
def test_the_plan_ends_at_zero(request: dict[str, object], plan: TaperPlan) -> None:
    assert plan.steps[-1].dose_mg == 0
    assert all(step.dose_mg > 0 for step in plan.steps[:-1])


@every_plan
def test_every_dose_is_built_from_its_products(request: dict[str, object], plan: TaperPlan) -> None:
    assert all(taken_mg(step) == step.dose_mg for step in plan.steps)


@every_plan
def test_every_product_stands_on_the_shelf(request: dict[str, object], plan: TaperPlan) -> None:
    shelf = request["shelf"]
    assert isinstance(shelf, Shelf)

    used = {p.product for step in plan.steps for p in (*step.products, *(step.other_day or ()))}

    assert used <= set(shelf.products)


@every_plan
def test_units_are_whole_portions(request: dict[str, object], plan: TaperPlan) -> None:
    for step in plan.steps:
        for part in (*step.products, *(step.other_day or ())):
            assert part.units > 0
            assert part.units % part.product.smallest_units == 0


@every_plan
def test_what_must_stay_whole_stays_whole(request: dict[str, object], plan: TaperPlan) -> None:
    whole = {Form.MODIFIED_RELEASE_TABLET, Form.PELLET_CAPSULE, Form.CAPSULE, Form.DROPS}

    parts = [part for step in plan.steps for part in step.products if part.product.form in whole]

    assert all(part.units % 1 == 0 for part in parts)


@every_plan
def test_every_day_is_covered_exactly_once(request: dict[str, object], plan: TaperPlan) -> None:
    days = [step.start + timedelta(days=n) for step in plan.steps for n in range(step.days)]

    assert days == [plan.steps[0].start + timedelta(days=n) for n in range(len(days))]
    assert plan.steps[0].start == request["start_on"]


@every_plan
def test_rounding_never_enlarges_a_cut_unless_the_verdict_says_so(
    request: dict[str, object], plan: TaperPlan
) -> None:
    policy = request["policy"]
    tolerant = isinstance(getattr(policy, "method", None), EqualOccupancy) and plan.model
    if plan.verdict is Verdict.DISPENSABLE and not tolerant:
        assert all(step.dose_mg >= step.target_mg for step in plan.steps)


@every_plan
def test_no_cut_of_a_safe_plan_exceeds_its_policy(
    request: dict[str, object], plan: TaperPlan
) -> None:
    if plan.verdict is Verdict.UNSAFE:
        return
    method = request["policy"].method  # type: ignore[attr-defined]

    for step in plan.steps:
        cut = before(plan, step) - step.dose_mg
        if isinstance(method, EqualOccupancy) and plan.model:
            assert step.drop_points is not None
            assert step.drop_points <= method.limit_points
        elif isinstance(method, Linear):
            assert cut <= method.step_mg
        elif isinstance(method, Proportional) and step.dose_mg:
            assert cut * 100 <= before(plan, step) * method.percent


@every_plan
def test_an_unsafe_plan_names_its_cliff_and_a_way_round(
    request: dict[str, object], plan: TaperPlan
) -> None:
    assert (plan.verdict is Verdict.UNSAFE) == (plan.cliff is not None)
    if plan.cliff is not None:
        pairs = {(before(plan, step), step.dose_mg) for step in plan.steps}
        assert (plan.cliff.from_mg, plan.cliff.to_mg) in pairs
        assert plan.cliff.routes


@every_plan
def test_label_ceilings_are_kept_or_blocked(request: dict[str, object], plan: TaperPlan) -> None:
    ceiling = request["drug"].taper.most_cut_mg  # type: ignore[attr-defined]
    cuts = [before(plan, step) - step.dose_mg for step in plan.steps]

    kept = ceiling is None or max(cuts) <= ceiling

    found = finding(plan, "T-15")
    assert kept or (found is not None and found.level == "block")


@every_plan
def test_occupancy_falls_within_bounds_and_the_drops_add_up(
    request: dict[str, object], plan: TaperPlan
) -> None:
    assume(plan.model is not None)
    figures = [step.occupancy_percent for step in plan.steps]
    drops = [step.drop_points for step in plan.steps]

    assert all(figure is not None and 0 <= figure <= 100 for figure in figures)
    assert figures[-1] == 0
    total = sum((drop for drop in drops if drop is not None), Decimal(0))
    assert plan.start_occupancy_percent is not None
    assert abs(total - plan.start_occupancy_percent) < Decimal("1e-20")


@every_plan
def test_the_error_is_the_dose_less_the_target(request: dict[str, object], plan: TaperPlan) -> None:
    assert all(step.error_mg == step.dose_mg - step.target_mg for step in plan.steps)


@every_plan
def test_no_makeable_dose_lies_between_target_and_dose(
    request: dict[str, object], plan: TaperPlan
) -> None:
    table = dose_table(request["shelf"], plan.start_mg)  # type: ignore[arg-type]

    for step in plan.steps:
        if step.target_mg and step.other_day is None and step.dose_mg >= step.target_mg:
            nearest = table.at_least(step.target_mg)
            assert nearest is not None
            assert nearest.dose_mg == step.dose_mg


@every_plan
def test_the_same_request_gives_the_same_plan(request: dict[str, object], plan: TaperPlan) -> None:
    assert planned(request) == plan


@every_plan
def test_the_bench_adds_up_what_every_day_takes(
    request: dict[str, object], plan: TaperPlan
) -> None:
    (summary,) = compare((plan,))

    milligrams = sum((p.units * p.product.unit_mg for p in summary.supply), Decimal(0))

    by_step = [
        sum((p.units * p.product.unit_mg for p in supply(step)), Decimal(0)) for step in plan.steps
    ]
    assert milligrams == sum(by_step, Decimal(0))
    for step, taken in zip(plan.steps, by_step, strict=True):
        if step.other_day is None:
            assert taken == step.dose_mg * step.days
    assert summary.length_days == sum(step.days for step in plan.steps[:-1])


@settings(max_examples=100, deadline=None)
@given(requests())
def test_a_slowed_policy_never_starts_with_a_larger_cut(request: dict[str, object]) -> None:
    try:
        usual = planned(request)
        gentler = planned(request | {"policy": slowed(request["policy"], 1, divisor=2)})  # type: ignore[arg-type]
    except RuleRefusal:
        assume(False)

    assert gentler.steps[0].target_mg >= usual.steps[0].target_mg


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(
        [region for drug, _ in SHELVES for m in drug.occupancy.values() for region in m.regions]
    ),
    st.decimals(0, 400, places=3),
)
def test_inverse_undoes_forward_in_every_region(region, dose: Decimal) -> None:
    percent = region.percent(dose)
    assume(percent < 100)

    assert abs(region.dose_mg(percent) - dose) < Decimal("1e-15")


@settings(max_examples=200, deadline=None)
@given(
    start=st.decimals(allow_nan=True, allow_infinity=True),
    last=st.none() | st.decimals(allow_nan=True, allow_infinity=True),
    floor=st.just(Decimal(0)) | st.decimals(allow_nan=True, allow_infinity=True),
    interval=st.integers(-10, 10_000),
    policy=st.sampled_from(POLICIES),
)
@example(start=Decimal("1e308"), last=None, floor=Decimal(0), interval=14, policy="linear-10")
@example(start=Decimal("sNaN"), last=None, floor=Decimal(0), interval=14, policy="linear-10")
@example(start=Decimal(50), last=Decimal("sNaN"), floor=Decimal(0), interval=14, policy="linear-10")
@example(start=Decimal(50), last=None, floor=Decimal("1e-900"), interval=14, policy="linear-10")
def test_any_figures_give_a_plan_or_a_refusal(
    start: Decimal, last: Decimal | None, floor: Decimal, interval: int, policy: str
) -> None:
    drug, shelf = next(pair for pair in SHELVES if pair[0].code == "sertraline")
    try:
        plan = plan_taper(
            drug=drug,
            policy=CONTENT.policy(policy),
            start_mg=start,
            shelf=shelf,
            start_on=TODAY,
            interval_days=interval,
            rules=RULES,
            today=TODAY,
            last_dose_mg=last,
            floor_mg=floor,
        )
    except RuleRefusal as refusal:
        outcome: TaperPlan | RuleRefusal = refusal
    else:
        outcome = plan

    if isinstance(outcome, RuleRefusal):
        assert all((outcome.rule, outcome.field, outcome.sentence))
    else:
        assert outcome.steps[-1].dose_mg == floor


@pytest.mark.parametrize("code", POLICIES)
def test_every_generated_policy_is_a_real_one(code: str) -> None:
    assert CONTENT.policy(code).code == code
