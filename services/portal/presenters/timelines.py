"""One person's timeline: what three services tell, on one axis and in one list."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import groupby
from uuid import UUID

from services.portal.presenters import charts, language, listing, places, words
from services.portal.presenters.charts import Across, Chart, Panel, Series
from services.portal.presenters.language import gettext as _
from services.portal.presenters.language import mark, said
from services.portal.presenters.listing import Choice
from services.portal.presenters.today import Setting
from shared.api.timeline import TimelineEntry
from shared.api.treatment import CourseBody

AT_MOST = 80
"""Entries on one page of the list."""
_DRAWN_INSTRUMENTS = 2
_NOT_A_DOSE = frozenset({"proposed", "withdrawn"})
_CONTACTS = ("contact", "contact-missed", "life-event")

TITLES = said(
    {
        "enrolled": mark("Enrolled"),
        "left-care": mark("End of care"),
        "assessment": mark("Questionnaire"),
        "safety-flag-raised": mark("Safety flag raised"),
        "safety-flag-closed": mark("Safety flag closed"),
        "pathway-decided": mark("Pathway"),
        "proposed": mark("Course proposed"),
        "confirmed": mark("Course signed"),
        "withdrawn": mark("Proposal withdrawn"),
        "dose-changed": mark("Change of dose"),
        "reviewed": mark("Review"),
        "remission": mark("Remission recorded"),
        "relapse": mark("Relapse recorded"),
        "decided": mark("Decision"),
        "adherence-gap": mark("Gap in taking the medicine"),
        "suspended": mark("Dose changes frozen"),
        "resumed": mark("Dose changes go on"),
        "taper-signed": mark("Taper signed"),
        "supply-confirmed": mark("Supply"),
        "step-taken": mark("Step of the taper"),
        "held": mark("Dose held"),
        "stepped-back": mark("Step back"),
        "switched": mark("Change of medicine"),
        "check-in-early": mark("Early check-in"),
        "check-in-gate": mark("Check-in before the next step"),
        "check-in-surveillance": mark("Check-in after the last dose"),
        "closed": mark("Course closed"),
        "contact": mark("Contact"),
        "contact-missed": mark("Contact missed"),
        "life-event": mark("Life event"),
        "programme-started": mark("Support programme"),
    }
)
_DANGER = frozenset({"safety-flag-raised", "relapse"})
_DOSE = frozenset({"confirmed", "dose-changed", "step-taken", "stepped-back", "switched"})
SHOWN = {
    "doses": _DOSE | {"taper-signed", "held", "supply-confirmed", "remission", "closed"},
    "scores": frozenset({"assessment", "reviewed"}),
    "contacts": frozenset({*_CONTACTS, "check-in-early", "check-in-gate", "check-in-surveillance"}),
    "safety": frozenset({"safety-flag-raised", "safety-flag-closed", "relapse", "suspended"}),
}
_SHOWN_TITLES = said(
    {
        "": mark("Everything"),
        "doses": mark("Doses"),
        "scores": mark("Scores and reviews"),
        "contacts": mark("Contacts and life events"),
        "safety": mark("Safety"),
    }
)
_ZOOMS = (
    ("", mark("Everything"), ()),
    ("course", mark("Since the course began"), ("confirmed",)),
    ("remission", mark("Since remission"), ("remission",)),
    ("taper", mark("Since the taper was signed"), ("taper-signed",)),
    ("year", mark("Last 12 months"), ()),
)
_A_YEAR = timedelta(days=365)
_A_WEEK = timedelta(days=7)
_SHORTEST = 2 * _A_WEEK
"""What the axis shows at least."""


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the list."""

    when: str
    title: str
    text: str
    tone: str
    href: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """``chart`` is None while there is nothing to draw."""

    chart: Chart | None
    events: tuple[Event, ...]
    zooms: tuple[Choice, ...]
    shown: tuple[Choice, ...]
    pages: listing.Pages


@dataclass(frozen=True, slots=True)
class Told:
    """What the services told, oldest first, and the names of the medicines."""

    entries: tuple[TimelineEntry, ...]
    drugs: Mapping[UUID, str]


def told(parts: Iterable[Sequence[TimelineEntry]], courses: Iterable[CourseBody]) -> Told:
    """The parts put together by day, then by the moment they were known."""
    entries = (entry for part in parts for entry in part)
    return Told(
        entries=tuple(sorted(entries, key=lambda entry: (entry.on, entry.at))),
        drugs={course.course_id: course.drug_name for course in courses},
    )


def of(told: Told, patient_id: UUID, query: Mapping[str, str], setting: Setting) -> Timeline:
    """The page: a stretch of the axis, one kind of entries or all, and from where on."""
    path = places.patient(patient_id, "timeline")
    since = _since(told, query.get("zoom", ""), setting)
    kinds = SHOWN.get(query.get("show", ""))
    listed = [
        entry for entry in told.entries if entry.on >= since and (not kinds or entry.kind in kinds)
    ]
    skipped = _number(query.get("cursor", ""))
    newest_first = listed[::-1]
    shown = newest_first[skipped : skipped + AT_MOST]
    more = skipped + AT_MOST < len(listed)
    return Timeline(
        chart=drawn(told, since=since, setting=setting),
        events=tuple(_event(entry, patient_id, setting) for entry in shown),
        zooms=_zooms(told, path, query),
        shown=tuple(
            Choice(
                _SHOWN_TITLES[code],
                listing.address(path, query, show=code, cursor=None),
                query.get("show", "") == code,
            )
            for code in _SHOWN_TITLES
        ),
        pages=listing.pages(
            path,
            query,
            next_cursor=str(skipped + AT_MOST) if more else None,
            shown=len(shown),
            of=len(listed),
        ),
    )


def drawn(told: Told, *, since: date, setting: Setting) -> Chart | None:
    """Doses, scores, contacts and life events on one axis, from a day until today."""
    entries = tuple(entry for entry in told.entries if entry.on <= setting.today)
    doses = _doses(replace(told, entries=entries), since, setting)
    scores = _scores(entries, since)
    contacts = _contacts(entries, since)
    if not (doses or scores or contacts):
        return None
    panels = (_dose_panel(doses), *map(_score_panel, scores), _contact_panel(contacts))
    first = max(since, min(entry.on for entry in entries))
    return charts.chart(
        _("Doses, scores, contacts and life events"),
        _description(doses, scores, contacts, first),
        across=_across(first, setting.today),
        panels=[panel for panel in panels if panel],
        columns=(_("Day"), _("What"), _("Value")),
        rows=_rows(doses, scores, contacts, first),
        marks=((setting.today.toordinal(), _("today")),),
    )


_Points = tuple[tuple[date, float], ...]
_Line = tuple[str, _Points]


def _doses(told: Told, since: date, setting: Setting) -> tuple[_Line, ...]:
    """Each course's dose, where it changed; the dose before the stretch is carried into it."""
    lines = []
    given = [e for e in told.entries if e.dose_mg is not None and e.kind not in _NOT_A_DOSE]
    given.sort(key=lambda entry: (str(entry.course_id), entry.on, entry.at))
    for course_id, entries in groupby(given, key=lambda entry: entry.course_id):
        points: list[tuple[date, float]] = []
        last_on = setting.today
        for entry in entries:
            dose = float(entry.dose_mg or 0)
            if not points or points[-1][1] != dose:
                points.append((entry.on, dose))
            if entry.kind in {"closed", "switched"}:
                last_on = entry.on
        before = [point for point in points if point[0] < since]
        inside = [point for point in points if point[0] >= since]
        if before:
            inside.insert(0, (since, before[-1][1]))
        if inside:
            name = told.drugs.get(course_id) if course_id else None
            ending = (max(last_on, inside[-1][0]), inside[-1][1])
            lines.append((name or _("Medicine"), (*inside, ending)))
    return tuple(lines)


def _scores(entries: Iterable[TimelineEntry], since: date) -> tuple[tuple[_Line, float], ...]:
    """The instruments taken most often, with the highest total each can have."""
    by_code: dict[str, list[TimelineEntry]] = {}
    for entry in entries:
        if entry.instrument and entry.total is not None and entry.on >= since:
            by_code.setdefault(entry.instrument, []).append(entry)
    often = sorted(by_code.items(), key=lambda item: (-len(item[1]), item[0]))
    return tuple(
        (
            (words.instrument(code), tuple((one.on, float(one.total or 0)) for one in readings)),
            float(max(one.highest or one.total or 1 for one in readings)),
        )
        for code, readings in often[:_DRAWN_INSTRUMENTS]
    )


def _contacts(entries: Iterable[TimelineEntry], since: date) -> tuple[tuple[str, list[date]], ...]:
    found = [
        (kind, [entry.on for entry in entries if entry.kind == kind and entry.on >= since])
        for kind in _CONTACTS
    ]
    return tuple((kind, days) for kind, days in found if days)


def _dose_panel(lines: tuple[_Line, ...]) -> Panel | None:
    if not lines:
        return None
    high = max(value for _name, points in lines for _on, value in points) or 1
    ticks = (0.0, high / 2, high)
    return Panel(
        name=_("Dose, mg a day"),
        low=0,
        high=high * 1.05,
        height=130,
        series=tuple(Series(name, _placed(points), kind="step") for name, points in lines),
        ticks=tuple((value, f"{value:g}") for value in ticks),
    )


def _score_panel(one: tuple[_Line, float]) -> Panel:
    (name, points), high = one
    return Panel(
        name=_("%(instrument)s, total", instrument=name),
        low=0,
        high=high,
        height=90,
        series=(Series(name, _placed(points)),),
        ticks=((0, "0"), (high / 2, f"{high / 2:g}"), (high, f"{high:g}")),
    )


def _contact_panel(found: tuple[tuple[str, list[date]], ...]) -> Panel | None:
    if not found:
        return None
    return Panel(
        name=_("Contacts and life events"),
        low=-0.5,
        high=len(found) - 0.5,
        height=22 * len(found),
        series=tuple(
            Series(TITLES[kind], tuple((on.toordinal(), row) for on in days), kind="dots")
            for row, (kind, days) in enumerate(found)
        ),
    )


def _placed(points: _Points) -> tuple[tuple[float, float], ...]:
    return tuple((on.toordinal(), value) for on, value in points)


def _across(first: date, last: date) -> Across:
    """Months, thinned out until their names have room; a short stretch by its days."""
    first = min(first, last - _SHORTEST)
    days = (last - first).days
    if days <= 6 * _A_WEEK.days:
        return _by_weeks(first, last)
    step = next(step for step in (1, 2, 3, 6, 12, 24, 1200) if days / (30.4 * step) <= 10)
    ticks, on = [], date(first.year, first.month, 1)
    while on <= last:
        if on >= first:
            ticks.append((float(on.toordinal()), language.month(on)))
        month = on.month - 1 + step
        on = date(on.year + month // 12, month % 12 + 1, 1)
    return Across(first.toordinal(), last.toordinal(), tuple(ticks))


def _by_weeks(first: date, last: date) -> Across:
    every = range(last.toordinal(), first.toordinal() - 1, -_A_WEEK.days)
    ticks = tuple((float(at), language.short_day(date.fromordinal(at))) for at in every)
    return Across(first.toordinal(), last.toordinal(), ticks)


def _description(
    doses: tuple[_Line, ...],
    scores: tuple[tuple[_Line, float], ...],
    contacts: tuple[tuple[str, list[date]], ...],
    first: date,
) -> str:
    """The drawing in sentences, for whoever does not see it."""
    parts = [_("From %(day)s until today.", day=words.day(first))]
    for name, points in doses:
        parts.append(
            _(
                "%(drug)s: from %(first)s to %(last)s mg a day.",
                drug=name,
                first=f"{points[0][1]:g}",
                last=f"{points[-1][1]:g}",
            )
        )
    for (name, points), _high in scores:
        parts.append(
            _(
                "%(instrument)s: from %(first)s to %(last)s.",
                instrument=name,
                first=f"{points[0][1]:g}",
                last=f"{points[-1][1]:g}",
            )
        )
    for kind, days in contacts:
        parts.append(f"{TITLES[kind]}: {len(days)}.")
    return " ".join(parts)


def _rows(
    doses: tuple[_Line, ...],
    scores: tuple[tuple[_Line, float], ...],
    contacts: tuple[tuple[str, list[date]], ...],
    first: date,
) -> list[tuple[str, str, str]]:
    rows = [
        (on, name, _("%(dose)s mg a day", dose=f"{value:g}"))
        for name, points in doses
        for on, value in points[:-1]
    ]
    rows += [(on, name, f"{value:g}") for (name, points), _h in scores for on, value in points]
    rows += [(on, TITLES[kind], "") for kind, days in contacts for on in days]
    return [(words.day(max(on, first)), what, value) for on, what, value in sorted(rows)]


def _event(entry: TimelineEntry, patient_id: UUID, setting: Setting) -> Event:
    by = words.who_recorded(entry.recorded_by, setting.staff)
    title = TITLES.get(entry.kind) or words.plain(entry.kind)
    told = words.spoken(entry.text)
    return Event(
        when=words.when(entry.on, today=setting.today),
        title=title,
        text=f"({by})" if told == title else f"{told} ({by})",
        tone="danger" if entry.kind in _DANGER else "dose" if entry.kind in _DOSE else "",
        href=_href(entry, patient_id),
    )


def _href(entry: TimelineEntry, patient_id: UUID) -> str:
    if entry.about is not None:
        part = "assessments" if entry.kind == "assessment" else "flags"
        return places.patient(patient_id, part, entry.about)
    if entry.course_id is not None:
        return places.course(patient_id, entry.course_id)
    return ""


def _since(told: Told, zoom: str, setting: Setting) -> date:
    if zoom == "year":
        return setting.today - _A_YEAR
    kinds = next((kinds for code, _title, kinds in _ZOOMS if code == zoom), ())
    begins = [entry.on for entry in told.entries if entry.kind in kinds]
    return max(begins) if begins else date.min


def _zooms(told: Told, path: str, query: Mapping[str, str]) -> tuple[Choice, ...]:
    """The stretches there are: a phase nobody has reached cannot be looked at."""
    kinds = {entry.kind for entry in told.entries}
    now = query.get("zoom", "")
    return tuple(
        Choice(_(title), listing.address(path, query, zoom=code, cursor=None), now == code)
        for code, title, begins in _ZOOMS
        if not begins or kinds & set(begins)
    )


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
