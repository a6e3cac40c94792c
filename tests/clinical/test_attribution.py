"""Withdrawal or relapse: what speaks for either (3.4), on both sides of each limit."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from services.treatment.domain.attribution import Seen, Suggestion, attribute, onset_days
from services.treatment.domain.gate import Mood, Severity
from tests.support.courses import BOOK, PERSON, four_symptoms, said

RULES = BOOK.attribution
CUT_ON = date(2026, 6, 1)
HOURS = Decimal(24)
DIZZY = said(withdrawal=Severity.MODERATE, symptoms=four_symptoms(dizziness=Severity.MODERATE))
LOW = said(mood=Mood.WORSE, symptoms=four_symptoms())
W, R, C = Suggestion.WITHDRAWAL, Suggestion.RELAPSE, Suggestion.CANNOT_TELL


def seen(report=None, *, days: int = 3, **changes) -> Seen:
    one = Seen(
        said=report,
        reported_on=CUT_ON + timedelta(days=days),
        cut_on=CUT_ON,
        reinstated_on=None,
        half_life_hours=HOURS,
        person=PERSON,
    )
    return replace(one, **changes)


@pytest.mark.parametrize(
    ("one", "suggestion"),
    [
        (seen(DIZZY, days=5), W),
        (seen(DIZZY, days=6), W),
        (seen(DIZZY, days=22), C),
        (seen(LOW, days=22), R),
        (seen(LOW, days=21), R),
        (seen(LOW, days=5), C),
        (seen(said(), days=3, reinstated_on=CUT_ON, cut_on=None), W),
        (seen(said(tolerable=False), days=4, reinstated_on=CUT_ON, cut_on=None), R),
        (seen(None, reported_on=None), C),
    ],
    ids=[
        "bodily within five days",
        "bodily just after",
        "bodily, but weeks later",
        "mood alone, weeks later",
        "mood alone, between",
        "mood alone, within days",
        "better three days after restarting",
        "not better four days after restarting",
        "nothing reported",
    ],
)
def test_what_is_suggested(one, suggestion):
    found = attribute(one, rules=RULES, check_in=BOOK.steps.check_in)

    assert found.suggestion is suggestion


@pytest.mark.parametrize(("hours", "days"), [(10, 5), (24, 5), (25, 6), (96, 20)])
def test_the_window_scales_with_the_half_life(hours, days):
    assert onset_days(Decimal(hours), RULES) == days
