"""Questionnaires of one person: what was taken, taking another, and its result."""

from typing import Any

from aiohttp import web

from services.portal.pages.forms import attempt
from services.portal.pages.records import read_record, record_page
from services.portal.pages.together import together
from services.portal.pages.visit import Visit
from services.portal.presenters import places, questionnaires
from services.portal.presenters.drafts import Draft
from shared.api.assessment import (
    AssessmentBody,
    InstrumentBody,
    InstrumentList,
    NewAssessment,
    TrajectoryBody,
)
from shared.api.body import Page


async def show_assessments(visit: Visit) -> web.StreamResponse:
    """What was taken so far, and what can be taken now."""
    patient_id = visit.id("patient_id")
    care = visit.care.assessment
    read, instruments, taken, trajectory = await together(
        read_record(visit, patient_id),
        care.get("/instruments", InstrumentList),
        care.get(f"/patients/{patient_id}/assessments", Page[AssessmentBody]),
        care.get(f"/patients/{patient_id}/trajectory", TrajectoryBody),
    )
    titles = questionnaires.titles_of(instruments.items)
    return await record_page(
        visit,
        "assessments.html",
        read,
        tab=questionnaires.TAB,
        results=questionnaires.results(taken.items, titles, visit.setting),
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
    """One completed questionnaire, its flag first."""
    patient_id = visit.id("patient_id")
    care = visit.care.assessment
    read, instruments, taken = await together(
        read_record(visit, patient_id),
        care.get("/instruments", InstrumentList),
        care.get(f"/assessments/{visit.id('assessment_id')}", AssessmentBody),
    )
    if taken.patient_id != patient_id:
        raise web.HTTPNotFound
    titles = questionnaires.titles_of(instruments.items)
    instrument = next(one for one in instruments.items if one.code == taken.instrument)
    labels = {item.code: item for item in instrument.items}
    return await record_page(
        visit,
        "result.html",
        read,
        tab=questionnaires.TAB,
        result=questionnaires.result(taken, titles, visit.setting),
        answered=[
            (labels[code].label, _said(labels[code].answers, value))
            for code, value in taken.answers.items()
            if code in labels
        ],
        unanswered=[labels[code].label for code in taken.missing if code in labels],
    )


def new_assessment(draft: Draft, *, instrument: str) -> NewAssessment:
    """The request behind a filled-in questionnaire.

    Raises:
        ValidationError: what was typed is no valid request.
    """
    data: dict[str, Any] = {
        "instrument": instrument,
        "answers": questionnaires.answers(draft.values),
        "not_applicable": draft.all("not_applicable"),
        "mode": draft.value("mode", "in-person"),
    }
    if draft.value("intent_stated"):
        data["intent_stated"] = draft.value("intent_stated") == "true"
    if draft.value("taken_at"):
        data["taken_at"] = draft.value("taken_at")
    return NewAssessment.model_validate(data)


def _said(answers: Any, value: int) -> str:
    return next((f"{value}  {answer.label}" for answer in answers if answer.value == value), "")


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
    )


def _enabled(instruments: InstrumentList, code: str) -> InstrumentBody:
    for instrument in instruments.items:
        if instrument.code == code and instrument.enabled:
            return instrument
    raise web.HTTPNotFound
