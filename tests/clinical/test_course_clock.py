"""The clock of a course: 40 and more histories with the dates a clinician expects.

Rules C-01 to C-08: from the confirming remission reading, by calendar months clamped to the
month's end; relapse stops it, a new remission starts it anew; a gap in taking the drug of more
than 14 days pauses it; the date opens a review and never stops a drug.
"""

from datetime import date

import pytest

from services.treatment.adapters.course_content import load_rulebook
from services.treatment.domain.clock import (
    History,
    Pause,
    Relapse,
    Remission,
    default_months,
    read_clock,
    with_pause,
)
from services.treatment.domain.response import Reading, confirmed_on
from services.treatment.domain.reviews import DECISION, decision_reviews

RULES = load_rulebook("uk").duration


def day(text: str) -> date:
    return date.fromisoformat(text)


def remitted(on: str, months: int = 6) -> Remission:
    return Remission(on=day(on), months=months, why="test")


def relapsed(on: str) -> Relapse:
    return Relapse(on=day(on))


def gap(since: str, until: str | None) -> Pause:
    return Pause(since=day(since), until=None if until is None else day(until))


HISTORIES = [
    ("a plain half year", [remitted("2026-03-10")], [], "2026-09-10"),
    ("31 August and six months in a common year", [remitted("2026-08-31")], [], "2027-02-28"),
    ("31 August and six months in a leap year", [remitted("2027-08-31")], [], "2028-02-29"),
    ("30 August in a common year", [remitted("2026-08-30")], [], "2027-02-28"),
    ("29 August in a common year", [remitted("2026-08-29")], [], "2027-02-28"),
    ("28 August in a common year", [remitted("2026-08-28")], [], "2027-02-28"),
    ("29 August into a leap February", [remitted("2027-08-29")], [], "2028-02-29"),
    ("1 September is never clamped", [remitted("2026-09-01")], [], "2027-03-01"),
    ("31 March into a short September", [remitted("2026-03-31")], [], "2026-09-30"),
    ("31 May into a short November", [remitted("2026-05-31")], [], "2026-11-30"),
    ("31 December into a short June", [remitted("2026-12-31")], [], "2027-06-30"),
    ("31 January keeps its day in July", [remitted("2026-01-31")], [], "2026-07-31"),
    ("31 July keeps its day in January", [remitted("2026-07-31")], [], "2027-01-31"),
    ("over the end of a year", [remitted("2026-10-15")], [], "2027-04-15"),
    ("leap day and six months", [remitted("2028-02-29")], [], "2028-08-29"),
    ("leap day and twelve months", [remitted("2028-02-29", 12)], [], "2029-02-28"),
    ("leap day and 24 months", [remitted("2028-02-29", 24)], [], "2030-02-28"),
    ("leap day and 48 months", [remitted("2028-02-29", 48)], [], "2032-02-29"),
    ("into a leap day from a year before", [remitted("2027-02-28", 12)], [], "2028-02-28"),
    ("a century that is no leap year", [remitted("2099-08-31")], [], "2100-02-28"),
    ("a century that is a leap year", [remitted("1999-08-31")], [], "2000-02-29"),
    ("twelve months", [remitted("2026-03-10", 12)], [], "2027-03-10"),
    ("24 months", [remitted("2026-03-10", 24)], [], "2028-03-10"),
    ("one month from 31 January", [remitted("2026-01-31", 1)], [], "2026-02-28"),
    ("across the spring clock change", [remitted("2026-01-29", 2)], [], "2026-03-29"),
    ("no remission", [], [], None),
    ("remission, then relapse", [remitted("2026-03-10"), relapsed("2026-05-01")], [], None),
    (
        "relapse on the day of the remission's record",
        [remitted("2026-03-10"), relapsed("2026-03-10")],
        [],
        None,
    ),
    (
        "relapse, then a second remission",
        [remitted("2026-03-10"), relapsed("2026-05-01"), remitted("2026-08-31")],
        [],
        "2027-02-28",
    ),
    (
        "a second remission with longer months",
        [remitted("2026-03-10"), relapsed("2026-05-01"), remitted("2026-07-20", 12)],
        [],
        "2027-07-20",
    ),
    (
        "two relapses and a third remission",
        [
            remitted("2025-01-10"),
            relapsed("2025-03-01"),
            remitted("2025-06-01"),
            relapsed("2025-09-01"),
            remitted("2026-01-31", 24),
        ],
        [],
        "2028-01-31",
    ),
    (
        "the second relapse stops it again",
        [
            remitted("2025-01-10"),
            relapsed("2025-03-01"),
            remitted("2025-06-01"),
            relapsed("2025-09-01"),
        ],
        [],
        None,
    ),
    (
        "a gap of 14 days is no pause",
        [remitted("2026-03-10")],
        [("2026-05-01", "2026-05-15")],
        "2026-09-10",
    ),
    (
        "a gap of 15 days is one",
        [remitted("2026-03-10")],
        [("2026-05-01", "2026-05-16")],
        "2026-09-25",
    ),
    ("a gap of 30 days", [remitted("2026-03-10")], [("2026-05-01", "2026-05-31")], "2026-10-10"),
    (
        "a gap over a leap day",
        [remitted("2027-12-10")],
        [("2028-02-20", "2028-03-10")],
        "2028-06-29",
    ),
    (
        "two gaps add up",
        [remitted("2026-03-10")],
        [("2026-04-01", "2026-04-16"), ("2026-06-01", "2026-06-21")],
        "2026-10-15",
    ),
    (
        "overlapping gaps count each day once",
        [remitted("2026-03-10")],
        [("2026-04-01", "2026-04-21"), ("2026-04-11", "2026-05-01")],
        "2026-10-10",
    ),
    (
        "a gap before remission does not count",
        [remitted("2026-03-10")],
        [("2026-01-01", "2026-02-01")],
        "2026-09-10",
    ),
    (
        "a gap into remission counts from it",
        [remitted("2026-03-10")],
        [("2026-02-20", "2026-03-20")],
        "2026-09-20",
    ),
    (
        "a gap that has not ended stops the count",
        [remitted("2026-03-10")],
        [("2026-05-01", None)],
        None,
    ),
    (
        "the same gap once it has ended",
        [remitted("2026-03-10")],
        [("2026-05-01", None), ("2026-05-01", "2026-06-01")],
        "2026-10-11",
    ),
    (
        "an open gap that turns out short is forgotten",
        [remitted("2026-03-10")],
        [("2026-05-01", None), ("2026-05-01", "2026-05-10")],
        "2026-09-10",
    ),
    (
        "a gap before a relapse does not touch the next count",
        [remitted("2026-03-10"), relapsed("2026-06-01"), remitted("2026-08-31")],
        [("2026-04-01", "2026-05-01")],
        "2027-02-28",
    ),
    (
        "a gap and clamping: months first, then days",
        [remitted("2026-08-31")],
        [("2026-10-01", "2026-10-16")],
        "2027-03-15",
    ),
]


def history_of(marks: list[Remission | Relapse], gaps: list[tuple[str, str | None]]) -> History:
    history = History(marks=tuple(marks))
    for since, until in gaps:
        history = with_pause(history, gap(since, until), rules=RULES)
    return history


@pytest.mark.parametrize(
    ("marks", "gaps", "expected"), [row[1:] for row in HISTORIES], ids=[row[0] for row in HISTORIES]
)
def test_the_earliest_end(marks, gaps, expected):
    clock = read_clock(history_of(marks, gaps))

    assert clock.minimum_end_on == (expected and day(expected))


def test_there_are_forty_histories():
    assert len(HISTORIES) >= 40


@pytest.mark.parametrize(
    ("marks", "gaps", "expected"), [row[1:] for row in HISTORIES], ids=[row[0] for row in HISTORIES]
)
def test_the_date_opens_a_review_for_the_prescriber(marks, gaps, expected):
    reviews = decision_reviews(history_of(marks, gaps), rules=RULES, first=1)

    assert [review.due_on for review in reviews][:1] == ([day(expected)] if expected else [])
    assert all(review.kind == DECISION and review.for_role == "prescriber" for review in reviews)


DECISION_DAYS = [
    ("six months, and month 12", 6, ["2026-09-10", "2027-03-10"]),
    ("eleven months, and month 12", 11, ["2027-02-10", "2027-03-10"]),
    ("twelve months only once", 12, ["2027-03-10"]),
    ("24 months", 24, ["2028-03-10"]),
]


@pytest.mark.parametrize(
    ("months", "expected"),
    [row[1:] for row in DECISION_DAYS],
    ids=[row[0] for row in DECISION_DAYS],
)
def test_a_second_review_at_month_twelve(months, expected):
    history = History(marks=(remitted("2026-03-10", months),))

    reviews = decision_reviews(history, rules=RULES, first=4)

    assert [review.due_on.isoformat() for review in reviews] == expected
    assert [review.ordinal for review in reviews] == list(range(4, 4 + len(expected)))


MONTHS = [
    ("depression, first episode", "depression", 1, [], 6),
    ("isolation alone does not move it", "depression", 1, ["isolation"], 6),
    ("one factor", "depression", 1, ["residual-symptoms"], 12),
    (
        "a factor beside isolation makes two",
        "depression",
        1,
        ["residual-symptoms", "isolation"],
        24,
    ),
    ("two factors", "depression", 1, ["severe-history", "chronic-illness"], 24),
    ("two episodes without a factor", "depression", 2, [], 6),
    ("three episodes", "depression", 3, [], 24),
    ("four episodes and isolation", "depression", 4, ["isolation"], 24),
    ("generalised anxiety", "generalised-anxiety", 1, [], 12),
    ("generalised anxiety, one factor", "generalised-anxiety", 1, ["severe-history"], 12),
    (
        "generalised anxiety, two factors",
        "generalised-anxiety",
        1,
        ["severe-history", "social-factors"],
        24,
    ),
    ("social anxiety", "social-anxiety", 1, [], 6),
]


@pytest.mark.parametrize(
    ("indication", "episodes", "factors", "expected"),
    [row[1:] for row in MONTHS],
    ids=[row[0] for row in MONTHS],
)
def test_the_months_proposed(indication, episodes, factors, expected):
    months, _ = default_months(
        indication=indication, episodes=episodes, factors=frozenset(factors), rules=RULES
    )

    assert months == expected


READINGS = [
    ("one low reading is not enough", [("2026-03-01", 3)], None),
    ("two readings 13 days apart", [("2026-03-01", 3), ("2026-03-14", 3)], None),
    ("two readings 14 days apart", [("2026-03-01", 3), ("2026-03-15", 3)], "2026-03-15"),
    ("five is not remission", [("2026-03-01", 5), ("2026-03-15", 3)], None),
    ("four is", [("2026-03-01", 4), ("2026-03-15", 4)], "2026-03-15"),
    (
        "a rise between breaks the run",
        [("2026-03-01", 3), ("2026-03-08", 7), ("2026-03-15", 3)],
        None,
    ),
    (
        "the first reading late enough confirms",
        [("2026-03-01", 3), ("2026-03-10", 2), ("2026-03-20", 2), ("2026-04-20", 1)],
        "2026-03-20",
    ),
    ("a later rise undoes it", [("2026-03-01", 3), ("2026-03-15", 3), ("2026-04-15", 9)], None),
    (
        "a new run after a rise",
        [
            ("2026-03-01", 3),
            ("2026-03-15", 3),
            ("2026-04-15", 9),
            ("2026-05-01", 2),
            ("2026-05-20", 2),
        ],
        "2026-05-20",
    ),
    (
        "partial remission never confirms",
        [("2026-03-01", 9), ("2026-03-15", 7), ("2026-04-15", 6)],
        None,
    ),
]


@pytest.mark.parametrize(
    ("readings", "expected"), [row[1:] for row in READINGS], ids=[row[0] for row in READINGS]
)
def test_the_confirming_reading(readings, expected):
    found = confirmed_on(
        tuple(Reading(on=day(on), total=total) for on, total in readings), below=5, after_days=14
    )

    assert found == (expected and day(expected))
