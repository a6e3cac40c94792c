"""The bench in words and lines: the same numbers three times, and no plan where rules refuse."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from services.portal.presenters import bench, curves
from services.portal.presenters.drafts import Draft, Fault
from shared.api.taper_bench import BenchBody, BenchPlanBody

START = date(2027, 5, 3)


def a_plan(*doses: str, days: int = 14, **changes: Any) -> BenchPlanBody:
    """Occupancy is the dose itself and the regions lie one point around it."""
    step = {"error_mg": "0.25", "error_points": "0.1", "drop_points": "10", "target_mg": "1"}
    steps = [
        step
        | {
            "ordinal": number,
            "expected_on": START + timedelta(days=days * (number - 1)),
            "days": days,
            "dose_mg": dose,
            "dose_text": f"{dose} to take",
            "occupancy_percent": dose,
            "lowest_percent": max(Decimal(0), Decimal(dose) - 1),
            "highest_percent": Decimal(dose) + 1,
        }
        for number, dose in enumerate(doses, start=1)
    ]
    body = {
        "policy": "linear-10",
        "policy_name": "Linear (10)",
        "policy_source": "a test",
        "grade": "PD",
        "review_status": "pending human review",
        "shelf": "uk",
        "model": "a model, striatum",
        "verdict": "ok",
        "cliff": None,
        "ways_round": (),
        "interval_days": days,
        "length_days": days * (len(doses) - 1),
        "step_count": len(doses),
        "largest_drop_points": "10.04",
        "last_drop_points": "9.96",
        "largest_rounding_mg": "0.25",
        "largest_rounding_points": "0.1",
        "supply": (
            {"product": "t", "name": "25 mg tablet", "units": "10.5", "unit": "tablet"},
            {"product": "l", "name": "oral suspension", "units": "4.2", "unit": "mL"},
        ),
        "liquid_ml": "4.2",
        "visits": len(doses),
        "start_occupancy_percent": "50",
        "steps": steps,
        "findings": (),
    }
    return BenchPlanBody.model_validate(body | changes)


def a_bench(*plans: BenchPlanBody | None) -> BenchBody:
    asked = {"policy": "linear-10", "starts_on": START, "last_dose_mg": "1", "solids_only": True}
    refusal = {"rule": "T-10", "field": "last_dose_mg", "detail": "State the last dose."}
    return BenchBody.model_validate(
        {
            "course_id": UUID(int=1),
            "drug": "a-drug",
            "drug_name": "a drug",
            "from_dose_mg": "50",
            "from_dose_text": "one 50 mg tablet",
            "risk": {
                "tier": "slower",
                "reasons": ("long use.",),
                "fast_tier_offered": False,
                "policy": "occupancy-5",
                "interval_days": 28,
            },
            "columns": [
                {"asked": asked, "plan": plan, "refusal": None if plan else refusal}
                for plan in plans
            ],
        }
    )


def test_each_feature_is_a_row_and_each_way_a_column() -> None:
    said = bench.comparison(a_bench(a_plan("25", "0"), a_plan("40", "20", "0")))

    rows = dict(said.rows)
    assert rows["Largest drop"] == ("10.0 points", "10.0 points")
    assert rows["Last drop, to zero"] == ("10.0 points", "10.0 points")
    assert rows["Largest rounding"][0] == "0.25 mg, 0.1 points"
    assert rows["To dispense"][0] == "10.5 x 25 mg tablet"
    assert rows["Liquid"][0] == "4.2 mL of oral suspension"
    assert rows["Steps, each with a check-in"] == ("2", "3")
    assert rows["Until zero"][0] == "2 weeks, Mon 17 May 2027"
    assert said.proposed == "Slower tier: Occupancy 5, 28 days a step"
    assert said.reasons == ("long use",)


def test_a_refused_way_says_its_rule_and_cannot_be_chosen() -> None:
    said = bench.comparison(a_bench(None, a_plan("25", "0")))

    refused, planned = said.columns
    assert refused.refused == "State the last dose. (rule T-10)"
    assert refused.fields == ()
    assert refused.steps == ()
    assert ("last_dose_mg", "1") in planned.fields
    assert ("solids_only", "true") in planned.fields
    assert said.chart is not None
    assert [curve.letter for curve in said.chart.panels[0].curves] == ["B"]


def test_the_stairs_stand_where_the_table_says() -> None:
    chart = curves.chart([("A", a_plan("25", "0"))], Decimal(50))

    dose, occupancy = chart.panels
    scale = {tick.label: tick.at for tick in dose.ticks}
    weeks = {tick.label: tick.at for tick in chart.weeks}
    assert dose.curves[0].path == (
        f"M{float(curves.LEFT)} {scale['50']}"
        f"H{weeks['0']}V{(scale['20'] + scale['30']) / 2}"
        f"H{weeks['2']}V{scale['0']}H{float(curves.RIGHT)}"
    )
    assert dose.curves[0].band == ""
    assert occupancy.curves[0].band.endswith("Z")
    assert "2 steps in 14 days" in chart.text


def test_a_drug_without_a_curve_has_one_panel_and_says_why() -> None:
    plan = a_plan("25", "0", model=None, start_occupancy_percent=None, largest_drop_points=None)

    said = bench.comparison(a_bench(plan))

    assert said.chart is not None
    assert len(said.chart.panels) == 1
    assert dict(said.rows)["Largest drop"] == ("no curve for this drug",)


@pytest.mark.parametrize("weeks", [1, 30, 200, 1000])
def test_the_axis_never_crowds(weeks: int) -> None:
    chart = curves.chart([("A", a_plan("25", "0", days=7 * weeks))], Decimal("0.3"))

    assert 1 <= len(chart.weeks) <= 13
    assert len(chart.panels[0].ticks) <= 7


def test_what_is_typed_is_what_is_asked() -> None:
    draft = Draft(
        "key",
        {
            "starts_on": ("2027-05-03",),
            "policy.1": ("own-rows",),
            "rows.1": ("37.5 mg 14 days\n0 14",),
            "policy.3": ("linear-10",),
            "last_dose_mg.3": ("1",),
        },
    )

    own, linear = bench.asked(draft)

    assert own["rows"] == [{"dose_mg": "37.5", "days": "14"}, {"dose_mg": "0", "days": "14"}]
    assert linear == {"policy": "linear-10", "starts_on": "2027-05-03", "last_dose_mg": "1"}


def test_a_fault_of_the_second_way_stands_at_its_own_field() -> None:
    draft = Draft("key", {"policy.0": ("a",), "policy.2": ("b",)})
    refused = draft.refused([Fault("ways.1.rows.0.days", "Write a whole number.")])

    assert bench.placed(refused).fault("rows.2") == "Write a whole number."


def test_a_line_that_is_no_row_is_not_passed_over() -> None:
    assert bench.rows_of("half a tablet 14") == [{"dose_mg": "half", "days": "a tablet 14"}]
