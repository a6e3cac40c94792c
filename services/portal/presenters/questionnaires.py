"""Questionnaires: the form, the result, and the readings so far."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.portal.presenters import charts, places, record, words
from services.portal.presenters.charts import Across, Chart, Panel, Series
from services.portal.presenters.courses import RESPONSES
from services.portal.presenters.language import gettext as _
from services.portal.presenters.language import mark, ngettext, said
from services.portal.presenters.record import Flag
from services.portal.presenters.today import Setting
from shared.api.assessment import (
    AssessmentBody,
    AssessmentHistory,
    InstrumentBody,
    InstrumentItem,
    InstrumentList,
    InstrumentTrajectory,
    TrajectoryBody,
)

TAB = mark("Questionnaires")
_MARGIN = 0.12
"""Room at both ends of a chart for the day under its first and last reading."""
MODES = said(
    {
        "in-person": mark("In person"),
        "telephone": mark("By telephone"),
        "remote": mark("Filled in alone"),
        "proxy": mark("Somebody else answered for them"),
    }
).items()


@dataclass(frozen=True, slots=True)
class Item:
    """One question. ``name`` is the form field it is answered in."""

    name: str
    label: str
    answers: tuple[tuple[str, str], ...]
    may_not_apply: bool


@dataclass(frozen=True, slots=True)
class Result:
    """One completed questionnaire."""

    title: str
    taken: str
    total: str
    band: str
    how: str
    by: str
    asked_with: str
    amended: bool
    findings: tuple[str, ...]
    missing: tuple[str, ...]
    subscales: tuple[tuple[str, str], ...]
    flags: tuple[Flag, ...]
    href: str


@dataclass(frozen=True, slots=True)
class Version:
    """One version of corrected answers."""

    when: str
    by: str
    total: str
    why: str


@dataclass(frozen=True, slots=True)
class Progress:
    """Where one questionnaire stands against its first reading."""

    title: str
    baseline: str
    latest: str
    response: str
    remission: str
    relapse: str
    definitions: tuple[tuple[str, str, str], ...]
    readings: tuple[tuple[str, str, str], ...]
    chart: Chart | None
    anchor: str


def items(instrument: InstrumentBody) -> tuple[Item, ...]:
    """The questions in order; an answer shows its value, which is also its key."""
    return tuple(
        Item(
            name=f"answers.{item.code}",
            label=_numbered(place, item.wording or item.label),
            answers=tuple(
                (str(answer.value), f"{answer.value}  {answer.label}") for answer in item.answers
            ),
            may_not_apply=item.may_not_apply,
        )
        for place, item in enumerate(instrument.items, start=1)
    )


def _numbered(place: int, said: str) -> str:
    """A question with its place in the list, unless its instrument numbers it itself."""
    return said if said[:1].isdigit() else f"{place}. {said}"


def answers(form: Mapping[str, tuple[str, ...]]) -> dict[str, int]:
    """The answers of a form by item code; whatever is no number is left for the service to miss."""
    return {
        name.removeprefix("answers."): int(values[0])
        for name, values in form.items()
        if name.startswith("answers.") and values[0].isascii() and values[0].isdigit()
    }


def results(
    taken: Iterable[AssessmentBody], titles: Mapping[str, str], setting: Setting
) -> tuple[Result, ...]:
    """Completed questionnaires, newest first as they came."""
    return tuple(result(one, titles, setting) for one in taken)


def result(one: AssessmentBody, titles: Mapping[str, str], setting: Setting) -> Result:
    """One completed questionnaire in words; a missing total is said, never guessed."""
    return Result(
        title=titles.get(one.instrument, words.instrument(one.instrument)),
        taken=words.when(one.taken_on, today=setting.today),
        total=_total(one),
        band=one.band_label or "",
        how=f"{dict(MODES)[one.mode]}{f': {one.answered_by}' if one.answered_by else ''}",
        by=words.who_recorded(one.recorded_by, setting.staff),
        asked_with=_("version %(version)s", version=one.instrument_version),
        amended=one.amended,
        findings=one.findings,
        missing=one.missing,
        subscales=tuple((part.label, part.score or _("not known")) for part in one.subscales),
        flags=tuple(record.flag_banner(flag, setting) for flag in one.flags),
        href=places.patient(one.patient_id, "assessments", one.assessment_id),
    )


def progress(
    trajectory: TrajectoryBody, instruments: Sequence[InstrumentBody], setting: Setting
) -> tuple[Progress, ...]:
    """Each questionnaire's way so far, the one the course is measured by first."""
    ordered = sorted(trajectory.instruments, key=lambda line: not line.primary)
    known = {instrument.code: instrument for instrument in instruments}
    return tuple(_progress(line, known.get(line.instrument), setting) for line in ordered)


def titles_of(instruments: Sequence[InstrumentBody]) -> dict[str, str]:
    """What each questionnaire is called."""
    return {instrument.code: instrument.title for instrument in instruments}


def version_of(one: AssessmentBody, instruments: InstrumentList) -> InstrumentBody | None:
    """The version of the questionnaire that took these answers, in use or retired."""
    asked = (one.instrument, one.instrument_version)
    known = (*instruments.items, *instruments.retired)
    return next((found for found in known if (found.code, found.version) == asked), None)


def answered(one: AssessmentBody, instrument: InstrumentBody | None) -> tuple[tuple[str, str], ...]:
    """Each question and its answer in the words it was asked in; by code and number alone where
    that version is not kept."""
    if instrument is None:
        return tuple((code, str(value)) for code, value in one.answers.items())
    return tuple(
        (item.label, _said(item, one.answers[item.code]))
        for item in instrument.items
        if item.code in one.answers
    )


def left_open(one: AssessmentBody, instrument: InstrumentBody | None) -> tuple[str, ...]:
    """The questions without an answer."""
    labels = {item.code: item.label for item in instrument.items} if instrument else {}
    return tuple(labels.get(code, code) for code in one.missing)


def history(found: AssessmentHistory, setting: Setting) -> tuple[Version, ...]:
    """Every version of corrected answers, newest first; none where nothing was corrected."""
    if len(found.versions) < 2:
        return ()
    return tuple(
        Version(
            when=words.moment(one.recorded_at, zone=setting.zone, now=setting.now),
            by=words.who_recorded(one.recorded_by, setting.staff),
            total=_("No total") if one.total is None else str(one.total),
            why=one.reason or _("First answers"),
        )
        for one in reversed(found.versions)
    )


def typed(one: AssessmentBody) -> dict[str, str | tuple[str, ...]]:
    """The form as it was answered, to be corrected."""
    given: dict[str, str | tuple[str, ...]] = {
        f"answers.{code}": str(value) for code, value in one.answers.items()
    }
    return given | {"not_applicable": one.not_applicable}


def lines(one: AssessmentBody, instrument: InstrumentBody | None) -> tuple[str, ...]:
    """The answers in one line each, to compare with."""
    return tuple(f"{label}: {said}" for label, said in answered(one, instrument))


def _said(item: InstrumentItem, value: int) -> str:
    labels = {answer.value: answer.label for answer in item.answers}
    return f"{value}  {labels.get(value, '')}".rstrip()


def taken_href(patient_id: UUID, instrument: str) -> str:
    """Where a questionnaire is filled in."""
    return places.patient(patient_id, "assessments", "new", instrument)


def _progress(
    line: InstrumentTrajectory,
    instrument: InstrumentBody | None,
    setting: Setting,
) -> Progress:
    today = setting.today
    met = {True: _("met"), False: _("not met"), None: _("not known")}
    return Progress(
        title=_title(line, instrument),
        baseline=_reading(line.baseline_total, line.baseline_on, setting),
        latest=_reading(line.latest_total, line.latest_on, setting),
        response=words.plain(RESPONSES[line.response]),
        remission=_remission(line, setting),
        relapse=_("The readings suggest a relapse.") if line.relapse_suspected else "",
        definitions=tuple(
            (one.label, met[one.met], words.graded(one.source, one.grade))
            for one in line.definitions
        ),
        readings=tuple(
            (
                words.when(reading.taken_on, today=today),
                _("not known") if reading.total is None else str(reading.total),
                words.plain(reading.band) if reading.band else "",
            )
            for reading in reversed(line.readings)
        ),
        chart=_chart(line, instrument),
        anchor=f"chart-{line.instrument}",
    )


def _title(line: InstrumentTrajectory, instrument: InstrumentBody | None) -> str:
    return instrument.title if instrument else words.instrument(line.instrument)


def _chart(line: InstrumentTrajectory, instrument: InstrumentBody | None) -> Chart | None:
    """Every total over time; a reading without one is in the table as not known and not drawn."""
    known = [reading for reading in line.readings if reading.total is not None]
    if instrument is None or instrument.highest is None or len(known) < 2:
        return None
    first, last = line.readings[0].taken_on, line.readings[-1].taken_on
    title = _title(line, instrument)
    missing = len(line.readings) - len(known)
    unknown = ngettext("%(num)s reading has no total.", "%(num)s readings have no total.", missing)
    described = _(
        "%(title)s from %(first)s to %(last)s: first total %(low)s, latest total %(high)s.",
        title=title,
        first=words.day(first),
        last=words.day(last),
        low=known[0].total,
        high=known[-1].total,
    )
    middle = first + (last - first) / 2
    margin = (last - first).days * _MARGIN
    return charts.chart(
        _("%(title)s over time", title=title),
        f"{described} {unknown}" if missing else described,
        across=Across(
            first.toordinal() - margin,
            last.toordinal() + margin,
            tuple((day.toordinal(), words.day(day)) for day in (first, middle, last)),
        ),
        panels=(
            Panel(
                _("Total, 0 to %(highest)s", highest=instrument.highest),
                0,
                instrument.highest,
                (Series(title, tuple((r.taken_on.toordinal(), r.total or 0) for r in known)),),
                ticks=tuple((band.lowest, str(band.lowest)) for band in instrument.bands),
            ),
        ),
        columns=(_("Day"), _("Total"), _("Band")),
        rows=[
            (
                words.day(reading.taken_on),
                _("not known") if reading.total is None else str(reading.total),
                words.plain(reading.band) if reading.band else "",
            )
            for reading in reversed(line.readings)
        ],
    )


def _total(one: AssessmentBody) -> str:
    if one.total is None:
        return _("No total")
    if one.highest is None:
        return str(one.total)
    return _("%(total)s of %(highest)s", total=one.total, highest=one.highest)


def _reading(total: int | None, on: date | None, setting: Setting) -> str:
    if on is None:
        return _("none yet")
    return _(
        "%(total)s, on %(day)s",
        total=_("not known") if total is None else total,
        day=words.when(on, today=setting.today),
    )


def _remission(line: InstrumentTrajectory, setting: Setting) -> str:
    if line.remission_confirmed_on:
        day = words.when(line.remission_confirmed_on, today=setting.today)
        return _("Confirmed by a second reading on %(day)s. A prescriber records it.", day=day)
    if line.remission_first_on:
        day = words.when(line.remission_first_on, today=setting.today)
        return _("First reading on %(day)s; a second one has to confirm it.", day=day)
    return ""
