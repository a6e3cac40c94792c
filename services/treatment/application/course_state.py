"""A course as every fact about it carries it."""

from services.treatment.domain.clock import read_clock
from services.treatment.domain.course import Course
from services.treatment.domain.live_taper import ScheduledStep, Taper
from shared.events.treatment import (
    CourseState,
    ReviewState,
    SurveillanceState,
    TaperState,
    TaperStepState,
)


def state_of(course: Course) -> CourseState:
    """The full current state: whoever reads it needs no earlier fact."""
    clock = read_clock(course.history)
    return CourseState(
        course_id=course.id,
        patient_id=course.patient_id,
        phase=course.phase,
        drug=course.drug,
        indication=course.indication,
        dose_mg=course.dose.mg,
        dose_text=course.dose.text,
        prescriber_id=course.prescriber_id,
        started_on=course.started_on,
        remission_on=clock.remission_on,
        decision_review_on=clock.minimum_end_on,
        reviews=tuple(
            ReviewState(
                ordinal=review.ordinal,
                kind=review.kind,
                due_on=review.due_on,
                for_role=review.for_role,
                rule=review.rule,
                done_at=review.done_at,
            )
            for review in course.reviews
        ),
        taper=None if course.taper is None else _taper(course.taper),
    )


def _taper(taper: Taper) -> TaperState:
    return TaperState(
        plan_id=taper.plan_id,
        plan_version=taper.plan_version,
        policy=taper.policy,
        status=taper.status.value,
        steps=tuple(_step(step) for step in taper.scheduled),
        step_count=taper.step_count,
        surveillance=tuple(
            SurveillanceState(ordinal=look.ordinal, due_on=look.due_on, done_at=look.done_at)
            for look in taper.looks
        ),
    )


def _step(step: ScheduledStep) -> TaperStepState:
    return TaperStepState(
        ordinal=step.ordinal,
        change_on=step.change_on,
        previous_dose_mg=step.previous.mg,
        previous_dose_text=step.previous.text,
        dose_mg=step.dose.mg,
        dose_text=step.dose.text,
        supply_text=step.supply_text,
        check_in_early_on=step.check_in_early_on,
        check_in_gate_on=step.check_in_gate_on,
        supply_confirmed_at=step.supply_confirmed_at,
        taken_at=step.taken_at,
        early_check_in_at=step.early_check_in_at,
        gate_check_in_at=step.gate_check_in_at,
    )
