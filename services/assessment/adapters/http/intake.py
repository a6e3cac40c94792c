"""The intake questions over HTTP."""

from uuid import UUID

from services.assessment.adapters.access import looked_at, visible_patient
from services.assessment.adapters.bodies import intake_body, question_body
from services.assessment.adapters.db import SqlWork
from services.assessment.application.record_intake import record_intake
from services.assessment.domain.content import Content
from shared.api import assessment as bodies
from shared.api.identity import CLINICIANS
from shared.runtime.http import Api, Call


def add(api: Api, content: Content) -> None:
    """The routes of the intake."""
    form = bodies.IntakeForm(questions=tuple(map(question_body, content.pathway.intake)))

    @api.get("/api/v1/intake-form", roles=CLINICIANS)
    async def read_intake_form(_call: Call) -> bodies.IntakeForm:
        """The questions and their choices."""
        return form

    @api.get("/api/v1/patients/{patient_id}/intake", roles=CLINICIANS, raises=(404,))
    async def read_intake(call: Call, patient_id: UUID) -> bodies.IntakeBody:
        """What was answered; version 0 when nothing was."""
        patient = await looked_at(call, patient_id, "intake")
        intake = await SqlWork(call.tx).intakes.latest(patient_id)
        return intake_body(intake, content.pathway, patient, (), role=call.principal.role)

    @api.put(
        "/api/v1/patients/{patient_id}/intake",
        roles=CLINICIANS,
        raises=(404, 409, 412, 422, 428),
        if_match=True,
    )
    async def replace_intake(
        call: Call, patient_id: UUID, body: bodies.Intake
    ) -> bodies.IntakeBody:
        """Answer the questions; a worrying answer raises a flag in this answer."""
        patient = await visible_patient(call, patient_id)
        intake, flags = await record_intake(
            SqlWork(call.tx),
            content,
            patient_id=patient_id,
            answers=body.answers,
            expected=call.if_match,
            now=call.tx.now,
        )
        return intake_body(intake, content.pathway, patient, flags, role=call.principal.role)
