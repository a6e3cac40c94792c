"""Response, remission and "not there yet" on both sides of every limit (evidence pack 2.1, 2.2)."""

from datetime import date, timedelta

import pytest

from services.treatment.domain.response import Reading, not_improving, read_response
from tests.support.courses import BOOK

START = date(2026, 1, 5)
RULES = BOOK.outcomes


def respond(*totals: tuple[int, int]):
    """Where the scores stand; each is (days from the first dose, total)."""
    readings = tuple(Reading(on=START + timedelta(days=day), total=total) for day, total in totals)
    return read_response(readings, instrument="phq-9", started_on=START, rules=RULES)


CATEGORIES = [
    ("no reading at all", [], "unknown"),
    ("a baseline only", [(0, 18)], "unknown"),
    ("a reading without a baseline", [(14, 12)], "unknown"),
    ("low without a baseline is still remission", [(14, 4)], "remission"),
    ("no change", [(0, 18), (14, 18)], "none"),
    ("worse", [(0, 18), (14, 20)], "none"),
    ("a fall just under a fifth", [(0, 20), (14, 17)], "none"),
    ("a fall of a fifth in week 2", [(0, 20), (14, 16)], "early-improvement"),
    ("a fall of a fifth on day 28", [(0, 20), (28, 16)], "early-improvement"),
    ("a fall of a fifth on day 29", [(0, 20), (29, 16)], "partial"),
    ("a fall just under a half", [(0, 20), (56, 11)], "partial"),
    ("a fall of a half", [(0, 20), (56, 10)], "response"),
    ("five is response", [(0, 20), (56, 5)], "response"),
    ("four is remission", [(0, 20), (56, 4)], "remission"),
    ("the last reading before the first dose", [(-9, 10), (-1, 20), (56, 10)], "response"),
    ("a baseline of nought", [(0, 0), (56, 7)], "none"),
    ("the latest reading counts", [(0, 20), (28, 4), (56, 15)], "partial"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("totals", "category"), [row[1:] for row in CATEGORIES], ids=[row[0] for row in CATEGORIES]
)
def test_where_the_scores_stand(totals, category):
    assert respond(*totals).category == category


def test_a_reading_of_the_first_day_is_the_baseline():
    found = respond((0, 18), (14, 9))

    assert found.baseline == Reading(on=START, total=18)


OVERDUE = [
    ("week 3, no change", [(0, 18), (20, 18)], 27, None),
    ("week 4, no change", [(0, 18), (20, 18)], 28, "No improvement after 4 weeks at this dose"),
    ("week 4, a fifth", [(0, 20), (20, 16)], 28, None),
    ("week 7, a fifth", [(0, 20), (20, 16)], 55, None),
    ("week 8, a fifth", [(0, 20), (20, 16)], 56, "No 50% fall by week 8"),
    ("week 8, a half", [(0, 20), (20, 10)], 56, None),
    ("week 8, no score at all", [], 56, "No 50% fall by week 8"),
]


@pytest.mark.parametrize(
    ("totals", "days", "sentence"), [row[1:] for row in OVERDUE], ids=[row[0] for row in OVERDUE]
)
def test_who_is_not_there_yet(totals, days, sentence):
    found = not_improving(
        respond(*totals),
        started_on=START,
        at_dose_since=START,
        today=START + timedelta(days=days),
        rules=RULES,
    )

    assert [finding.detail.split(".")[0] for finding in found] == ([sentence] if sentence else [])


@pytest.mark.parametrize(("days", "asked"), [(27, False), (28, True)], ids=str)
def test_four_weeks_count_from_the_present_dose(days, asked):
    raised_on = START + timedelta(days=14)
    found = not_improving(
        respond((0, 18), (20, 18)),
        started_on=START,
        at_dose_since=raised_on,
        today=raised_on + timedelta(days=days),
        rules=RULES,
    )

    assert bool(found) == asked
