"""From a local date and a clinic's time to an instant, whatever the clocks do that night."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.engagement.domain.errors import UnknownZone

_SECOND = timedelta(seconds=1)


def zone_named(name: str) -> ZoneInfo:
    """The IANA zone of this name.

    Raises:
        UnknownZone: there is none.
    """
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as unknown:
        raise UnknownZone from unknown


def instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The UTC instant at which the clock on that wall first shows this date and time.

    A time that occurs twice means the first. A time that is skipped means the first instant
    that exists after it, so 02:30 in a gap from 02:00 to 03:00 is 03:00.
    """
    wall = datetime.combine(day, at)
    first = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if first.astimezone(zone).replace(tzinfo=None) == wall:
        return first
    before_the_gap = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    return _transition(before_the_gap, first, zone)


def local_day(at: datetime, zone: ZoneInfo) -> date:
    """The date on the wall of that zone at this instant."""
    return at.astimezone(zone).date()


def in_utc(at: datetime) -> datetime:
    """The same instant, to sort by. Instants with zones of their own, as they are read from text,
    ask them for the offset at each comparison, which takes eight times as long."""
    return at.astimezone(UTC)


def _transition(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The first second at which the new offset holds; it changes once between the two."""
    old = before.astimezone(zone).utcoffset()
    low, high = 0, (after - before) // _SECOND
    while high - low > 1:
        middle = (low + high) // 2
        if (before + middle * _SECOND).astimezone(zone).utcoffset() == old:
            low = middle
        else:
            high = middle
    return before + high * _SECOND
