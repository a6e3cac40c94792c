"""The overview of one person: where they stand, what is missing, what to do next."""

from dataclasses import dataclass

from services.portal.presenters import contact, courses, people, places, record, words
from services.portal.presenters.language import gettext as _
from services.portal.presenters.language import ngettext
from services.portal.presenters.record import Record
from services.portal.presenters.today import Setting
from shared.api.assessment import (
    InstrumentTrajectory,
    IntakeBody,
    PatientBody,
    TrajectoryBody,
)
from shared.api.identity import Role

_UNKNOWN = "unknown"
"""How it goes is not known before a second reading; a total alone says nothing about it."""


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure with its meaning, leading to its source."""

    title: str
    figure: str
    text: str
    href: str
    link: str


@dataclass(frozen=True, slots=True)
class Overview:
    """``tiles`` in the order of the way: asked, measured, decided, treated."""

    tiles: tuple[Tile, ...]


def of(read: Record, trajectory: TrajectoryBody, intake: IntakeBody, setting: Setting) -> Overview:
    """Everything on one screen."""
    return Overview(
        tiles=(
            _asked(read, intake, setting),
            *(_measured(read, line, setting) for line in trajectory.instruments),
            *([] if trajectory.instruments else [_unmeasured(read)]),
            *([_treated(read, setting)] if read.sees_courses else []),
        )
    )


def detail_lines(patient: PatientBody, setting: Setting) -> tuple[str, ...]:
    """The details as lines, to show and to compare with."""
    team = ", ".join(words.who(staff_id, setting.staff) for staff_id in patient.care_team)
    pairs = (
        (_("Name"), record.name_of(patient)),
        (_("Birth date"), words.birth_day(patient)),
        (_("Telephone"), patient.phone or _("not known")),
        (_("E-mail"), patient.email or _("not known")),
        (_("Language"), dict(people.LANGUAGES).get(patient.language, patient.language)),
        (_("Time zone"), patient.time_zone),
        (_("Postal address"), patient.postal_address or _("not known")),
        (_("Agreed to"), contact.agreed(patient)),
        (_("Quiet hours"), contact.quiet(patient)),
        (_("Neutral wording in messages"), _("yes") if patient.neutral_wording else _("no")),
        (_("Team"), words.plain(patient.team)),
        (_("Care team"), team or _("nobody named")),
        (_("Status"), people.STATUSES[patient.status].lower()),
    )
    return tuple(words.labelled(label, value) for label, value in pairs)


def colleague(name: str, role: Role) -> str:
    """A member of staff to choose."""
    return f"{name}, {words.ROLES[role.value].lower()}"


def _asked(read: Record, intake: IntakeBody, setting: Setting) -> Tile:
    patient_id = read.patient.patient_id
    if intake.recorded_at is None:
        figure, text = _("Not asked yet"), _("Answer these before a pathway is proposed.")
    elif intake.missing:
        figure = ngettext("%(num)s question open", "%(num)s questions open", len(intake.missing))
        text = _("Nothing can be proposed before these are answered.")
    else:
        on = intake.recorded_at.astimezone(setting.zone).date()
        figure = _("Complete")
        text = _("Recorded %(when)s.", when=words.when(on, today=setting.today))
    if intake.ask_again_on:
        again = words.when(intake.ask_again_on, today=setting.today)
        text = f"{text} {_('Ask again %(when)s.', when=again)}"
    href = places.patient(patient_id, "intake")
    return Tile(_("Intake questions"), figure, text, href, _("Open the questions"))


def _measured(read: Record, line: InstrumentTrajectory, setting: Setting) -> Tile:
    on = words.when(line.latest_on, today=setting.today) if line.latest_on else ""
    said = (
        [on] if line.response == _UNKNOWN else [words.plain(courses.RESPONSES[line.response]), on]
    )
    text = f"{', '.join(filter(None, said))}."
    if line.baseline_total is not None:
        text = f"{text} {_('First reading %(total)s.', total=line.baseline_total)}"
    return Tile(
        title=words.instrument(line.instrument),
        figure=_("not known") if line.latest_total is None else str(line.latest_total),
        text=text,
        href=places.patient(read.patient.patient_id, "assessments"),
        link=_("All readings"),
    )


def _unmeasured(read: Record) -> Tile:
    href = places.patient(read.patient.patient_id, "assessments")
    return Tile(_("Questionnaires"), _("None yet"), _("Take the first ones."), href, _("Take one"))


def _treated(read: Record, setting: Setting) -> Tile:
    patient_id = read.patient.patient_id
    href = places.patient(patient_id, "courses")
    if read.courses is None:
        said = _("Courses cannot be read right now.")
        return Tile(_("Course"), _("Not known"), said, href, _("Try again"))
    course = record.current(read.courses)
    if course is None:
        return Tile(_("Course"), _("None"), _("No course is under way."), href, _("Courses"))
    return Tile(
        title=course.drug_name,
        figure=record.PHASES.get(course.phase, words.plain(course.phase)),
        text=courses.clock_line(course, setting),
        href=places.course(patient_id, course.course_id),
        link=_("Open the course"),
    )
