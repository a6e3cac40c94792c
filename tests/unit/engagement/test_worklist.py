"""Where a reminder stands on the list, and what is read first."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from services.engagement.domain.kind import Group
from services.engagement.domain.obligation import Acknowledgement
from services.engagement.domain.owed_by_course import obligations_of
from services.engagement.domain.reminder import (
    Reason,
    Reminder,
    acknowledged,
    cancelled,
    done,
    planned,
    put_off,
    shown,
)
from services.engagement.domain.wording import worded
from services.engagement.domain.worklist import (
    Section,
    late_by_minutes,
    reading_order,
    section_of,
)
from tests.support.engagement import (
    CONTENT,
    NOW,
    NURSE,
    a_course,
    a_place,
    a_review,
    a_taper,
    at,
)

DUE = at("2026-06-12T09:00")
NEXT_DAY = at("2026-06-13T00:00")
JUST_BEFORE = timedelta(seconds=1)


def a_reminder(kind: str = "change-day") -> Reminder:
    """The reminder of the change day, planned."""
    owed = obligations_of(a_course(a_taper()), CONTENT.kinds, a_place())
    one = next(each for each in owed if each.key.kind == kind)
    return planned(one, owner_id=NURSE, now=NOW)


ROW = a_reminder()
SEEN = acknowledged(ROW, Acknowledgement(NURSE, DUE, "called"))
LATER = put_off(shown(ROW, DUE), DUE + timedelta(hours=5), DUE)
PLACES = [
    ("before its time", ROW, Group.DUE, DUE - JUST_BEFORE, None),
    ("at its time, seen by no engine", ROW, Group.DUE, DUE, Section.DUE_TODAY),
    ("at its time", shown(ROW, DUE), Group.DUE, DUE, Section.DUE_TODAY),
    ("at the end of its day", ROW, Group.DUE, NEXT_DAY - JUST_BEFORE, Section.DUE_TODAY),
    ("the day after", ROW, Group.DUE, NEXT_DAY, Section.OVERDUE),
    ("a preparation", ROW, Group.PREPARE, DUE, Section.PREPARE),
    ("a late preparation", ROW, Group.PREPARE, NEXT_DAY, Section.OVERDUE),
    ("safety", ROW, Group.SAFETY, DUE, Section.SAFETY_NOW),
    ("safety in hand", SEEN, Group.SAFETY, NEXT_DAY, Section.SAFETY_NOW),
    ("in hand", SEEN, Group.DUE, DUE, Section.WAITING),
    ("in hand and late", SEEN, Group.DUE, NEXT_DAY, Section.OVERDUE),
    ("put off", LATER, Group.DUE, DUE, Section.WAITING),
    ("put off until now", LATER, Group.DUE, DUE + timedelta(hours=5), Section.DUE_TODAY),
    ("done", done(ROW, DUE), Group.DUE, NEXT_DAY, None),
    ("cancelled", cancelled(ROW, Reason.STOPPED), Group.SAFETY, NEXT_DAY, None),
]


@pytest.mark.parametrize(
    ("why", "row", "group", "now", "expected"), PLACES, ids=[row[0] for row in PLACES]
)
def test_where_a_reminder_stands(
    why: str, row: Reminder, group: Group, now: datetime, expected: Section | None
) -> None:
    assert section_of(row, group, now) == expected


def test_the_list_is_read_by_section_then_risk_then_how_long_it_waits() -> None:
    order = [
        (replace(ROW, risk=3), Section.SAFETY_NOW),
        (replace(ROW, risk=2), Section.OVERDUE),
        (replace(ROW, due_at=DUE - timedelta(days=9)), Section.OVERDUE),
        (ROW, Section.OVERDUE),
        (replace(ROW, risk=0, due_at=DUE - timedelta(days=20)), Section.DUE_TODAY),
        (ROW, Section.PREPARE),
        (replace(ROW, risk=0), Section.WAITING),
    ]

    for (row, section), (later, following) in pairwise(order):
        assert reading_order(row, section) < reading_order(later, following)


LATE = [("not yet", -1, 0), ("now", 0, 0), ("a while", 59, 0), ("a minute", 60, 1)]


@pytest.mark.parametrize(("why", "seconds", "minutes"), LATE, ids=[row[0] for row in LATE])
def test_how_late_it_is(why: str, seconds: int, minutes: int) -> None:
    now = DUE + timedelta(seconds=seconds)

    assert late_by_minutes(ROW, now) == minutes
    assert late_by_minutes(done(ROW, DUE), now) == 0


def test_a_row_says_what_why_and_what_to_do() -> None:
    words = worded(ROW, CONTENT.kinds["change-day"], medicines=True)

    assert words.title == "Change day, step 1 of 8: one 50 mg tablet to half a 50 mg tablet"
    assert words.why == "The signed plan changes the dose on 12 June 2026."
    assert words.what.startswith("Check how the person is")


def test_without_the_medicine_a_row_still_says_what_to_do() -> None:
    words = worded(ROW, CONTENT.kinds["change-day"], medicines=False)

    assert words.title == "Change day, step 1 of 8"
    assert words.why == "The signed plan changes the dose on 12 June 2026."


def test_a_review_names_its_kind_in_words() -> None:
    course = a_course(reviews=(a_review(),))
    (one,) = obligations_of(course, CONTENT.kinds, a_place())

    words = worded(
        planned(one, owner_id=None, now=NOW), CONTENT.kinds["course-review"], medicines=True
    )

    assert words.title == "Course review: decision"
    assert words.why == "Planned for 12 June 2026 by rule C-03."
