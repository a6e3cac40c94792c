"""Questionnaires of one person: what was taken, taking another, and its result."""

from typing import Any

from aiohttp import web

from services.portal.pages.forms import attempt, is_stale
from services.portal.pages.records import read_record, record_page
from services.portal.pages.together import together
from services.portal.pages.visit import Visit
from services.portal.presenters import listing, places, questionnaires
from services.portal.presenters.drafts import Draft
from shared.api.assessment import (
    AmendAssessment,
    AssessmentBody,
    AssessmentHistory,
    InstrumentBody,
    InstrumentList,
    NewAssessment,
    TrajectoryBody,
)
from shared.api.body import Page


async def show_assessments(visit: Visit) -> web.StreamResponse:
    """What was taken so far, and what can be taken now."""
    patient_id, at = visit.id("patient_id"), visit.request.query.get("cursor")
    query = {"cursor": at} if at else {}
    care = visit.care.assessment
    read, instruments, taken, trajectory = await together(
        read_record(visit, patient_id),
        care.get("/instruments", InstrumentList),
        care.get(f"/patients/{patient_id}/assessments", Page[AssessmentBody], query),
        care.get(f"/patients/{patient_id}/trajectory", TrajectoryBody),
    )
    titles = questionnaires.titles_of(instruments.items)
    return await record_page(
        visit,
        "assessments.html",
        read,
        tab=questionnaires.TAB,
        results=questionnaires.results(taken.items, titles, visit.setting),
        pages=listing.pages(
            visit.request.path, query, next_cursor=taken.next, shown=len(taken.items), of=None
        ),
        progress=questionnaires.progress(trajectory, instruments.items, visit.setting),
        offered=[
            (one.title, one.purpose, questionnaires.taken_href(patient_id, one.code))
            for one in instruments.items
            if one.enabled
        ],
    )


async def show_questionnaire(visit: Visit) -> web.StreamResponse:
    """One questionnaire to fill in."""
    return await _questionnaire(visit, visit.draft(mode="in-person"))


async def take(visit: Visit) -> web.StreamResponse:
    """Save the answers. A safety flag is raised before anything else and shown at once."""
    draft = visit.sent()
    patient_id = visit.id("patient_id")
    path = f"/patients/{patient_id}/assessments"

    async def send() -> AssessmentBody:
        body = new_assessment(draft, instrument=visit.request.match_info["instrument"])
        return await visit.care.assessment.post(path, body, AssessmentBody, key=draft.key)

    saved = await attempt(draft, send)
    if isinstance(saved, Draft):
        return await _questionnaire(visit, saved)
    raise web.HTTPSeeOther(
        f"{places.patient(patient_id, 'assessments', saved.assessment_id)}?done=assessment"
    )


async def show_result(visit: Visit) -> web.StreamResponse:
    """One completed questionnaire, its flag first, in the words it was asked in."""
    patient_id = visit.id("patient_id")
    care, path = visit.care.assessment, f"/assessments/{visit.id('assessment_id')}"
    read, instruments, taken, history = await together(
        read_record(visit, patient_id),
        care.get("/instruments", InstrumentList),
        care.get(path, AssessmentBody),
        care.get(f"{path}/history", AssessmentHistory),
    )
    if taken.patient_id != patient_id:
        raise web.HTTPNotFound
    titles = questionnaires.titles_of(instruments.items)
    instrument = questionnaires.version_of(taken, instruments)
    correcting = places.patient(patient_id, "assessments", taken.assessment_id, "correct")
    return await record_page(
        visit,
        "result.html",
        read,
        tab=questionnaires.TAB,
        result=questionnaires.result(taken, titles, visit.setting),
        answered=questionnaires.answered(taken, instrument),
        unanswered=questionnaires.left_open(taken, instrument),
        history=questionnaires.history(history, visit.setting),
        retired=instrument is None or instrument.retired,
        correcting=correcting if "amend" in taken.actions and instrument else "",
    )


async def show_correcting(visit: Visit) -> web.StreamResponse:
    """Recorded answers, to be put right."""
    return await _correcting(visit, None)


async def correct(visit: Visit) -> web.StreamResponse:
    """Replace answers that were recorded wrongly; the earlier ones are kept."""
    draft = visit.sent()
    patient_id, assessment_id = visit.id("patient_id"), visit.id("assessment_id")

    async def send() -> AssessmentBody:
        data: dict[str, Any] = _answers(draft) | {"reason": draft.value("reason") or None}
        return await visit.care.assessment.post(
            f"/assessments/{assessment_id}/amend",
            AmendAssessment.model_validate(data),
            AssessmentBody,
            key=draft.key,
            version=visit.version(),
        )

    saved = await attempt(draft, send)
    if isinstance(saved, Draft):
        return await _correcting(visit, saved)
    place = places.patient(patient_id, "assessments", assessment_id)
    raise web.HTTPSeeOther(f"{place}?done=assessment")


def new_assessment(draft: Draft, *, instrument: str) -> NewAssessment:
    """The request behind a filled-in questionnaire.

    Raises:
        ValidationError: what was typed is no valid request.
    """
    data: dict[str, Any] = _answers(draft) | {
        "instrument": instrument,
        "instrument_version": draft.value("instrument_version") or None,
        "mode": draft.value("mode", "in-person"),
    }
    if draft.value("mode") == "proxy" and draft.value("answered_by"):
        data["answered_by"] = draft.value("answered_by")
    if draft.value("taken_at"):
        data["taken_at"] = draft.value("taken_at")
    return NewAssessment.model_validate(data)


def _answers(draft: Draft) -> dict[str, Any]:
    data: dict[str, Any] = {
        "answers": questionnaires.answers(draft.values),
        "not_applicable": draft.all("not_applicable"),
    }
    if draft.value("intent_stated"):
        data["intent_stated"] = draft.value("intent_stated") == "true"
    return data


async def _correcting(visit: Visit, sent: Draft | None) -> web.StreamResponse:
    patient_id = visit.id("patient_id")
    care = visit.care.assessment
    read, instruments, taken = await together(
        read_record(visit, patient_id),
        care.get("/instruments", InstrumentList),
        care.get(f"/assessments/{visit.id('assessment_id')}", AssessmentBody),
    )
    instrument = questionnaires.version_of(taken, instruments)
    if taken.patient_id != patient_id or instrument is None:
        raise web.HTTPNotFound
    lines = questionnaires.lines(taken, instrument)
    draft = sent or visit.draft(**questionnaires.typed(taken))
    if is_stale(draft):
        draft = draft.overtaken(lines)
    return await record_page(
        visit,
        "questionnaire.html",
        read,
        tab=questionnaires.TAB,
        status=draft.status,
        draft=draft,
        instrument=instrument,
        items=questionnaires.items(instrument),
        asks_intent=any(item.red_flag for item in instrument.items),
        correcting=taken.version,
        seen=lines,
    )


async def _questionnaire(visit: Visit, draft: Draft) -> web.StreamResponse:
    code = visit.request.match_info["instrument"]
    read, instruments = await together(
        read_record(visit, visit.id("patient_id")),
        visit.care.assessment.get("/instruments", InstrumentList),
    )
    instrument = _enabled(instruments, code)
    return await record_page(
        visit,
        "questionnaire.html",
        read,
        tab=questionnaires.TAB,
        status=draft.status,
        draft=draft,
        instrument=instrument,
        items=questionnaires.items(instrument),
        modes=questionnaires.MODES,
        asks_intent=any(item.red_flag for item in instrument.items),
        correcting=0,
    )


def _enabled(instruments: InstrumentList, code: str) -> InstrumentBody:
    for instrument in instruments.items:
        if instrument.code == code and instrument.enabled:
            return instrument
    raise web.HTTPNotFound
