"""A local date and a clinic's time become an instant on the day the clocks change too (H-16).

Source: reliability.md 2.10: a skipped time is the first instant after the gap, a time that
occurs twice is its first occurrence.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.engagement.domain.errors import UnknownZone
from services.engagement.domain.local_time import instant, local_day, zone_named

GAPS = [
    ("Europe/London", date(2026, 3, 29), time(1, 30), "2026-03-29T01:00:00"),
    ("America/New_York", date(2026, 3, 8), time(2, 30), "2026-03-08T07:00:00"),
    ("Australia/Lord_Howe", date(2026, 10, 4), time(2, 15), "2026-10-03T15:30:00"),
    ("America/Santiago", date(2026, 9, 6), time(0, 0), "2026-09-06T04:00:00"),
    ("Africa/Cairo", date(2026, 4, 24), time(0, 30), "2026-04-23T22:00:00"),
    ("Pacific/Apia", date(2011, 12, 30), time(9, 0), "2011-12-30T10:00:00"),
]
FOLDS = [
    ("Europe/London", date(2026, 10, 25), time(1, 30), "2026-10-25T00:30:00"),
    ("America/New_York", date(2026, 11, 1), time(1, 30), "2026-11-01T05:30:00"),
    ("Australia/Lord_Howe", date(2026, 4, 5), time(1, 45), "2026-04-04T14:45:00"),
    ("America/Santiago", date(2026, 4, 4), time(23, 30), "2026-04-05T02:30:00"),
    ("Africa/Cairo", date(2026, 10, 29), time(23, 15), "2026-10-29T20:15:00"),
]
CLINIC = [
    ("Europe/London", date(2026, 3, 28), "2026-03-28T09:00:00"),
    ("Europe/London", date(2026, 3, 29), "2026-03-29T08:00:00"),
    ("Europe/London", date(2026, 10, 25), "2026-10-25T09:00:00"),
    ("America/New_York", date(2026, 3, 8), "2026-03-08T13:00:00"),
    ("America/New_York", date(2026, 11, 1), "2026-11-01T14:00:00"),
    ("Australia/Lord_Howe", date(2026, 10, 4), "2026-10-03T22:00:00"),
    ("Australia/Lord_Howe", date(2026, 4, 5), "2026-04-04T22:30:00"),
    ("America/Santiago", date(2026, 9, 6), "2026-09-06T12:00:00"),
    ("Asia/Kathmandu", date(2026, 12, 31), "2026-12-31T03:15:00"),
    ("Pacific/Kiritimati", date(2026, 1, 1), "2025-12-31T19:00:00"),
]


@pytest.mark.parametrize(("zone", "day", "at", "expected"), GAPS)
def test_a_skipped_time_is_the_first_instant_after_the_gap(
    zone: str, day: date, at: time, expected: str
) -> None:
    assert instant(day, at, ZoneInfo(zone)) == datetime.fromisoformat(expected + "Z")


@pytest.mark.parametrize(("zone", "day", "at", "expected"), FOLDS)
def test_a_time_that_occurs_twice_is_the_first(
    zone: str, day: date, at: time, expected: str
) -> None:
    assert instant(day, at, ZoneInfo(zone)) == datetime.fromisoformat(expected + "Z")


@pytest.mark.parametrize(("zone", "day", "expected"), CLINIC)
def test_nine_in_the_morning_where_the_patient_is(zone: str, day: date, expected: str) -> None:
    assert instant(day, time(9), ZoneInfo(zone)) == datetime.fromisoformat(expected + "Z")


@pytest.mark.parametrize(
    "zone",
    sorted({zone for zone, *_ in FOLDS}),
)
def test_every_day_of_two_years_at_nine_keeps_its_date_and_hour(zone: str) -> None:
    place = ZoneInfo(zone)
    for number in range(731):
        day = date(2026, 1, 1) + timedelta(days=number)

        at = instant(day, time(9), place)

        assert at.tzinfo is UTC
        assert local_day(at, place) == day
        assert at.astimezone(place).time() == time(9)


def test_midnight_on_a_day_that_starts_at_one_is_its_first_instant() -> None:
    place = ZoneInfo("America/Santiago")

    starts = instant(date(2026, 9, 6), time(0), place)

    assert local_day(starts, place) == date(2026, 9, 6)
    assert local_day(starts - timedelta(seconds=1), place) == date(2026, 9, 5)


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../etc/passwd", "Europe"])
def test_a_zone_that_does_not_exist_is_refused(name: str) -> None:
    with pytest.raises(UnknownZone):
        zone_named(name)
