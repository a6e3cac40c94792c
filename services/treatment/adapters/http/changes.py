"""Routes about versions of a plan being lived: propose, look, sign, decline; supply; symptoms."""

from uuid import UUID

from services.treatment.adapters.http.change_bodies import (
    attribution_body,
    change_body,
    supply_body,
    version_body,
)
from services.treatment.adapters.http.courses import reasons_of
from services.treatment.adapters.http.desk import CLINICAL, PLANNERS, PRESCRIBER, Desk
from services.treatment.application.decide_plan_change import (
    decline_plan_change,
    sign_plan_change,
)
from services.treatment.application.explain_symptoms import explain_symptoms
from services.treatment.application.propose_plan_change import propose_plan_change
from services.treatment.application.refusals import Unknown
from services.treatment.domain.authority import NOBODY
from services.treatment.domain.carrying_out import Wanted
from services.treatment.domain.course import Course
from services.treatment.domain.plan_change import ChangeKind, PlanChange
from services.treatment.domain.schedule import expected, periods
from services.treatment.domain.shelf_watch import gone_from_the_shelf
from services.treatment.domain.supply import orders
from shared.api.body import Page
from shared.api.treatment import (
    AttributionBody,
    DeclinePlanChange,
    PlanChangeBody,
    PlanChangeRequest,
    PlanSupplyBody,
    PlanVersionBody,
    SignPlanChange,
)
from shared.runtime.http import Api, Call


def add_changes(api: Api, desk: Desk) -> None:
    """Add this file's routes."""
    _add_proposing(api, desk)
    _add_deciding(api, desk)
    _add_looking(api, desk)


def _add_proposing(api: Api, desk: Desk) -> None:
    @api.get("/api/v1/courses/{course_id}/plan-changes", roles=CLINICAL, raises=(404, 409))
    async def list_plan_changes(call: Call, course_id: UUID) -> Page[PlanChangeBody]:
        """Proposed versions, newest first, with what became of them."""
        course, patient = await desk.visible_course(call, course_id, read="plan-changes")
        found = await desk.work(call).changes.of(course_id)
        shown = (_shown(desk, call, one, course, in_care=patient.in_care) for one in found)
        return Page[PlanChangeBody](items=tuple(shown))

    @api.post(
        "/api/v1/courses/{course_id}/plan-changes", roles=PLANNERS, status=201, raises=(404, 409)
    )
    async def new_plan_change(
        call: Call, course_id: UUID, body: PlanChangeRequest
    ) -> PlanChangeBody:
        """Propose a new version; nothing changes before a prescriber signs it."""
        course, _ = await desk.visible_course(call, course_id)
        change = await propose_plan_change(
            desk.work(call),
            course_id=course_id,
            wanted=Wanted(
                kind=ChangeKind(body.kind),
                plan_version=body.plan_version,
                days=body.days,
                on=body.on,
            ),
            rule=RULES[ChangeKind(body.kind)],
            reason=body.reason,
            proposed_by=f"staff:{call.principal.staff_id}",
            formulary=desk.formulary,
            book=desk.book,
            now=call.tx.now,
        )
        return _shown(desk, call, change, course)

    @api.get("/api/v1/plan-changes/{change_id}", roles=CLINICAL, raises=(404, 409))
    async def read_plan_change(call: Call, change_id: UUID) -> PlanChangeBody:
        """One proposed version with its diff."""
        change = await _change(desk, call, change_id)
        course, patient = await desk.visible_course(call, change.course_id, read="plan-change")
        return _shown(desk, call, change, course, in_care=patient.in_care)


def _add_deciding(api: Api, desk: Desk) -> None:
    @api.post(
        "/api/v1/plan-changes/{change_id}/sign", roles=PRESCRIBER, raises=(404, 409), if_match=True
    )
    async def sign_change(call: Call, change_id: UUID, body: SignPlanChange) -> PlanChangeBody:
        """Sign exactly this version; it becomes the live one and the one before ends."""
        change = await _change(desk, call, change_id)
        await desk.visible_course(call, change.course_id)
        signed, course = await sign_plan_change(
            desk.work(call),
            change_id=change_id,
            expected=call.if_match,
            signed=await desk.signed(body.signature, now=call.tx.now),
            signer=call.principal.staff_id,
            reasons=reasons_of(body.acknowledgements, desk.book),
            book=desk.book,
            now=call.tx.now,
        )
        return _shown(desk, call, signed, course)

    @api.post(
        "/api/v1/plan-changes/{change_id}/decline",
        roles=PRESCRIBER,
        raises=(404, 409),
        if_match=True,
    )
    async def decline_change(
        call: Call, change_id: UUID, body: DeclinePlanChange
    ) -> PlanChangeBody:
        """Leave the plan as it is, and say why."""
        change = await _change(desk, call, change_id)
        course, _ = await desk.visible_course(call, change.course_id)
        declined = await decline_plan_change(
            desk.work(call),
            change_id=change_id,
            expected=call.if_match,
            by=call.principal.staff_id,
            reason=body.reason,
            now=call.tx.now,
        )
        return _shown(desk, call, declined, course)


def _add_looking(api: Api, desk: Desk) -> None:
    @api.get("/api/v1/courses/{course_id}/plan-versions", roles=CLINICAL, raises=(404, 409))
    async def list_plan_versions(call: Call, course_id: UUID) -> Page[PlanVersionBody]:
        """Every version the course has lived by, newest first."""
        course, _ = await desk.visible_course(call, course_id, read="plan-versions")
        kept = await desk.work(call).records.versions(course_id)
        return Page[PlanVersionBody](
            items=tuple(version_body(one, course=course, book=desk.book) for one in kept)
        )

    @api.get("/api/v1/courses/{course_id}/supply", roles=CLINICAL, raises=(404, 409))
    async def read_supply(call: Call, course_id: UUID) -> PlanSupplyBody:
        """What the pharmacy hands out for each step ahead, counted to the half."""
        course, patient = await desk.visible_course(call, course_id, read="supply")
        drug = desk.formulary.drug(course.drug)
        today = patient.today(call.tx.now)
        steps = expected(course.taper, today=today, cadence=desk.book.steps) if course.taper else ()
        return supply_body(
            course,
            orders(periods(steps)),
            gone_from_the_shelf(steps, drug=drug, jurisdiction=desk.book.jurisdiction, today=today),
            drug_name=drug.name,
            book=desk.book,
        )

    @api.get("/api/v1/courses/{course_id}/attribution", roles=CLINICAL, raises=(404, 409))
    async def read_attribution(call: Call, course_id: UUID) -> AttributionBody:
        """Withdrawal or relapse: a suggestion with its reasons, both routes open."""
        course, _ = await desk.visible_course(call, course_id, read="attribution")
        found = await explain_symptoms(
            desk.work(call),
            course_id=course_id,
            formulary=desk.formulary,
            book=desk.book,
            now=call.tx.now,
        )
        return attribution_body(course, found, book=desk.book)


RULES = {
    ChangeKind.HOLD: "T-07",
    ChangeKind.RESUME: "T-07",
    ChangeKind.STEP_BACK: "T-08",
    ChangeKind.SLOW_DOWN: "T-09",
    ChangeKind.REINSTATE: "T-08",
}


def _shown(
    desk: Desk, call: Call, change: PlanChange, course: Course, *, in_care: bool = True
) -> PlanChangeBody:
    role = call.principal.role if in_care else NOBODY
    return change_body(change, course=course, role=role, book=desk.book)


async def _change(desk: Desk, call: Call, change_id: UUID) -> PlanChange:
    change = await desk.work(call).changes.get(change_id)
    if change is None:
        raise Unknown
    return change
