"""The head of every page about one person: who, what is urgent, what they take, what is next."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from services.portal.presenters import places, words
from services.portal.presenters.today import Setting
from shared.api.assessment import FlagBody, PatientBody
from shared.api.engagement import ReminderBody
from shared.api.treatment import CourseBody

TABS = (
    ("Overview", ()),
    ("Questionnaires", ("assessments",)),
    ("Pathway", ("pathway",)),
    ("Course", ("courses",)),
    ("Reminders", ("reminders",)),
    ("Details", ("details",)),
)
PHASES = {
    "draft": "Proposed, not signed yet",
    "withdrawn": "Proposal withdrawn",
    "titration": "Building up the dose",
    "acute": "Treatment started",
    "responded": "Getting better",
    "continuation": "Continuing after remission",
    "maintenance": "Staying on treatment",
    "taper-planned": "Taper planned",
    "taper-active": "Taper under way",
    "taper-hold": "Taper on hold, same dose",
    "step-back": "Back on the last tolerated dose",
    "suspended": "Dose changes frozen",
    "switching-out": "Being replaced by another medicine",
    "switched": "Replaced by another medicine",
    "stopped-watch": "Stopped, being watched over",
    "closed": "Closed",
}
_STATUSES = {"left-care": "Has left care", "deceased": "Has died"}
_OPEN = frozenset({"planned", "visible", "acknowledged"})


@dataclass(frozen=True, slots=True)
class Flag:
    """A safety flag as a banner says it."""

    title: str
    act: str
    due: str
    late: bool
    in_hand: str
    href: str
    link: str


@dataclass(frozen=True, slots=True)
class Tab:
    """One part of the record; each has its own address."""

    title: str
    href: str
    here: bool


@dataclass(frozen=True, slots=True)
class Head:
    """``status`` is empty while the person is in care."""

    patient_id: UUID
    name: str
    birth: str
    number: str
    status: str
    taking: str
    taking_since: str
    next_due: str
    next_href: str
    flags: tuple[Flag, ...]
    information_missing: bool
    tabs: tuple[Tab, ...]


@dataclass(frozen=True, slots=True)
class Record:
    """What the services said about one person; None is silence."""

    patient: PatientBody
    flags: Sequence[FlagBody]
    courses: Sequence[CourseBody] | None
    reminders: Sequence[ReminderBody] | None


def head(record: Record, setting: Setting, *, tab: str) -> Head:
    """The head of the page; ``tab`` is the title of the part that is open."""
    patient = record.patient
    course = current(record.courses or ())
    due = _next(record.reminders or ())
    return Head(
        patient_id=patient.patient_id,
        name=words.full_name(patient.given_name, patient.family_name),
        birth=words.born(patient.birth_date, today=setting.today),
        number=number(patient.patient_id),
        status=_STATUSES.get(patient.status, ""),
        taking=_taking(record.courses),
        taking_since=PHASES.get(course.phase, words.plain(course.phase)) if course else "",
        next_due=_due_words(record.reminders, due, setting),
        next_href=_due_href(due),
        flags=tuple(flag_banner(flag, setting) for flag in record.flags),
        information_missing=any(item.information_missing for item in record.courses or ()),
        tabs=tuple(
            Tab(title, places.patient(patient.patient_id, *parts), title == tab)
            for title, parts in TABS
        ),
    )


def without_flag(record: Record, flag_id: UUID) -> Record:
    """The record for the page of a flag, which shows that flag itself."""
    others = tuple(flag for flag in record.flags if flag.flag_id != flag_id)
    return Record(record.patient, others, record.courses, record.reminders)


def number(patient_id: UUID) -> str:
    """The second identifier: the first eight signs of the record's number, in two groups."""
    text = patient_id.hex[:8].upper()
    return f"{text[:4]} {text[4:]}"


def current(courses: Sequence[CourseBody]) -> CourseBody | None:
    """The course that is under way, else one that waits for its signature."""
    open_ones = [course for course in courses if course.closed_on is None]
    alive = [course for course in open_ones if course.phase not in {"withdrawn", "closed"}]
    alive.sort(key=lambda course: (course.started_on is None, course.starts_on))
    return alive[0] if alive else None


def flag_banner(flag: FlagBody, setting: Setting) -> Flag:
    """What is wrong, what to do, by when, and who has it."""
    taken = flag.acknowledged_by is not None
    holder = words.who(flag.acknowledged_by, setting.staff)
    return Flag(
        title=flag.title,
        act=flag.act,
        due=words.deadline(flag.due_at, zone=setting.zone, now=setting.now),
        late=flag.due_at < setting.now and flag.status == "open",
        in_hand=f"{holder} has it in hand." if taken else "Nobody has it in hand yet.",
        href=places.patient(flag.patient_id, "flags", flag.flag_id),
        link="Record what was done" if taken else "Take it in hand",
    )


def _taking(courses: Sequence[CourseBody] | None) -> str:
    if courses is None:
        return "Not known right now: courses cannot be read"
    course = current(courses)
    if course is None or course.started_on is None:
        return "No medicine from us"
    return f"{course.drug_name}: {words.daily(course.dose_text, course.dose_mg)}"


def _next(reminders: Sequence[ReminderBody]) -> ReminderBody | None:
    waiting = [item for item in reminders if item.state in _OPEN and item.key.level == 0]
    return min(waiting, key=lambda item: item.due_at, default=None)


def _due_words(
    reminders: Sequence[ReminderBody] | None, due: ReminderBody | None, setting: Setting
) -> str:
    if reminders is None:
        return "Not known right now: reminders cannot be read"
    if due is None:
        return "Nothing planned"
    whose = words.who(due.owner_id, setting.staff) if due.owner_id else ""
    owner = whose or words.ANYBODY[due.for_role.value]
    return f"{due.title}, {words.when(due.due_on, today=setting.today)}, for {owner}"


def _due_href(due: ReminderBody | None) -> str:
    if due is None:
        return ""
    return places.work(
        due.key.kind,
        patient_id=due.patient_id,
        course_id=due.course_id,
        subject_id=due.key.subject_id,
        ordinal=due.key.ordinal,
    )
