"""Counting in calendar months and working days, the way people do."""

from calendar import monthrange
from datetime import date, timedelta

SATURDAY = 5


def add_months(day: date, months: int) -> date:
    """The same day of a later month, or that month's last day where it is shorter.

    31 August and 6 months is 28 or 29 February (C-01).
    """
    year, month0 = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month0 + 1, min(day.day, monthrange(year, month0 + 1)[1]))


def working_days_before(day: date, count: int) -> date:
    """``count`` Mondays-to-Fridays before ``day``. Public holidays are the clinic's to add."""
    while count:
        day -= timedelta(days=1)
        count -= day.weekday() < SATURDAY
    return day


def working_days_after(day: date, count: int) -> date:
    """``count`` Mondays-to-Fridays after ``day``. Public holidays are the clinic's to add."""
    while count:
        day += timedelta(days=1)
        count -= day.weekday() < SATURDAY
    return day
