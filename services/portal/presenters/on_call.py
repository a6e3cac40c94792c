"""Who is on call: this week and the next, and at this moment."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from uuid import UUID
from zoneinfo import ZoneInfo

from services.portal.presenters import words
from services.portal.presenters.language import gettext as _
from services.portal.presenters.today import Setting
from shared.api.engagement import RungBody
from shared.api.on_call import StretchBody, TeamOnCall

_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class NowOnCall:
    """Who is on call for one team now, in a few words; a tone when nobody is."""

    title: str
    tone: str


@dataclass(frozen=True, slots=True)
class Turn:
    """One stretch of time as a row."""

    begins: str
    ends: str
    who: str
    tone: str
    is_now: bool
    end_id: UUID | None
    """The shift that may be ended here."""


@dataclass(frozen=True, slots=True)
class Week:
    """A week with its turns."""

    title: str
    turns: tuple[Turn, ...]


@dataclass(frozen=True, slots=True)
class Team:
    """One team's rota."""

    name: str
    title: str
    now: NowOnCall
    weeks: tuple[Week, ...]
    may_add: bool


def teams(found: Iterable[TeamOnCall], setting: Setting) -> tuple[Team, ...]:
    """Every team of the reader."""
    return tuple(_team(one, setting) for one in found)


def now(found: Sequence[TeamOnCall], setting: Setting) -> tuple[NowOnCall, ...]:
    """Who is on call at this moment; the team is named when there are several."""
    return tuple(_now(one, setting, named=len(found) > 1) for one in found)


def fact(found: Iterable[TeamOnCall], team: str, setting: Setting) -> tuple[tuple[str, str], ...]:
    """Who is on call for a person's team, as a line of facts; nothing when it is not known."""
    return tuple(
        (
            _("On call now"),
            words.who(one.now, setting.staff) if one.now else _("nobody; it goes to the leads"),
        )
        for one in found
        if one.team == team
    )


def rung(one: RungBody, setting: Setting) -> str:
    """A step of a ladder that falls to whoever is on call when it is reached."""
    if one.owner_id is None:
        return _("Whoever is on call; nobody is now, so it would go to the team leads")
    return _(
        "Whoever is on call; now that is %(name)s", name=words.who(one.owner_id, setting.staff)
    )


def _team(one: TeamOnCall, setting: Setting) -> Team:
    zone = ZoneInfo(one.time_zone)
    start = one.stretches[0].from_at.astimezone(zone).date()
    second = start + _WEEK

    def week(stretch: StretchBody) -> bool:
        return stretch.from_at.astimezone(zone).date() >= second

    titles = {False: _("This week"), True: _("Next week")}
    return Team(
        name=one.team,
        title=words.plain(one.team),
        now=_now(one, setting, named=False),
        weeks=tuple(
            Week(titles[is_next], tuple(_turn(stretch, zone, setting) for stretch in group))
            for is_next, group in groupby(one.stretches, key=week)
        ),
        may_add="add" in one.actions,
    )


def _turn(one: StretchBody, zone: ZoneInfo, setting: Setting) -> Turn:
    shift = one.shift
    over = one.until_at <= setting.now
    nobody = "" if over else "danger"
    return Turn(
        begins=_point(one.from_at, zone),
        ends=_point(one.until_at, zone),
        who=words.who(shift.staff_id, setting.staff)
        if shift
        else _("nobody: it goes to the leads"),
        tone="" if shift else nobody,
        is_now=one.from_at <= setting.now < one.until_at,
        end_id=shift.shift_id if shift and "end" in shift.actions else None,
    )


def _point(at: datetime, zone: ZoneInfo) -> str:
    local = at.astimezone(zone)
    return _("%(day)s at %(time)s", day=words.day(local.date()), time=f"{local:%H:%M}")


def _now(one: TeamOnCall, setting: Setting, *, named: bool) -> NowOnCall:
    team = words.plain(one.team)
    if one.now is None:
        text = _("%(team)s: nobody is on call", team=team) if named else _("Nobody is on call")
        return NowOnCall(text, "overdue")
    who = words.who(one.now, setting.staff)
    text = (
        _("%(team)s: %(name)s is on call", team=team, name=who)
        if named
        else _("%(name)s is on call", name=who)
    )
    return NowOnCall(text, "")
