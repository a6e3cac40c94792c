"""A switch in words and as a drawing: both medicines on one time axis, gap or overlap counted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from services.portal.presenters import charts, words
from services.portal.presenters.charts import Across, Chart, Panel, Series
from services.portal.presenters.drafts import Draft
from services.portal.presenters.language import gettext as _
from services.portal.presenters.language import ngettext
from services.portal.presenters.today import Setting
from shared.api.treatment import AxisTrack, CourseBody, LeavingStepBody, SwitchAxis

ROWS = 6
_AFTER_DAYS = 14
_HEADROOM = 1.15
_CROWDED = 0.3
"""Share of the axis that the name of the upper panel takes."""


@dataclass(frozen=True, slots=True)
class Step:
    """One signed step out of the old medicine."""

    ordinal: int
    on: str
    dose: str
    taken: str
    may_take: bool


@dataclass(frozen=True, slots=True)
class Switch:
    """What lies between both medicines. ``between`` says gap or overlap in one sentence."""

    leaving: str
    coming: str
    between: str
    tone: str
    tail: str
    chart: Chart


def leaving_rows(draft: Draft) -> list[dict[str, Any]]:
    """The rows somebody filled in, in their order; a row with neither field is no row."""
    rows = []
    for place in range(ROWS):
        on, dose = draft.value(f"on.{place}"), draft.value(f"dose.{place}")
        if on or dose:
            rows.append({"on": on or None, "dose_mg": dose or None})
    return rows


def steps(course: CourseBody, setting: Setting) -> tuple[Step, ...]:
    """The way out of the old medicine, day by day."""
    return tuple(_step(step, setting) for step in course.leaving)


def switch(axis: SwitchAxis, setting: Setting) -> Switch:
    """Both medicines on one axis."""
    tone, between = _between(axis)
    return Switch(
        leaving=axis.leaving.drug_name,
        coming=axis.coming.drug_name,
        between=between,
        tone=tone,
        tail=_(
            "%(name)s acts on until about %(day)s.",
            name=axis.leaving.drug_name,
            day=words.day(axis.still_acts_until),
        ),
        chart=_chart(axis, setting),
    )


def _step(step: LeavingStepBody, setting: Setting) -> Step:
    dose = words.daily(step.dose_text, step.dose_mg) if step.dose_mg else _("no more of it")
    return Step(
        ordinal=step.ordinal,
        on=words.when(step.on, today=setting.today),
        dose=dose,
        taken=words.day(step.taken_on) if step.taken_on else "",
        may_take="switch-step" in step.actions,
    )


def _between(axis: SwitchAxis) -> tuple[str, str]:
    first, last = words.day(axis.first_dose_on), words.day(axis.last_dose_on)
    if axis.overlap_days:
        days = words.count(axis.overlap_days, "day")
        return "warn", _(
            "Both together for %(days)s, from %(first)s to %(last)s.",
            days=days,
            first=first,
            last=last,
        )
    if axis.gap_days:
        days = words.count(axis.gap_days, "day")
        return "calm", _(
            "Neither for %(days)s: the last of the old on %(last)s, the first of the new on "
            "%(first)s.",
            days=days,
            first=first,
            last=last,
        )
    return "good", _(
        "The new one follows the old one without a day between, on %(day)s.", day=first
    )


def _chart(axis: SwitchAxis, setting: Setting) -> Chart:
    begin = min(_days(axis.leaving)[0], _days(axis.coming)[0])
    end = max(_days(axis.leaving)[-1], _days(axis.coming)[-1], axis.still_acts_until)
    end += timedelta(days=_AFTER_DAYS)
    last = (end - begin).days
    ticks = [begin + timedelta(days=round(last * part / 4)) for part in range(5)]
    bands = _bands(axis, begin)
    total = (
        ngettext("%(num)s day with both", "%(num)s days with both", axis.overlap_days)
        if axis.overlap_days
        else ngettext("%(num)s day with neither", "%(num)s days with neither", axis.gap_days)
    )
    now = (setting.today - begin).days
    marks = [(now, _("today"))] if last * _CROWDED < now <= last else []
    return charts.chart(
        _("Both medicines on one time axis"),
        _(
            "%(old)s goes down to zero on %(last)s, %(new)s begins on %(first)s: %(total)s.",
            old=axis.leaving.drug_name,
            new=axis.coming.drug_name,
            last=words.day(axis.last_dose_on + timedelta(days=1)),
            first=words.day(axis.first_dose_on),
            total=total,
        ),
        across=Across(
            0, last, tuple(((day - begin).days, f"{day.day}.{day.month}.") for day in ticks)
        ),
        panels=(
            _panel(axis.leaving, begin, last),
            _panel(axis.coming, begin, last),
        ),
        columns=(_("Day"), axis.leaving.drug_name, axis.coming.drug_name),
        rows=_rows(axis),
        bands=bands,
        marks=marks,
    )


def _panel(track: AxisTrack, begin: date, last: int) -> Panel:
    doses = [float(point.dose_mg) for point in track.points]
    ceiling = float(track.ceiling_mg) if track.ceiling_mg is not None else None
    top = max([*doses, ceiling or 0.0]) * _HEADROOM or 1.0
    points = [((point.on - begin).days, float(point.dose_mg)) for point in track.points]
    points.append((last, points[-1][1]))
    if points[0][0] > 0:
        points = [(0, 0.0), (points[0][0], 0.0), *points]
    series = [Series(track.drug_name, tuple(points), kind="step")]
    ticks = {0.0: "0", max(doses): words.decimal(max(point.dose_mg for point in track.points))}
    if ceiling is not None:
        name = _("ceiling for this person")
        series.append(Series(name, ((0, ceiling), (last, ceiling)), kind="step", ahead=True))
        ticks[ceiling] = words.decimal(track.ceiling_mg or 0)
    return Panel(
        _("%(name)s, mg a day", name=track.drug_name),
        0,
        top,
        tuple(series),
        height=110,
        ticks=tuple(sorted(ticks.items())),
    )


def _bands(axis: SwitchAxis, begin: date) -> list[tuple[float, float, str]]:
    first = (axis.first_dose_on - begin).days
    after = (axis.last_dose_on - begin).days + 1
    if axis.overlap_days:
        return [(first, after, _("both"))]
    if axis.gap_days:
        return [(after, first, _("neither"))]
    return []


def _rows(axis: SwitchAxis) -> list[Sequence[str]]:
    days = sorted({*_days(axis.leaving), *_days(axis.coming)})
    return [(words.day(day), _held(axis.leaving, day), _held(axis.coming, day)) for day in days]


def _held(track: AxisTrack, day: date) -> str:
    points = [point for point in track.points if point.on <= day]
    if not points or not points[-1].dose_mg:
        return _("none")
    return words.daily(points[-1].dose_text, points[-1].dose_mg)


def _days(track: AxisTrack) -> list[date]:
    return [point.on for point in track.points]
