"""Programmes: start, name a facilitator, change, review, close; and the caseload."""

from typing import Any
from uuid import UUID

from services.engagement.adapters.caseload import caseload_page
from services.engagement.adapters.http.support_desk import SupportDesk
from services.engagement.adapters.support_bodies import guard_body
from services.engagement.application.change_programme import (
    assign_facilitator,
    change_programme,
    review_programme,
)
from services.engagement.application.close_programme import close_programme, decide_closing
from services.engagement.application.start_programme import (
    NewProgramme,
    check_programme,
    start_programme,
)
from services.engagement.domain.support.programme import Company, Form, Look, Rung, Setting
from services.engagement.domain.support.rules import Beat
from services.engagement.domain.support.signing import OVERRIDE_GUARD
from shared.api import support as api
from shared.runtime.http import Api, Call, Mode

_ACTS = (404, 409, 412, 422)


def add_programmes(api_: Api, desk: SupportDesk) -> None:
    """Add this file's routes."""
    _add_start(api_, desk)
    _add_changes(api_, desk)
    _add_closing(api_, desk)

    @api_.get("/api/v1/support-caseload")
    async def read_caseload(call: Call, query: api.CaseloadQuery) -> api.Caseload:
        """Open programmes of people the caller looks after, most pressing first unless asked
        otherwise."""
        found = await caseload_page(desk.work(call), call, desk.rules, query)
        for patient_id in sorted({row.patient_id for row in found.items}):
            call.tx.audit("caseload.read", object=f"patient:{patient_id}", subject=patient_id)
        return found


def _add_start(api_: Api, desk: SupportDesk) -> None:
    @api_.post(
        "/api/v1/patients/{patient_id}/programmes/check",
        raises=(404, 422),
        mode=Mode.READS,
    )
    async def check_new_programme(
        call: Call, patient_id: UUID, body: api.NewProgramme
    ) -> api.GuardCheck:
        """What speaks against this plan, before anything is stored."""
        work = await desk.admit(call, patient_id)
        found = await check_programme(
            work,
            patient_id=patient_id,
            wanted=_wanted(body),
            rules=desk.rules,
            now=call.tx.now,
        )
        return api.GuardCheck(
            guards=tuple(guard_body(desk.rules.support, code) for code in found.guards),
            hash=found.hash,
            meaning=OVERRIDE_GUARD,
        )

    @api_.post("/api/v1/patients/{patient_id}/programmes", raises=(404, 409, 422))
    async def start_new_programme(
        call: Call, patient_id: UUID, body: api.NewProgramme
    ) -> api.SupportBody:
        """Start it; a pitfall needs a signed, coded reason."""
        work = await desk.admit(call, patient_id)
        await start_programme(
            work,
            patient_id=patient_id,
            wanted=_wanted(body),
            by=call.principal.staff_id,
            signed=await desk.signed(body.signature),
            rules=desk.rules,
            now=call.tx.now,
        )
        return await desk.answer(work, call, patient_id)


def _add_changes(api_: Api, desk: SupportDesk) -> None:
    @api_.post("/api/v1/programmes/{programme_id}/facilitator", raises=_ACTS, if_match=True)
    async def name_facilitator(
        call: Call, programme_id: UUID, body: api.Facilitator
    ) -> api.SupportBody:
        """Name who takes it on and who stands in; a gap ends."""
        work, found = await desk.admit_to_programme(call, programme_id)
        await assign_facilitator(
            work,
            programme_id=programme_id,
            seen_version=call.if_match,
            facilitator_id=body.facilitator_id,
            deputy_id=body.deputy_id,
            rules=desk.rules,
            now=call.tx.now,
        )
        return await desk.answer(work, call, found.patient_id)

    @api_.post("/api/v1/programmes/{programme_id}/changes", raises=_ACTS, if_match=True)
    async def change(call: Call, programme_id: UUID, body: api.ProgrammeChanges) -> api.SupportBody:
        """Change rhythm, ladder, activity, planned end, or the course it is served by."""
        work, found = await desk.admit_to_programme(call, programme_id)
        await change_programme(
            work,
            programme_id=programme_id,
            seen_version=call.if_match,
            changes=_changes(body),
            rules=desk.rules,
            now=call.tx.now,
        )
        return await desk.answer(work, call, found.patient_id)

    @api_.post("/api/v1/programmes/{programme_id}/reviews", raises=_ACTS, if_match=True)
    async def review(call: Call, programme_id: UUID, body: api.NewReview) -> api.SupportBody:
        """Record a look at the programme with the person."""
        work, found = await desk.admit_to_programme(call, programme_id)
        await review_programme(
            work,
            programme_id=programme_id,
            seen_version=call.if_match,
            look=Look(
                on=await desk.today(work, call, found.patient_id),
                at=call.tx.now,
                by=call.principal.staff_id,
                serves_goal=body.serves_goal,
                mode_still_right=body.mode_still_right,
                note=body.note,
            ),
            rules=desk.rules,
            now=call.tx.now,
        )
        return await desk.answer(work, call, found.patient_id)


def _add_closing(api_: Api, desk: SupportDesk) -> None:
    @api_.post("/api/v1/programmes/{programme_id}/closing", raises=_ACTS, if_match=True)
    async def close(call: Call, programme_id: UUID, body: api.NewClosing) -> api.SupportBody:
        """End it by decision, or ask a supervisor in the weekly phase."""
        work, found = await desk.admit_to_programme(call, programme_id)
        await close_programme(
            work,
            programme_id=programme_id,
            seen_version=call.if_match,
            reason=body.reason,
            note=body.note,
            by=call.principal.staff_id,
            signed=await desk.signed(body.signature),
            rules=desk.rules,
            now=call.tx.now,
        )
        return await desk.answer(work, call, found.patient_id)

    @api_.post("/api/v1/programmes/{programme_id}/closing-decision", raises=_ACTS, if_match=True)
    async def decide(call: Call, programme_id: UUID, body: api.ClosingDecision) -> api.SupportBody:
        """A supervisor confirms or declines an early closing."""
        work, found = await desk.admit_to_programme(call, programme_id)
        await decide_closing(
            work,
            programme_id=programme_id,
            seen_version=call.if_match,
            confirmed=body.confirmed,
            by=call.principal.staff_id,
            role=call.principal.role.value,
            signed=await desk.signed(body.signature),
            rules=desk.rules,
            now=call.tx.now,
        )
        return await desk.answer(work, call, found.patient_id)


def _wanted(body: api.NewProgramme) -> NewProgramme:
    return NewProgramme(
        kind=body.kind,
        facilitator_id=body.facilitator_id,
        deputy_id=body.deputy_id,
        form=Form(body.form),
        company=Company(body.company),
        setting=Setting(body.setting),
        activity=body.activity,
        activity_id=body.activity_id,
        first_contact_on=body.first_contact_on,
        rhythm=_rhythm(body.rhythm),
        rungs=_rungs(body.rungs),
        serves_course_id=body.serves_course_id,
        reasons=body.reasons,
        note=body.note,
    )


def _changes(body: api.ProgrammeChanges) -> dict[str, Any]:
    found: dict[str, Any] = body.model_dump(exclude_unset=True, exclude_none=True)
    if body.rhythm is not None:
        found["rhythm"] = _rhythm(body.rhythm)
    if body.rungs is not None:
        found["rungs"] = _rungs(body.rungs)
    return found


def _rhythm(beats: tuple[api.BeatBody, ...]) -> tuple[Beat, ...]:
    return tuple(Beat(until_day=beat.until_day, every_days=beat.every_days) for beat in beats)


def _rungs(rungs: tuple[api.NewRung, ...]) -> tuple[Rung, ...]:
    return tuple(Rung(ordinal=one.ordinal, what=one.what, together=one.together) for one in rungs)
