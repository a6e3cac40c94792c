"""The head of every page about one person: who, what is urgent, what they take, what is next."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from services.portal.presenters import health, places, words
from services.portal.presenters.language import gettext as _
from services.portal.presenters.language import mark, said
from services.portal.presenters.today import Setting
from shared.api.assessment import FlagBody, PatientBody, PatientSummary
from shared.api.engagement import ReminderBody
from shared.api.treatment import CourseBody, HealthProfile

TABS = (
    (mark("Overview"), ()),
    (mark("Timeline"), ("timeline",)),
    (mark("Questionnaires"), ("assessments",)),
    (mark("Pathway"), ("pathway",)),
    (mark("Course"), ("courses",)),
    (mark("Support"), ("support",)),
    (mark("Reminders"), ("reminders",)),
    (mark("Details"), ("details",)),
)
"""Each part of the record, known by its English title, and where it is."""
_COURSES_ONLY = frozenset({"Course"})
PHASES = said(
    {
        "draft": mark("Proposed, not signed yet"),
        "withdrawn": mark("Proposal withdrawn"),
        "titration": mark("Building up the dose"),
        "acute": mark("Treatment started"),
        "responded": mark("Getting better"),
        "continuation": mark("Continuing after remission"),
        "maintenance": mark("Staying on treatment"),
        "taper-planned": mark("Taper planned"),
        "taper-active": mark("Taper under way"),
        "taper-hold": mark("Taper on hold, same dose"),
        "step-back": mark("Back on the last tolerated dose"),
        "suspended": mark("Dose changes frozen"),
        "switching-out": mark("Being replaced by another medicine"),
        "switched": mark("Replaced by another medicine"),
        "stopped-watch": mark("Stopped, being watched over"),
        "closed": mark("Closed"),
    }
)
_STATUSES = said({"left-care": mark("Has left care"), "deceased": mark("Has died")})
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
class Cautions:
    """What to mind with every dose: ``items`` as recorded, or ``text`` why there are none.
    ``alert`` asks for attention; nothing is shown to a role that does not see the health record.
    """

    items: tuple[str, ...] = ()
    text: str = ""
    alert: bool = False
    href: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """``status`` is empty while the person is in care and may be written to."""

    patient_id: UUID
    name: str
    birth: str
    number: str
    status: str
    taking: str
    taking_since: str
    cautions: "Cautions"
    next_due: str
    next_href: str
    flags: tuple[Flag, ...]
    information_missing: bool
    tabs: tuple[Tab, ...]


@dataclass(frozen=True, slots=True)
class Record:
    """What the services said about one person; None is silence. ``sees_courses``: whether this
    role is told about medicines at all."""

    patient: PatientBody
    flags: Sequence[FlagBody]
    courses: Sequence[CourseBody] | None
    reminders: Sequence[ReminderBody] | None
    health: HealthProfile | None = None
    sees_courses: bool = True


def head(record: Record, setting: Setting, *, tab: str) -> Head:
    """The head of the page; ``tab`` is the title of the part that is open."""
    patient = record.patient
    course = current(record.courses or ())
    due = _next(record.reminders or ())
    return Head(
        patient_id=patient.patient_id,
        name=name_of(patient),
        birth=words.born(patient, today=setting.today),
        number=number(patient.patient_id),
        status=_STATUSES.get(patient.status, "")
        or ("" if patient.contact_readable else _("Contact data cannot be read: tell operations"))
        or (_("Messages are stopped") if patient.messages_stopped else ""),
        taking=_taking(record),
        taking_since=PHASES.get(course.phase, words.plain(course.phase)) if course else "",
        cautions=_cautions(record),
        next_due=_due_words(record.reminders, due, setting),
        next_href=_due_href(due, sees_courses=record.sees_courses),
        flags=tuple(flag_banner(flag, setting) for flag in record.flags),
        information_missing=any(item.information_missing for item in record.courses or ()),
        tabs=tuple(
            Tab(_(title), places.patient(patient.patient_id, *parts), title == tab)
            for title, parts in TABS
            if record.sees_courses or title not in _COURSES_ONLY
        ),
    )


def name_of(patient: PatientBody | PatientSummary) -> str:
    """The name, or the day since which there is none."""
    if patient.erased_on is not None:
        return _("Erased on %(day)s", day=words.day(patient.erased_on))
    return words.full_name(patient.given_name, patient.family_name)


def without_flag(record: Record, flag_id: UUID) -> Record:
    """The record for the page of a flag, which shows that flag itself."""
    others = tuple(flag for flag in record.flags if flag.flag_id != flag_id)
    return replace(record, flags=others)


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
        in_hand=_("%(name)s has it in hand.", name=holder)
        if taken
        else _("Nobody has it in hand yet."),
        href=places.patient(flag.patient_id, "flags", flag.flag_id),
        link=_("Record what was done") if taken else _("Take it in hand"),
    )


def _taking(record: Record) -> str:
    if not record.sees_courses:
        return _("Medicines are shown to prescribers, nurses and leads")
    if record.courses is None:
        return _("Not known right now: courses cannot be read")
    course = current(record.courses)
    if course is None or course.started_on is None:
        return _("No medicine from us")
    return f"{course.drug_name}: {words.daily(course.dose_text, course.dose_mg)}"


def _cautions(record: Record) -> Cautions:
    if not record.sees_courses:
        return Cautions()
    href = places.patient(record.patient.patient_id, "health")
    if record.health is None:
        return Cautions(text=_("Cautions cannot be read right now"), alert=True)
    if record.health.version == 0:
        return Cautions(text=_("Health questions not asked yet"), alert=True, href=href)
    facts = record.health.facts
    taken = (one.medicine for one in facts.medicines if one.last_taken_on is None)
    items = (
        *(health.named(code) for code in facts.conditions),
        *(_("takes %(medicine)s", medicine=words.plain(code).lower()) for code in taken),
    )
    if not items:
        return Cautions(text=_("None recorded"), href=href)
    return Cautions(items=items, alert=True, href=href)


def _next(reminders: Sequence[ReminderBody]) -> ReminderBody | None:
    waiting = [item for item in reminders if item.state in _OPEN and item.key.level == 0]
    return min(waiting, key=lambda item: item.due_at, default=None)


def _due_words(
    reminders: Sequence[ReminderBody] | None, due: ReminderBody | None, setting: Setting
) -> str:
    if reminders is None:
        return _("Not known right now: reminders cannot be read")
    if due is None:
        return _("Nothing planned")
    whose = words.who(due.owner_id, setting.staff) if due.owner_id else ""
    owner = whose or words.ANYBODY[due.for_role.value]
    return _(
        "%(title)s, %(when)s, for %(whom)s",
        title=words.spoken(due.title),
        when=words.when(due.due_on, today=setting.today),
        whom=owner,
    )


def _due_href(due: ReminderBody | None, *, sees_courses: bool) -> str:
    if due is None:
        return ""
    href = places.work(
        due.key.kind,
        patient_id=due.patient_id,
        course_id=due.course_id,
        subject_id=due.key.subject_id,
        ordinal=due.key.ordinal,
    )
    if places.is_of_a_course(href) and not sees_courses:
        return places.reminder(due.patient_id, due.reminder_id)
    return href
