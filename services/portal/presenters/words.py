"""Dates, names and codes as people say them. Every date names its weekday and its distance."""

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_NEAR = {-1: "yesterday", 0: "today", 1: "tomorrow"}
_MONTH_DAYS = 30.44
_ISO_DATE = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")

ROLES = {
    "prescriber": "Prescriber",
    "nurse": "Nurse",
    "lead": "Team lead",
    "facilitator": "Facilitator",
    "operations": "Operations",
    "auditor": "Auditor",
}

SPOKEN = {
    "qt": "QT",
    "cbt": "CBT",
    "ssri": "SSRI",
    "snri": "SNRI",
    "maoi": "MAOI",
    "nsaid": "NSAID",
    "mg": "mg",
    "ocd": "OCD",
    "ptsd": "PTSD",
    "cyp2c19": "CYP2C19",
    "cyp2d6": "CYP2D6",
    "cyp3a4": "CYP3A4",
}
"""Parts of a code that are not written as an ordinary word."""


def day(value: date) -> str:
    """``Tue 4 May 2027``."""
    return f"{_DAYS[value.weekday()]} {value.day} {_MONTHS[value.month - 1]} {value.year}"


def away(value: date, *, today: date) -> str:
    """``in 3 days``, ``yesterday``, ``5 weeks ago``, ``in 6 months``."""
    days = (value - today).days
    if days in _NEAR:
        return _NEAR[days]
    span = duration(abs(days))
    return f"in {span}" if days > 0 else f"{span} ago"


def duration(days: int) -> str:
    """A number of days as people say it: days up to two weeks, then weeks, then months."""
    if days < 14:
        return count(days, "day")
    if days < 84:
        return count(round(days / 7), "week")
    return count(round(days / _MONTH_DAYS), "month")


def when(value: date, *, today: date) -> str:
    """``Tue 4 May 2027, in 3 days``."""
    return f"{day(value)}, {away(value, today=today)}"


def moment(value: datetime, *, zone: ZoneInfo, now: datetime) -> str:
    """``Tue 4 May 2027 at 09:00, in 3 days``; on the day itself minutes and hours count."""
    local = value.astimezone(zone)
    said = f"{day(local.date())} at {local:%H:%M}"
    if local.date() == now.astimezone(zone).date():
        return f"{said}, {_minutes_away(value - now)}"
    return f"{said}, {away(local.date(), today=now.astimezone(zone).date())}"


def lateness(minutes: int) -> str:
    """How late something is: ``20 minutes``, ``3 hours``, ``2 days``."""
    if minutes < 60:
        return count(minutes, "minute")
    if minutes < 48 * 60:
        return count(minutes // 60, "hour")
    return duration(minutes // (24 * 60))


def count(number: int, noun: str) -> str:
    """``1 day``, ``2 days``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def daily(text: str, dose_mg: Decimal) -> str:
    """A dose in product units with its total: ``one 50 mg tablet (50 mg a day)``."""
    return f"{text} ({dose_mg.normalize():f} mg a day)" if dose_mg else text


def full_name(given: str, family: str) -> str:
    """Given name first, as the person is spoken to."""
    return f"{given} {family}"


def born(birth_date: date, *, today: date) -> str:
    """``born 4 May 1956, 70 years old``."""
    had_birthday = (today.month, today.day) >= (birth_date.month, birth_date.day)
    age = today.year - birth_date.year - (not had_birthday)
    return f"born {birth_date.day} {_MONTHS[birth_date.month - 1]} {birth_date.year}, {age} years"


def plain(code: str) -> str:
    """A code in words: ``prolonged-qt`` is ``Prolonged QT``."""
    words = [SPOKEN.get(part, part) for part in code.replace("_", "-").split("-")]
    said = " ".join(words)
    return said[:1].upper() + said[1:]


def spoken(text: str) -> str:
    """A service's sentence with its dates said as everywhere else."""
    return _ISO_DATE.sub(_said_day, text)


def instrument(code: str) -> str:
    """A questionnaire by its code, as clinicians write it: ``phq-9`` is ``PHQ-9``."""
    return code.upper()


def deadline(value: datetime, *, zone: ZoneInfo, now: datetime) -> str:
    """``today at 17:25, in 3 hours``, ``Tue 4 May 2027 at 09:00, tomorrow``; midnight is the
    end of the day before."""
    local, today = value.astimezone(zone), now.astimezone(zone).date()
    if local.time() == time.min:
        last = local.date() - timedelta(days=1)
        return f"the end of {'today' if last == today else when(last, today=today)}"
    if value.astimezone(zone).date() == now.astimezone(zone).date():
        return f"today at {value.astimezone(zone):%H:%M}, {_minutes_away(value - now)}"
    return moment(value, zone=zone, now=now)


def who(staff_id: UUID | None, names: Mapping[UUID, str]) -> str:
    """A member of staff by name."""
    if staff_id is None:
        return "nobody yet"
    return names.get(staff_id, "somebody who is not in the staff list")


def who_recorded(actor: str, names: Mapping[UUID, str]) -> str:
    """``staff:<id>`` by name, ``rule:T-06@1`` as ``the system, by rule T-06``."""
    kind, _, rest = actor.partition(":")
    if kind == "rule":
        return f"the system, by rule {rest.partition('@')[0]}"
    if kind == "patient":
        return "the person themselves"
    if kind != "staff":
        return "the system"
    try:
        return who(UUID(rest), names)
    except ValueError:
        return "the system"


def _said_day(found: re.Match[str]) -> str:
    try:
        return day(date.fromisoformat(found[0]))
    except ValueError:
        return found[0]


def _minutes_away(gap: timedelta) -> str:
    minutes = round(gap.total_seconds() / 60)
    if minutes == 0:
        return "now"
    span = lateness(abs(minutes))
    return f"in {span}" if minutes > 0 else f"{span} ago"
