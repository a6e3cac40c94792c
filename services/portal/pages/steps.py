"""One step of a taper: is the supply there, was the new dose started."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from services.portal.pages.courses import read_course
from services.portal.pages.forms import attempt
from services.portal.pages.records import read_record, record_page
from services.portal.pages.support_records import support_beside
from services.portal.pages.together import together
from services.portal.pages.visit import Visit
from services.portal.presenters import courses, places
from services.portal.presenters.drafts import Draft
from services.portal.presenters.prevention import prevention
from shared.api.treatment import CourseBody, ScheduledStepBody, StepTaken, SupplyConfirmation

_TAB = "Course"


async def show_step(visit: Visit) -> web.StreamResponse:
    """What changes, when, and what is left to do."""
    return await _step(visit, visit.draft(taken_on=visit.setting.today.isoformat()))


async def confirm_supply(visit: Visit) -> web.StreamResponse:
    """The whole next step is in the person's hands."""

    async def send(path: str, draft: Draft) -> CourseBody:
        body = SupplyConfirmation.model_validate(visit.fields("plan_version"))
        return await visit.care.treatment.post(
            f"{path}/supply", body, CourseBody, key=draft.part("supply")
        )

    return await _record(visit, send, notice="supply")


async def confirm_taken(visit: Visit) -> web.StreamResponse:
    """The new dose was started."""

    async def send(path: str, draft: Draft) -> CourseBody:
        body = StepTaken.model_validate(visit.fields("plan_version", "taken_on"))
        return await visit.care.treatment.post(
            f"{path}/taken", body, CourseBody, key=draft.part("taken")
        )

    return await _record(visit, send, notice="taken")


async def _record(
    visit: Visit, send: Callable[[str, Draft], Awaitable[CourseBody]], *, notice: str
) -> web.StreamResponse:
    draft = visit.sent()
    path = f"/courses/{visit.id('course_id')}/steps/{visit.number('ordinal')}"
    outcome = await attempt(draft, lambda: send(path, draft))
    if isinstance(outcome, Draft):
        return await _step(visit, outcome)
    place = places.course(outcome.patient_id, outcome.course_id, "steps", visit.number("ordinal"))
    raise web.HTTPSeeOther(f"{place}?done={notice}")


async def _step(visit: Visit, draft: Draft) -> web.StreamResponse:
    read, support, course = await together(
        read_record(visit, visit.id("patient_id")),
        support_beside(visit, visit.id("patient_id")),
        read_course(visit),
    )
    body = _scheduled(course, visit.number("ordinal"))
    return await record_page(
        visit,
        "step.html",
        read,
        tab=_TAB,
        status=draft.status,
        draft=draft,
        course=course,
        body=body,
        step=courses.step(course, body, visit.setting),
        plan_version=course.taper.plan_version if course.taper else 0,
        prevention=prevention(
            support,
            visit.setting,
            is_last_step=course.taper is not None and body.ordinal == course.taper.step_count,
        ),
    )


def _scheduled(course: CourseBody, ordinal: int) -> ScheduledStepBody:
    """A step of the plan as it is now; one of an older plan no longer exists."""
    for step in course.taper.steps if course.taper else ():
        if step.ordinal == ordinal:
            return step
    raise web.HTTPNotFound
