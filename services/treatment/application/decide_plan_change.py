"""Sign a proposed version of a plan, which then becomes the live one, or decline it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from services.treatment.application.changing import (
    Loaded,
    MakeFact,
    commit,
    load,
    require_complete_information,
    stating,
)
from services.treatment.application.ports import Signed, Work
from services.treatment.application.propose_plan_change import difference, overtake
from services.treatment.application.refusals import StaleVersion, Unknown
from services.treatment.application.tell_signature import tell_signature
from services.treatment.domain.carrying_out import NextPlan, Wanted
from services.treatment.domain.course import Course
from services.treatment.domain.errors import AlreadyDone, PlanSuperseded
from services.treatment.domain.plan import Plan, PlanState
from services.treatment.domain.plan_change import ChangeKind, ChangeState, PlanChange
from services.treatment.domain.rulebook import Rulebook
from services.treatment.domain.safety import settle
from services.treatment.domain.signing import SIGN_CHANGE, change_hash, check_signature
from shared.events.treatment import (
    CourseResumed,
    TaperHeld,
    TaperReplanned,
    TaperSteppedBack,
)

DONE = {
    ChangeKind.HOLD: ("held", "Held"),
    ChangeKind.RESUME: ("resumed", "The hold ends"),
    ChangeKind.STEP_BACK: ("stepped-back", "Back"),
    ChangeKind.SLOW_DOWN: ("slowed-down", "Slower and smaller"),
    ChangeKind.REINSTATE: ("reinstated", "Taken again"),
}


async def sign_plan_change(
    work: Work,
    *,
    change_id: UUID,
    expected: int,
    signed: Signed,
    signer: UUID,
    reasons: Mapping[str, str],
    book: Rulebook,
    now: datetime,
) -> tuple[PlanChange, Course]:
    """The prescriber binds exactly what was shown; the old version ends in this transaction.

    Raises:
        Unknown, StaleVersion, AlreadyDone, InformationMissing, SignatureMismatch, SignatureUsed,
        Blocked, ReasonNeeded, IllegalMove, BadDate
        PlanSuperseded: it would no longer come out as it was shown.
    """
    change = await _open(work, change_id, expected=expected)
    found = await load(work, change.course_id, now=now)
    await require_complete_information(work, found.patient.id)
    check_signature(
        hash_=signed.hash,
        meaning=signed.meaning,
        signed_by=signed.staff_id,
        expected_hash=change_hash(change),
        expected=SIGN_CHANGE,
        person=signer,
    )
    findings = change.outline.findings if change.outline else ()
    settle(findings, reasons=frozenset(reasons))
    after = _as_shown(change, found, book=book, now=now)
    await work.records.signature(signed, of=f"plan-change:{change.id}")
    await _keep_plan(work, change, found, signer=signer, book=book, now=now)
    kind, word = DONE[change.kind]
    stored = await commit(
        work,
        found.course,
        after,
        *_facts(change),
        on=found.today,
        now=now,
        kind=kind,
        text=f"{word}: {after.dose.text}",
        reason=change.reason,
        known_then={"change": str(change.id), "rule": change.rule, "reasons": dict(reasons)},
    )
    decided = replace(
        change,
        version=change.version + 1,
        state=ChangeState.SIGNED,
        decided_by=signer,
        decided_at=now,
    )
    await work.changes.save(decided, expected=change.version)
    tell_signature(work, decided, stored)
    await overtake(work, stored, but=change.id)
    return decided, stored


async def decline_plan_change(
    work: Work, *, change_id: UUID, expected: int, by: UUID, reason: str, now: datetime
) -> PlanChange:
    """The proposal is not taken up; the plan stays as it is.

    Why is the prescriber's own words: they stay with the change and never reach the audit trail.

    Raises:
        Unknown, StaleVersion, AlreadyDone
    """
    change = await _open(work, change_id, expected=expected)
    declined = replace(
        change,
        version=change.version + 1,
        state=ChangeState.DECLINED,
        decided_by=by,
        decided_at=now,
        decline_reason=reason,
    )
    await work.changes.save(declined, expected=change.version)
    course = await work.courses.get(change.course_id)
    if course is not None:
        tell_signature(work, declined, course)
    work.audit(
        "plan-change.declined",
        object=f"plan-change:{change.id}",
        subject=change.patient_id,
        version=declined.version,
    )
    return declined


async def _open(work: Work, change_id: UUID, *, expected: int) -> PlanChange:
    change = await work.changes.get(change_id)
    if change is None:
        raise Unknown
    if not change.is_open:
        raise AlreadyDone(f"This proposal is {change.state} already.")
    if change.version != expected:
        raise StaleVersion
    return change


def _as_shown(change: PlanChange, found: Loaded, *, book: Rulebook, now: datetime) -> Course:
    """The course with the change made, counted from the day it was proposed."""
    proposed_on = found.patient.today(change.proposed_at)
    gone = "The plan has moved on since this was proposed: propose it again."
    if not change.fits(found.course.taper):
        raise PlanSuperseded(gone, field="plan_version")
    starts = change.outline.starts_on if change.outline else None
    until = change.on if change.kind is ChangeKind.RESUME else starts
    if until is not None and until < found.today:
        raise PlanSuperseded(gone, field="on")
    after, diff = difference(
        found.course,
        Wanted(
            kind=change.kind,
            plan_version=change.from_version,
            days=change.days,
            on=change.on,
        ),
        following=_following(change, found.course),
        today=proposed_on,
        at=now,
        book=book,
    )
    if not diff.is_as(change.diff):
        raise PlanSuperseded(gone, field="plan_version")
    return after


def _following(change: PlanChange, course: Course) -> NextPlan | None:
    if change.outline is None or course.taper is None:
        return None
    return NextPlan(
        plan_id=change.id, outline=change.outline, standing_days=course.taper.standing_days
    )


async def _keep_plan(
    work: Work, change: PlanChange, found: Loaded, *, signer: UUID, book: Rulebook, now: datetime
) -> None:
    """The plan that follows, as a signed document beside the one it replaces."""
    if change.outline is None:
        return
    before = await work.plans.get(change.plan_id)
    standing = found.course.taper.standing_days if found.course.taper else None
    await work.plans.add(
        Plan(
            id=change.id,
            course_id=change.course_id,
            patient_id=change.patient_id,
            version=1,
            plan_version=change.from_version + 1,
            state=PlanState.SIGNED,
            outline=change.outline,
            readiness=before.readiness if before else None,
            early_reason=None,
            drafted_by=signer,
            drafted_at=change.proposed_at,
            rulebook=book.version,
            signed_by=signer,
            signed_at=now,
            standing_days=standing,
        )
    )


def _facts(change: PlanChange) -> tuple[MakeFact, ...]:
    if change.kind is ChangeKind.HOLD:
        return (stating(TaperHeld),)
    if change.kind is ChangeKind.RESUME:
        return (stating(CourseResumed),)
    back = () if change.kind is ChangeKind.SLOW_DOWN else (stating(TaperSteppedBack),)
    return (*back, stating(TaperReplanned)) if change.outline else back
