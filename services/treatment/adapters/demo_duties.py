"""How the demo's clinic answers each thing owed: on its day, and mostly with good news."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime

from services.treatment.application.confirm_supply import confirm_supply
from services.treatment.application.hold_taper import hold_taper
from services.treatment.application.ports import Formulary, Work
from services.treatment.application.record_check_in import record_check_in
from services.treatment.application.record_review import record_review
from services.treatment.application.take_step import take_step
from services.treatment.domain.course import Course
from services.treatment.domain.gate import CheckIn, FourSymptoms, Mood, Severity
from services.treatment.domain.owed import CHANGE, EARLY, GATE, REVIEW, SUPPLY, Owed
from services.treatment.domain.rulebook import Rulebook

Duty = Callable[[Work, datetime], Awaitable[Course]]


def do_duty(
    course: Course,
    owed: Owed,
    *,
    formulary: Formulary,
    book: Rulebook,
    hold_days: int,
    is_unwell: bool,
) -> Duty:
    """The use case that answers it; ``hold_days`` above 0 makes the first gate a hold.

    Somebody unwell says so a few days after a cut, and a hold is proposed from it.
    """
    if owed.kind == REVIEW:
        return _review(course, owed, book)
    if owed.kind == SUPPLY:
        return _supply(course, owed)
    if owed.kind == CHANGE:
        return _step(course, owed, book)
    first_gate = owed.kind == GATE and _plan_version(course) == 1
    if hold_days and first_gate:
        return _hold(course, hold_days, formulary, book)
    said = UNWELL if is_unwell and owed.kind == EARLY else WELL
    return _check_in(course, owed, said, formulary, book)


def _review(course: Course, owed: Owed, book: Rulebook) -> Duty:
    return lambda work, now: record_review(
        work,
        course_id=course.id,
        ordinal=owed.ordinal,
        assessment_ids=(),
        missed_doses=0,
        side_effects="mild",
        note=None,
        by_prescriber=True,
        book=book,
        now=now,
    )


def _supply(course: Course, owed: Owed) -> Duty:
    return lambda work, now: confirm_supply(
        work,
        course_id=course.id,
        ordinal=owed.ordinal,
        plan_version=_plan_version(course),
        now=now,
    )


def _step(course: Course, owed: Owed, book: Rulebook) -> Duty:
    return lambda work, now: take_step(
        work,
        course_id=course.id,
        ordinal=owed.ordinal,
        plan_version=_plan_version(course),
        taken_on=owed.due_on,
        book=book,
        now=now,
    )


def _check_in(
    course: Course, owed: Owed, said: CheckIn, formulary: Formulary, book: Rulebook
) -> Duty:
    kinds = {EARLY: "early", GATE: "gate"}

    async def check_in(work: Work, now: datetime) -> Course:
        recorded = await record_check_in(
            work,
            course_id=course.id,
            plan_version=_plan_version(course),
            kind=kinds.get(owed.kind, "surveillance"),
            ordinal=owed.ordinal,
            said=said,
            assessment_ids=(),
            note=None,
            formulary=formulary,
            book=book,
            now=now,
        )
        return recorded.course

    return check_in


def _hold(course: Course, days: int, formulary: Formulary, book: Rulebook) -> Duty:
    return lambda work, now: hold_taper(
        work,
        course_id=course.id,
        plan_version=_plan_version(course),
        days=days,
        reason="symptoms not yet tolerable",
        formulary=formulary,
        book=book,
        now=now,
    )


def _plan_version(course: Course) -> int:
    return course.taper.plan_version if course.taper else 0


WELL = CheckIn(
    reached=True,
    withdrawal=Severity.MILD,
    tolerable=True,
    can_work_and_care=True,
    mood=Mood.SAME,
    suicidal_thoughts=False,
    marked_agitation=False,
    emergency_signs=False,
    missed_doses_in_a_row=0,
    symptoms=FourSymptoms(
        dizziness=Severity.MILD,
        brain_zaps=Severity.NONE,
        irritability=Severity.NONE,
        anxiety=Severity.MILD,
    ),
)

UNWELL = replace(
    WELL,
    withdrawal=Severity.MODERATE,
    tolerable=False,
    symptoms=FourSymptoms(
        dizziness=Severity.MODERATE,
        brain_zaps=Severity.MODERATE,
        irritability=Severity.MILD,
        anxiety=Severity.MODERATE,
    ),
)
