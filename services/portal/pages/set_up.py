"""Setting up a course in one screen: what for, with which medicine, how it begins, signed."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from aiohttp import web

from services.portal.pages.forms import attempt
from services.portal.pages.records import read_record, record_page
from services.portal.pages.together import together
from services.portal.pages.visit import Visit
from services.portal.presenters import (
    courses,
    findings,
    places,
    second_signatures,
    set_up,
    switching,
    words,
)
from services.portal.presenters.drafts import Draft
from services.portal.presenters.first_weeks import first_weeks
from services.portal.presenters.record import Record
from shared.api.assessment import InstrumentList
from shared.api.body import Page
from shared.api.treatment import CourseBody, DrugBody, DrugOptions, HealthProfile, NewCourse

_TAB = "Course"
_FIELDS = (
    "indication",
    "start_dose_mg",
    "target_dose_mg",
    "starts_on",
    "primary_instrument",
    "suicide_concern",
    "note",
)


@dataclass(frozen=True, slots=True)
class _Read:
    """What the screen is made from, read side by side."""

    offered: DrugOptions | None
    course: CourseBody | None
    record: Record
    drugs: Page[DrugBody]
    instruments: InstrumentList
    profile: HealthProfile


async def show_set_up(visit: Visit) -> web.StreamResponse:
    """What to treat, with which medicine, from which day; a proposal, until it is signed."""
    query = visit.request.query
    draft = visit.draft(
        indication=query.get("indication", ""),
        starts_on=query.get("starts_on") or visit.setting.today.isoformat(),
        suicide_concern=query.get("suicide_concern", ""),
    )
    proposed = query.get("course", "")
    read = await _read(visit, draft, proposed=_id(proposed) if proposed else None)
    return await _set_up(visit, draft, read)


async def propose(visit: Visit) -> web.StreamResponse:
    """Store the proposal; nothing starts before it is signed, further down on the same screen."""
    draft = visit.sent()
    patient_id = visit.id("patient_id")
    data: dict[str, Any] = visit.fields(*_FIELDS) | {"patient_id": patient_id}
    chosen = draft.value("drug")
    drug, formulation = set_up.drug_and_formulation(chosen)
    data |= {"drug": drug} if drug else {}
    data |= {"formulation": formulation} if formulation else {}

    read = None
    if "indication" in data and "start_dose_mg" not in data:
        read = await _read(visit, draft)
        if read.offered is not None:
            data["start_dose_mg"] = set_up.usual_start_mg(read.offered, chosen)
            data.setdefault("target_dose_mg", set_up.usual_target_mg(read.offered, chosen))

    async def send() -> CourseBody:
        body = NewCourse.model_validate(data)
        return await visit.care.treatment.post("/courses", body, CourseBody, key=draft.key)

    outcome = await attempt(draft, send)
    if isinstance(outcome, Draft):
        return await _set_up(visit, outcome, read or await _read(visit, outcome))
    place = places.patient(patient_id, "courses", "new")
    raise web.HTTPSeeOther(f"{place}?course={outcome.course_id}&done=proposed#sign")


async def _offered(visit: Visit, patient_id: UUID, draft: Draft) -> DrugOptions:
    asked = {
        "indication": draft.value("indication"),
        "starts_on": _day(draft, visit.setting.today).isoformat(),
        "suicide_concern": draft.value("suicide_concern") or "false",
    }
    path = f"/patients/{patient_id}/drug-options"
    return await visit.care.treatment.get(path, DrugOptions, asked)


async def _read(visit: Visit, draft: Draft, *, proposed: UUID | None = None) -> _Read:
    patient_id, care = visit.id("patient_id"), visit.care
    (offered, course), read, drugs, instruments, profile = await together(
        together(
            _offered(visit, patient_id, draft) if draft.value("indication") else _nothing(),
            _proposed(visit, proposed) if proposed else _nothing(),
        ),
        read_record(visit, patient_id),
        care.treatment.get("/drugs", Page[DrugBody]),
        care.assessment.get("/instruments", InstrumentList),
        care.treatment.get(f"/patients/{patient_id}/health-profile", HealthProfile),
    )
    return _Read(offered, course, read, drugs, instruments, profile)


async def _set_up(visit: Visit, draft: Draft, read: _Read) -> web.StreamResponse:
    today, offered, course = visit.setting.today, read.offered, read.course
    return await record_page(
        visit,
        "set_up.html",
        read.record,
        tab=_TAB,
        status=draft.status,
        draft=draft,
        today=today.isoformat(),
        indications=set_up.indications(read.drugs.items),
        options=set_up.options(offered, starts_on=_day(draft, today), today=today)
        if offered
        else (),
        instruments=[(one.code, one.title) for one in read.instruments.items if one.enabled],
        asked=courses.moment(read.profile.asked_at, visit.setting),
        **(signing_of(visit, course) if course else {"course": None}),
    )


async def _nothing() -> None:
    """What was not asked for."""


async def _proposed(visit: Visit, course_id: UUID) -> CourseBody:
    course = await visit.care.treatment.get(f"/courses/{course_id}", CourseBody)
    if not courses.belongs(course, visit.id("patient_id")) or course.signing is None:
        raise web.HTTPNotFound
    return course


def signing_of(visit: Visit, course: CourseBody) -> dict[str, Any]:
    """Everything the panel shows that is signed."""
    today = visit.setting.today
    found = findings.findings(course.findings)
    return {
        "course": course,
        "second": second_signatures.waiting(course.first_signature, found, visit.setting),
        "seen": courses.lines(course, visit.setting),
        "findings": found,
        "dose": words.daily(course.dose_text, course.dose_mg),
        "first_day": words.when(course.starts_on, today=today),
        "switch": switching.switch(course.switch, visit.setting) if course.switch else None,
        "leaving": switching.steps(course, visit.setting),
        "codes": courses.reasons(course.known_warning_reasons),
        "plan": first_weeks(
            course.titration, course.first_weeks, starts_on=course.starts_on, today=today
        ),
    }


def _day(draft: Draft, today: date) -> date:
    """The first day as typed; what is no day is refused when the form is sent."""
    try:
        return date.fromisoformat(draft.value("starts_on"))
    except ValueError:
        return today


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as strange:
        raise web.HTTPNotFound from strange
