"""Dates, names and codes as people say them. Every date names its weekday and its distance."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from services.portal.presenters import language
from services.portal.presenters.language import gettext as _
from services.portal.presenters.language import mark, ngettext, said

_NEAR = {-1: mark("yesterday"), 0: mark("today"), 1: mark("tomorrow")}
_MONTH_DAYS, _YEAR_DAYS = 30.44, 365.25
_YEARS_FROM = 3 * 365
_ISO_DATE = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")
_AMOUNT = re.compile(r"(?<![\w.-])\d+\.\d+(?= ?(?:mg|mL|micrograms?|%|points?|tablets?)\b)")

_NOUNS: dict[str, Callable[[int], str]] = {
    "minute": lambda n: ngettext("%(num)s minute", "%(num)s minutes", n),
    "hour": lambda n: ngettext("%(num)s hour", "%(num)s hours", n),
    "day": lambda n: ngettext("%(num)s day", "%(num)s days", n),
    "week": lambda n: ngettext("%(num)s week", "%(num)s weeks", n),
    "month": lambda n: ngettext("%(num)s month", "%(num)s months", n),
    "year": lambda n: ngettext("%(num)s year", "%(num)s years", n),
    "second": lambda n: ngettext("%(num)s second", "%(num)s seconds", n),
    "time": lambda n: ngettext("%(num)s time", "%(num)s times", n),
    "attempt": lambda n: ngettext("%(num)s attempt", "%(num)s attempts", n),
    "question": lambda n: ngettext("%(num)s question", "%(num)s questions", n),
    "message": lambda n: ngettext("%(num)s message", "%(num)s messages", n),
}
_AHEAD: dict[str, Callable[[int], str]] = {
    "minute": lambda n: ngettext("in %(num)s minute", "in %(num)s minutes", n),
    "hour": lambda n: ngettext("in %(num)s hour", "in %(num)s hours", n),
    "day": lambda n: ngettext("in %(num)s day", "in %(num)s days", n),
    "week": lambda n: ngettext("in %(num)s week", "in %(num)s weeks", n),
    "month": lambda n: ngettext("in %(num)s month", "in %(num)s months", n),
    "year": lambda n: ngettext("in %(num)s year", "in %(num)s years", n),
}
_AGO: dict[str, Callable[[int], str]] = {
    "minute": lambda n: ngettext("%(num)s minute ago", "%(num)s minutes ago", n),
    "hour": lambda n: ngettext("%(num)s hour ago", "%(num)s hours ago", n),
    "day": lambda n: ngettext("%(num)s day ago", "%(num)s days ago", n),
    "week": lambda n: ngettext("%(num)s week ago", "%(num)s weeks ago", n),
    "month": lambda n: ngettext("%(num)s month ago", "%(num)s months ago", n),
    "year": lambda n: ngettext("%(num)s year ago", "%(num)s years ago", n),
}


ROLES = said(
    {
        "prescriber": mark("Prescriber"),
        "nurse": mark("Nurse"),
        "lead": mark("Team lead"),
        "facilitator": mark("Facilitator"),
        "operations": mark("Operations"),
        "auditor": mark("Auditor"),
    }
)

ANYBODY = said(
    {
        "prescriber": mark("any prescriber"),
        "nurse": mark("any nurse"),
        "lead": mark("any team lead"),
        "facilitator": mark("any facilitator"),
        "operations": mark("operations"),
        "auditor": mark("any auditor"),
    }
)

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
    return language.day(value)


def away(value: date, *, today: date) -> str:
    """``in 3 days``, ``yesterday``, ``5 weeks ago``, ``in 6 months``, ``in 25 years``."""
    days = (value - today).days
    if days in _NEAR:
        return _(_NEAR[days])
    number, unit = _span(abs(days))
    return (_AHEAD if days > 0 else _AGO)[unit](number)


def duration(days: int) -> str:
    """A number of days as people say it: days up to two weeks, then weeks, then months,
    from three years on years."""
    number, unit = _span(days)
    return count(number, unit)


def when(value: date, *, today: date) -> str:
    """``Tue 4 May 2027, in 3 days``."""
    return f"{day(value)}, {away(value, today=today)}"


def moment(value: datetime, *, zone: ZoneInfo, now: datetime) -> str:
    """``Tue 4 May 2027 at 09:00, in 3 days``; on the day itself minutes and hours count."""
    local = value.astimezone(zone)
    at = _("%(day)s at %(time)s", day=day(local.date()), time=f"{local:%H:%M}")
    if local.date() == now.astimezone(zone).date():
        return f"{at}, {_minutes_away(value - now)}"
    return f"{at}, {away(local.date(), today=now.astimezone(zone).date())}"


def length(minutes: int) -> str:
    """How long something took in all: ``50 minutes``, ``6 hours``, ``6 hours 20 minutes``."""
    hours, rest = divmod(minutes, 60)
    if not hours:
        return count(minutes, "minute")
    return f"{count(hours, 'hour')} {count(rest, 'minute')}" if rest else count(hours, "hour")


def lateness(minutes: int) -> str:
    """How late something is: ``20 minutes``, ``3 hours``, ``2 days``."""
    number, unit = _short_span(minutes)
    return count(number, unit)


def count(number: int, noun: str) -> str:
    """``1 day``, ``2 days``. Only nouns of the table above, which every language knows."""
    return _NOUNS[noun](number)


def decimal(value: Decimal | int) -> str:
    """``12.5``, in German ``12,5``: without grouping, without zeros at its end."""
    return language.decimal(value)


def money(amount: Decimal, currency: str) -> str:
    """``£2.50``, in German ``2,50 £``; without a currency the number alone."""
    return language.money(amount, currency) if currency else decimal(amount)


def daily(text: str, dose_mg: Decimal) -> str:
    """A dose in product units with its total: ``one 50 mg tablet (50 mg a day)``."""
    if not dose_mg:
        return spoken(text)
    return _("%(dose)s (%(mg)s mg a day)", dose=spoken(text), mg=decimal(dose_mg))


NOBODY_KNOWS = date.min
"""The birth date of somebody whose key is destroyed or missing."""


def full_name(given: str, family: str) -> str:
    """Given name first, as the person is spoken to."""
    return f"{given} {family}"


class Born(Protocol):
    """Somebody whom a service speaks of: of somebody erased it knows the year alone."""

    @property
    def birth_date(self) -> date | None: ...
    @property
    def birth_year(self) -> int | None: ...


def birth(one: Born, *, today: date) -> str:
    """``4 May 1956, 70 years``: under a heading that says what it is."""
    day, year = _birth(one)
    if year:
        return _("%(year)s (day erased)", year=year)
    if day is None:
        return _("not known")
    age = _age(day, today=today)
    said = language.birth_day(day)
    return ngettext("%(day)s, %(num)s year", "%(day)s, %(num)s years", age, day=said)


def born(one: Born, *, today: date) -> str:
    """``born 4 May 1956, 70 years``; nothing where it is not known."""
    day, year = _birth(one)
    if year:
        return _("born %(year)s (day erased)", year=year)
    if day is None:
        return ""
    age = _age(day, today=today)
    said = language.birth_day(day)
    return ngettext("born %(day)s, %(num)s year", "born %(day)s, %(num)s years", age, day=said)


def birth_day(one: Born) -> str:
    """``Fri 4 May 1956``, or what is known instead: one line of a record."""
    day, year = _birth(one)
    if year:
        return _("%(year)s (day erased)", year=year)
    return language.day(day) if day else _("not known")


def _birth(one: Born) -> tuple[date | None, int | None]:
    """The day, or the year alone. An assessment service of an earlier release says of somebody
    erased the first day of the year, and no year."""
    day, year = one.birth_date, one.birth_year
    if day == NOBODY_KNOWS:
        day = None
    if day and not year and getattr(one, "erased_on", None):
        year = day.year
    return (None, year) if year else (day, None)


def graded(source: str, grade: str, review: str = "") -> str:
    """Where a figure or a rule comes from, and how good that is."""
    said = _("%(source)s; grade %(grade)s", source=source, grade=grade)
    return f"{said}; {review}" if review else said


def labelled(label: str, value: str) -> str:
    """One line of a record that is compared with an earlier one."""
    return _("%(label)s: %(value)s", label=label, value=value)


def plain(code: str) -> str:
    """A code in words: ``prolonged-qt`` is ``Prolonged QT``."""
    words = [SPOKEN.get(part, part) for part in code.replace("_", "-").split("-")]
    said = " ".join(words)
    return said[:1].upper() + said[1:]


def spoken(text: str) -> str:
    """A service's sentence with its dates and amounts written as everywhere else."""
    return _AMOUNT.sub(_said_decimal, _ISO_DATE.sub(_said_day, text))


def instrument(code: str) -> str:
    """A questionnaire by its code, as clinicians write it: ``phq-9`` is ``PHQ-9``."""
    return code.upper()


def deadline(value: datetime, *, zone: ZoneInfo, now: datetime) -> str:
    """``today at 17:25, in 3 hours``, ``Tue 4 May 2027 at 09:00, tomorrow``; midnight is the
    end of the day before."""
    local, today = value.astimezone(zone), now.astimezone(zone).date()
    if local.time() == time.min:
        last = local.date() - timedelta(days=1)
        if last == today:
            return _("the end of today")
        return _("the end of %(day)s", day=when(last, today=today))
    if local.date() == today:
        at = _("today at %(time)s", time=f"{local:%H:%M}")
        return f"{at}, {_minutes_away(value - now)}"
    return moment(value, zone=zone, now=now)


def who(staff_id: UUID | None, names: Mapping[UUID, str]) -> str:
    """A member of staff by name."""
    if staff_id is None:
        return _("nobody yet")
    return names.get(staff_id) or _("somebody who is not in the staff list")


def who_recorded(actor: str, names: Mapping[UUID, str]) -> str:
    """``staff:<id>`` by name, ``rule:T-06@1`` as ``the system, by rule T-06``."""
    kind, _colon, rest = actor.partition(":")
    if kind == "rule":
        return _("the system, by rule %(rule)s", rule=rest.partition("@")[0])
    if kind == "patient":
        return _("the person themselves")
    if kind != "staff":
        return _("the system")
    try:
        return who(UUID(rest), names)
    except ValueError:
        return _("the system")


def _age(birth_date: date, *, today: date) -> int:
    had_birthday = (today.month, today.day) >= (birth_date.month, birth_date.day)
    return today.year - birth_date.year - (not had_birthday)


def _said_day(found: re.Match[str]) -> str:
    try:
        return day(date.fromisoformat(found[0]))
    except ValueError:
        return found[0]


def _said_decimal(found: re.Match[str]) -> str:
    whole, _point, part = found[0].partition(".")
    return f"{whole}{language.decimal_sign()}{part}"


def _minutes_away(gap: timedelta) -> str:
    minutes = round(gap.total_seconds() / 60)
    if minutes == 0:
        return _("now")
    number, unit = _short_span(abs(minutes))
    return (_AHEAD if minutes > 0 else _AGO)[unit](number)


def _span(days: int) -> tuple[int, str]:
    if days < 14:
        return days, "day"
    if days < 84:
        return round(days / 7), "week"
    if days < _YEARS_FROM:
        return round(days / _MONTH_DAYS), "month"
    return round(days / _YEAR_DAYS), "year"


def _short_span(minutes: int) -> tuple[int, str]:
    if minutes < 60:
        return minutes, "minute"
    if minutes < 48 * 60:
        return minutes // 60, "hour"
    return _span(minutes // (24 * 60))
