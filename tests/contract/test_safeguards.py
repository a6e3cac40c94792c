"""Without a safeguard a test fails. Tests that pass without it would be worth nothing."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ENGINE = "tests/contract/test_engagement_engine.py"
EVENTS = "tests/contract/test_engagement_events.py"
NOTICED_BY = (
    pytest.param(
        "claim-lock",
        f"{ENGINE}::test_a_claim_passes_over_what_another_engine_holds",
        marks=pytest.mark.postgres,  # SQLite has one writer, and so no such lock
    ),
    ("unique-key", f"{ENGINE}::test_the_database_refuses_a_second_row_of_one_key"),
    ("inbox-mark", f"{EVENTS}::test_an_id_that_comes_again_has_no_second_effect"),
    ("version-check", f"{EVENTS}::test_a_later_state_that_came_first_is_not_undone"),
)


@pytest.mark.parametrize(("safeguard", "test"), NOTICED_BY)
async def test_without_it_a_test_fails(safeguard: str, test: str) -> None:
    """And with it the same test passes, so that it is the safeguard it notices."""
    without, said = await run(test, WITHOUT=safeguard)
    assert without == 1, said
    assert "failed" in said

    with_it, said = await run(test)
    assert with_it == 0, said


async def run(test: str, **environment: str) -> tuple[int | None, str]:
    """Run one test in a process of its own; pytest's exit code, 1 for a failed test."""
    options = ("-q", "-p", "no:cacheprovider", "-p", "tests.support.without", "-k", "not postgres")
    if "claim" in test:
        options = options[:-2]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "pytest", *options, test),
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await process.communicate()
    return process.returncode, said.decode()
