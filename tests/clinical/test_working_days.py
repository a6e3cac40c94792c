"""Working days before a change, and working time on a ladder (English holidays of 2026).

Source: evidence pack 3.6 and T-19 (supply), reliability.md P15 (ladders).
"""

from datetime import date, datetime, timedelta

import pytest

from services.engagement.adapters.content import load
from services.engagement.domain.working_days import after_working_time, working_days_before

HOURS = load().hours

SUPPLY = [
    ("an ordinary Friday", date(2026, 6, 12), date(2026, 6, 9)),
    ("a Monday counts back over the weekend", date(2026, 6, 15), date(2026, 6, 10)),
    ("a Sunday change still leaves three days", date(2026, 6, 14), date(2026, 6, 10)),
    ("after the early May holiday", date(2026, 5, 6), date(2026, 4, 30)),
    ("after Easter", date(2026, 4, 8), date(2026, 4, 1)),
    ("after Christmas and a substitute day", date(2026, 12, 30), date(2026, 12, 23)),
    ("over the new year", date(2027, 1, 5), date(2026, 12, 30)),
    ("after a leap day", date(2028, 3, 2), date(2028, 2, 28)),
]
LATER = [
    ("within a morning", "2026-06-09T09:00+01:00", 4, "2026-06-09T13:00+01:00"),
    ("up to closing time", "2026-06-09T13:00+01:00", 4, "2026-06-09T17:00+01:00"),
    ("overnight", "2026-06-09T16:00+01:00", 4, "2026-06-10T12:00+01:00"),
    ("a whole working day", "2026-06-09T09:00+01:00", 8, "2026-06-09T17:00+01:00"),
    ("over a weekend", "2026-06-12T16:00+01:00", 2, "2026-06-15T10:00+01:00"),
    ("from a Saturday", "2026-06-13T09:00+01:00", 4, "2026-06-15T13:00+01:00"),
    ("from before opening", "2026-06-09T05:00+01:00", 1, "2026-06-09T10:00+01:00"),
    ("over a bank holiday", "2026-05-01T15:00+01:00", 4, "2026-05-05T11:00+01:00"),
    ("over the spring change", "2026-03-27T16:00+00:00", 2, "2026-03-30T10:00+01:00"),
    ("over the autumn change", "2026-10-23T16:00+01:00", 2, "2026-10-26T10:00+00:00"),
]


@pytest.mark.parametrize(("why", "change_on", "expected"), SUPPLY, ids=[row[0] for row in SUPPLY])
def test_three_working_days_before_a_change(why: str, change_on: date, expected: date) -> None:
    assert working_days_before(change_on, 3, HOURS.is_working_day) == expected


@pytest.mark.parametrize(("why", "start", "hours", "expected"), LATER, ids=[r[0] for r in LATER])
def test_working_time_runs_only_while_the_clinic_is_open(
    why: str, start: str, hours: int, expected: str
) -> None:
    after = after_working_time(datetime.fromisoformat(start), timedelta(hours=hours), HOURS)

    assert after == datetime.fromisoformat(expected)


def test_no_working_time_from_the_night_is_the_next_opening() -> None:
    after = after_working_time(
        datetime.fromisoformat("2026-06-13T02:00+01:00"), timedelta(0), HOURS
    )

    assert after == datetime.fromisoformat("2026-06-15T09:00+01:00")


def test_a_calendar_without_working_days_is_refused_and_never_loops() -> None:
    with pytest.raises(ValueError, match="no working day"):
        working_days_before(date(2026, 6, 12), 1, lambda _day: False)
