"""Assessments over HTTP. The flags of an answer are in the answer to the request that sent it."""

from uuid import UUID

from services.assessment.adapters import listing
from services.assessment.adapters.access import CARERS, looked_at, visible_patient
from services.assessment.adapters.bodies import answers_from, assessment_body, version_body
from services.assessment.adapters.db import SqlWork
from services.assessment.application.amend_assessment import amend_assessment
from services.assessment.application.finding import known, still_living
from services.assessment.application.record_assessment import record_assessment
from services.assessment.domain.assessment import Assessment, Mode
from services.assessment.domain.content import Content
from shared.api import assessment as bodies
from shared.api.body import Page
from shared.api.identity import CLINICIANS
from shared.runtime.http import Api, Call


def add(api: Api, content: Content) -> None:
    """The routes of assessments."""
    _add_changing(api, content)
    _add_reading(api, content)


def _add_changing(api: Api, content: Content) -> None:
    @api.post(
        "/api/v1/patients/{patient_id}/assessments",
        roles=CLINICIANS,
        status=201,
        raises=(404, 409, 422),
    )
    async def record(
        call: Call, patient_id: UUID, body: bodies.NewAssessment
    ) -> bodies.AssessmentBody:
        """Record one completed instrument; it is scored here."""
        patient = await visible_patient(call, patient_id, held=True)
        assessment, flags = await record_assessment(
            SqlWork(call.tx),
            content,
            patient=still_living(patient),
            instrument=body.instrument,
            instrument_version=body.instrument_version,
            answers=answers_from(body),
            taken_at=body.taken_at or call.tx.now,
            mode=Mode(body.mode),
            answered_by=body.answered_by,
            now=call.tx.now,
        )
        return assessment_body(assessment, flags, content, role=call.principal.role)

    @api.post(
        "/api/v1/assessments/{assessment_id}/amend",
        roles=CARERS,
        raises=(404, 409, 412, 422, 428),
        if_match=True,
    )
    async def amend(
        call: Call, assessment_id: UUID, body: bodies.AmendAssessment
    ) -> bodies.AssessmentBody:
        """Correct recorded answers; the earlier version is kept."""
        before = await _found(call, assessment_id)
        await visible_patient(call, before.patient_id)
        assessment, _flags = await amend_assessment(
            SqlWork(call.tx),
            content,
            assessment_id=assessment_id,
            answers=answers_from(body),
            reason=body.reason,
            expected=call.if_match,
            now=call.tx.now,
        )
        return await _answer(call, content, assessment)


def _add_reading(api: Api, content: Content) -> None:
    @api.get("/api/v1/patients/{patient_id}/assessments", roles=CLINICIANS, raises=(404, 422))
    async def list_assessments(
        call: Call, patient_id: UUID, query: bodies.AssessmentQuery
    ) -> Page[bodies.AssessmentBody]:
        """A person's assessments, newest first."""
        await looked_at(call, patient_id, "assessments")
        found, following = await listing.assessments_page(call.tx, patient_id, query)
        flags = await listing.flags_of_assessments(call.tx, found)
        items = tuple(
            assessment_body(a, flags.get(a.assessment_id, ()), content, role=call.principal.role)
            for a in found
        )
        return Page(items=items, next=following)

    @api.get("/api/v1/assessments/{assessment_id}", roles=CLINICIANS, raises=(404,))
    async def read_assessment(call: Call, assessment_id: UUID) -> bodies.AssessmentBody:
        """One assessment."""
        assessment = await _found(call, assessment_id)
        await looked_at(call, assessment.patient_id, "assessment")
        return await _answer(call, content, assessment)

    @api.get("/api/v1/assessments/{assessment_id}/history", roles=CLINICIANS, raises=(404,))
    async def read_history(call: Call, assessment_id: UUID) -> bodies.AssessmentHistory:
        """Every version of one assessment, oldest first."""
        assessment = await _found(call, assessment_id)
        await looked_at(call, assessment.patient_id, "assessment-history")
        versions = await listing.assessment_versions(call.tx, assessment_id)
        return bodies.AssessmentHistory(
            assessment_id=assessment_id, versions=tuple(map(version_body, versions))
        )


async def _found(call: Call, assessment_id: UUID) -> Assessment:
    return known(await SqlWork(call.tx).assessments.get(assessment_id))


async def _answer(call: Call, content: Content, assessment: Assessment) -> bodies.AssessmentBody:
    flags = await listing.flags_of_assessments(call.tx, [assessment])
    raised = flags.get(assessment.assessment_id, ())
    return assessment_body(assessment, raised, content, role=call.principal.role)
