"""Replacing one medicine by another: both ways on one axis, signed as one, taken step by step."""

from typing import Any

from aiohttp import web

from services.portal.pages.courses import read_course
from services.portal.pages.forms import attempt, is_stale
from services.portal.pages.records import read_record, record_page
from services.portal.pages.together import together
from services.portal.pages.visit import Visit
from services.portal.presenters import courses, findings, places, set_up, switching
from services.portal.presenters.drafts import Draft
from shared.api.identity import Role
from shared.api.treatment import (
    CourseBody,
    DrugOptions,
    NewSwitch,
    Staying,
    SwitchPreview,
    SwitchStepTaken,
)

_TAB = "Course"
_NEW = ("start_dose_mg", "target_dose_mg", "starts_on", "suicide_concern", "note")


async def show_switch(visit: Visit) -> web.StreamResponse:
    """To which medicine and how; or, once it is signed, how far it has got."""
    today = visit.setting.today.isoformat()
    return await _switch(visit, visit.draft(starts_on=today, taken_on=today))


async def plan_switch(visit: Visit) -> web.StreamResponse:
    """Look at both medicines on one axis, then propose the switch; nothing starts unsigned."""
    draft = visit.sent()
    if draft.value("act") != "propose":
        return await _switch(visit, draft, looking=True)

    async def send() -> CourseBody:
        return await visit.care.treatment.post(
            f"/courses/{visit.id('course_id')}/switches",
            _wish(visit, draft),
            CourseBody,
            key=draft.part("switch"),
            version=visit.version(),
        )

    outcome = await attempt(draft, send)
    if isinstance(outcome, Draft):
        return await _switch(visit, outcome, looking=True)
    place = places.patient(outcome.patient_id, "courses", "new")
    raise web.HTTPSeeOther(f"{place}?course={outcome.course_id}&done=proposed#sign")


async def take_step(visit: Visit) -> web.StreamResponse:
    """The old medicine went down by one signed step."""
    draft = visit.sent()

    async def send() -> CourseBody:
        return await visit.care.treatment.post(
            f"/courses/{visit.id('course_id')}/switch-steps",
            SwitchStepTaken.model_validate(visit.fields("ordinal", "taken_on")),
            CourseBody,
            key=draft.part("step"),
        )

    outcome = await attempt(draft, send)
    if isinstance(outcome, Draft):
        return await _switch(visit, outcome)
    raise web.HTTPSeeOther(f"{_place(outcome)}?done=switch-step")


async def stay(visit: Visit) -> web.StreamResponse:
    """The new medicine did not work out and is not taken any more: stay on the old one."""
    draft = visit.sent()

    async def send() -> CourseBody:
        return await visit.care.treatment.post(
            f"/courses/{visit.id('course_id')}/stay",
            Staying.model_validate(visit.fields("reason")),
            CourseBody,
            key=draft.part("stay"),
            version=visit.version(),
        )

    outcome = await attempt(draft, send)
    if isinstance(outcome, Draft):
        return await _switch(visit, outcome)
    raise web.HTTPSeeOther(f"{_place(outcome)}?done=stayed")


async def _switch(visit: Visit, draft: Draft, *, looking: bool = False) -> web.StreamResponse:
    prescribes = visit.visitor.staff.role is Role.PRESCRIBER
    seen, read, course, offered = await together(
        _look(visit, draft, asked=looking and prescribes),
        read_record(visit, visit.id("patient_id")),
        read_course(visit),
        _offered(visit),
    )
    may = "switches" in course.actions
    preview = seen if may and isinstance(seen, SwitchPreview) else None
    if may and isinstance(seen, Draft) and not (draft.faults or draft.changed):
        draft = seen
    lines = courses.lines(course, visit.setting)
    if is_stale(draft):
        draft = draft.overtaken(lines)
    axis = preview.axis if preview else course.switch
    today = visit.setting.today
    return await record_page(
        visit,
        "switch.html",
        read,
        tab=_TAB,
        status=draft.status,
        draft=draft,
        course=course,
        seen=lines,
        dose=courses.dose_now(course),
        may=may,
        options=set_up.options(offered, starts_on=today, today=today) if may else (),
        places=range(switching.ROWS),
        switch=switching.switch(axis, visit.setting) if axis else None,
        steps=switching.steps(course, visit.setting),
        findings=findings.findings(preview.findings) if preview else (),
        is_preview=preview is not None,
        stay="stay" in course.actions,
    )


async def _look(visit: Visit, draft: Draft, *, asked: bool) -> SwitchPreview | Draft | None:
    """Both medicines on one axis, or the form with what to put right."""
    if not asked:
        return None

    async def ask() -> SwitchPreview:
        path = f"/courses/{visit.id('course_id')}/switch-previews"
        return await visit.care.treatment.ask(path, _wish(visit, draft), SwitchPreview)

    return await attempt(draft, ask)


async def _offered(visit: Visit) -> DrugOptions:
    """What may replace this medicine."""
    path = f"/patients/{visit.id('patient_id')}/drug-options"
    query = {"instead_of": str(visit.id("course_id"))}
    return await visit.care.treatment.get(path, DrugOptions, query)


def _wish(visit: Visit, draft: Draft) -> NewSwitch:
    drug, formulation = set_up.drug_and_formulation(draft.value("drug"))
    data: dict[str, Any] = visit.fields(*_NEW)
    data |= {"drug": drug} if drug else {}
    data |= {"formulation": formulation} if formulation else {}
    return NewSwitch.model_validate(data | {"leaving": switching.leaving_rows(draft)})


def _place(course: CourseBody) -> str:
    return places.course(course.patient_id, course.course_id, "switch")
