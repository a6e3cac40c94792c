"""Courses of one person: setting one up, signing it, and its page."""

from typing import Any
from uuid import UUID

from aiohttp import web

from services.portal.pages.course_records import RECORDS
from services.portal.pages.forms import MovedOn, attempt, is_stale, signature
from services.portal.pages.records import may_prescribe, read_record, record_page
from services.portal.pages.together import together
from services.portal.pages.visit import Visit
from services.portal.presenters import changes, courses, findings, intakes, places, set_up, words
from services.portal.presenters.drafts import Draft, Fault
from shared.api.assessment import InstrumentList
from shared.api.body import Page
from shared.api.treatment import (
    ConfirmCourse,
    CourseBody,
    DrugBody,
    DrugOptions,
    HealthProfile,
    NewCourse,
    PlanChangeBody,
    TaperPlanBody,
)

_TAB = "Course"
_NEW_COURSE = (
    "drug",
    "indication",
    "start_dose_mg",
    "target_dose_mg",
    "starts_on",
    "primary_instrument",
    "suicide_concern",
    "note",
)


async def show_courses(visit: Visit) -> web.StreamResponse:
    """The courses so far."""
    read = await read_record(visit, visit.id("patient_id"))
    return await record_page(
        visit,
        "courses.html",
        read,
        tab=_TAB,
        courses=courses.summaries(read.courses or (), visit.setting),
        may_prescribe=may_prescribe(visit, read),
    )


async def show_set_up(visit: Visit) -> web.StreamResponse:
    """What to treat, with which medicine, from which day."""
    query = visit.request.query
    draft = visit.draft(
        indication=query.get("indication", ""), starts_on=visit.setting.today.isoformat()
    )
    return await _set_up(visit, draft)


async def propose(visit: Visit) -> web.StreamResponse:
    """Store the proposal; nothing starts before it is signed."""
    draft = visit.sent()
    patient_id = visit.id("patient_id")
    data: dict[str, Any] = visit.fields(*_NEW_COURSE) | {"patient_id": patient_id}

    async def send() -> CourseBody:
        if "start_dose_mg" not in data and data.get("indication"):
            offered = await _offered(visit, patient_id, data["indication"])
            data["start_dose_mg"] = set_up.usual_start_mg(offered, data.get("drug", ""))
        body = NewCourse.model_validate(data)
        return await visit.care.treatment.post("/courses", body, CourseBody, key=draft.key)

    outcome = await attempt(draft, send)
    if isinstance(outcome, Draft):
        return await _set_up(visit, outcome)
    raise web.HTTPSeeOther(f"{places.course(patient_id, outcome.course_id)}?done=proposed")


async def show_course(visit: Visit) -> web.StreamResponse:
    """One course: its clock, what is planned, and what may be done now."""
    return await _course(visit, visit.draft(**_today(visit)))


async def confirm(visit: Visit) -> web.StreamResponse:
    """Sign the proposal with the password, answering each warning with a reason."""
    draft = visit.sent()
    course = await read_course(visit)
    reasons = intakes.answers(draft.values, prefix="reason")
    if course.signing is None:
        return await _course(visit, draft.refused([Fault("", "There is nothing to sign now.")]))
    signing = course.signing

    async def send() -> CourseBody:
        if visit.one("hash") != signing.hash:
            raise MovedOn
        body = ConfirmCourse.model_validate(
            {
                "signature": await signature(visit, hash_=signing.hash, meaning=signing.meaning),
                "acknowledgements": [
                    {"rule": rule, "reason": reason} for rule, reason in reasons.items()
                ],
            }
        )
        return await visit.care.treatment.post(
            f"/courses/{course.course_id}/confirm",
            body,
            CourseBody,
            key=draft.part("confirm"),
            version=visit.version(),
        )

    outcome = await attempt(draft, send)
    if isinstance(outcome, Draft):
        return await _course(visit, outcome)
    raise web.HTTPSeeOther(f"{_place(course)}?done=confirmed")


async def record(visit: Visit) -> web.StreamResponse:
    """Record one thing about the course: remission, a decision, a hold, and so on."""
    kind = RECORDS.get(visit.request.match_info["what"])
    if kind is None:
        raise web.HTTPNotFound
    draft = visit.sent()
    course = await read_course(visit)

    async def send() -> CourseBody:
        return await visit.care.treatment.post(
            f"/courses/{course.course_id}/{kind.act}",
            kind.body_from(draft),
            CourseBody,
            key=draft.part(kind.act),
            version=visit.version() if kind.versioned else None,
        )

    outcome = await attempt(draft, send)
    if isinstance(outcome, Draft):
        return await _course(visit, outcome)
    raise web.HTTPSeeOther(f"{_place(course)}?done={kind.notice}")


async def read_course(visit: Visit) -> CourseBody:
    """The course of the address, under its own person only."""
    course = await visit.care.treatment.get(f"/courses/{visit.id('course_id')}", CourseBody)
    if not courses.belongs(course, visit.id("patient_id")):
        raise web.HTTPNotFound
    return course


async def _offered(visit: Visit, patient_id: UUID, indication: str) -> DrugOptions:
    path = f"/patients/{patient_id}/drug-options"
    return await visit.care.treatment.get(path, DrugOptions, {"indication": indication})


async def _set_up(visit: Visit, draft: Draft) -> web.StreamResponse:
    patient_id = visit.id("patient_id")
    care = visit.care
    read, drugs, instruments, profile = await together(
        read_record(visit, patient_id),
        care.treatment.get("/drugs", Page[DrugBody]),
        care.assessment.get("/instruments", InstrumentList),
        care.treatment.get(f"/patients/{patient_id}/health-profile", HealthProfile),
    )
    indication = draft.value("indication")
    offered = await _offered(visit, patient_id, indication) if indication else None
    return await record_page(
        visit,
        "set_up.html",
        read,
        tab=_TAB,
        status=draft.status,
        draft=draft,
        indications=set_up.indications(drugs.items),
        options=set_up.options(offered) if offered else (),
        instruments=[(one.code, one.title) for one in instruments.items if one.enabled],
        asked=courses.moment(profile.asked_at, visit.setting),
    )


async def _course(visit: Visit, draft: Draft) -> web.StreamResponse:
    read, course, plans, proposed = await together(
        read_record(visit, visit.id("patient_id")),
        read_course(visit),
        visit.care.treatment.get(
            f"/courses/{visit.id('course_id')}/taper-plans", Page[TaperPlanBody]
        ),
        visit.care.treatment.get(
            f"/courses/{visit.id('course_id')}/plan-changes", Page[PlanChangeBody]
        ),
    )
    setting = visit.setting
    lines = courses.lines(course, setting)
    if is_stale(draft):
        draft = draft.overtaken(lines)
    return await record_page(
        visit,
        "course.html",
        read,
        tab=_TAB,
        status=draft.status,
        draft=draft,
        blank=visit.draft(**_today(visit)),
        course=course,
        seen=lines,
        clock=courses.clock(course, setting),
        findings=findings.findings(course.findings),
        reviews=courses.reviews(course, setting),
        steps=courses.steps(course, setting),
        surveillance=courses.surveillance(course, setting),
        response=courses.response(course, setting),
        proposed=courses.proposed(course),
        waiting=changes.waiting(proposed.items),
        hold_until=courses.hold_until(course, setting),
        plans=courses.plans(plans.items),
        dose=words.daily(course.dose_text, course.dose_mg),
        first_day=words.when(course.starts_on, today=setting.today),
        prescriber=words.who(course.prescriber_id, setting.staff),
        titration=[(f"from day {s.from_day + 1}", s.dose_text) for s in course.titration],
        risk_factors=[(code, words.plain(code)) for code in course.known_risk_factors],
        records=[kind for kind in RECORDS.values() if kind.act in course.actions],
    )


def _today(visit: Visit) -> dict[str, str]:
    """Forms about a day start from today."""
    today = visit.setting.today.isoformat()
    names = ("effective_on", "relapse_on", "resume_on", "from_on", "last_dose_on")
    return dict.fromkeys(names, today)


def _place(course: CourseBody) -> str:
    return places.course(course.patient_id, course.course_id)
