"""Response, remission and relapse against a fixed baseline. Source: evidence pack 2.1."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.assessment.adapters.content import load
from services.assessment.domain.trajectory import (
    Reading,
    Trajectory,
    follow,
    meets,
    pick_baseline,
)

OUTCOMES = load().outcomes
START = date(2027, 1, 4)
PHQ9 = OUTCOMES.rules_for("phq-9")
assert PHQ9 is not None


def reading(day: int, total: int | None) -> Reading:
    """A reading so many days after the start of the course."""
    on = START + timedelta(days=day)
    at = datetime.combine(on, time(9), tzinfo=UTC)
    return Reading(taken_on=on, taken_at=at, assessment_id=UUID(int=1000 + day), total=total)


def followed(*readings: tuple[int, int | None], baseline: int | None = 20) -> Trajectory:
    assert PHQ9 is not None
    first = None if baseline is None else reading(0, baseline)
    given_readings = [reading(day, total) for day, total in readings]
    return follow(
        PHQ9, [*([first] if first else []), *given_readings], baseline=first, started_on=START
    )


@pytest.mark.parametrize(
    ("day", "total", "expected"),
    [
        (42, 20, "none"),
        (42, 16, "none"),  # a 20 % drop, but too late to be early
        (28, 17, "none"),  # 15 %
        (28, 16, "early-improvement"),  # 20 %, last day
        (29, 16, "none"),
        (7, 16, "early-improvement"),  # first day
        (6, 16, "none"),
        (28, 15, "partial"),  # 25 %
        (42, 15, "partial"),
        (42, 11, "partial"),  # 45 %
        (42, 10, "response"),  # 50 %
        (42, 5, "response"),
        (42, 4, "response"),  # one reading below 5 is not yet remission
    ],
)
def test_the_latest_reading_is_compared_with_the_baseline(
    day: int, total: int, expected: str
) -> None:
    assert followed((day, total)).response.value == expected


def test_without_a_baseline_the_response_is_unknown() -> None:
    assert followed((28, 6), baseline=None).response.value == "unknown"


def test_a_latest_reading_without_a_total_is_unknown_and_not_no_change() -> None:
    found = followed((14, 8), (28, None))

    assert found.response.value == "unknown"
    assert found.latest == reading(28, None)


def test_a_course_without_any_later_reading_is_unknown() -> None:
    assert followed().response.value == "unknown"


@pytest.mark.parametrize(
    ("readings", "confirmed_day"),
    [
        (((60, 4),), None),
        (((60, 4), (73, 4)), None),  # 13 days apart
        (((60, 4), (74, 4)), 74),  # 14 days apart
        (((60, 5), (74, 4)), None),  # 5 is not below 5
        (((60, 4), (74, 5)), None),
        (((60, 4), (67, 4), (74, 4)), 74),
        (((60, 4), (67, 9), (74, 4)), None),  # broken in between
        (((60, 4), (67, None), (74, 4)), 74),  # unknown neither breaks
        (((60, 4), (74, None)), None),  # nor confirms
        (((60, 4), (67, 9), (74, 4), (88, 0)), 88),
    ],
)
def test_remission_is_two_readings_below_five_at_least_two_weeks_apart(
    readings: tuple[tuple[int, int | None], ...], confirmed_day: int | None
) -> None:
    found = followed(*readings).remission_confirmed

    assert (found and (found.taken_on - START).days) == confirmed_day


def test_remission_is_lost_by_the_next_reading_at_five_or_more() -> None:
    found = followed((60, 4), (74, 4), (90, 5))

    assert found.remission_confirmed is None
    assert found.response.value == "response"


def test_confirmed_remission_is_the_response() -> None:
    assert followed((60, 4), (74, 4)).response.value == "remission"


@pytest.mark.parametrize(
    ("later", "confirmed_day"),
    [
        (((100, 10),), None),  # one reading is a suspicion
        (((100, 10), (106, 10)), None),  # 6 days apart
        (((100, 10), (107, 10)), 107),
        (((100, 9), (107, 9)), 107),  # 9 is 5 above a remission reading of 4
        (((100, 8), (107, 8)), None),  # 4 above
        (((100, 10), (107, 8), (114, 10)), None),  # not twice in a row
        (((100, 10), (107, None), (114, 10)), 114),  # unknown neither confirms nor clears
        (((100, 12), (121, 12)), 121),  # a late second reading counts too
    ],
)
def test_relapse_is_two_high_readings_a_week_apart_after_remission(
    later: tuple[tuple[int, int | None], ...], confirmed_day: int | None
) -> None:
    found = followed((60, 4), (74, 4), *later).relapse_confirmed

    assert (found and (found.taken_on - START).days) == confirmed_day


def test_high_scores_without_an_earlier_remission_are_no_relapse() -> None:
    found = followed((60, 15), (74, 15))

    assert found.relapse_first is None
    assert found.relapse_confirmed is None


def test_a_new_remission_ends_a_relapse_and_starts_its_own_count() -> None:
    found = followed((60, 4), (74, 4), (100, 12), (107, 12), (150, 3), (164, 3))

    assert found.relapse_confirmed is None
    assert found.remission_confirmed == reading(164, 3)


@pytest.mark.parametrize(
    ("readings", "expected_day"),
    [
        (((-15, 18),), None),
        (((-14, 18),), -14),
        (((-14, 18), (-2, 17)), -2),
        (((-2, 17), (0, 16)), 0),
        (((-2, 17), (-1, None)), -2),  # an incomplete reading is no baseline
        (((-2, 17), (3, 12)), -2),  # before wins: nothing is re-baselined
        (((7, 12),), 7),
        (((3, 14), (7, 12)), 3),
        (((8, 12),), None),
    ],
)
def test_the_baseline_lies_close_to_the_start_of_the_course(
    readings: tuple[tuple[int, int | None], ...], expected_day: int | None
) -> None:
    found = pick_baseline(OUTCOMES, [reading(*r) for r in readings], started_on=START)

    assert (found and (found.taken_on - START).days) == expected_day


@pytest.mark.parametrize(
    ("code", "baseline", "latest", "met"),
    [
        ("original-clinically-significant", 18, 9, True),
        ("original-clinically-significant", 17, 9, False),  # 9 or below, but not halved
        ("original-clinically-significant", 20, 10, False),  # halved, but above 9
        ("collaborative-care-improvement", 17, 9, True),
        ("collaborative-care-improvement", 20, 10, True),
        ("collaborative-care-improvement", 18, 10, False),
        ("noticeable-drop", 100, 79, True),
        ("noticeable-drop", 100, 80, False),
        ("noticeable-drop", 0, 3, None),
    ],
)
def test_each_published_definition_stands_under_its_own_name(
    code: str, baseline: int, latest: int, met: bool | None
) -> None:
    assert PHQ9 is not None
    definition = next(d for d in PHQ9.definitions if d.code == code)

    assert meets(definition, reading(0, baseline), reading(42, latest)) is met


def test_a_definition_is_unknown_without_a_latest_total() -> None:
    assert PHQ9 is not None
    for definition in PHQ9.definitions:
        assert meets(definition, reading(0, 20), reading(42, None)) is None


@given(st.lists(st.tuples(st.integers(1, 400), st.none() | st.integers(0, 27))))
def test_no_readings_crash_and_unknown_ones_change_nothing_but_the_latest(
    days: list[tuple[int, int | None]],
) -> None:
    known = {day: total for day, total in days if total is not None}
    with_unknown = {**dict(days), **known}

    everything = followed(*with_unknown.items())
    complete = followed(*known.items())

    assert everything.remission_confirmed == complete.remission_confirmed
    assert everything.relapse_confirmed == complete.relapse_confirmed
