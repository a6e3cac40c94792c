"""The overview of one person: where they stand, what is missing, what to do next."""

from dataclasses import dataclass

from services.portal.presenters import contact, courses, people, places, record, words
from services.portal.presenters.record import Record
from services.portal.presenters.today import Setting
from shared.api.assessment import (
    InstrumentTrajectory,
    IntakeBody,
    PatientBody,
    TrajectoryBody,
)
from shared.api.identity import Role


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
    return (
        f"Name: {words.full_name(patient.given_name, patient.family_name)}",
        f"Birth date: {words.day(patient.birth_date)}",
        f"Telephone: {patient.phone or 'not known'}",
        f"E-mail: {patient.email or 'not known'}",
        f"Language: {dict(people.LANGUAGES).get(patient.language, patient.language)}",
        f"Time zone: {patient.time_zone}",
        f"Postal address: {patient.postal_address or 'not known'}",
        f"Agreed to: {contact.agreed(patient)}",
        f"Quiet hours: {contact.quiet(patient)}",
        f"Neutral wording in messages: {'yes' if patient.neutral_wording else 'no'}",
        f"Team: {words.plain(patient.team)}",
        f"Care team: {team or 'nobody named'}",
        f"Status: {people.STATUSES[patient.status].lower()}",
    )


def colleague(name: str, role: Role) -> str:
    """A member of staff to choose."""
    return f"{name}, {words.ROLES[role.value].lower()}"


def _asked(read: Record, intake: IntakeBody, setting: Setting) -> Tile:
    patient_id = read.patient.patient_id
    if intake.recorded_at is None:
        figure, text = "Not asked yet", "Answer these before a pathway is proposed."
    elif intake.missing:
        figure = words.count(len(intake.missing), "question") + " open"
        text = "Nothing can be proposed before these are answered."
    else:
        on = intake.recorded_at.astimezone(setting.zone).date()
        figure, text = "Complete", f"Recorded {words.when(on, today=setting.today)}."
    if intake.ask_again_on:
        text += f" Ask again {words.when(intake.ask_again_on, today=setting.today)}."
    return Tile(
        "Intake questions", figure, text, places.patient(patient_id, "intake"), "Open the questions"
    )


def _measured(read: Record, line: InstrumentTrajectory, setting: Setting) -> Tile:
    total = "not known" if line.latest_total is None else str(line.latest_total)
    on = words.when(line.latest_on, today=setting.today) if line.latest_on else ""
    first = f" First reading {line.baseline_total}." if line.baseline_total is not None else ""
    return Tile(
        title=words.instrument(line.instrument),
        figure=total,
        text=f"{words.plain(courses.RESPONSES[line.response])}, {on}.{first}",
        href=places.patient(read.patient.patient_id, "assessments"),
        link="All readings",
    )


def _unmeasured(read: Record) -> Tile:
    href = places.patient(read.patient.patient_id, "assessments")
    return Tile("Questionnaires", "None yet", "Take the first ones.", href, "Take one")


def _treated(read: Record, setting: Setting) -> Tile:
    patient_id = read.patient.patient_id
    href = places.patient(patient_id, "courses")
    if read.courses is None:
        return Tile("Course", "Not known", "Courses cannot be read right now.", href, "Try again")
    course = record.current(read.courses)
    if course is None:
        return Tile("Course", "None", "No course is under way.", href, "Courses")
    return Tile(
        title=course.drug_name,
        figure=record.PHASES.get(course.phase, words.plain(course.phase)),
        text=courses.clock_line(course, setting),
        href=places.course(patient_id, course.course_id),
        link="Open the course",
    )
