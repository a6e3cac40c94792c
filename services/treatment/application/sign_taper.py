"""Sign a taper plan: its first step is scheduled, and only that one."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID

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
from services.treatment.application.sign_twice import Document, sign
from services.treatment.domain import tapering
from services.treatment.domain.course import Course
from services.treatment.domain.errors import AlreadyDone, BadDate, IllegalMove
from services.treatment.domain.findings import Finding
from services.treatment.domain.live_taper import Taper, begin
from services.treatment.domain.phases import Phase
from services.treatment.domain.plan import Plan, PlanState
from services.treatment.domain.rulebook import Rulebook
from services.treatment.domain.second_signature import rules_for_two
from services.treatment.domain.signature_request import Signable
from services.treatment.domain.signing import SIGN_TAPER, plan_hash
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

    Where a warning is marked for two prescribers it stays a draft until the second signs.

    Raises:
        Unknown, StaleVersion, AlreadyDone, IllegalMove, InformationMissing, BadDate,
        SignatureMismatch, SignatureUsed, FourEyes, FirstSignatureGone, Blocked, ReasonNeeded
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
    findings = await findings_now(work, found, plan, book=book)
    document = document_of(plan, findings, book=book)
    in_force = await sign(
        work, course, document, findings, signed=signed, signer=signer, reasons=reasons, now=now
    )
    if in_force is None:
        return plan
    signed_plan = replace(
        plan,
        version=plan.version + 1,
        state=PlanState.SIGNED,
        signed_by=in_force.signed_by,
        signed_at=now,
    )
    await work.plans.save(signed_plan, expected=plan.version)
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
            reasons=in_force.reasons,
        ),
    )
    return signed_plan


def document_of(plan: Plan, findings: Iterable[Finding], *, book: Rulebook) -> Document:
    """The draft as it is signed now."""
    return Document(
        what=Signable.TAPER,
        id=plan.id,
        plan_version=plan.plan_version,
        of=f"taper-plan:{plan.id}:{plan.plan_version}",
        hash=plan_hash(plan),
        meaning=SIGN_TAPER,
        needed=rules_for_two(findings, book.second_signature),
    )


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
