"""Figures of support that the tables beside this do not try, on both sides.

Source: evidence pack 5.2 (R-13, R-15, R-19), 6.2, 6.3, 6.4. What is graded PD in the content is
the house's own.
"""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from services.engagement.domain.owed_by_support import Known
from services.engagement.domain.support import package
from services.engagement.domain.support.missed import open_run
from services.engagement.domain.support.programme import Look, is_early
from tests.support.support import (
    FACILITATOR,
    RULES,
    START,
    a_contact,
    a_miss,
    a_programme,
    day,
    moment,
    open_ones,
    owed,
)

LONDON = ZoneInfo("Europe/London")
CBT = RULES.kinds["cbt"].package
SELF_HELP = RULES.kinds["self-help"].package


def a_look(number: int) -> Look:
    """The programme was looked at with the person on that day of it."""
    on = day(number)
    return Look(on=on, at=moment(on), by=FACILITATOR, serves_goal=True, mode_still_right=True)


REVIEWS = [
    ("a quarter after the start", (), 91),
    ("a quarter after the last one, early or not", (a_look(80),), 171),
    ("the last one counts", (a_look(91), a_look(190)), 281),
]


@pytest.mark.parametrize(
    ("looks", "due"), [row[1:] for row in REVIEWS], ids=[row[0] for row in REVIEWS]
)
def test_a_programme_is_looked_at_every_quarter(looks: tuple[Look, ...], due: int) -> None:
    found = owed(Known(programmes=[a_programme(looks=looks)]))

    (review,) = open_ones(found, "programme-review")

    assert review.due_on == day(due)
    assert review.owner == FACILITATOR


@pytest.mark.parametrize(("number", "early"), [(0, True), (364, True), (365, False), (500, False)])
def test_closing_before_the_year_is_over_is_early(number: int, early: bool) -> None:
    """R-31: until then a reason that nothing goes on after is marked."""
    assert is_early(a_programme(), day(number), RULES.limits) is early


def test_who_came_no_more_is_assessed_again_2_to_4_weeks_after() -> None:
    """NICE 1.5.1. The team's review is late from the second week on; the page names the days."""
    misses = [a_miss(100), a_miss(107)]
    known = Known(programmes=[a_programme()], contacts=misses)

    (review,) = open_ones(owed(known), "missed-review")

    assert review.due_on == day(107)
    assert review.overdue_from.astimezone(LONDON).date() == day(107 + 14 + 1)
    run = open_run(misses)
    assert run is not None
    assert run.reassessed_between(RULES.missed) == (day(114), day(128))


SELF_HELP_PACE = [  # fewer than 2 sessions in the last 30 days
    ("two in a month", (0, 9), 29, False),
    ("the first of two leaves the month", (0, 9), 30, True),
    ("a third keeps the pace", (0, 9, 20), 38, False),
    ("and falls behind", (0, 9, 20), 39, True),
    ("one alone, before a month is over", (20,), 29, False),
    ("one alone, after a month", (20,), 30, True),
]


@pytest.mark.parametrize(
    ("held", "today", "behind"),
    [row[1:] for row in SELF_HELP_PACE],
    ids=[row[0] for row in SELF_HELP_PACE],
)
def test_self_help_below_pace(held: tuple[int, ...], today: int, behind: bool) -> None:
    assert SELF_HELP is not None
    meetings = [a_contact(number, minutes=20) for number in held]

    found = package.delivered(SELF_HELP, meetings, started_on=START, today=day(today))

    assert ("below-pace" in found.warnings) is behind
    programme = a_programme("self-help", deputy_id=None)
    (due,) = open_ones(owed(Known(programmes=[programme], contacts=meetings)), "pace")
    assert (due.due_on <= day(today)) is behind
    assert due.detail["rule"] == "R-19"


SELF_HELP_MINUTES = [
    (9, {"short-sessions"}),
    (10, set()),
    (60, set()),
    (61, {"over-time"}),
]


@pytest.mark.parametrize(("minutes", "expected"), SELF_HELP_MINUTES)
def test_the_length_of_a_session_of_self_help(minutes: int, expected: set[str]) -> None:
    assert SELF_HELP is not None
    held = [a_contact(7, minutes=minutes)]

    found = package.delivered(SELF_HELP, held, started_on=START, today=day(8))

    assert set(found.warnings) == expected


R_19_MINUTES = [  # about three hours of support, in up to 9 sessions over 3 to 4 months
    ("all sessions held, a minute short", (20,) * 8 + (19,), 100, True),
    ("all sessions held, three hours", (20,) * 9, 100, False),
    ("under way, nothing is missing yet", (20,) * 3, 121, False),
    ("the time is over, a minute short", (45, 45, 45, 44), 122, True),
    ("the time is over, three hours", (45,) * 4, 122, False),
]


@pytest.mark.parametrize(
    ("minutes", "today", "short"),
    [row[1:] for row in R_19_MINUTES],
    ids=[row[0] for row in R_19_MINUTES],
)
def test_how_much_support_belongs_to_self_help(
    minutes: tuple[int, ...], today: int, short: bool
) -> None:
    assert SELF_HELP is not None
    held = [a_contact(10 * number, minutes=each) for number, each in enumerate(minutes, start=1)]

    found = package.delivered(SELF_HELP, held, started_on=START, today=day(today))

    assert ("below-minutes" in found.warnings) is short
    assert (found.minutes, found.planned_minutes) == (sum(minutes), 180)


def test_cbt_is_counted_in_sessions_alone() -> None:
    assert CBT is not None

    found = package.delivered(CBT, [a_contact(7, minutes=60)], started_on=START, today=day(200))

    assert found.planned_minutes is None
    assert "below-minutes" not in found.warnings


SHORT = [
    ("one of two is not most", (59, 60), False),
    ("two of three are", (59, 59, 60), True),
    ("two of four are not", (59, 59, 60, 60), False),
    ("without a session nothing is short", (), False),
]


@pytest.mark.parametrize(
    ("minutes", "short"), [row[1:] for row in SHORT], ids=[row[0] for row in SHORT]
)
def test_sessions_are_short_when_most_of_them_are(minutes: tuple[int, ...], short: bool) -> None:
    assert CBT is not None
    held = [a_contact(number, minutes=each) for number, each in enumerate(minutes, start=1)]

    found = package.delivered(CBT, held, started_on=START, today=day(8))

    assert ("short-sessions" in found.warnings) is short


@pytest.mark.parametrize(("number", "told"), [(20, ()), (21, (28,)), (28, (28,)), (29, ())])
def test_a_score_foretells_only_in_the_week_it_is_meant_for(
    number: int, told: tuple[int, ...]
) -> None:
    """6.2: PHQ-9 of 17 or more at week 4. One of week 2 says nothing about week 4."""
    assert CBT is not None
    readings = [(START + timedelta(days=number), 17)]

    assert package.likely_poor(CBT, readings, started_on=START) == told
