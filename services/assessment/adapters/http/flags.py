"""Safety flags over HTTP."""

from uuid import UUID

from services.assessment.adapters import listing
from services.assessment.adapters.access import CARERS, visible_patient
from services.assessment.adapters.bodies import flag_body, safety_rules_body
from services.assessment.adapters.db import SqlWork
from services.assessment.application.answer_flag import acknowledge_flag, close_flag
from services.assessment.application.finding import known
from services.assessment.application.raise_flags import report_danger
from services.assessment.domain.content import Content
from shared.api import assessment as bodies
from shared.api.body import Page
from shared.api.identity import CLINICIANS
from shared.runtime.http import Api, Call


def add(api: Api, content: Content) -> None:
    """The routes of safety flags."""
    _add_reading(api, content)
    _add_changing(api, content)


def _add_reading(api: Api, content: Content) -> None:
    rules = safety_rules_body(content.safety)

    @api.get("/api/v1/safety-rules", roles=CLINICIANS)
    async def read_safety_rules(_call: Call) -> bodies.SafetyRules:
        """What staff may report, and how a flag may end."""
        return rules

    @api.get("/api/v1/flags", roles=CLINICIANS, raises=(422,))
    async def list_flags(call: Call, query: bodies.FlagQuery) -> Page[bodies.FlagBody]:
        """Flags of the people the caller may see, soonest due first."""
        call.tx.audit("flags.listed", object=f"status:{query.status}", subject=query.patient_id)
        flags, following = await listing.flags_page(call.tx, call.reach, query)
        people = await listing.summaries_of(call.tx, {flag.patient_id for flag in flags})
        items = tuple(
            flag_body(flag, role=call.principal.role).model_copy(
                update={"patient": people[flag.patient_id]}
            )
            for flag in flags
        )
        return Page(items=items, next=following)


def _add_changing(api: Api, content: Content) -> None:
    @api.post(
        "/api/v1/patients/{patient_id}/flags", roles=CLINICIANS, status=201, raises=(404, 409, 422)
    )
    async def raise_flag(call: Call, patient_id: UUID, body: bodies.RaiseFlag) -> bodies.FlagBody:
        """Report something seen or heard."""
        await visible_patient(call, patient_id)
        flag = await report_danger(
            SqlWork(call.tx),
            content,
            patient_id=patient_id,
            trigger=body.trigger,
            note=body.note,
            now=call.tx.now,
        )
        return flag_body(flag, role=call.principal.role)

    @api.post("/api/v1/flags/{flag_id}/acknowledge", roles=CLINICIANS, raises=(404, 409, 422))
    async def acknowledge(
        call: Call,
        flag_id: UUID,
        body: bodies.AcknowledgeFlag,
    ) -> bodies.FlagBody:
        """Take the flag on."""
        await _require_visible(call, flag_id, taken_for=body.patient_id)
        flag = await acknowledge_flag(
            SqlWork(call.tx), flag_id=flag_id, by=call.principal.staff_id, now=call.tx.now
        )
        return flag_body(flag, role=call.principal.role)

    @api.post("/api/v1/flags/{flag_id}/close", roles=CARERS, raises=(404, 409, 422))
    async def close(call: Call, flag_id: UUID, body: bodies.CloseFlag) -> bodies.FlagBody:
        """End the flag with an outcome."""
        await _require_visible(call, flag_id, taken_for=body.patient_id)
        flag = await close_flag(
            SqlWork(call.tx),
            content,
            flag_id=flag_id,
            by=call.principal.staff_id,
            outcome=body.outcome,
            note=body.note,
            now=call.tx.now,
        )
        return flag_body(flag, role=call.principal.role)


async def _require_visible(call: Call, flag_id: UUID, *, taken_for: UUID | None) -> None:
    flag = await SqlWork(call.tx).flags.get(flag_id)
    is_theirs = flag is not None and taken_for in {None, flag.patient_id}
    await visible_patient(call, known(flag if is_theirs else None).patient_id)
