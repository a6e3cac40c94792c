"""Sign a taper plan: its first step is scheduled, and only that one."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from services.treatment.application.ask_to_sign import settle_request
from services.treatment.application.changing import (
    commit,
    load,
    require_complete_information,
    stating,
)
from services.treatment.application.draft_taper import findings_now
from services.treatment.application.judging import known_then
from services.treatment.application.ports import Formulary, Signed, Work
from services.treatment.application.refusals import StaleVersion, Unknown
from services.treatment.domain import tapering
from services.treatment.domain.course import Course
from services.treatment.domain.errors import AlreadyDone, BadDate, IllegalMove
from services.treatment.domain.live_taper import Taper, begin
from services.treatment.domain.phases import Phase
from services.treatment.domain.plan import Plan, PlanState
from services.treatment.domain.rulebook import Rulebook
from services.treatment.domain.safety import settle
from services.treatment.domain.signature_request import Asking, Signable
from services.treatment.domain.signing import SIGN_TAPER, check_signature, plan_hash
from shared.events.treatment import TaperPlanned, TaperReplanned


async def sign_taper(
    work: Work,
    *,
    plan_id: UUID,
    expected: int,
    signed: Signed,
    signer: UUID,
    reasons: Mapping[str, str],
    formulary: Formulary,
    book: Rulebook,
    now: datetime,
) -> Plan:
    """The prescriber binds exactly this plan; it can never be changed afterwards.

    Raises:
        Unknown, StaleVersion, AlreadyDone, IllegalMove, InformationMissing, BadDate,
        SignatureMismatch, SignatureUsed, Blocked, ReasonNeeded
    """
    plan = await work.plans.get(plan_id)
    if plan is None:
        raise Unknown
    if plan.state is not PlanState.DRAFT:
        raise AlreadyDone("This plan is signed; a change is a new plan.")
    if plan.version != expected:
        raise StaleVersion
    found = await load(work, plan.course_id, now=now)
    course = found.course
    _check_still_fits(plan, course)
    if plan.outline.starts_on < found.today:
        raise BadDate("The first cut lies in the past by now: draft it again.", field="starts_on")
    await require_complete_information(work, found.patient.id)
    check_signature(
        hash_=signed.hash,
        meaning=signed.meaning,
        signed_by=signed.staff_id,
        expected_hash=plan_hash(plan),
        expected=SIGN_TAPER,
        person=signer,
    )
    findings = await findings_now(work, found, plan, book=book)
    settle(findings, reasons=frozenset(reasons))
    await work.records.signature(signed, of=f"taper-plan:{plan.id}:{plan.plan_version}")
    signed_plan = replace(
        plan, version=plan.version + 1, state=PlanState.SIGNED, signed_by=signer, signed_at=now
    )
    await work.plans.save(signed_plan, expected=plan.version)
    await settle_request(work, course, Signable.TAPER, Asking.SIGNED)
    again = course.phase is Phase.STEP_BACK
    await commit(
        work,
        course,
        tapering.sign(course, _live(plan), today=found.today, at=now),
        stating(TaperReplanned if again else TaperPlanned),
        on=plan.outline.starts_on,
        now=now,
        kind="taper-signed",
        text=f"{plan.outline.policy_name}: {len(plan.outline.rows)} steps, signed",
        reason=plan.early_reason,
        known_then=await known_then(
            work,
            found.patient,
            course,
            findings,
            dose_mg=course.dose.mg,
            on=found.today,
            today=found.today,
            book=book,
            drug=formulary.drug(course.drug),
            reasons=reasons,
        ),
    )
    return signed_plan


def _check_still_fits(plan: Plan, course: Course) -> None:
    if plan.outline.start != course.dose:
        raise IllegalMove("The dose has changed since this plan was drafted: draft it again.")


def _live(plan: Plan) -> Taper:
    return begin(
        plan_id=plan.id,
        plan_version=plan.plan_version,
        policy=plan.outline.policy,
        planned=tuple(row.planned() for row in plan.outline.rows),
        starts_on=plan.outline.starts_on,
        current=plan.outline.start,
        standing_days=plan.standing_days,
    )
