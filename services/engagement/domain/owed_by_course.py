"""What a course of medication owes the person, derived from its state and nothing else."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta

from services.engagement.domain.course import Course, Review, Step, Surveillance, Taper
from services.engagement.domain.kind import Kind, Kinds
from services.engagement.domain.obligation import COURSE, PLAN, Key, KindCode, Obligation, Place
from services.engagement.domain.working_days import working_days_after, working_days_before

_DAY = timedelta(days=1)
MISSED = {
    KindCode.CHECK_IN_EARLY: KindCode.MISSED_EARLY,
    KindCode.CHECK_IN_GATE: KindCode.MISSED_GATE,
}
"""What is owed besides when the day of a check-in passes and nothing is recorded."""
_LIVE_PLAN = frozenset({"signed", "active", "hold"})


def obligations_of(course: Course, kinds: Kinds, place: Place) -> tuple[Obligation, ...]:
    """Everything the course owes in its present phase, done or not; each key once."""
    owed = (*_reviews(course, kinds, place), *_taper(course, kinds, place))
    return tuple(one for one in owed if course.phase in kinds[one.key.kind].lives_in)


def _reviews(course: Course, kinds: Kinds, place: Place) -> Iterator[Obligation]:
    kind = kinds[KindCode.COURSE_REVIEW]
    for review in course.reviews:
        yield Obligation(
            key=Key(COURSE, course.course_id, 1, review.ordinal, kind.code),
            patient_id=course.patient_id,
            course_id=course.course_id,
            for_role=review.for_role,
            risk=kind.risk,
            due_on=review.due_on,
            due_at=place.at(review.due_on),
            overdue_from=place.start_of(review.due_on + _DAY),
            detail=_review_detail(course, review),
            owner=course.prescriber_id,
            done_at=review.done_at,
        )


def _review_detail(course: Course, review: Review) -> Mapping[str, str | int]:
    return {
        "drug": course.drug,
        "dose_text": course.dose_text,
        "subtype": review.kind,
        "rule": review.rule,
    }


def _taper(course: Course, kinds: Kinds, place: Place) -> Iterator[Obligation]:
    taper = course.taper
    if taper is None:
        return
    if taper.status in _LIVE_PLAN:
        for step in taper.steps:
            yield from _step(course, taper, step, kinds, place)
    for look in taper.surveillance:
        yield _surveillance(course, taper, look, kinds, place)


def _step(
    course: Course, taper: Taper, step: Step, kinds: Kinds, place: Place
) -> Iterator[Obligation]:
    """Supply counts as late only from the change day; the rest from the day after."""
    for code, due_on, done_at in _moments(step, place):
        overdue_on = step.change_on if code is KindCode.PREPARE_SUPPLY else due_on + _DAY
        one = Obligation(
            key=Key(PLAN, taper.plan_id, taper.plan_version, step.ordinal, code),
            patient_id=course.patient_id,
            course_id=course.course_id,
            for_role=kinds[code].role,
            risk=kinds[code].risk,
            due_on=due_on,
            due_at=place.at(due_on),
            overdue_from=place.start_of(overdue_on),
            detail=_step_detail(course, taper, step),
            done_at=done_at,
        )
        yield one
        if code in MISSED:
            yield from _missed(one, kinds[MISSED[code]], place)


def _missed(check_in: Obligation, kind: Kind, place: Place) -> Iterator[Obligation]:
    """Somebody calls from the day after a check-in's day. One recorded before was not missed."""
    missed_on = check_in.due_on + _DAY
    due_at = place.at(missed_on)
    if check_in.done_at is not None and check_in.done_at < due_at:
        return
    called_by = working_days_after(
        check_in.due_on, place.missed_call_working_days, place.is_working_day
    )
    yield replace(
        check_in,
        key=check_in.key._replace(kind=kind.code),
        for_role=kind.role,
        risk=kind.risk,
        due_on=missed_on,
        due_at=due_at,
        overdue_from=place.start_of(max(called_by, missed_on) + _DAY),
    )


def _moments(step: Step, place: Place) -> Iterator[tuple[KindCode, date, datetime | None]]:
    supply_on = working_days_before(step.change_on, place.supply_working_days, place.is_working_day)
    yield KindCode.PREPARE_SUPPLY, supply_on, step.supply_confirmed_at
    yield KindCode.CHANGE_DAY, step.change_on, step.taken_at
    if step.check_in_early_on is not None:
        yield KindCode.CHECK_IN_EARLY, step.check_in_early_on, step.early_check_in_at
    if step.check_in_gate_on is not None:
        yield KindCode.CHECK_IN_GATE, step.check_in_gate_on, step.gate_check_in_at


def _step_detail(course: Course, taper: Taper, step: Step) -> Mapping[str, str | int]:
    return {
        "drug": course.drug,
        "previous_dose_text": step.previous_dose_text,
        "dose_text": step.dose_text,
        "supply_text": step.supply_text,
        "step_count": taper.step_count,
    }


def _surveillance(
    course: Course, taper: Taper, look: Surveillance, kinds: Kinds, place: Place
) -> Obligation:
    kind = kinds[KindCode.SURVEILLANCE]
    return Obligation(
        key=Key(PLAN, taper.plan_id, taper.plan_version, look.ordinal, kind.code),
        patient_id=course.patient_id,
        course_id=course.course_id,
        for_role=kind.role,
        risk=kind.risk,
        due_on=look.due_on,
        due_at=place.at(look.due_on),
        overdue_from=place.start_of(look.due_on + _DAY),
        detail={"drug": course.drug},
        done_at=look.done_at,
    )
