"""A check-in: how the person is. The questionnaire is saved first, then the check-in citing it."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from aiohttp import web

from services.portal.pages.assessments import new_assessment
from services.portal.pages.courses import read_course
from services.portal.pages.forms import attempt
from services.portal.pages.records import read_record, record_page
from services.portal.pages.together import together
from services.portal.pages.visit import Visit
from services.portal.presenters import check_ins, intakes, places, questionnaires
from services.portal.presenters.drafts import Draft
from shared.api.assessment import (
    AssessmentBody,
    FlagBody,
    InstrumentList,
    RaiseFlag,
)
from shared.api.treatment import CheckIn, CheckInResult, CourseBody

_TAB = "Course"


async def show_check_in(visit: Visit) -> web.StreamResponse:
    """The check-in, in the plan's own words."""
    return await _check_in(visit, visit.draft(missed_doses_in_a_row="0", mode="telephone"))


async def record_check_in(visit: Visit) -> web.StreamResponse:
    """A flag is raised before anything else is recorded. Sending the form again records
    nothing twice: each part has its own key, made from the form's."""
    if visit.one("act") == "not-reached":
        return await _nobody_reached(visit)
    draft = await _save_answers(visit, visit.sent())
    flags = draft if draft.faults else await attempt(draft, lambda: _report(visit, draft))
    if isinstance(flags, Draft):
        return await _check_in(visit, flags)

    async def send() -> CheckInResult:
        body = _check_in_body(visit, draft, flag_ids=tuple(flag.flag_id for flag in flags))
        return await visit.care.treatment.post(
            _path(visit), body, CheckInResult, key=draft.part("check-in")
        )

    outcome = await attempt(draft, send)
    if isinstance(outcome, Draft):
        return await _check_in(visit, outcome)
    if flags:
        place = places.patient(visit.id("patient_id"), "flags", flags[0].flag_id)
        raise web.HTTPSeeOther(f"{place}?done=flag-raised")
    if outcome.change is not None:
        raise web.HTTPSeeOther(
            f"{_place(visit, 'changes', outcome.change.change_id)}?done=change-proposed"
        )
    raise web.HTTPSeeOther(f"{_place(visit)}?done=check-in")


async def _nobody_reached(visit: Visit) -> web.StreamResponse:
    draft = visit.sent()

    async def send() -> CheckInResult:
        body = CheckIn.model_validate(
            visit.fields("plan_version", "note")
            | check_ins.NOT_REACHED
            | {"kind": _kind(visit), "ordinal": visit.number("ordinal")}
        )
        return await visit.care.treatment.post(
            _path(visit), body, CheckInResult, key=draft.part("not-reached")
        )

    outcome = await attempt(draft, send)
    if isinstance(outcome, Draft):
        return await _check_in(visit, outcome)
    raise web.HTTPSeeOther(f"{_place(visit)}?done=not-reached")


def _path(visit: Visit) -> str:
    return f"/courses/{visit.id('course_id')}/check-ins"


def _place(visit: Visit, *parts: object) -> str:
    return places.course(visit.id("patient_id"), visit.id("course_id"), *parts)


async def _save_answers(visit: Visit, draft: Draft) -> Draft:
    """Save the questionnaire, if one was answered, and cite it in the draft. It is the one the
    form had shown."""
    if draft.value("assessment_id") or not questionnaires.answers(draft.values):
        return draft

    async def save() -> AssessmentBody:
        _check_in_body(visit, draft)
        body = new_assessment(draft, instrument=draft.value("instrument"))
        path = f"/patients/{visit.id('patient_id')}/assessments"
        return await visit.care.assessment.post(
            path, body, AssessmentBody, key=draft.part("answers")
        )

    saved = await attempt(draft, save)
    if isinstance(saved, Draft):
        return saved
    cited = {**draft.values, "assessment_id": (str(saved.assessment_id),)}
    return replace(draft, values=cited | _scored(saved))


def _scored(saved: AssessmentBody) -> dict[str, tuple[str, ...]]:
    """The total and the answer to the question about self-harm, as they were saved."""
    found = {"score_total": saved.total, "self_harm_item": saved.self_harm_item}
    return {name: (str(value),) for name, value in found.items() if value is not None}


async def _report(visit: Visit, draft: Draft) -> tuple[FlagBody, ...]:
    """Tell assessment of each danger said; it raises the flag and starts its clock."""
    answers = _check_in_body(visit, draft)
    said = [code for name, code in check_ins.REPORTED.items() if getattr(answers, name)]
    path = f"/patients/{visit.id('patient_id')}/flags"
    flags = []
    for code in said:
        key = draft.part(f"flag-{code[:12]}")
        body = RaiseFlag(trigger=code)
        flags.append(await visit.care.assessment.post(path, body, FlagBody, key=key))
    return tuple(flags)


def _check_in_body(visit: Visit, draft: Draft, *, flag_ids: tuple[UUID, ...] = ()) -> CheckIn:
    """The request behind the form.

    Raises:
        ValidationError: something was left open or cannot be read.
    """
    data: dict[str, Any] = {
        name: draft.value(name) for name in check_ins.FIELDS if draft.value(name)
    }
    if "life_event_on" not in data:
        data.pop("life_event", None)
    return CheckIn.model_validate(
        data
        | {
            "kind": _kind(visit),
            "ordinal": visit.number("ordinal"),
            "symptoms": intakes.answers(draft.values, prefix="symptoms"),
            "flag_ids": flag_ids,
            "assessment_ids": tuple(UUID(text) for text in draft.all("assessment_id")),
        }
    )


async def _check_in(visit: Visit, draft: Draft) -> web.StreamResponse:
    read, course, instruments = await together(
        read_record(visit, visit.id("patient_id")),
        read_course(visit),
        visit.care.assessment.get("/instruments", InstrumentList),
    )
    instrument = next(one for one in instruments.items if one.code == course.primary_instrument)
    return await record_page(
        visit,
        "check_in.html",
        read,
        tab=_TAB,
        status=draft.status,
        draft=draft,
        course=course,
        words=check_ins.words_for(course, _kind(visit), visit.number("ordinal"), visit.setting),
        instrument=instrument,
        items=questionnaires.items(instrument),
        asks_intent=any(item.red_flag for item in instrument.items),
        modes=questionnaires.MODES,
        severities=check_ins.SEVERITIES,
        moods=check_ins.MOODS,
        four=check_ins.FOUR,
        life_events=check_ins.LIFE_EVENTS,
        may_record=_may_record(course, _kind(visit), visit.number("ordinal")),
    )


def _kind(visit: Visit) -> str:
    kind = visit.request.match_info["kind"]
    if kind not in check_ins.KINDS:
        raise web.HTTPNotFound
    return kind


def _may_record(course: CourseBody, kind: str, ordinal: int) -> bool:
    """Whether the service offers this check-in now."""
    taper = course.taper
    if taper is None:
        return False
    offered = [(one.ordinal, one.actions) for one in taper.steps]
    offered += [(one.ordinal, one.actions) for one in taper.surveillance]
    return any(number == ordinal and f"check-in-{kind}" in may for number, may in offered)
