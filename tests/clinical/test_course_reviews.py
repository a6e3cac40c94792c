"""When a course is looked at (evidence pack 6.1) and after the last dose (3.6)."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from services.treatment.domain.reviews import Start, reviews_from
from services.treatment.domain.surveillance import looks_after
from tests.support.courses import BOOK

DAY = date(2026, 3, 2)
START = Start(on=DAY, age=40, suicide_concern=False, indication="depression", drug="sertraline")


def first_review_after(start: Start) -> int:
    """Days from the first dose to the first review."""
    reviews = reviews_from(BOOK.cadence.start, start, first=1)
    return next((r.due_on - DAY).days for r in reviews if r.kind == "first-review")


FIRST = [
    ("depression at 40", {}, 14),
    ("at 17", {"age": 17}, 14),
    ("at 18", {"age": 18}, 7),
    ("at 25", {"age": 25}, 7),
    ("at 26", {"age": 26}, 14),
    ("suicide concern at 70", {"age": 70, "suicide_concern": True}, 7),
    ("generalised anxiety at 29", {"age": 29, "indication": "generalised-anxiety"}, 7),
    ("generalised anxiety at 30", {"age": 30, "indication": "generalised-anxiety"}, 14),
    ("depression at 29", {"age": 29}, 14),
]


@pytest.mark.parametrize(
    ("changes", "days"), [row[1:] for row in FIRST], ids=[row[0] for row in FIRST]
)
def test_the_first_review(changes, days):
    assert first_review_after(replace(START, **changes)) == days


def test_the_whole_cadence_of_a_depression_course():
    reviews = reviews_from(BOOK.cadence.start, START, first=1)

    assert [((r.due_on - DAY).days, r.kind, r.for_role) for r in reviews] == [
        (1, "serotonin-watch", "nurse"),
        (14, "first-review", "prescriber"),
        (28, "effect-review", "prescriber"),
        (56, "response-review", "prescriber"),
        (84, "response-review", "prescriber"),
    ]
    assert [r.ordinal for r in reviews] == [1, 2, 3, 4, 5]


def test_venlafaxine_asks_for_the_blood_pressure():
    kinds = {
        r.kind
        for r in reviews_from(BOOK.cadence.start, replace(START, drug="venlafaxine"), first=1)
    }

    assert "blood-pressure-review" in kinds


def test_an_increase_is_watched_for_a_day():
    reviews = reviews_from(BOOK.cadence.after_change, START, first=7)

    assert (reviews[0].kind, reviews[0].due_on, reviews[0].ordinal) == (
        "serotonin-watch",
        DAY + timedelta(days=1),
        7,
    )


LOOKS = [
    (
        "weekly four times, then months 2, 3 and 6",
        "sertraline",
        "2026-03-02",
        ["03-09", "03-16", "03-23", "03-30", "05-02", "06-02", "09-02"],
    ),
    (
        "a long half-life adds week 6",
        "fluoxetine",
        "2026-03-02",
        ["03-09", "03-16", "03-23", "03-30", "04-13", "05-02", "06-02", "09-02"],
    ),
    (
        "months are clamped",
        "sertraline",
        "2026-08-31",
        ["09-07", "09-14", "09-21", "09-28", "10-31", "11-30", "02-28"],
    ),
]


@pytest.mark.parametrize(
    ("drug", "last_dose", "expected"), [row[1:] for row in LOOKS], ids=[row[0] for row in LOOKS]
)
def test_the_looks_after_the_last_dose(drug, last_dose, expected):
    looks = looks_after(date.fromisoformat(last_dose), drug=drug, rules=BOOK.surveillance)

    assert [f"{look.due_on:%m-%d}" for look in looks] == expected
    assert [look.ordinal for look in looks] == list(range(1, len(expected) + 1))
