"""A list on paper: one line a thing, with a box to tick, the worst first."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from services.portal.presenters import words
from services.portal.presenters.language import gettext as _
from services.portal.presenters.today import NAMELESS, TITLES, Setting
from shared.api.engagement import Section
from shared.api.notices import RoundLine, RoundList

_SECTIONS: Mapping[str, Section] = {one.name.lower(): one for one in Section}


@dataclass(frozen=True, slots=True)
class Line:
    """One thing to do for one person."""

    name: str
    birth: str
    due: str
    title: str
    what: str
    in_hand: bool


@dataclass(frozen=True, slots=True)
class Part:
    """The lines of one section."""

    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Round:
    """The whole list, and when it was written."""

    day: str
    made: str
    parts: tuple[Part, ...]
    count: str
    before_href: str
    after_href: str


def page(told: RoundList, setting: Setting) -> Round:
    """The list in the order it is read."""
    parts = groupby(told.items, key=lambda line: line.section)
    return Round(
        day=words.day(told.day),
        made=words.moment(told.made_at, zone=setting.zone, now=setting.now),
        parts=tuple(
            Part(_title(section), tuple(_line(line, setting) for line in lines))
            for section, lines in parts
        ),
        count=_("%(lines)s lines", lines=len(told.items)),
        before_href=_href(told.day - timedelta(days=1)),
        after_href=_href(told.day + timedelta(days=1)),
    )


def day_of(text: str) -> date | None:
    """A day from an address; None when it is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _title(section: str | None) -> str:
    known = _SECTIONS.get(section or "")
    return TITLES[known] if known else _("Later today")


def _line(line: RoundLine, setting: Setting) -> Line:
    return Line(
        name=line.patient_name or _(NAMELESS),
        birth=words.born(line, today=setting.today),
        due=words.moment(line.due_at, zone=setting.zone, now=setting.now),
        title=line.title,
        what=line.what,
        in_hand=line.state == "acknowledged",
    )


def _href(day: date) -> str:
    return f"/round?on={day.isoformat()}"
