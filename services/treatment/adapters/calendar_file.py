"""A person's entries as an iCalendar file (RFC 5545) that calendars subscribe to.

The same entries give the same bytes, so that a calendar learns from the ETag that nothing changed.
No entry says what is taken or how much: a calendar may be days behind, and others may read it.
"""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from icalendar import Alarm, Calendar, Event, vDuration

from services.treatment.domain.diary import DiaryEntry, EntryState, Titles
from services.treatment.domain.owed import CHANGE

LASTS = timedelta(minutes=30)
READ_AGAIN = timedelta(hours=1)
NOTE = (
    "Calendars can be behind. What you and your clinic agreed last counts: "
    "ask them before you change anything."
)


def calendar_file(entries: Sequence[DiaryEntry], titles: Titles, *, clinic_time: time) -> bytes:
    """The whole feed. A change is a whole day; being asked how one is has the clinic's time."""
    calendar = Calendar()
    calendar.add("prodid", "-//Mooring//Calendar 1//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("name", titles.check_in)
    calendar.add("x-wr-calname", titles.check_in)
    calendar.add("refresh-interval", READ_AGAIN, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", vDuration(READ_AGAIN))
    for entry in entries:
        calendar.add_component(_event(entry, titles.of(entry.kind), clinic_time=clinic_time))
    if entries:
        years = [entry.on.year for entry in entries]
        calendar.add_missing_timezones(date(min(years) - 1, 1, 1), date(max(years) + 2, 1, 1))
    written: bytes = calendar.to_ical()
    return written


def _event(entry: DiaryEntry, title: str, *, clinic_time: time) -> Event:
    event = Event()
    event.add("uid", _uid(entry.uid))
    event.add("sequence", entry.sequence)
    event.add("dtstamp", entry.changed_at)
    event.add("last-modified", entry.changed_at)
    event.add("summary", title)
    event.add("description", NOTE)
    event.add("class", "PRIVATE")
    event.add("transp", "TRANSPARENT")
    is_off = entry.state is EntryState.OFF
    event.add("status", "CANCELLED" if is_off else "CONFIRMED")
    if entry.kind == CHANGE:
        event.add("dtstart", entry.on)
        event.add("dtend", entry.on + timedelta(days=1))
        rings_after = timedelta(hours=clinic_time.hour, minutes=clinic_time.minute)
    else:
        starts = datetime.combine(entry.on, clinic_time, tzinfo=ZoneInfo(entry.zone))
        event.add("dtstart", starts)
        event.add("dtend", starts + LASTS)
        rings_after = timedelta(0)
    if entry.state is EntryState.AHEAD:
        event.add_component(_alarm(title, rings_after))
    return event


def _alarm(title: str, rings_after: timedelta) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", title)
    alarm.add("trigger", rings_after)
    return alarm


def _uid(uid: UUID) -> str:
    return f"{uid}@mooring"
