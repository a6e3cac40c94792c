"""Changing, freezing and, for serious harm, stopping a medicine outside a taper."""

from typing import Any

from aiohttp import web

from services.portal.pages.courses import read_course
from services.portal.pages.forms import attempt, is_stale
from services.portal.pages.records import read_record, record_page
from services.portal.pages.together import together
from services.portal.pages.visit import Visit
from services.portal.presenters import courses, dosing, findings, intakes, places
from services.portal.presenters.drafts import Draft
from services.portal.presenters.language import gettext as _
from shared.api.treatment import (
    CourseBody,
    DoseChange,
    DosePreview,
    DoseWish,
    HarmStop,
    Resumption,
    Suspension,
)

_TAB = "Course"


async def show_dose(visit: Visit) -> web.StreamResponse:
    """Which new dose, from which day."""
    return await _dose(visit, visit.draft(effective_on=visit.setting.today.isoformat()))


async def change_dose(visit: Visit) -> web.StreamResponse:
    """Look at what a new dose would mean, then make it with a coded reason."""
    draft = visit.sent()
    if draft.value("act") != "change":
        return await _dose(visit, draft, looking=True)
    said = intakes.answers(draft.values, prefix="reason")
    codes = intakes.answers(draft.values, prefix="code")

    async def send() -> CourseBody:
        given: list[dict[str, Any]] = [
            {"rule": rule, "reason": reason, "code": codes.get(rule)}
            for rule, reason in said.items()
        ]
        data = visit.fields("dose_mg", "effective_on", "reason", "code")
        return await visit.care.treatment.post(
            f"/courses/{visit.id('course_id')}/dose-changes",
            DoseChange.model_validate(data | {"acknowledgements": given}),
            CourseBody,
            key=draft.part("dose"),
            version=visit.version(),
        )

    outcome = await attempt(draft, send)
    if isinstance(outcome, Draft):
        return await _dose(visit, outcome, looking=True)
    raise web.HTTPSeeOther(f"{_place(outcome)}?done=dose")


async def _dose(visit: Visit, draft: Draft, *, looking: bool = False) -> web.StreamResponse:
    seen, read, course = await together(
        _look(visit, draft, asked=looking),
        read_record(visit, visit.id("patient_id")),
        read_course(visit),
    )
    if isinstance(seen, Draft) and not draft.faults:
        draft = seen
    preview = seen if isinstance(seen, DosePreview) else None
    if is_stale(draft):
        draft = draft.overtaken(courses.lines(course, visit.setting))
    return await record_page(
        visit,
        "dose.html",
        read,
        tab=_TAB,
        status=draft.status,
        draft=draft,
        course=course,
        seen=courses.lines(course, visit.setting),
        dose=courses.dose_now(course),
        may="dose-changes" in course.actions,
        preview=dosing.preview(preview, visit.setting) if preview else None,
        findings=findings.findings(preview.findings) if preview else (),
        why=courses.reasons(course.known_dose_reasons),
        codes=courses.reasons(course.known_warning_reasons),
    )


async def _look(visit: Visit, draft: Draft, *, asked: bool) -> DosePreview | Draft | None:
    """What the dose would mean, or the form with what to put right."""
    if not asked:
        return None

    async def ask() -> DosePreview:
        wish = DoseWish.model_validate(visit.fields("dose_mg", "effective_on"))
        path = f"/courses/{visit.id('course_id')}/dose-previews"
        return await visit.care.treatment.ask(path, wish, DosePreview)

    return await attempt(draft, ask)


async def show_freeze(visit: Visit) -> web.StreamResponse:
    """Freeze dose changes because of a red flag, or go on after a freeze."""
    return await _freeze(visit, visit.draft(resume_on=visit.setting.today.isoformat()))


async def freeze(visit: Visit) -> web.StreamResponse:
    """The medicine goes on either way; only its changes stop or may go on."""
    draft = visit.sent()
    path = f"/courses/{visit.id('course_id')}"
    resuming = draft.value("act") == "resume"

    async def send() -> CourseBody:
        body = (
            Resumption.model_validate(visit.fields("resume_on", "reason"))
            if resuming
            else Suspension.model_validate(visit.fields("reason", "flag_id"))
        )
        act = "resume" if resuming else "suspend"
        return await visit.care.treatment.post(
            f"{path}/{act}", body, CourseBody, key=draft.part(act), version=visit.version()
        )

    outcome = await attempt(draft, send)
    if isinstance(outcome, Draft):
        return await _freeze(visit, outcome)
    raise web.HTTPSeeOther(f"{_place(outcome)}?done={'resume' if resuming else 'frozen'}")


async def _freeze(visit: Visit, draft: Draft) -> web.StreamResponse:
    read, course = await together(read_record(visit, visit.id("patient_id")), read_course(visit))
    lines = courses.lines(course, visit.setting)
    if is_stale(draft):
        draft = draft.overtaken(lines)
    return await record_page(
        visit,
        "freeze.html",
        read,
        tab=_TAB,
        status=draft.status,
        draft=draft,
        course=course,
        seen=lines,
        dose=courses.dose_now(course),
        flags=[(str(flag.flag_id), dosing.flag_line(flag, visit.setting)) for flag in read.flags],
    )


async def show_harm_stop(visit: Visit) -> web.StreamResponse:
    """Stop at once because going on does serious harm; a prescriber's page."""
    return await _harm_stop(visit, visit.draft(last_dose_on=visit.setting.today.isoformat()))


async def stop_for_harm(visit: Visit) -> web.StreamResponse:
    """The last dose was taken; the person is watched from now on."""
    draft = visit.sent()

    async def send() -> CourseBody:
        return await visit.care.treatment.post(
            f"/courses/{visit.id('course_id')}/harm-stop",
            HarmStop.model_validate(visit.fields("harm", "last_dose_on", "reason")),
            CourseBody,
            key=draft.part("harm"),
            version=visit.version(),
        )

    if not draft.value("understood"):
        outcome: CourseBody | Draft = draft.refused([dosing.not_understood()])
    else:
        outcome = await attempt(draft, send)
    if isinstance(outcome, Draft):
        return await _harm_stop(visit, outcome)
    raise web.HTTPSeeOther(f"{_place(outcome)}?done=harm-stopped")


async def _harm_stop(visit: Visit, draft: Draft) -> web.StreamResponse:
    read, course = await together(read_record(visit, visit.id("patient_id")), read_course(visit))
    lines = courses.lines(course, visit.setting)
    if is_stale(draft):
        draft = draft.overtaken(lines)
    return await record_page(
        visit,
        "harm_stop.html",
        read,
        tab=_TAB,
        status=draft.status,
        draft=draft,
        course=course,
        seen=lines,
        dose=courses.dose_now(course),
        may="harm-stop" in course.actions,
        harms=[(code, dosing.HARMS.get(code) or code) for code in course.known_harms],
        watch=dosing.watch(course),
        grade=next((f.grade for f in course.figures if f.figure == dosing.LOOKS), ""),
        refused=_("Only a prescriber stops a medicine at once, and only while it is taken."),
    )


def _place(course: CourseBody) -> str:
    return places.course(course.patient_id, course.course_id)
