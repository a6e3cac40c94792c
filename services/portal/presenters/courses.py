"""A course in words: its clock, what is planned, what a rule has to say."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.portal.presenters import findings, listing, places, words
from services.portal.presenters.language import gettext as _
from services.portal.presenters.language import mark, said
from services.portal.presenters.record import PHASES
from services.portal.presenters.today import Setting
from shared.api.treatment import (
    CourseBody,
    ReviewBody,
    ScheduledStepBody,
    SurveillanceBody,
    TaperPlanBody,
)

REASONS = said(
    {
        "not-enough-effect": mark("Not enough effect"),
        "side-effects": mark("Side effects"),
        "planned-titration": mark("Going up as planned"),
        "interaction": mark("An interaction"),
        "organ-function": mark("Liver or kidney function"),
        "age-limit": mark("A limit of age"),
        "persons-wish": mark("The person's wish"),
        "pregnancy": mark("Pregnancy"),
        "supply": mark("Supply"),
        "surgery": mark("An operation"),
        "diagnosis-revised": mark("The diagnosis was revised"),
        "benefit-outweighs-risk": mark("The benefit outweighs the risk"),
        "monitored-closely": mark("It is monitored closely"),
        "tolerated-before": mark("It was tolerated before"),
        "dose-is-low": mark("The dose is low"),
        "persons-informed-choice": mark("The person's informed choice"),
        "no-alternative": mark("There is no better alternative"),
        "known-not-to-apply": mark("It is known not to apply here"),
        "other": mark("Another reason"),
    }
)
VOIDED = said(
    {
        "dose-changed": mark("the dose was changed"),
        "switched": mark("a switch was signed"),
        "taper-signed": mark("a taper plan was signed"),
        "stopped-for-harm": mark("it was stopped for harm"),
    }
)
_CHECKS = said(
    {
        "early": mark("Early check-in"),
        "gate": mark("Check-in before the next step"),
    }
)
RESPONSES = said(
    {
        "unknown": mark("cannot be said yet"),
        "none": mark("no clear change"),
        "early-improvement": mark("first improvement"),
        "partial": mark("partly better"),
        "response": mark("clearly better"),
        "remission": mark("hardly any symptoms"),
    }
)
PLAN_STATES = said(
    {
        "draft": mark("draft, not signed"),
        "signed": mark("signed"),
        "active": mark("under way"),
        "hold": mark("on hold"),
        "superseded": mark("replaced by a later version"),
        "completed": mark("completed"),
        "stopped": mark("stopped"),
    }
)
PROPOSAL_TONES = {
    "next-step": "good",
    "hold": "warn",
    "prescriber-same-day": "danger",
    "relapse-pathway": "warn",
    "red-flag": "danger",
}


@dataclass(frozen=True, slots=True)
class Planned:
    """One line of what is planned: a review or a look after the last dose."""

    ordinal: int
    title: str
    due: str
    whose: str
    done: str
    href: str
    overdue: bool


@dataclass(frozen=True, slots=True)
class Step:
    """One scheduled step of a taper. ``href`` leads to confirming supply and change."""

    title: str
    change: str
    before: str
    after: str
    on: str
    supply: str
    supply_done: str
    taken: str
    checks: tuple[tuple[str, str, str], ...]
    href: str
    is_next: bool


@dataclass(frozen=True, slots=True)
class Clock:
    """How long, since when, until when, and why."""

    line: str
    facts: tuple[tuple[str, str], ...]
    why: str
    rule: str


@dataclass(frozen=True, slots=True)
class Signature:
    """Who signed and when, what exactly, and whether it still holds."""

    signed: str
    hash: str
    tone: str
    state: str


@dataclass(frozen=True, slots=True)
class Proposed:
    """What the system proposes after a check-in."""

    tone: str
    detail: str
    rule: str


@dataclass(frozen=True, slots=True)
class Summary:
    """One row of the list of courses."""

    title: str
    phase: str
    dose: str
    since: str
    href: str


_ORDERS: Mapping[str, Callable[[CourseBody], Any]] = {
    "drug": lambda course: (course.drug_name.casefold(), course.starts_on),
    "phase": lambda course: (_phase(course), course.starts_on),
    "since": lambda course: course.started_on or course.starts_on,
}
_NEWEST = "-since"


def columns(path: str, query: Mapping[str, str]) -> tuple[listing.Column, ...]:
    """The headings of the list of courses. Doses of different drugs have no order."""
    titles = (
        ("drug", _("Course")),
        ("phase", _("Phase")),
        ("", _("Dose")),
        ("since", _("Since")),
    )
    return listing.columns(titles, path=path, query=query, default=_NEWEST)


def summaries(
    items: Iterable[CourseBody], setting: Setting, query: Mapping[str, str]
) -> tuple[Summary, ...]:
    """Courses in the order of the address, the newest first by itself."""
    ordered = listing.arranged(items, _ORDERS, query=query, default=_NEWEST)
    return tuple(
        Summary(
            title=_(
                "%(drug)s for %(what)s",
                drug=course.drug_name,
                what=words.plain(course.indication).lower(),
            ),
            phase=_phase(course),
            dose=course.dose_text,
            since=words.when(course.started_on or course.starts_on, today=setting.today),
            href=places.course(course.patient_id, course.course_id),
        )
        for course in ordered
    )


def _phase(course: CourseBody) -> str:
    return PHASES.get(course.phase, words.plain(course.phase))


def clock_line(course: CourseBody, setting: Setting) -> str:
    """How long the course has run, and what its end hangs on."""
    if course.started_on is None:
        return _(
            "Planned to start %(when)s.", when=words.when(course.starts_on, today=setting.today)
        )
    weeks = words.count(course.clock.weeks_on_treatment, "week")
    if course.clock.remission_on is None:
        return _("On treatment %(weeks)s. Remission not recorded.", weeks=weeks)
    remission = words.day(course.clock.remission_on)
    return _("On treatment %(weeks)s. Remission recorded for %(day)s.", weeks=weeks, day=remission)


def clock(course: CourseBody, setting: Setting) -> Clock:
    """The clock card. It opens a review when it has run out; it never stops a medicine."""
    times = course.clock
    rows: list[tuple[str, date | None]] = [
        (_("Six months after remission"), times.six_months_on),
        (_("Twelve months after remission"), times.twelve_months_on),
        (_("Continue at least until"), times.minimum_end_on),
        (_("Decision due"), times.review_on),
    ]
    said = [(name, words.when(on, today=setting.today)) for name, on in rows if on is not None]
    if times.months is not None:
        said.append(
            (
                _("Length chosen"),
                _("%(span)s after remission", span=words.count(times.months, "month")),
            )
        )
    if times.paused_days:
        said.append((_("Paused"), words.count(times.paused_days, "day")))
    return Clock(clock_line(course, setting), tuple(said), words.spoken(times.why), times.rule)


def reviews(course: CourseBody, setting: Setting) -> tuple[Planned, ...]:
    """Reviews still to be done first, then those that were."""
    ordered = sorted(course.reviews, key=lambda one: (one.done_at is not None, one.due_on))
    return tuple(_review(course, one, setting) for one in ordered)


def surveillance(course: CourseBody, setting: Setting) -> tuple[Planned, ...]:
    """The looks after the last dose."""
    if course.taper is None:
        return ()
    return tuple(_look(course, one, setting) for one in course.taper.surveillance)


def steps(course: CourseBody, setting: Setting) -> tuple[Step, ...]:
    """The steps that are scheduled: one ahead of the last one taken."""
    if course.taper is None:
        return ()
    return tuple(step(course, one, setting) for one in course.taper.steps)


def step(course: CourseBody, one: ScheduledStepBody, setting: Setting) -> Step:
    """One step: what changes, when, and what is left to do for it."""
    count = course.taper.step_count if course.taper else one.ordinal
    return Step(
        title=_("Step %(number)s of %(all)s", number=one.ordinal, all=count),
        change=_(
            "%(before)s → %(after)s mg a day",
            before=words.decimal(one.previous_dose_mg),
            after=words.decimal(one.dose_mg),
        ),
        before=one.previous_dose_text,
        after=one.dose_text,
        on=words.when(one.change_on, today=setting.today),
        supply=one.supply_text,
        supply_done=moment(one.supply_confirmed_at, setting),
        taken=moment(one.taken_at, setting),
        checks=(
            *_check(course, one, "early", setting),
            *_check(course, one, "gate", setting),
        ),
        href=places.course(course.patient_id, course.course_id, "steps", one.ordinal),
        is_next=one.taken_at is None,
    )


def lines(course: CourseBody, setting: Setting) -> tuple[str, ...]:
    """The course as lines, to see what has changed under somebody's hands."""
    clock_facts = clock(course, setting).facts
    return (
        words.labelled(_("Phase"), PHASES.get(course.phase, words.plain(course.phase))),
        words.labelled(_("Dose"), course.dose_text),
        *(f"{name}: {said}" for name, said in clock_facts),
        *(f"{one.title}: {one.done}" for one in reviews(course, setting) if one.done),
        *(f"{one.title}: {one.change}, {one.on}" for one in steps(course, setting)),
        *(f"{one.rule}: {one.detail}" for one in findings.findings(course.findings)),
    )


def response(course: CourseBody, setting: Setting) -> tuple[tuple[str, str], ...]:
    """Where the scores stand."""
    one = course.response
    first = (
        _("none yet") if one.baseline_on is None else _score(one.baseline_total, one.baseline_on)
    )
    latest = _("none yet") if one.latest_on is None else _score(one.latest_total, one.latest_on)
    said = [
        (_("Measured by"), words.instrument(one.instrument)),
        (_("First reading"), first),
        (_("Latest"), latest),
        (_("So far"), RESPONSES[one.category]),
    ]
    if one.remission_confirmed_on:
        confirmed = words.when(one.remission_confirmed_on, today=setting.today)
        said.append((_("Remission confirmed by the scores"), confirmed))
    return tuple(said)


def hold_until(course: CourseBody, setting: Setting) -> str:
    """Until when the dose is held, or nothing."""
    until = course.taper.hold_until if course.taper else None
    return words.when(until, today=setting.today) if until else ""


def proposed(course: CourseBody) -> Proposed | None:
    """What the last check-in means, as the service has it. A person decides."""
    proposal = course.taper.proposal if course.taper else None
    if proposal is None:
        return None
    return Proposed(PROPOSAL_TONES[proposal.action], words.spoken(proposal.detail), proposal.rule)


def plans(items: Iterable[TaperPlanBody]) -> tuple[tuple[str, str, str], ...]:
    """Plans by version, the newest first: name, state, address."""
    ordered = sorted(items, key=lambda plan: plan.plan_version, reverse=True)
    return tuple(
        (
            _("Version %(number)s: %(name)s", number=plan.plan_version, name=plan.policy_name),
            PLAN_STATES[plan.status],
            places.course(plan.patient_id, plan.course_id, "plans", plan.plan_id),
        )
        for plan in ordered
    )


def signature(course: CourseBody, setting: Setting) -> Signature | None:
    """Who signed the course, and whether it still is what was signed."""
    kept = course.signature
    if kept is None:
        return None
    by = words.who(kept.signed_by, setting.staff)
    if kept.second_signed_by is not None:
        second = words.who(kept.second_signed_by, setting.staff)
        by = _("%(first)s and %(second)s", first=by, second=second)
    signed = _("%(who)s, %(when)s", who=by, when=moment(kept.signed_at, setting))
    if kept.void_since is None:
        return Signature(signed, kept.hash[:12], "good", _("holds for the course as it is"))
    because = VOIDED.get(kept.void_because or "") or words.plain(kept.void_because or "")
    day = words.day(kept.void_since)
    return Signature(
        signed, kept.hash[:12], "warn", _("void: %(what)s, %(day)s", what=because, day=day)
    )


def dose_now(course: CourseBody) -> str:
    """The daily dose in product units with its total."""
    return words.daily(course.dose_text, course.dose_mg)


def ways(course: CourseBody) -> tuple[tuple[str, str, bool], ...]:
    """What may be changed about the medicine now: title, address, whether it is grave."""
    offered = (
        ("dose-changes", _("Change the dose"), "dose", False),
        ("switches", _("Switch to another medicine"), "switch", False),
        ("stay", _("The switch under way"), "switch", False),
        ("suspend", _("Freeze dose changes"), "freeze", False),
        ("resume", _("Go on after the freeze"), "freeze", False),
        ("harm-stop", _("Stop at once for serious harm"), "harm-stop", True),
    )
    return tuple(
        (title, places.course(course.patient_id, course.course_id, page), grave)
        for act, title, page, grave in offered
        if act in course.actions
    )


def reasons(codes: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Coded reasons to choose from; one's own words alone come last."""
    ordered = sorted(codes, key=lambda code: (code == "other", code))
    return tuple((code, REASONS.get(code) or words.plain(code)) for code in ordered)


def reasoned(kept: str) -> str:
    """A kept reason with its code in words: ``side-effects: a rash`` is "Side effects: a rash".
    "Another reason" adds nothing to one's own words."""
    code, colon, own = kept.partition(": ")
    if not colon or code not in REASONS:
        return kept
    return own if code == "other" else f"{REASONS[code]}: {own}"


def moment(at: datetime | None, setting: Setting) -> str:
    """An instant in words, or nothing."""
    return words.moment(at, zone=setting.zone, now=setting.now) if at else ""


def _mg(dose: Decimal) -> str:
    return f"{dose.normalize():f}"


def _score(total: int | None, on: date) -> str:
    return _(
        "%(total)s, on %(day)s",
        total=_("not known") if total is None else total,
        day=words.day(on),
    )


def _review(course: CourseBody, one: ReviewBody, setting: Setting) -> Planned:
    open_ = one.done_at is None and bool(one.actions)
    return Planned(
        ordinal=one.ordinal,
        title=words.plain(one.kind),
        due=words.when(one.due_on, today=setting.today),
        whose=words.ROLES.get(one.for_role, words.plain(one.for_role)),
        done=moment(one.done_at, setting),
        href=places.course(course.patient_id, course.course_id, "reviews", one.ordinal)
        if open_
        else "",
        overdue=one.done_at is None and one.due_on < setting.today,
    )


def _look(course: CourseBody, one: SurveillanceBody, setting: Setting) -> Planned:
    place = places.course(
        course.patient_id, course.course_id, "check-ins", "surveillance", one.ordinal
    )
    return Planned(
        ordinal=one.ordinal,
        title=_("Look %(number)s after the last dose", number=one.ordinal),
        due=words.when(one.due_on, today=setting.today),
        whose=words.ROLES["nurse"],
        done=moment(one.done_at, setting),
        href=place if one.actions else "",
        overdue=one.done_at is None and one.due_on < setting.today,
    )


def _check(
    course: CourseBody, one: ScheduledStepBody, kind: str, setting: Setting
) -> tuple[tuple[str, str, str], ...]:
    """Title, when or done, and where to record it (empty when it cannot be recorded now)."""
    on, done = {
        "early": (one.check_in_early_on, one.early_check_in_at),
        "gate": (one.check_in_gate_on, one.gate_check_in_at),
    }[kind]
    if on is None:
        return ()
    title = _CHECKS[kind]
    said = (
        _("done %(when)s", when=moment(done, setting))
        if done
        else words.when(on, today=setting.today)
    )
    place = places.course(course.patient_id, course.course_id, "check-ins", kind, one.ordinal)
    return ((title, said, place if f"check-in-{kind}" in one.actions else ""),)


def belongs(course: CourseBody, patient_id: UUID) -> bool:
    """The wrong-patient guard: a course is only ever shown under its own person."""
    return course.patient_id == patient_id
