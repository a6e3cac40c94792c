"""Every refusal becomes a page of the same status that says what to do."""

import pytest

from services.portal.presenters import trouble
from shared.runtime.http.problems import Problem


def problem(status: int) -> Problem:
    return Problem(
        type="urn:mooring:problem:x",
        title="t",
        status=status,
        code="x",
        detail="The service's own sentence.",
        correlation_id="c",
    )


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 412, 413, 422, 428, 429])
def test_a_refusal_keeps_its_status(status: int) -> None:
    said = trouble.of_problem(problem(status))

    assert said.status == status
    assert said.title
    assert said.advice


@pytest.mark.parametrize("status", [403, 404])
def test_what_is_not_ones_to_see_is_not_explained(status: int) -> None:
    assert "own sentence" not in trouble.of_problem(problem(status)).advice


def test_a_rule_is_said_in_the_services_own_words() -> None:
    assert trouble.of_problem(problem(409)).advice.startswith("The service's own sentence.")


def test_silence_says_that_sending_again_is_safe() -> None:
    said = trouble.of_silence("treatment")

    assert said.status == 503
    assert "never counted twice" in said.advice
