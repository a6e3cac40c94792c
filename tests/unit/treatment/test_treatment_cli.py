"""The engine at a terminal, as a person and as a program call it."""

import json
import re
from decimal import Decimal

import pytest
from typer.testing import CliRunner, Result

from services.treatment.adapters.cli import app

PLAN = ["plan", "--drug", "sertraline", "--from", "100", "--policy", "occupancy-5"]
STEP_KEYS = {
    "index",
    "start",
    "days",
    "target_mg",
    "dose_mg",
    "products",
    "occupancy_percent",
    "error_mg",
}
REFUSALS = [
    ("no number", ["--from", "10 mg"], "F-11 from"),
    ("no dose", ["--from", "0"], "F-09 start_mg"),
    ("no drug", ["--drug", "aspirin"], "F-01 drug"),
    ("no policy", ["--policy", "gentle"], "T-02 policy"),
    ("no shelf", ["--shelf", "moon"], "F-13 shelf"),
    ("no time", ["--interval", "3"], "T-05 interval_days"),
    ("in the past", ["--starts", "2020-01-01"], "T-01 start_on"),
    ("rows that rise", ["--policy", "own-rows", "--rows", "50,75,0"], "T-04 rows"),
    ("rows without end", ["--policy", "own-rows", "--rows", "50,25"], "T-10 rows"),
    ("ten thousand rows",
     ["--policy", "own-rows", "--rows", ",".join(str(50 - n / 1000) for n in range(10_000))],
     "T-10 rows"),
    ("ten thousand steps", ["--from", "200", "--policy", "linear-0.1"], "T-10 policy"),
    ("a start nothing makes", ["--from", "33.3", "--shelf", "uk-solids"], "F-13 start_mg"),
    ("an empty shelf", ["--drug", "desvenlafaxine", "--from", "50"], "F-13 shelf"),
    ("a product nobody sells", ["--product", "sertraline-tablet-1mg-uk"], "F-03 shelf"),
    ("no rows", ["--policy", "own-rows"], "T-04 rows"),
    ("no last dose", ["--policy", "proportional-10"], "T-10 last_dose_mg"),
    ("no such capsule", ["--beads", "capsule=10"], "T-13 beads"),
]  # fmt: skip


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def test_a_plan_is_printed_with_its_verdict_source_and_doses_in_words() -> None:
    printed = run(*PLAN).stdout

    assert "cannot be dispensed safely" in printed
    assert "sorensen-2022, striatum" in printed
    assert "one 50 mg tablet and 0.5 mL of the 50 mg/5 mL oral suspension" in printed
    assert "█" in printed


def test_json_has_exactly_the_agreed_keys() -> None:
    body = json.loads(run(*PLAN, "--json").stdout)

    assert set(body) == {"drug", "policy", "shelf", "model", "verdict", "findings", "steps"}
    assert all(set(step) == STEP_KEYS for step in body["steps"])
    assert {key for step in body["steps"] for part in step["products"] for key in part} == {
        "product",
        "units",
    }


def test_json_doses_are_exact_and_end_at_zero() -> None:
    steps = json.loads(run(*PLAN, "--json").stdout)["steps"]
    doses = [Decimal(step["dose_mg"]) for step in steps]

    assert doses == sorted(set(doses), reverse=True)
    assert steps[-1]["dose_mg"] == "0"
    assert steps[0]["dose_mg"] == "55"
    assert steps[0]["target_mg"] == "54.922"
    assert steps[0]["error_mg"] == "0.078"
    assert steps[0]["occupancy_percent"] == "80.68"


def test_json_names_the_other_day_where_two_days_alternate() -> None:
    body = json.loads(
        run(
            *("plan", "--drug", "fluoxetine", "--from", "40", "--policy", "scotland-standard"),
            *("--product", "fluoxetine-capsule-20mg-uk", "--json"),
        ).stdout
    )

    assert body["steps"][0]["dose_mg"] == "30"
    assert body["steps"][0]["alternate_products"] == [
        {"product": "fluoxetine-capsule-20mg-uk", "units": "1"}
    ]


@pytest.mark.parametrize(("why", "arguments", "said"), REFUSALS, ids=[row[0] for row in REFUSALS])
def test_a_refusal_names_rule_and_field_and_prints_no_plan(
    why: str, arguments: list[str], said: str
) -> None:
    result = run(*PLAN, *arguments)

    assert result.exit_code == 2
    assert result.stderr.startswith(said)
    assert result.stdout == ""


def test_a_special_history_is_weighed() -> None:
    printed = run(
        *("plan", "--drug", "sertraline", "--from", "50", "--policy", "occupancy-10"),
        *("--failed-attempt", "--json"),
    ).stdout

    assert "T-12" in {found["rule"] for found in json.loads(printed)["findings"]}


def test_beads_are_counted_when_the_maker_is_named() -> None:
    printed = run(
        *("plan", "--drug", "duloxetine", "--from", "60", "--policy", "proportional-10"),
        *("--last-dose", "1", "--beads", "duloxetine-gr-capsule-30mg-uk=300", "--json"),
    ).stdout

    assert {"product": "duloxetine-gr-capsule-30mg-uk-beads", "units": "240"} in (
        json.loads(printed)["steps"][0]["products"]
    )


def test_occupancy_forward_for_every_region() -> None:
    body = json.loads(run("occupancy", "--drug", "escitalopram", "--dose", "5", "--json").stdout)

    assert {row["region"]: row["occupancy_percent"] for row in body["regions"]} == {
        "caudate": "66.56",
        "dorsal_raphe": "58.01",
        "putamen": "55.72",
        "thalamus": "55.40",
    }


def test_occupancy_inverse_for_every_region() -> None:
    body = json.loads(run("occupancy", "--drug", "sertraline", "--percent", "30", "--json").stdout)

    assert body["model"] == "sorensen-2022"
    assert [(row["region"], row["dose_mg"]) for row in body["regions"]] == [("striatum", "3.735")]


def test_an_occupancy_some_region_never_reaches_has_no_dose_there() -> None:
    body = json.loads(
        run("occupancy", "--drug", "escitalopram", "--percent", "80", "--json").stdout
    )

    reached = {row["region"] for row in body["regions"] if row["dose_mg"] is not None}
    assert reached == {"dorsal_raphe"}


def test_a_dose_beyond_the_published_curve_is_marked() -> None:
    printed = run("occupancy", "--drug", "escitalopram", "--dose", "40").stdout

    assert "beyond the published curve" in printed


@pytest.mark.parametrize(
    "arguments",
    [
        ["--drug", "fluvoxamine", "--dose", "50"],
        ["--drug", "venlafaxine", "--dose", "75", "--formulation", "immediate-release"],
        ["--drug", "sertraline"],
        ["--drug", "sertraline", "--dose", "50", "--percent", "30"],
        ["--drug", "sertraline", "--dose", "-1"],
        ["--drug", "sertraline", "--percent", "101"],
        ["--drug", "sertraline", "--dose", "NaN"],
    ],
)
def test_occupancy_refuses_what_it_cannot_answer(arguments: list[str]) -> None:
    result = run("occupancy", *arguments)

    assert result.exit_code == 2
    assert result.stdout == ""


def test_the_formulary_check_counts_lists_and_states_the_review() -> None:
    result = run("formulary", "check")

    assert result.exit_code == 0
    assert "11 drugs, 9 policy files, 5 files of rules: valid." in result.stdout
    for name in ("outcomes", "cadence", "safety", "ranking", "taper"):
        assert re.search(rf"│ {name} +│ \d+ +│ pending human review", result.stdout), name
        assert re.search(rf"│ {name} +│ \S+ +│ (PD|R-[hml]) ", result.stdout) or name == "ranking"
    assert "pending human review" in result.stdout
    assert "R-h" in result.stdout
