"""The engine at a terminal: the same answers as over HTTP, no server, no database."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from services.assessment.__main__ import app
from tests.support.assessment import answers
from tests.support.vignettes import ORDINARY


def run(*arguments: str) -> tuple[int, str]:
    found = CliRunner().invoke(app, list(arguments))
    return found.exit_code, found.output


def test_a_score_as_json_has_total_band_flags_and_what_is_missing() -> None:
    code, output = run("score", "phq-9", "--json", "--answers", json.dumps(answers("phq-9", 25)))

    found = json.loads(output)
    assert code == 0
    assert (found["total"], found["band"], found["missing"]) == (25, "severe", [])
    assert [flag["level"] for flag in found["flags"]] == [3]


def test_a_score_as_json_names_everything_the_screen_shows() -> None:
    _code, output = run("score", "gad-7", "--json", "--answers", '{"nervous": 3}')
    code, refused = run("score", "djg-6", "--json", "--answers", "{}")

    assert {"total", "subscales", "band", "flags", "missing"} <= json.loads(output).keys()
    assert (code, "may not be used here" in refused) == (2, True)


def test_intent_raises_the_level() -> None:
    _code, output = run(
        "score", "phq-9", "--json", "--intent", "--answers", json.dumps({"self-harm": 3})
    )

    found = json.loads(output)
    assert found["total"] is None
    assert len(found["missing"]) == 8
    assert [flag["level"] for flag in found["flags"]] == [1]


def test_a_score_on_the_screen_leads_with_the_flag() -> None:
    code, output = run("score", "phq-9", "--answers", '{"self-harm": 1}')

    assert code == 0
    assert output.startswith("Level 3")
    assert "unknown" in output


@pytest.mark.parametrize(
    ("instrument", "sheet", "said"),
    [
        ("phq-9", '{"mood": 4}', "answers/mood"),
        ("phq-9", '{"mood": true}', "answers/mood"),
        ("phq-9", '{"mood": "1"}', "answers/mood"),
        ("phq-9", "{", "not JSON"),
        ("phq-9", "[1]", "not a JSON object"),
        ("phq-10", '{"mood": 1}', "no such instrument"),
    ],
)
def test_a_bad_sheet_is_refused_in_one_line(instrument: str, sheet: str, said: str) -> None:
    code, output = run("score", instrument, "--answers", sheet)

    assert code == 2
    assert said in output
    assert len(output.strip().splitlines()) == 1


def pathway(tmp_path: Path, facts: dict[str, Any], *options: str) -> tuple[int, str]:
    path = tmp_path / "facts.json"
    path.write_text(json.dumps(facts), encoding="utf-8")
    return run("pathway", str(path), *options)


def test_a_pathway_as_json_has_arms_guards_and_the_whole_trace(tmp_path: Path) -> None:
    facts = ORDINARY | {"arm": "cbt", "plan-format": "group", "motivation": 3}

    code, output = pathway(tmp_path, facts, "--json")

    found = json.loads(output)
    fired = {line["rule"] for line in found["trace"] if line["outcome"] == "fired"}
    assert code == 0
    assert found.keys() == {"proposal", "guards", "trace"}
    assert found["proposal"]["arms"][0]["arm"] == "cbt"
    assert [guard["guard"] for guard in found["guards"]] == ["group-only"]
    assert {"R-18@1", "R-34@1"} <= fired
    assert all(line["source"] and line["review"] for line in found["trace"])


def test_a_pathway_on_the_screen_says_what_is_pending_review(tmp_path: Path) -> None:
    code, output = pathway(tmp_path, dict(ORDINARY))

    assert code == 0
    assert output.startswith("1. Individual CBT")
    assert "Pending human review" in output


def test_a_pathway_without_facts_says_what_must_be_recorded(tmp_path: Path) -> None:
    code, output = pathway(tmp_path, {})

    assert code == 0
    assert "Must be recorded first: PHQ-9 total" in output


@pytest.mark.parametrize("facts", [{"preference": True}, {"preference": ["cbt"]}])
def test_a_fact_that_is_neither_code_nor_number_is_refused(
    tmp_path: Path, facts: dict[str, Any]
) -> None:
    code, output = pathway(tmp_path, facts)

    assert code == 2
    assert "preference" in output


def test_a_missing_file_is_refused_in_one_line(tmp_path: Path) -> None:
    code, output = run("pathway", str(tmp_path / "none.json"))

    assert code == 2
    assert "cannot be read" in output
