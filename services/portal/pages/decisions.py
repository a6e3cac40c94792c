"""What was known: every decision about a course, and one of them with everything behind it."""

from aiohttp import web

from services.portal.pages.courses import read_course
from services.portal.pages.records import read_record, record_page
from services.portal.pages.together import together
from services.portal.pages.visit import Visit
from services.portal.presenters import known
from shared.api.body import Page
from shared.api.treatment_decisions import DecisionBody, DecisionLine

_TAB = "Course"


async def show_decisions(visit: Visit) -> web.StreamResponse:
    """Everything decided and recorded about a course, newest first."""
    read, course, made = await together(
        read_record(visit, visit.id("patient_id")),
        read_course(visit),
        visit.care.treatment.get(f"/courses/{visit.id('course_id')}/decisions", Page[DecisionLine]),
    )
    listed = known.listed(made.items, visit.request.query, path=visit.request.path)
    return await record_page(
        visit,
        "decisions.html",
        read,
        tab=_TAB,
        course=course,
        listed=listed,
        lines=known.lines(listed.rows, course, visit.setting),
    )


async def show_decision(visit: Visit) -> web.StreamResponse:
    """One decision with the facts, rules and formulary rows of its moment."""
    path = f"/courses/{visit.id('course_id')}/decisions/{visit.number('version')}"
    read, course, made = await together(
        read_record(visit, visit.id("patient_id")),
        read_course(visit),
        visit.care.treatment.get(path, DecisionBody),
    )
    return await record_page(
        visit,
        "decision.html",
        read,
        tab=_TAB,
        course=course,
        known=known.decision(made, visit.setting),
    )
