"""Courses of one person: setting one up, signing it, and its page."""

from collections import defaultdict
from dataclasses import dataclass

from aiohttp import web

from services.portal.pages.course_records import RECORDS
from services.portal.pages.forms import (
    MovedOn,
    attempt,
    is_stale,
    overtaken_meanwhile,
    signature,
)
from services.portal.pages.records import may_prescribe, read_record, record_page
from services.portal.pages.set_up import signing_of
from services.portal.pages.support_records import support_beside
from services.portal.pages.together import together
from services.portal.pages.visit import Visit
from services.portal.presenters import (
    changes,
    courses,
    doses,
    findings,
    intakes,
    places,
    programme,
    set_up,
    switching,
    words,
)
from services.portal.presenters.drafts import Draft, Fault
from services.portal.presenters.language import gettext as _
from services.portal.presenters.record import Record
from shared.api.body import Page
from shared.api.support import SupportBody
from shared.api.treatment import (
    ConfirmCourse,
    CourseBody,
    PlanChangeBody,
    TaperPlanBody,
)

_TAB = "Course"


@dataclass(frozen=True, slots=True)
class _Read:
    """What the page of a course is made from, read side by side."""

    record: Record
    support: SupportBody | None
    course: CourseBody
    plans: Page[TaperPlanBody]
    proposed: Page[PlanChangeBody]


async def show_courses(visit: Visit) -> web.StreamResponse:
    """The courses so far."""
    read, query = await read_record(visit, visit.id("patient_id")), visit.request.query
    return await record_page(
        visit,
        "courses.html",
        read,
        tab=_TAB,
        columns=courses.columns(visit.request.path, query),
        courses=courses.summaries(read.courses or (), visit.setting, query),
        may_prescribe=may_prescribe(visit, read),
    )


async def show_course(visit: Visit) -> web.StreamResponse:
    """One course: its clock, what is planned, and what may be done now."""
    return await _course(visit, visit.draft(**_today(visit)))


async def confirm(visit: Visit) -> web.StreamResponse:
    """Sign the proposal with the password, answering each warning with a reason."""
    draft = visit.sent()
    read = await _read(visit)
    course = read.course
    reasons = intakes.answers(draft.values, prefix="reason")
    codes = intakes.answers(draft.values, prefix="code")
    if course.signing is None:
        fault = Fault("", _("There is nothing to sign now."))
        return await _course(visit, draft.refused([fault]), read)
    signing = course.signing

    async def send() -> CourseBody:
        if visit.one("hash") != signing.hash:
            raise MovedOn
        body = ConfirmCourse.model_validate(
            {
                "signature": await signature(visit, hash_=signing.hash, meaning=signing.meaning),
                "acknowledgements": [
                    {"rule": rule, "reason": reason, "code": codes.get(rule)}
                    for rule, reason in reasons.items()
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
        moved = overtaken_meanwhile(outcome, visit, read=course.version)
        return await _course(visit, outcome, None if moved else read)
    done = "signed-first" if outcome.first_signature else "confirmed"
    raise web.HTTPSeeOther(f"{_place(course)}?done={done}")


async def record(visit: Visit) -> web.StreamResponse:
    """Record one thing about the course: remission, a decision, a hold, and so on."""
    kind = RECORDS.get(visit.request.match_info["what"])
    if kind is None:
        raise web.HTTPNotFound
    draft = visit.sent()

    async def send() -> CourseBody:
        return await visit.care.treatment.post(
            f"/courses/{visit.id('course_id')}/{kind.act}",
            kind.body_from(draft),
            CourseBody,
            key=draft.part(kind.act),
            version=visit.version() if kind.versioned else None,
        )

    outcome = await attempt(draft, send)
    if isinstance(outcome, Draft):
        return await _course(visit, outcome)
    raise web.HTTPSeeOther(f"{_place(outcome)}?done={kind.notice}")


async def read_course(visit: Visit) -> CourseBody:
    """The course of the address, under its own person only."""
    course = await visit.care.treatment.get(f"/courses/{visit.id('course_id')}", CourseBody)
    if not courses.belongs(course, visit.id("patient_id")):
        raise web.HTTPNotFound
    return course


async def _read(visit: Visit) -> _Read:
    path = f"/courses/{visit.id('course_id')}"
    found = await together(
        read_record(visit, visit.id("patient_id")),
        support_beside(visit, visit.id("patient_id")),
        read_course(visit),
        visit.care.treatment.get(f"{path}/taper-plans", Page[TaperPlanBody]),
        visit.care.treatment.get(f"{path}/plan-changes", Page[PlanChangeBody]),
    )
    return _Read(*found)


async def _course(visit: Visit, draft: Draft, read: _Read | None = None) -> web.StreamResponse:
    read = read or await _read(visit)
    course, support, setting = read.course, read.support, visit.setting
    lines = courses.lines(course, setting)
    signed = signing_of(visit, course)
    if is_stale(draft):
        draft = draft.overtaken(lines)
    return await record_page(
        visit,
        "course.html",
        read.record,
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
        waiting=changes.waiting(read.proposed.items),
        hold_until=courses.hold_until(course, setting),
        plans=courses.plans(read.plans.items),
        dose=words.daily(course.dose_text, course.dose_mg),
        first_day=words.when(course.starts_on, today=setting.today),
        prescriber=words.who(course.prescriber_id, setting.staff),
        plan=signed["plan"],
        second=signed["second"],
        codes=signed["codes"],
        ways=courses.ways(course),
        switch=switching.switch(course.switch, setting) if course.switch else None,
        leaving=switching.steps(course, setting),
        signature=courses.signature(course, setting),
        grades=defaultdict(str, {one.figure: one.grade for one in course.figures}),
        figures=set_up.sources(course.figures),
        support=programme.beside_course(support, course.course_id) if support else (),
        support_chart=doses.beside(support, setting.today) if support else None,
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
