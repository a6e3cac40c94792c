"""Routes about how a course goes: reviews, remission, relapse, decisions, gaps, suspension."""

from uuid import UUID

from services.treatment.adapters.http.desk import CLINICAL, PRESCRIBER, Desk
from services.treatment.adapters.http.view import show_course
from services.treatment.application.decide_continuation import decide_continuation
from services.treatment.application.record_adherence_gap import record_adherence_gap
from services.treatment.application.record_relapse import record_relapse
from services.treatment.application.record_remission import record_remission
from services.treatment.application.record_review import record_review
from services.treatment.application.resume_course import resume_course
from services.treatment.application.suspend_course import suspend_course
from shared.api.identity import Role
from shared.api.treatment import (
    AdherenceGap,
    CourseBody,
    DecisionRecord,
    RelapseRecord,
    RemissionRecord,
    Resumption,
    ReviewRecord,
    Suspension,
)
from shared.runtime.http import Api, Call


def add_follow_up(api: Api, desk: Desk) -> None:
    """Add this file's routes."""

    @api.post("/api/v1/courses/{course_id}/reviews", roles=CLINICAL, raises=(404, 409, 412))
    async def new_review(call: Call, course_id: UUID, body: ReviewRecord) -> CourseBody:
        """Record a review that took place."""
        _, patient = await desk.visible_course(call, course_id)
        course = await record_review(
            desk.work(call),
            course_id=course_id,
            ordinal=body.ordinal,
            assessment_ids=body.assessment_ids,
            missed_doses=body.missed_doses,
            side_effects=body.side_effects,
            note=body.note,
            by_prescriber=call.principal.role is Role.PRESCRIBER,
            book=desk.book,
            now=call.tx.now,
        )
        return await show_course(desk, call, course, patient)

    @api.post(
        "/api/v1/courses/{course_id}/remission", roles=PRESCRIBER, raises=(404, 409), if_match=True
    )
    async def new_remission(call: Call, course_id: UUID, body: RemissionRecord) -> CourseBody:
        """Record remission: the clock starts."""
        _, patient = await desk.visible_course(call, course_id)
        course = await record_remission(
            desk.work(call),
            course_id=course_id,
            expected=call.if_match,
            remission_on=body.remission_on,
            episodes=body.episodes,
            risk_factors=frozenset(body.risk_factors),
            months=body.months,
            reason=body.reason,
            book=desk.book,
            now=call.tx.now,
        )
        return await show_course(desk, call, course, patient)

    @api.post(
        "/api/v1/courses/{course_id}/relapse", roles=PRESCRIBER, raises=(404, 409), if_match=True
    )
    async def new_relapse(call: Call, course_id: UUID, body: RelapseRecord) -> CourseBody:
        """Record a relapse: the clock stops, history is kept."""
        _, patient = await desk.visible_course(call, course_id)
        course = await record_relapse(
            desk.work(call),
            course_id=course_id,
            expected=call.if_match,
            relapse_on=body.relapse_on,
            reason=body.reason,
            now=call.tx.now,
        )
        return await show_course(desk, call, course, patient)

    @api.post(
        "/api/v1/courses/{course_id}/decision", roles=PRESCRIBER, raises=(404, 409), if_match=True
    )
    async def new_decision(call: Call, course_id: UUID, body: DecisionRecord) -> CourseBody:
        """Decide at a decision review: go on, maintain, or write a taper plan."""
        _, patient = await desk.visible_course(call, course_id)
        course = await decide_continuation(
            desk.work(call),
            course_id=course_id,
            expected=call.if_match,
            decision=body.decision,
            reason=body.reason,
            book=desk.book,
            now=call.tx.now,
        )
        return await show_course(desk, call, course, patient)

    @api.post("/api/v1/courses/{course_id}/adherence-gaps", roles=CLINICAL, raises=(404, 409, 412))
    async def new_adherence_gap(call: Call, course_id: UUID, body: AdherenceGap) -> CourseBody:
        """Record a gap in taking the drug; a long one pauses the clock."""
        _, patient = await desk.visible_course(call, course_id)
        course = await record_adherence_gap(
            desk.work(call),
            course_id=course_id,
            first_missed_on=body.first_missed_on,
            resumed_on=body.resumed_on,
            book=desk.book,
            now=call.tx.now,
        )
        return await show_course(desk, call, course, patient)

    @api.post(
        "/api/v1/courses/{course_id}/suspend", roles=PRESCRIBER, raises=(404, 409), if_match=True
    )
    async def suspend(call: Call, course_id: UUID, body: Suspension) -> CourseBody:
        """Freeze dose changes because of a red flag; the drug goes on."""
        _, patient = await desk.visible_course(call, course_id)
        course = await suspend_course(
            desk.work(call),
            course_id=course_id,
            expected=call.if_match,
            reason=body.reason,
            flag_id=body.flag_id,
            now=call.tx.now,
        )
        return await show_course(desk, call, course, patient)

    @api.post(
        "/api/v1/courses/{course_id}/resume", roles=PRESCRIBER, raises=(404, 409), if_match=True
    )
    async def resume(call: Call, course_id: UUID, body: Resumption) -> CourseBody:
        """Go on after a suspension, or end the hold of a taper."""
        _, patient = await desk.visible_course(call, course_id)
        course = await resume_course(
            desk.work(call),
            course_id=course_id,
            expected=call.if_match,
            resume_on=body.resume_on,
            reason=body.reason,
            book=desk.book,
            now=call.tx.now,
        )
        return await show_course(desk, call, course, patient)
