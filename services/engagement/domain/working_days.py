"""Days and hours on which the clinic works."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.engagement.domain.local_time import instant, local_day

_DAY = timedelta(days=1)
_LONGEST_CLOSURE = 366


@dataclass(frozen=True, slots=True, kw_only=True)
class ClinicHours:
    """When somebody is at the desk, in the clinic's own zone."""

    zone: ZoneInfo
    opens: time
    closes: time
    is_working_day: Callable[[date], bool]


def working_days_before(day: date, count: int, is_working_day: Callable[[date], bool]) -> date:
    """The working day that leaves ``count`` working days, itself included, before ``day``."""
    found = day
    for _ in range(count):
        found = _next(found - _DAY, -_DAY, is_working_day)
    return found


def working_days_after(day: date, count: int, is_working_day: Callable[[date], bool]) -> date:
    """The last of the ``count`` working days that follow ``day``."""
    found = day
    for _ in range(count):
        found = _next(found + _DAY, _DAY, is_working_day)
    return found


def after_working_time(start: datetime, spent: timedelta, hours: ClinicHours) -> datetime:
    """The instant at which ``spent`` of opening time has passed since ``start``.

    Zero from a closed moment is the next opening, so nobody is called at night by routine.
    """
    day = _next(local_day(start, hours.zone), _DAY, hours.is_working_day)
    left = spent
    while True:
        opens, closes = _span(day, hours)
        begin = max(start, opens)
        if begin < closes and begin + left <= closes:
            return (begin + left).astimezone(UTC)
        left -= max(closes - begin, timedelta(0))
        day = _next(day + _DAY, _DAY, hours.is_working_day)


def _span(day: date, hours: ClinicHours) -> tuple[datetime, datetime]:
    return instant(day, hours.opens, hours.zone), instant(day, hours.closes, hours.zone)


def _next(day: date, step: timedelta, is_working_day: Callable[[date], bool]) -> date:
    for _ in range(_LONGEST_CLOSURE):
        if is_working_day(day):
            return day
        day += step
    raise ValueError("the calendar has no working day within a year")
