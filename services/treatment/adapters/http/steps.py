"""Routes about a taper being lived: supply, steps, check-ins, holds under the standing order."""

from uuid import UUID

from services.treatment.adapters.http.change_bodies import change_body
from services.treatment.adapters.http.desk import CLINICAL, PLANNERS, Desk
from services.treatment.adapters.http.view import show_course
from services.treatment.application.confirm_supply import confirm_supply
from services.treatment.application.hold_taper import hold_taper
from services.treatment.application.record_check_in import record_check_in
from services.treatment.application.take_step import take_step
from services.treatment.domain.gate import CheckIn as Said
from services.treatment.domain.gate import FourSymptoms, Mood, Severity
from shared.api.body import Count
from shared.api.treatment import (
    CheckIn,
    CheckInResult,
    CourseBody,
    Hold,
    ProposalBody,
    StepTaken,
    SupplyConfirmation,
)
from shared.api.treatment import FourSymptoms as FourSymptomsBody
from shared.runtime.http import Api, Call

SEVERITIES = {severity.name.lower(): severity for severity in Severity}
MOODS = {mood.name.lower().replace("_", "-"): mood for mood in Mood}


def add_steps(api: Api, desk: Desk) -> None:
    """Add this file's routes."""

    @api.post(
        "/api/v1/courses/{course_id}/steps/{ordinal}/supply",
        roles=CLINICAL,
        raises=(404, 409, 412),
    )
    async def supply(
        call: Call, course_id: UUID, ordinal: Count, body: SupplyConfirmation
    ) -> CourseBody:
        """The whole next step is in the person's hands."""
        _, patient = await desk.visible_course(call, course_id)
        course = await confirm_supply(
            desk.work(call),
            course_id=course_id,
            ordinal=ordinal,
            plan_version=body.plan_version,
            now=call.tx.now,
        )
        return await show_course(desk, call, course, patient)

    @api.post(
        "/api/v1/courses/{course_id}/steps/{ordinal}/taken",
        roles=CLINICAL,
        raises=(404, 409, 412),
    )
    async def taken(call: Call, course_id: UUID, ordinal: Count, body: StepTaken) -> CourseBody:
        """The new dose was started."""
        _, patient = await desk.visible_course(call, course_id)
        course = await take_step(
            desk.work(call),
            course_id=course_id,
            ordinal=ordinal,
            plan_version=body.plan_version,
            taken_on=body.taken_on,
            book=desk.book,
            now=call.tx.now,
        )
        return await show_course(desk, call, course, patient)

    @api.post("/api/v1/courses/{course_id}/check-ins", roles=CLINICAL, raises=(404, 409, 412))
    async def new_check_in(call: Call, course_id: UUID, body: CheckIn) -> CheckInResult:
        """Record a check-in; an open gate schedules the next step."""
        _, patient = await desk.visible_course(call, course_id)
        recorded = await record_check_in(
            desk.work(call),
            course_id=course_id,
            plan_version=body.plan_version,
            kind=body.kind,
            ordinal=body.ordinal,
            said=said(body),
            assessment_ids=body.assessment_ids,
            note=body.note,
            flag_ids=body.flag_ids,
            formulary=desk.formulary,
            book=desk.book,
            now=call.tx.now,
        )
        course, proposal = recorded.course, recorded.proposal
        change = None
        if recorded.change is not None:
            role = call.principal.role
            change = change_body(recorded.change, course=course, role=role, book=desk.book)
        return CheckInResult(
            proposal=ProposalBody(
                rule=proposal.rule,
                action=proposal.action.value,
                detail=proposal.detail,
                made_at=call.tx.now,
            ),
            course=await show_course(desk, call, course, patient),
            change=change,
        )

    @api.post("/api/v1/courses/{course_id}/hold", roles=PLANNERS, raises=(404, 409, 412))
    async def hold(call: Call, course_id: UUID, body: Hold) -> CourseBody:
        """Keep the dose for some days; every later date moves with it."""
        _, patient = await desk.visible_course(call, course_id)
        course = await hold_taper(
            desk.work(call),
            course_id=course_id,
            plan_version=body.plan_version,
            days=body.days,
            reason=body.reason,
            formulary=desk.formulary,
            book=desk.book,
            now=call.tx.now,
        )
        return await show_course(desk, call, course, patient)


def said(body: CheckIn) -> Said:
    """A check-in as the rules see it."""
    return Said(
        reached=body.reached,
        withdrawal=SEVERITIES[body.withdrawal],
        tolerable=body.tolerable,
        can_work_and_care=body.can_work_and_care,
        mood=MOODS[body.mood],
        suicidal_thoughts=body.suicidal_thoughts,
        marked_agitation=body.marked_agitation,
        emergency_signs=body.emergency_signs,
        missed_doses_in_a_row=body.missed_doses_in_a_row,
        symptoms=four_symptoms(body.symptoms) if body.symptoms else None,
        dess_new_or_worse=body.dess_new_or_worse,
        score_total=body.score_total,
        self_harm_item=body.self_harm_item,
        mania_signs=body.mania_signs,
        low_sodium_signs=body.low_sodium_signs,
        life_event=body.life_event,
        life_event_on=body.life_event_on,
        supply_lasts=body.supply_lasts,
    )


def four_symptoms(body: FourSymptomsBody) -> FourSymptoms:
    """How strong each of the four is."""
    return FourSymptoms(
        dizziness=SEVERITIES[body.dizziness],
        brain_zaps=SEVERITIES[body.brain_zaps],
        irritability=SEVERITIES[body.irritability],
        anxiety=SEVERITIES[body.anxiety],
    )
