"""Courses of medication, as treatment tells of them."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from services.engagement.adapters.db import SqlWork
from services.engagement.adapters.events.about import require_about
from services.engagement.application.apply_course_state import apply_course_state
from services.engagement.application.ports import CoursePoint
from services.engagement.domain.course import Course, Review, Step, Surveillance, Taper
from services.engagement.domain.local_time import local_day
from services.engagement.domain.rules import Rules
from shared.events import FACTS
from shared.events.envelope import Event, Fact
from shared.events.treatment import CourseFact, CourseState, ReviewState, TaperState, TaperStepState
from shared.runtime.db import Transaction
from shared.runtime.inbox import Handler, Unacceptable


def on_courses(rules: Rules) -> Mapping[type[Fact], Handler]:
    """The facts of this file and what is done about each."""

    async def on_course(tx: Transaction, event: Event[CourseFact]) -> None:
        course = course_of(event.data.course)
        require_about(event, course.patient_id)
        if course.phase not in rules.phases:
            raise Unacceptable("unknown-phase")
        work = SqlWork(tx, rules)
        patient = await work.patients.hold(course.patient_id)
        await work.support.add_point(point_of(event, rules.place(patient).zone))
        await apply_course_state(work, course=course, rules=rules, now=tx.now)

    return {fact: on_course for fact in FACTS if issubclass(fact, CourseFact)}


def course_of(state: CourseState) -> Course:
    """Treatment's course as far as obligations depend on it."""
    return Course(
        course_id=state.course_id,
        patient_id=state.patient_id,
        phase=state.phase,
        drug=state.drug,
        dose_text=state.dose_text,
        prescriber_id=state.prescriber_id,
        started_on=state.started_on,
        reviews=tuple(_review(review) for review in state.reviews),
        taper=None if state.taper is None else _taper(state.taper),
    )


def point_of(event: Event[CourseFact], zone: ZoneInfo) -> CoursePoint:
    """What was said about the course at one moment, for the outcomes. A review counts for the day
    on the wall where the person lives."""
    state = event.data.course
    return CoursePoint(
        course_id=state.course_id,
        version=event.version,
        patient_id=state.patient_id,
        at=event.time,
        known_at=event.time,
        phase=state.phase,
        drug=state.drug,
        indication=state.indication,
        dose_mg=state.dose_mg,
        dose_text=state.dose_text,
        started_on=state.started_on,
        remission_on=state.remission_on,
        reviewed_on=tuple(local_day(one.done_at, zone) for one in state.reviews if one.done_at),
    )


def _review(state: ReviewState) -> Review:
    return Review(**_fields(state, Review))


def _taper(state: TaperState) -> Taper:
    return Taper(
        plan_id=state.plan_id,
        plan_version=state.plan_version,
        status=state.status,
        steps=tuple(_step(step) for step in state.steps),
        step_count=state.step_count,
        surveillance=tuple(
            Surveillance(**_fields(look, Surveillance)) for look in state.surveillance
        ),
    )


def _step(state: TaperStepState) -> Step:
    return Step(**_fields(state, Step))


def _fields(state: Any, of: type[Any]) -> dict[str, Any]:
    """The fields that both sides call alike."""
    return {name: getattr(state, name) for name in of.__dataclass_fields__}
