"""R-22 and R-23: a course serves participation; a partial answer to one arm proposes the other."""

from dataclasses import replace

import pytest

from services.engagement.domain.support.arms import proposals
from services.engagement.domain.support.outcomes import Score
from services.engagement.domain.support.programme import Programme, Status
from tests.support.engagement import COURSE, a_course
from tests.support.support import RULES, START, a_programme, day

TAKEN = a_course(started_on=START, phase="acute")
PARTICIPATION = a_programme(serves_course_id=COURSE)


def proposed(
    *totals: tuple[int, int],
    programmes: tuple[Programme, ...] = (),
    courses: tuple[object, ...] = (),
    today: int = 28,
) -> tuple[str, ...]:
    """What is proposed on a day, from readings by day."""
    return proposals(
        programmes=programmes,
        courses=courses,  # type: ignore[arg-type]
        scores=[Score(day(number), total) for number, total in totals],
        rules=RULES.outcomes,
        today=day(today),
    )


# a course beside participation says whether it serves it


def test_a_course_beside_participation_is_to_be_linked() -> None:
    unlinked = replace(PARTICIPATION, serves_course_id=None)

    assert proposed(programmes=(unlinked,), courses=(TAKEN,)) == ("link-course",)
    assert proposed(programmes=(PARTICIPATION,), courses=(TAKEN,)) == ()


@pytest.mark.parametrize("phase", ["draft", "withdrawn", "closed", "stopped-watch", "switched"])
def test_a_course_that_is_not_taken_is_not_linked(phase: str) -> None:
    unlinked = replace(PARTICIPATION, serves_course_id=None)

    assert proposed(programmes=(unlinked,), courses=(replace(TAKEN, phase=phase),)) == ()


def test_a_closed_programme_asks_for_nothing() -> None:
    closed = replace(PARTICIPATION, serves_course_id=None, status=Status.CLOSED)

    assert proposed(programmes=(closed,), courses=(TAKEN,)) == ()


# four weeks, and fallen by less than half, and not below the mark (PHQ-9 < 10)


@pytest.mark.parametrize(
    ("latest", "today", "adds"),
    [
        (11, 28, True),  # 20 to 11 is 45 %
        (10, 28, False),  # half
        (11, 27, False),  # not yet four weeks
        (19, 60, True),
    ],
)
def test_a_partial_answer_to_a_medicine_proposes_the_others(
    latest: int, today: int, adds: bool
) -> None:
    found = proposed((0, 20), (26, latest), courses=(TAKEN,), today=today)

    assert found == (("add-cbt", "add-participation") if adds else ())


@pytest.mark.parametrize(("latest", "adds"), [(10, True), (9, False)])
def test_below_the_mark_is_enough(latest: int, adds: bool) -> None:
    found = proposed((0, 17), (26, latest), courses=(TAKEN,))

    assert bool(found) is adds


def test_what_runs_already_is_not_proposed_again() -> None:
    cbt = a_programme("cbt", activity="", rungs=())

    assert proposed((0, 20), (26, 19), programmes=(cbt,), courses=(TAKEN,)) == (
        "add-participation",
    )
    assert proposed((0, 20), (26, 19), programmes=(cbt, PARTICIPATION), courses=(TAKEN,)) == ()


def test_a_partial_answer_to_support_alone_puts_the_medicine_to_a_prescriber() -> None:
    found = proposed((0, 20), (26, 19), programmes=(PARTICIPATION,))

    assert found == ("consider-medication",)


@pytest.mark.parametrize("totals", [(), ((0, 20),), ((26, 19),)])
def test_without_two_readings_nothing_is_proposed(totals: tuple[tuple[int, int], ...]) -> None:
    assert proposed(*totals, courses=(TAKEN,)) == ()


def test_nothing_has_started() -> None:
    assert proposed((0, 20), (26, 19)) == ()
