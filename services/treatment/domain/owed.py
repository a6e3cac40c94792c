"""Everything a course owes a person, from its state alone: the same keys the reminders have."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from services.treatment.domain.calendar_days import working_days_before
from services.treatment.domain.course import Course
from services.treatment.domain.live_taper import ScheduledStep
from services.treatment.domain.phases import ON_DRUG, TAKING, Phase

REVIEW = "course-review"
SUPPLY = "prepare-supply"
CHANGE = "change-day"
EARLY = "check-in-early"
GATE = "check-in-gate"
LOOK = "surveillance"

CHANGING = TAKING - {Phase.SUSPENDED, Phase.STEP_BACK}
"""Phases in which a dose may change; elsewhere supply and change days are not asked for."""

WATCHED = ON_DRUG | {Phase.STOPPED_WATCH}


@dataclass(frozen=True, slots=True)
class Owed:
    """One thing not done yet."""

    due_on: date
    kind: str
    ordinal: int


def owed_by(course: Course, *, supply_working_days: int) -> tuple[Owed, ...]:
    """What is owed, the earliest first; on one day in the order it is done."""
    if course.phase not in WATCHED:
        return ()
    found = (
        *_reviews(course),
        *_steps(course, supply_working_days=supply_working_days),
        *_looks(course),
    )
    return tuple(sorted(found, key=lambda owed: owed.due_on))


def _reviews(course: Course) -> Iterator[Owed]:
    for review in course.reviews:
        if review.done_at is None:
            yield Owed(review.due_on, REVIEW, review.ordinal)


def _steps(course: Course, *, supply_working_days: int) -> Iterator[Owed]:
    if course.taper is None or not course.taper.is_live:
        return
    for step in course.taper.scheduled:
        for kind, due_on, done_at in _moments(step, supply_working_days):
            frozen = kind in {SUPPLY, CHANGE} and course.phase not in CHANGING
            if due_on is not None and done_at is None and not frozen:
                yield Owed(due_on, kind, step.ordinal)


def _moments(
    step: ScheduledStep, supply_working_days: int
) -> tuple[tuple[str, date | None, datetime | None], ...]:
    supply_on = working_days_before(step.change_on, supply_working_days)
    return (
        (SUPPLY, supply_on, step.supply_confirmed_at),
        (CHANGE, step.change_on, step.taken_at),
        (EARLY, step.check_in_early_on, step.early_check_in_at),
        (GATE, step.check_in_gate_on, step.gate_check_in_at),
    )


def _looks(course: Course) -> Iterator[Owed]:
    if course.phase is not Phase.STOPPED_WATCH or course.taper is None:
        return
    for look in course.taper.looks:
        if look.done_at is None:
            yield Owed(look.due_on, LOOK, look.ordinal)
