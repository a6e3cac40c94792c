"""Propose a new version of a plan; nothing changes before a prescriber signs it."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID

from services.treatment.application.changing import Loaded, load
from services.treatment.application.gentler_plan import gentler_plan
from services.treatment.application.ports import Formulary, Work
from services.treatment.application.tell_signature import tell_signature
from services.treatment.domain.carrying_out import NextPlan, Wanted, carry_out
from services.treatment.domain.course import Course
from services.treatment.domain.errors import IllegalMove, Refusal, require_near
from services.treatment.domain.findings import RuleRefusal
from services.treatment.domain.gate import Action, Proposal
from services.treatment.domain.life_events import in_the_way
from services.treatment.domain.live_taper import Taper, held_from, last_taken, next_on
from services.treatment.domain.plan import Outline
from services.treatment.domain.plan_change import (
    ChangeKind,
    ChangeState,
    Diff,
    PlanChange,
    compare,
)
from services.treatment.domain.rulebook import Rulebook
from services.treatment.domain.tapering import Around

WITH_A_PLAN = frozenset({ChangeKind.STEP_BACK, ChangeKind.SLOW_DOWN, ChangeKind.REINSTATE})


async def propose_plan_change(
    work: Work,
    *,
    course_id: UUID,
    wanted: Wanted,
    rule: str,
    reason: str,
    proposed_by: str,
    formulary: Formulary,
    book: Rulebook,
    now: datetime,
) -> PlanChange:
    """The change with its diff. An open proposal of the same kind is overtaken by it.

    Raises:
        Unknown, IllegalMove, PlanSuperseded, BadDate
    """
    found = await load(work, course_id, now=now)
    taper = _live(found.course)
    for named in (wanted.on, found.today + timedelta(days=wanted.days or 0)):
        if named is not None:
            require_near(named, today=found.today, most_days=book.most_ahead_days, field="on")
    change_id = work.new_id()
    outline = await _outline(work, found, wanted, formulary=formulary, book=book)
    await overtake(work, found.course, kind=wanted.kind)
    change = PlanChange(
        id=change_id,
        course_id=course_id,
        patient_id=found.patient.id,
        version=1,
        kind=wanted.kind,
        state=ChangeState.PROPOSED,
        plan_id=taper.plan_id,
        from_version=wanted.plan_version,
        days=wanted.days,
        on=wanted.on,
        outline=outline,
        diff=difference(
            found.course,
            wanted,
            following=_next(change_id, outline, taper),
            today=found.today,
            at=now,
            book=book,
        )[1],
        rule=rule,
        reason=reason,
        proposed_by=proposed_by,
        proposed_at=now,
    )
    await work.changes.add(change)
    tell_signature(work, change, found.course)
    work.audit(
        "plan-change.proposed",
        object=f"plan-change:{change.id}",
        subject=found.patient.id,
        version=1,
    )
    return change


async def propose_after_check_in(
    work: Work,
    course: Course,
    proposal: Proposal,
    *,
    around: Around,
    formulary: Formulary,
    book: Rulebook,
    today: date,
    now: datetime,
) -> PlanChange | None:
    """What the check-in's answer asks for, ready to be signed, where it asks for a new version.

    The check-in stands whether or not a version can be calculated.
    """
    wanted = _wanted_after(course, proposal, around=around, book=book, today=today)
    if wanted is None:
        return None
    try:
        return await propose_plan_change(
            work,
            course_id=course.id,
            wanted=wanted,
            rule=proposal.rule,
            reason=proposal.detail,
            proposed_by=f"rule:{proposal.rule}",
            formulary=formulary,
            book=book,
            now=now,
        )
    except (Refusal, RuleRefusal):
        return None


async def propose_gentler(
    work: Work, course: Course, *, formulary: Formulary, book: Rulebook, now: datetime
) -> PlanChange | None:
    """After two holds in a row: smaller cuts, further apart (T-09)."""
    taper = course.taper
    if taper is None or taper.holds < book.holds_before_slower:
        return None
    wanted = Wanted(kind=ChangeKind.SLOW_DOWN, plan_version=taper.plan_version)
    try:
        return await propose_plan_change(
            work,
            course_id=course.id,
            wanted=wanted,
            rule="T-09",
            reason="Two holds in a row: cuts half as large, one interval level longer.",
            proposed_by="rule:T-09",
            formulary=formulary,
            book=book,
            now=now,
        )
    except (Refusal, RuleRefusal):
        return None


async def overtake(
    work: Work, course: Course, *, kind: ChangeKind | None = None, but: UUID | None = None
) -> None:
    """Close the open proposals, of one kind or of all, that something newer has overtaken."""
    for change in await work.changes.of(course.id):
        if change.is_open and change.id != but and kind in {None, change.kind}:
            closed = overtaken(change)
            await work.changes.save(closed, expected=change.version)
            tell_signature(work, closed, course)


def overtaken(change: PlanChange) -> PlanChange:
    """The proposal, with its end."""
    return replace(change, version=change.version + 1, state=ChangeState.OVERTAKEN)


def difference(
    course: Course,
    wanted: Wanted,
    *,
    following: NextPlan | None,
    today: date,
    at: datetime,
    book: Rulebook,
) -> tuple[Course, Diff]:
    """The course as it would be, and what is different.

    Raises:
        IllegalMove, PlanSuperseded, BadDate
    """
    after = carry_out(
        course,
        wanted,
        following=following,
        today=today,
        at=at,
        cadence=book.steps,
        rhythm=book.cadence,
    )
    return after, compare(
        course,
        after,
        today=today,
        cadence=book.steps,
        supply_working_days=book.supply_working_days,
    )


def _live(course: Course) -> Taper:
    if course.taper is None:
        raise IllegalMove("This course has no taper plan.")
    return course.taper


def _next(plan_id: UUID, outline: Outline | None, taper: Taper) -> NextPlan | None:
    if outline is None:
        return None
    return NextPlan(plan_id=plan_id, outline=outline, standing_days=taper.standing_days)


async def _outline(
    work: Work, found: Loaded, wanted: Wanted, *, formulary: Formulary, book: Rulebook
) -> Outline | None:
    """The plan that follows; its first cut comes when the dose of now has been lived with."""
    taper = _live(found.course)
    cut = last_taken(taper)
    if wanted.kind not in WITH_A_PLAN or cut is None:
        return None
    if wanted.kind is ChangeKind.SLOW_DOWN:
        dose = cut.dose
        held = max(found.today, held_from(taper, found.today))
        starts_on = wanted.on or next_on(taper, cut, today=held, cadence=book.steps)
    else:
        dose = cut.previous
        starts_on = wanted.require_on() + timedelta(days=book.cadence.replan_after_days)
    return await gentler_plan(
        work,
        found,
        plan=await work.plans.get(taper.plan_id),
        dose=dose,
        starts_on=starts_on,
        formulary=formulary,
        book=book,
    )


def _wanted_after(
    course: Course, proposal: Proposal, *, around: Around, book: Rulebook, today: date
) -> Wanted | None:
    taper = course.taper
    if taper is None:
        return None
    version = taper.plan_version
    if proposal.rule == "T-08" and proposal.action is Action.PRESCRIBER_SAME_DAY:
        over = course.ending is not None
        kind = ChangeKind.REINSTATE if over else ChangeKind.STEP_BACK
        return Wanted(kind=kind, plan_version=version, on=today)
    if proposal.rule == "T-07" and proposal.action is Action.HOLD:
        return Wanted(
            kind=ChangeKind.HOLD, plan_version=version, days=book.steps.check_in.hold_days
        )
    if proposal.rule == "T-22":
        free = _free_from(taper, around, book=book, today=today)
        days = (free - held_from(taper, today)).days
        return Wanted(kind=ChangeKind.HOLD, plan_version=version, days=days) if days > 0 else None
    return None


def _free_from(taper: Taper, around: Around, *, book: Rulebook, today: date) -> date:
    """The first day without a stressor close to it."""
    days = book.steps.check_in.life_event_days
    cut = last_taken(taper)
    day = taper.last.change_on
    if taper.last.taken_at is not None and cut is not None:
        day = next_on(taper, cut, today=today, cadence=book.steps)
    near = in_the_way(around.life_events, day, days=days)
    while near is not None:
        day = near.free_from(days=days)
        near = in_the_way(around.life_events, day, days=days)
    return day
