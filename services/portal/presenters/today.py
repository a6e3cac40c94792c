"""Today's list: one row for each thing owed, whichever service knows of it.

Three services each see a part: treatment computes what is due from the plan itself, engagement
knows who has it in hand and what is late, assessment knows the open flags. A row is known by
its key, so that the list stays whole when one of them is silent.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from services.portal.presenters import places, words
from services.portal.presenters.language import gettext as _
from services.portal.presenters.language import mark, said
from shared.api.assessment import FlagBody
from shared.api.engagement import Action, Detail, Meaning, ReminderBody, ReminderKey, Section
from shared.api.identity import Role
from shared.api.treatment import DueItem

ENGINE_LATE_AFTER_S = 60
NAMELESS = mark("Name not loaded")
FLAG_KIND = "safety"
_PLAIN_RISK = 5
MISSED_KINDS = frozenset({"missed-check-in-early", "missed-check-in-gate"})
_LATE = frozenset({Section.SAFETY_NOW, Section.OVERDUE})
_DOSE_KINDS = frozenset({"prepare-supply", "change-day", "check-in-early", "check-in-gate"})

TITLES = said(
    {
        Section.SAFETY_NOW: mark("Safety now"),
        Section.OVERDUE: mark("Overdue"),
        Section.DUE_TODAY: mark("Due today"),
        Section.PREPARE: mark("Prepare"),
        Section.WAITING: mark("Waiting for others"),
    }
)
EXPLANATIONS = said(
    {
        Section.SAFETY_NOW: mark("Somebody may be at risk. Start here."),
        Section.OVERDUE: mark("The day has passed and nothing is recorded yet."),
        Section.DUE_TODAY: mark("To be done today."),
        Section.PREPARE: mark("Coming up in the next days."),
        Section.WAITING: mark("Somebody has this in hand."),
    }
)

_MEANINGS = said(
    {
        Meaning.CALLED: mark("called"),
        Meaning.SEEN: mark("seen"),
        Meaning.NOT_REACHED: mark("not reached"),
        Meaning.DEFERRED: mark("deferred"),
    }
)

_DOING = said(
    {
        Action.CONFIRM_SUPPLY: mark("Ask whether all of it is at home, and confirm the supply."),
        Action.TAKE_STEP: mark(
            "Check how the person is, then record that the step was taken, or hold."
        ),
        Action.CHECK_IN: mark("Record withdrawal, mood and suicidality."),
        Action.SURVEY: mark("Ask for withdrawal, then for relapse, and record the check-in."),
        Action.REVIEW_COURSE: mark("Look at scores and side effects, and record the review."),
    }
)

Key = tuple[str, UUID, int, int, str]


@dataclass(frozen=True, slots=True)
class Other:
    """Something else of the same course that is not recorded either."""

    title: str
    due: str
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One thing to do for one person. ``late`` is empty while it is in time.

    ``on_lists`` are the colleagues it falls to, and roles where it falls to nobody by name.
    """

    key: Key
    section: Section
    patient_id: UUID
    course_id: UUID | None = None
    name: str
    birth: str
    title: str
    why: str
    what: str = ""
    dose: str = ""
    supply: str = ""
    due: str
    late: str
    in_hand: str
    whose: str = ""
    tries: str = ""
    on_lists: frozenset[UUID | Role] = frozenset()
    escalated: bool = False
    action: Action
    href: str
    details_href: str = ""
    order: tuple[int, float]
    also: tuple[Other, ...] = ()

    @property
    def mark(self) -> str:
        """A name for this row in the page, the same each time the list is read."""
        _, subject, _, ordinal, kind = self.key
        return f"{kind}-{subject}-{ordinal}"


@dataclass(frozen=True, slots=True)
class Group:
    """One section of the list."""

    code: str
    title: str
    explanation: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Sources:
    """What the three services said; None is silence."""

    due: Sequence[DueItem] | None
    reminders: Sequence[ReminderBody] | None
    flags: Sequence[FlagBody] | None
    more_is_due: bool = False
    """Whether the plans owe more than was read."""
    more_flags: bool = False
    """Whether more safety flags are open than were read; those due soonest were."""


@dataclass(frozen=True, slots=True)
class Setting:
    """When and where a page is read, and what the staff are called."""

    now: datetime
    zone: ZoneInfo
    staff: Mapping[UUID, str] = field(default_factory=dict)

    @property
    def today(self) -> date:
        """The local date."""
        return self.now.astimezone(self.zone).date()


def grouped(sources: Sources, setting: Setting) -> tuple[Group, ...]:
    """The list by section, worst first inside each; empty sections are left out."""
    return by_section(_folded(_union(sources, setting).values()))


def by_section(rows: Iterable[Row]) -> tuple[Group, ...]:
    """These rows under their headings."""
    rows = sorted(rows, key=lambda row: row.order)
    groups = (
        Group(
            code=section.value,
            title=TITLES[section],
            explanation=EXPLANATIONS[section],
            rows=tuple(row for row in rows if row.section is section),
        )
        for section in Section
    )
    return tuple(group for group in groups if group.rows)


def mine(groups: Sequence[Group], staff_id: UUID, role: Role) -> tuple[Group, ...]:
    """What falls to this colleague by name, or to nobody by name and to their role; and
    everything about safety, which is everybody's."""
    return by_section(
        row
        for group in groups
        for row in group.rows
        if row.section is Section.SAFETY_NOW or row.on_lists & {staff_id, role}
    )


def not_beyond(sources: Sources, beyond: Iterable[ReminderKey]) -> Sources:
    """The first page of a list: what stands on another page of it, or was left out on purpose, is
    left to that. What nobody knows of stays here."""
    elsewhere = {_key(key) for key in beyond} - _keys(sources.reminders)
    due = sources.due and [item for item in sources.due if _key(item.key) not in elsewhere]
    return replace(sources, due=due)


def only_known(sources: Sources) -> Sources:
    """A later page of a list: what no reminder knows of was on the first."""
    known = _keys(sources.reminders)
    due = [item for item in sources.due or () if _key(item.key) in known]
    return replace(sources, flags=(), due=due)


def _keys(reminders: Iterable[ReminderBody] | None) -> frozenset[Key]:
    return frozenset(_key(item.key) for item in reminders or ())


def heading(setting: Setting) -> str:
    """Today's date, said in full."""
    return words.day(setting.today)


def engine_is_late(seen_at: datetime | None, *, now: datetime) -> bool:
    """Whether the engine that pushes reminders has been silent for too long. Both times are
    real: a demo's clock does not move heartbeats."""
    return seen_at is None or (now - seen_at).total_seconds() > ENGINE_LATE_AFTER_S


def engine_is_behind(oldest_due_at: datetime | None, *, as_of: datetime) -> bool:
    """Whether an engine that lives leaves due reminders unannounced for too long. Both times are
    engagement's, so that a demo's clock moves both."""
    return (
        oldest_due_at is not None and (as_of - oldest_due_at).total_seconds() > ENGINE_LATE_AFTER_S
    )


def _union(sources: Sources, setting: Setting) -> dict[Key, Row]:
    """Engagement's row has the most words; the plan's own dose text always wins."""
    people = _people(sources, setting)
    rows: dict[Key, Row] = {}
    for reminder in sorted(sources.reminders or (), key=lambda item: item.key.level):
        key = _key(reminder.key)
        rows[key] = _escalated(rows[key], reminder) if key in rows else _reminder(reminder, setting)
    for item in sources.due or ():
        key = _key(item.key)
        rows[key] = _planned(rows[key], item) if key in rows else _due(item, setting)
    for flag in sources.flags or ():
        key = ("safety-flag", flag.flag_id, 1, 0, FLAG_KIND)
        if key in rows:
            rows[key] = _flagged(rows[key], flag, setting)
        else:
            rows[key] = _flag(key, flag, people, setting)
    return rows


def _key(key: ReminderKey) -> Key:
    return (key.subject_kind, key.subject_id, key.subject_version, key.ordinal, key.kind)


def _folded(rows: Iterable[Row]) -> Iterator[Row]:
    """What was missed of one course is one row: nobody reads two doses as two orders.

    The rows behind it stay: each is a link of its own, and is recorded on its own page.
    """
    missed: dict[UUID, list[Row]] = {}
    for row in rows:
        if row.course_id is not None and _is_missed(row):
            missed.setdefault(row.course_id, []).append(row)
        else:
            yield row
    for of_course in missed.values():
        yield _one_of(
            sorted(of_course, key=lambda row: (row.key[4] not in MISSED_KINDS, row.order[1]))
        )


def _is_missed(row: Row) -> bool:
    kind, overdue = row.key[4], row.section is Section.OVERDUE
    return kind in MISSED_KINDS or (kind in _DOSE_KINDS and overdue)


def _one_of(missed: Sequence[Row]) -> Row:
    first, *rest = missed
    links = {row.href: Other(row.title, row.due, row.href) for row in rest}
    return replace(
        first,
        section=min((row.section for row in missed), key=list(Section).index),
        on_lists=first.on_lists.union(*(row.on_lists for row in rest)),
        escalated=any(row.escalated for row in missed),
        order=min(row.order for row in missed),
        also=tuple(other for href, other in links.items() if href != first.href),
    )


def _escalated(row: Row, item: ReminderBody) -> Row:
    passed_on = item.key.level > 0 or row.escalated
    return replace(row, escalated=passed_on, on_lists=row.on_lists | _falls_to(item))


def _falls_to(item: ReminderBody) -> frozenset[UUID | Role]:
    return frozenset({item.owner_id or item.for_role})


def _reminder(item: ReminderBody, setting: Setting) -> Row:
    return Row(
        key=_key(item.key),
        section=item.section or Section.DUE_TODAY,
        patient_id=item.patient_id,
        course_id=item.course_id,
        name=item.patient_name or _(NAMELESS),
        birth=words.born(item, today=setting.today),
        title=item.title,
        why=item.why,
        what=item.what,
        dose=_dose(item.detail, item.title),
        supply=_supply(item.detail, item.key.kind, item.title),
        due=_due_again(item, setting),
        late=_lateness(item, setting),
        in_hand=_in_hand(item, setting),
        whose=words.who(item.owner_id, setting.staff)
        if item.owner_id
        else words.ANYBODY[item.for_role.value],
        tries=words.count(item.attempts, "attempt") if item.attempts else "",
        on_lists=_falls_to(item),
        action=item.action,
        escalated=item.key.level > 0 or item.escalated_to is not None,
        href=places.work(
            item.key.kind,
            patient_id=item.patient_id,
            course_id=item.course_id,
            subject_id=item.key.subject_id,
            ordinal=item.key.ordinal,
        ),
        details_href=places.reminder(item.patient_id, item.reminder_id),
        order=(item.risk, item.due_at.timestamp()),
    )


def _lateness(item: ReminderBody, setting: Setting) -> str:
    """Engagement says when work is overdue: some may be done within days of its own. By how much
    is counted in days, as beside it: what was due yesterday is a day late, at whichever hour."""
    may_wait = item.section not in _LATE or item.due_on >= setting.today
    return "" if may_wait else words.duration((setting.today - item.due_on).days)


def _planned(row: Row, item: DueItem) -> Row:
    return replace(
        row,
        dose=_dose(item.detail, row.title),
        supply=_supply(item.detail, item.key.kind, row.title),
    )


def _due(item: DueItem, setting: Setting) -> Row:
    overdue = item.due_on < setting.today
    ahead = item.due_on > setting.today
    return Row(
        key=_key(item.key),
        section=Section.OVERDUE if overdue else Section.PREPARE if ahead else Section.DUE_TODAY,
        patient_id=item.patient_id,
        course_id=item.course_id,
        name=item.patient_name or _(NAMELESS),
        birth=words.born(item, today=setting.today),
        title=item.title,
        why=item.why,
        what=_DOING.get(item.action, ""),
        dose=_dose(item.detail, item.title),
        supply=_supply(item.detail, item.key.kind, item.title),
        due=words.when(item.due_on, today=setting.today),
        late=words.duration((setting.today - item.due_on).days) if overdue else "",
        in_hand="",
        on_lists=frozenset({item.for_role}),
        action=item.action,
        href=places.work(
            item.key.kind,
            patient_id=item.patient_id,
            course_id=item.course_id,
            subject_id=item.key.subject_id,
            ordinal=item.key.ordinal,
        ),
        order=(_PLAIN_RISK, item.due_at.timestamp()),
    )


def _due_again(item: ReminderBody, setting: Setting) -> str:
    """The day the plan asks for; of what somebody put off, when it comes back; of what may take
    some days, since when it is to be done."""
    waits = item.section is Section.WAITING and item.due_at > setting.now
    back = item.due_at if waits else item.comes_back_at
    if back is not None:
        again = words.moment(back, zone=setting.zone, now=setting.now)
        return _("again %(when)s", when=again)
    day = words.when(item.due_on, today=setting.today)
    is_under_way = item.section is Section.DUE_TODAY and item.due_on < setting.today
    return _("since %(when)s", when=day) if is_under_way else day


def _flag(
    key: Key, flag: FlagBody, people: Mapping[UUID, tuple[str, str]], setting: Setting
) -> Row:
    name, birth = people.get(flag.patient_id, (_(NAMELESS), ""))
    taken = flag.acknowledged_by is not None
    return Row(
        key=key,
        section=Section.SAFETY_NOW,
        patient_id=flag.patient_id,
        name=name,
        birth=birth,
        title=flag.title,
        why=flag.act,
        due=_by(flag, setting),
        late=_late(flag, setting),
        in_hand=words.who(flag.acknowledged_by, setting.staff) if taken else "",
        action=Action.ANSWER_FLAG,
        href=places.patient(flag.patient_id, "flags", flag.flag_id),
        order=(flag.level, flag.due_at.timestamp()),
    )


def _tellers(sources: Sources) -> Iterator[DueItem | ReminderBody]:
    yield from sources.due or ()
    yield from sources.reminders or ()


def _people(sources: Sources, setting: Setting) -> dict[UUID, tuple[str, str]]:
    known = {
        person.patient_id: (
            words.full_name(person.given_name, person.family_name),
            words.born(person, today=setting.today),
        )
        for person in (flag.patient for flag in sources.flags or ())
        if person is not None
    }
    told = {
        item.patient_id: (item.patient_name, words.born(item, today=setting.today))
        for item in _tellers(sources)
        if item.patient_name
    }
    return known | told


def _dose(detail: Detail, title: str) -> str:
    """The medicine and its dose or change of dose, unless the title says it already."""
    before, after = detail.previous_dose_text, detail.dose_text
    if not after or (before and before in title and after in title):
        return ""
    change = f"{before} → {after}" if before else after
    return f"{detail.drug}: {change}" if detail.drug else change


def _supply(detail: Detail, kind: str, title: str) -> str:
    """What has to be handed out, where that is the work and the title does not say it."""
    supply = detail.supply_text or ""
    return supply if kind == "prepare-supply" and supply not in title else ""


def _in_hand(item: ReminderBody, setting: Setting) -> str:
    if item.acknowledged is None:
        return ""
    name = words.who(item.acknowledged.by, setting.staff)
    taken = f"{name}, {_MEANINGS[item.acknowledged.meaning]}"
    if item.acknowledged.on_earlier_version:
        return _("%(said)s, about the plan before this one", said=taken)
    return taken


def _flagged(row: Row, flag: FlagBody, setting: Setting) -> Row:
    """The reminder of a flag, in the flag's own words and with its own hour."""
    return replace(
        row,
        title=flag.title,
        why=flag.act,
        due=_by(flag, setting),
        late=_late(flag, setting),
    )


def _by(flag: FlagBody, setting: Setting) -> str:
    due = words.deadline(flag.due_at, zone=setting.zone, now=setting.now)
    return _("by %(due)s", due=due)


def _late(flag: FlagBody, setting: Setting) -> str:
    minutes = int((setting.now - flag.due_at).total_seconds() // 60)
    return words.lateness(minutes) if minutes > 0 else ""
