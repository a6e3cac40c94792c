"""Support charted like a medicine: minutes a month, beside the dose and the scores."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal

from services.portal.presenters import charts, words
from services.portal.presenters.charts import Across, Chart, Panel, Series
from services.portal.presenters.language import gettext as _
from services.portal.presenters.language import month as month_name
from shared.api.support import DosePointBody, MonthBody, ScoreBody, SupportBody, SupportForm

_STEP_MINUTES = 60
_SMALLEST_SCALE = 10
_FEWEST_CONTACTS = 4


def beside(body: SupportBody, today: date) -> Chart | None:
    """Support, medicine and scores on one time line; None while there is nothing to draw. Of a
    medicine nothing is said to who may not read of it, nor where there is none."""
    medicine = _medicine(body, today)
    found = (_minutes(body.doses, today), _attendance(body.doses), medicine)
    panels = [panel for panel in found if panel]
    panels += _scores(body.scores)
    days = [*_days(body), today]
    if not panels or len(set(days)) < 2:
        return None
    first, last = min(days), max(days)
    return charts.chart(
        _("Support, medicine and scores") if medicine else _("Support and scores"),
        _described(words.day(first), words.day(last), medicine=medicine is not None),
        across=_across(first, last),
        panels=panels,
        columns=(_("Day"), _("What"), _("How much")),
        rows=_rows(body),
    )


def _described(first: str, last: str, *, medicine: bool) -> str:
    if medicine:
        return _(
            "From %(first)s to %(last)s: minutes of support and meetings held each month, the "
            "daily dose, and totals of questionnaires, each on an axis of its own.",
            first=first,
            last=last,
        )
    return _(
        "From %(first)s to %(last)s: minutes of support and meetings held each month, and totals "
        "of questionnaires, each on an axis of its own.",
        first=first,
        last=last,
    )


def undrawn(body: SupportBody, form: SupportForm) -> str:
    """The names of the questionnaires nobody has answered yet; empty when all are drawn."""
    drawn = {one.instrument for one in body.scores}
    return ", ".join(words.instrument(code) for code in form.drawn if code not in drawn)


def all_support(months: Sequence[MonthBody], today: date, modes: Mapping[str, str]) -> Chart | None:
    """The dose of all support together."""
    return of_programme(months, _("everything together"), today, modes)


def of_programme(
    months: Sequence[MonthBody], title: str, today: date, modes: Mapping[str, str]
) -> Chart | None:
    """The dose of one programme: minutes and contacts each month. ``modes``: the ways of meeting,
    in words by their code."""
    panel = _minutes(months, today)
    if panel is None:
        return None
    first = months[0].first
    return charts.chart(
        _("Dose of support: %(title)s", title=title),
        _(
            "From %(first)s to %(last)s: minutes of support each month, and how many contacts "
            "took place in which way.",
            first=words.day(first),
            last=words.day(today),
        ),
        across=_across(first, max(today, first)),
        panels=(panel, *_ways(months, modes)),
        columns=(
            _("Month"),
            _("Contacts"),
            _("How they met"),
            _("Days of contact a week"),
            _("Minutes"),
            _("Missed"),
            _("Held of agreed"),
        ),
        rows=[
            (
                month_name(one.first),
                str(one.contacts),
                mix(one.modes, modes) or "–",
                words.decimal(one.days_a_week),
                str(one.minutes),
                str(one.missed),
                f"{one.agreed - one.missed}/{one.agreed}",
            )
            for one in reversed(months)
        ],
    )


def mix(counted: Mapping[str, int], modes: Mapping[str, str]) -> str:
    """How often in which way: ``3 face to face, 1 telephone``."""
    return ", ".join(
        f"{count} {modes.get(code, code).lower()}" for code, count in counted.items() if count
    )


def series(readings: Sequence[ScoreBody], name: str, low: int, high: int) -> Chart | None:
    """One scale over time, such as the ruler of motivation."""
    if len(readings) < 2:
        return None
    first, last = readings[0].on, readings[-1].on
    points = tuple((one.on.toordinal(), one.total) for one in readings)
    return charts.chart(
        name,
        _(
            "%(name)s from %(first)s to %(last)s: first %(low)s, latest %(high)s.",
            name=name,
            first=words.day(first),
            last=words.day(last),
            low=readings[0].total,
            high=readings[-1].total,
        ),
        across=_across(first, last),
        panels=(
            Panel(name, low, high, (Series(name, points),), height=130, ticks=_ticks(low, high)),
        ),
        columns=(_("Day"), _("Value")),
        rows=[(words.day(one.on), str(one.total)) for one in reversed(readings)],
    )


def _days(body: SupportBody) -> Iterable[date]:
    yield from (one.first for one in body.doses)
    yield from (one.on for one in body.dose_points)
    yield from (one.on for one in body.scores)


def _across(first: date, last: date) -> Across:
    middle = first + (last - first) / 2
    margin = max(1, (last - first).days) * 0.1
    days = dict.fromkeys((first, middle, last))
    return Across(
        first.toordinal() - margin,
        last.toordinal() + margin,
        tuple((one.toordinal(), words.day(one)) for one in days),
    )


def _minutes(months: Sequence[MonthBody], today: date) -> Panel | None:
    if not months:
        return None
    steps = [(one.first.toordinal(), one.minutes) for one in months]
    most = max(_STEP_MINUTES, *(one.minutes for one in months))
    high = -(-most // _STEP_MINUTES) * _STEP_MINUTES
    name = _("Support, minutes a month")
    points = (*steps, (today.toordinal(), steps[-1][1]))
    drawn = Series(name, tuple((float(x), float(y)) for x, y in points), kind="step")
    return Panel(name, 0, high, (drawn,), height=90, ticks=_ticks(0, high))


def _ways(months: Sequence[MonthBody], modes: Mapping[str, str]) -> Iterable[Panel]:
    """Contacts a month, each way of meeting by itself; nothing while there was none."""
    used = [code for code in modes if any(one.modes.get(code) for one in months)]
    if not used:
        return
    drawn = tuple(
        Series(
            modes[code],
            tuple((float(one.first.toordinal()), float(one.modes.get(code, 0))) for one in months),
        )
        for code in used
    )
    most = max(count for one in months for count in one.modes.values())
    high = max(most, _FEWEST_CONTACTS)
    yield Panel(_("Contacts a month"), 0, high, drawn, height=90, ticks=_ticks(0, high))


def _attendance(months: Sequence[MonthBody]) -> Panel | None:
    """How many of the agreed meetings took place, in each month that had any."""
    held = [
        (float(one.first.toordinal()), 100 * (one.agreed - one.missed) / one.agreed)
        for one in months
        if one.agreed
    ]
    if not held:
        return None
    name = _("Meetings held of those agreed, %%")
    return Panel(name, 0, 100, (Series(name, tuple(held)),), height=60, ticks=_ticks(0, 100))


def _medicine(body: SupportBody, today: date) -> Panel | None:
    points = body.dose_points
    if not points:
        return None
    most = max(one.dose_mg for one in points)
    high = float(max(most, Decimal(1)))
    name = _("Medicine, mg a day")
    steps = (*((one.on.toordinal(), float(one.dose_mg)) for one in points),)
    drawn = Series(name, (*steps, (today.toordinal(), steps[-1][1])), kind="step")
    ticks = ((0.0, "0"), (high, words.decimal(Decimal(str(high)))))
    return Panel(name, 0, high, (drawn,), height=90, ticks=ticks)


def _scores(scores: Sequence[ScoreBody]) -> Iterable[Panel]:
    for code in dict.fromkeys(one.instrument for one in scores):
        mine = [one for one in scores if one.instrument == code]
        high = max(_SMALLEST_SCALE, *(one.total for one in mine))
        name = words.instrument(code)
        points = tuple((float(one.on.toordinal()), float(one.total)) for one in mine)
        yield Panel(name, 0, high, (Series(name, points),), height=90, ticks=_ticks(0, high))


def _ticks(low: int, high: int) -> tuple[tuple[float, str], ...]:
    return tuple((float(one), str(one)) for one in dict.fromkeys((low, (low + high) // 2, high)))


def _rows(body: SupportBody) -> list[tuple[str, str, str]]:
    """Every number of the drawing, newest first."""
    found = [
        *(
            (one.first, month_name(one.first), _("Support"), words.count(one.minutes, "minute"))
            for one in body.doses
        ),
        *(
            (
                one.first,
                month_name(one.first),
                _("Meetings held"),
                _("%(some)s of %(all)s", some=one.agreed - one.missed, all=one.agreed),
            )
            for one in body.doses
            if one.agreed
        ),
        *((one.on, words.day(one.on), one.drug, _dose(one)) for one in body.dose_points),
        *(
            (one.on, words.day(one.on), words.instrument(one.instrument), str(one.total))
            for one in body.scores
        ),
    ]
    in_order = sorted(found, key=lambda one: one[0])  # of one day the later one stays the later
    return [(said, what, much) for _on, said, what, much in reversed(in_order)]


def _dose(one: DosePointBody) -> str:
    return words.daily(one.dose_text, one.dose_mg)
