"""Routes about taper plans as documents: policies, previews, drafts, signatures."""

from decimal import Decimal
from uuid import UUID

from services.treatment.adapters.http.bodies import policy_body, preview_body
from services.treatment.adapters.http.courses import reasons_of
from services.treatment.adapters.http.desk import CLINICAL, PLANNERS, PRESCRIBER, Desk
from services.treatment.adapters.http.steps import four_symptoms
from services.treatment.adapters.http.view import show_plan
from services.treatment.application.draft_taper import draft_taper, preview_taper
from services.treatment.application.refusals import Unknown
from services.treatment.application.sign_taper import sign_taper
from services.treatment.domain.plan import Plan, Readiness, Wish
from services.treatment.domain.policies import Policy
from services.treatment.domain.reason_codes import coded
from shared.api.body import Body, Code, Page
from shared.api.treatment import (
    SignTaperPlan,
    TaperPlanBody,
    TaperPolicyBody,
    TaperPreview,
    TaperReadiness,
    TaperRequest,
)
from shared.runtime.http import Api, Call, Mode


class PoliciesQuery(Body):
    """Only what has something to say about ``drug``; everything when it is left out."""

    drug: Code | None = None


def add_plans(api: Api, desk: Desk, policies: dict[str, Policy]) -> None:
    """Add this file's routes; ``policies`` are those offered by name."""

    async def shown(call: Call, plan: Plan, *, read: str | None = None) -> TaperPlanBody:
        course, patient = await desk.visible_course(call, plan.course_id, read=read)
        return await show_plan(desk, call, plan, course, patient)

    @api.get("/api/v1/taper-policies", roles=CLINICAL)
    async def list_taper_policies(_call: Call, query: PoliciesQuery) -> Page[TaperPolicyBody]:
        """The named ways down, each with its source."""
        return Page[TaperPolicyBody](
            items=tuple(
                policy_body(code, policy, drugs=desk.formulary.drugs)
                for code, policy in policies.items()
                if query.drug is None or policy.reaches(query.drug)
            )
        )

    @api.post(
        "/api/v1/courses/{course_id}/taper-previews",
        roles=PLANNERS,
        raises=(404, 409),
        mode=Mode.READS,
    )
    async def preview_taper_plan(call: Call, course_id: UUID, body: TaperRequest) -> TaperPreview:
        """Calculate a plan and keep nothing."""
        await desk.visible_course(call, course_id, read="course")
        outline = await preview_taper(
            desk.work(call),
            course_id=course_id,
            wish=wish_of(body),
            formulary=desk.formulary,
            book=desk.book,
            now=call.tx.now,
        )
        return preview_body(outline, book=desk.book)

    @api.post(
        "/api/v1/courses/{course_id}/taper-plans", roles=PLANNERS, status=201, raises=(404, 409)
    )
    async def new_taper_plan(call: Call, course_id: UUID, body: TaperRequest) -> TaperPlanBody:
        """Draft a plan; nothing happens before a prescriber signs it."""
        await desk.visible_course(call, course_id)
        plan = await draft_taper(
            desk.work(call),
            course_id=course_id,
            wish=wish_of(body),
            readiness=_readiness(body.readiness) if body.readiness else None,
            early_reason=_early(body, desk),
            standing_days=body.standing_order_days,
            drafted_by=call.principal.staff_id,
            formulary=desk.formulary,
            book=desk.book,
            now=call.tx.now,
        )
        return await shown(call, plan)

    @api.get("/api/v1/courses/{course_id}/taper-plans", roles=CLINICAL, raises=(404, 409))
    async def list_taper_plans(call: Call, course_id: UUID) -> Page[TaperPlanBody]:
        """A course's plans, newest first."""
        course, patient = await desk.visible_course(call, course_id, read="taper-plans")
        plans = await desk.work(call).plans.of(course_id)
        bodies = [await show_plan(desk, call, plan, course, patient) for plan in plans]
        return Page[TaperPlanBody](items=tuple(bodies))

    @api.get("/api/v1/taper-plans/{plan_id}", roles=CLINICAL, raises=(404, 409))
    async def read_taper_plan(call: Call, plan_id: UUID) -> TaperPlanBody:
        """One plan, with how its life goes."""
        return await shown(call, await _plan(desk, call, plan_id), read="taper-plan")

    @api.post(
        "/api/v1/taper-plans/{plan_id}/sign", roles=PRESCRIBER, raises=(404, 409), if_match=True
    )
    async def sign_taper_plan(call: Call, plan_id: UUID, body: SignTaperPlan) -> TaperPlanBody:
        """Sign exactly this plan; its first step is scheduled."""
        plan = await _plan(desk, call, plan_id)
        await desk.visible_course(call, plan.course_id)
        signed = await sign_taper(
            desk.work(call),
            plan_id=plan_id,
            expected=call.if_match,
            signed=await desk.signed(body.signature, now=call.tx.now),
            signer=call.principal.staff_id,
            reasons=reasons_of(body.acknowledgements, desk.book),
            formulary=desk.formulary,
            book=desk.book,
            now=call.tx.now,
        )
        return await shown(call, signed)


async def _plan(desk: Desk, call: Call, plan_id: UUID) -> Plan:
    plan = await desk.work(call).plans.get(plan_id)
    if plan is None:
        raise Unknown
    return plan


def wish_of(body: TaperRequest) -> Wish:
    """What was asked for, as the use cases take it."""
    rows: tuple[tuple[Decimal, int], ...] = tuple((row.dose_mg, row.days) for row in body.rows)
    return Wish(
        policy=body.policy,
        starts_on=body.starts_on,
        products=frozenset(body.products),
        solids_only=body.solids_only,
        interval_days=body.interval_days,
        last_dose_mg=body.last_dose_mg,
        rows=rows,
    )


def _readiness(asked: TaperReadiness) -> Readiness:
    return Readiness(
        baseline_withdrawal=asked.baseline_withdrawal,
        baseline=four_symptoms(asked.baseline) if asked.baseline else None,
        crisis_plan_agreed=asked.crisis_plan_agreed,
        supporter_asked=asked.supporter_asked,
        pace_is_the_patients=asked.pace_is_the_patients,
    )


def _early(body: TaperRequest, desk: Desk) -> str | None:
    """Why this taper begins before the minimum, with its code."""
    if body.early_reason is None:
        return None
    return coded(
        body.early_reason,
        body.early_code,
        allowed=desk.book.reasons.early_taper,
        field="early_code",
    )
