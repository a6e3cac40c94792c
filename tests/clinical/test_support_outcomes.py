"""Outcomes: each figure on both sides of its threshold, and the report against a count by hand.

Source: evidence pack 2.1 (response, remission), 6.2 (contact in 4 weeks, review in weeks 8-12).
"""

from datetime import date, timedelta

import pytest

from services.engagement.domain.support.outcomes import (
    History,
    Outcome,
    Score,
    figures,
    outcome_of,
)
from tests.support.support import RULES

OUTCOMES = RULES.outcomes
START = date(2026, 1, 5)


def on(number: int) -> date:
    """A day of treatment."""
    return START + timedelta(days=number)


def a_history(*totals: tuple[int, int], **changes: object) -> History:
    """Somebody treated from START, with PHQ-9 totals by day."""
    made: dict[str, object] = {
        "key": "00000000",
        "counts_from": date(1990, 1, 5),
        "language": "en",
        "barriers": (),
        "in_care": True,
        "started_on": START,
        "depression": tuple(Score(on(number), total) for number, total in totals),
        "network": (),
        "loneliness": (),
        "contacts": (),
        "meetings": 0,
        "missed": 0,
        "minutes": 0,
        "reviews": (),
    }
    return History(**(made | changes))  # type: ignore[arg-type]


def judged(*totals: tuple[int, int], as_of: int = 200, **changes: object) -> Outcome:
    """What came of it by that day."""
    return outcome_of(a_history(*totals, **changes), OUTCOMES, on(as_of))


BASELINES = [(-15, None), (-14, 16), (0, 16), (7, 16), (8, None)]


@pytest.mark.parametrize(("number", "total"), BASELINES)
def test_the_baseline_lies_around_the_start(number: int, total: int | None) -> None:
    found = judged((number, 16)).baseline

    assert (found.total if found else None) == total


RESPONSES = [(16, 8, 56), (16, 9, None), (15, 8, None), (15, 7, 56), (10, 5, 56), (9, 2, None)]


@pytest.mark.parametrize(("first", "later", "days"), RESPONSES)
def test_response_is_half_of_ten_or_more(first: int, later: int, days: int | None) -> None:
    assert judged((0, first), (56, later)).days_to_response == days


REMISSIONS = [
    ("14 days apart", ((0, 16), (60, 4), (74, 4)), 74),
    ("13 days apart", ((0, 16), (60, 4), (73, 4)), None),
    ("five is too high", ((0, 16), (60, 4), (74, 5)), None),
    ("a relapse between", ((0, 16), (60, 4), (70, 9), (80, 4)), None),
    ("a third reading confirms", ((0, 16), (60, 4), (70, 4), (75, 4)), 75),
]


@pytest.mark.parametrize(
    ("totals", "days"), [row[1:] for row in REMISSIONS], ids=[row[0] for row in REMISSIONS]
)
def test_remission_is_confirmed(totals: tuple[tuple[int, int], ...], days: int | None) -> None:
    assert judged(*totals).days_to_remission == days


CONTACTS = [(28, 200, "yes"), (29, 200, "no"), (29, 27, "not-due"), (29, 28, "no")]


@pytest.mark.parametrize(("number", "as_of", "expected"), CONTACTS)
def test_a_contact_within_4_weeks(number: int, as_of: int, expected: str) -> None:
    assert judged((0, 16), as_of=as_of, contacts=(on(number),)).contact_4_weeks == expected


REVIEWS = [
    ("before week 12 is over", ((0, 16), (50, 15)), (60,), 83, "not-due"),
    ("on its first day", ((0, 16), (50, 15)), (56,), 84, "yes"),
    ("a day early", ((0, 16), (50, 15)), (55,), 84, "no"),
    ("on its last day", ((0, 16), (50, 15)), (84,), 200, "yes"),
    ("a day late", ((0, 16), (50, 15)), (85,), 200, "no"),
    ("below 10 is improved", ((0, 16), (50, 9)), (), 200, "improved"),
    ("10 is not", ((0, 16), (50, 10)), (), 200, "no"),
    ("no score is unknown, never no change", ((0, 16),), (), 200, "unknown"),
]


@pytest.mark.parametrize(
    ("totals", "reviews", "as_of", "expected"),
    [row[1:] for row in REVIEWS],
    ids=[row[0] for row in REVIEWS],
)
def test_a_review_in_weeks_8_to_12(
    totals: tuple[tuple[int, int], ...], reviews: tuple[int, ...], as_of: int, expected: str
) -> None:
    found = judged(*totals, as_of=as_of, reviews=tuple(on(number) for number in reviews))

    assert found.review_8_12 == expected


def test_the_figures_say_what_a_hand_counts() -> None:
    outcomes = [
        judged((0, 16), (56, 8), contacts=(on(3),), meetings=7, missed=1),
        judged((0, 16), (56, 15), contacts=(on(40),), meetings=2, missed=2),
        judged((0, 20), meetings=1),
    ]

    found = {one.code: one for one in figures(outcomes, OUTCOMES)}

    response = found["response"]
    assert (response.numerator, response.denominator, response.missing) == (1, 2, 1)
    assert response.median_days == 56
    assert (found["contact-4-weeks"].numerator, found["contact-4-weeks"].denominator) == (1, 3)
    assert (found["attendance"].numerator, found["attendance"].denominator) == (10, 13)
    assert (found["case-review"].denominator, found["case-review"].missing) == (1, 1)
