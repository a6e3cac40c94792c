"""A planned review of a course."""

from typing import Any

from aiohttp import web

from services.portal.pages.courses import read_course
from services.portal.pages.forms import attempt
from services.portal.pages.records import read_record, record_page
from services.portal.pages.together import together
from services.portal.pages.visit import Visit
from services.portal.presenters import courses, places, questionnaires, tapers
from services.portal.presenters.drafts import Draft
from shared.api.assessment import AssessmentBody, InstrumentList
from shared.api.body import Page
from shared.api.treatment import CourseBody, ReviewRecord

_TAB = "Course"


async def show_review(visit: Visit) -> web.StreamResponse:
    """What the review is for, with the scores it can cite."""
    return await _review(visit, visit.draft(missed_doses="0", side_effects="none"))


async def record_review(visit: Visit) -> web.StreamResponse:
    """Record that it took place."""
    draft = visit.sent()
    data: dict[str, Any] = visit.fields("missed_doses", "side_effects", "note")
    data |= {"ordinal": visit.number("ordinal"), "assessment_ids": draft.all("assessment_ids")}

    async def send() -> CourseBody:
        body = ReviewRecord.model_validate(data)
        path = f"/courses/{visit.id('course_id')}/reviews"
        return await visit.care.treatment.post(path, body, CourseBody, key=draft.key)

    outcome = await attempt(draft, send)
    if isinstance(outcome, Draft):
        return await _review(visit, outcome)
    raise web.HTTPSeeOther(f"{places.course(outcome.patient_id, outcome.course_id)}?done=review")


async def _review(visit: Visit, draft: Draft) -> web.StreamResponse:
    patient_id = visit.id("patient_id")
    care = visit.care.assessment
    read, course, taken, instruments = await together(
        read_record(visit, patient_id),
        read_course(visit),
        care.get(f"/patients/{patient_id}/assessments", Page[AssessmentBody], {"limit": "6"}),
        care.get("/instruments", InstrumentList),
    )
    planned = courses.reviews(course, visit.setting)
    review = next((one for one in planned if one.ordinal == visit.number("ordinal")), None)
    if review is None:
        raise web.HTTPNotFound
    titles = questionnaires.titles_of(instruments.items)
    return await record_page(
        visit,
        "review.html",
        read,
        tab=_TAB,
        status=draft.status,
        draft=draft,
        course=course,
        review=review,
        older_readings=taken.next is not None,
        clock=courses.clock(course, visit.setting),
        response=courses.response(course, visit.setting),
        severities=tapers.SEVERITIES,
        readings=[
            (str(body.assessment_id), f"{one.title}, {one.taken}: {one.total} {one.band}")
            for body, one in zip(
                taken.items,
                questionnaires.results(taken.items, titles, visit.setting),
                strict=True,
            )
        ],
    )
