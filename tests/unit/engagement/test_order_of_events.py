"""Whatever order facts arrive in and however often, the same is owed to the same people."""

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.engagement.application.apply_course_state import apply_course_state
from services.engagement.application.apply_flag_state import apply_flag_state
from services.engagement.application.apply_patient_details import apply_patient_details
from services.engagement.application.apply_patient_state import apply_patient_state
from services.engagement.application.apply_staff_state import apply_staff_state
from services.engagement.application.ports import Identity
from services.engagement.application.replan import replan
from services.engagement.domain.course import Course
from services.engagement.domain.reminder import Reminder
from services.engagement.domain.team import CareStatus
from tests.fakes.engagement import FakeWork
from tests.support.engagement import (
    CHANGE_ON,
    CONTENT,
    LEAD,
    NOW,
    NURSE,
    PATIENT,
    PRESCRIBER,
    STAFF,
    a_course,
    a_flag,
    a_look,
    a_review,
    a_step,
    a_taper,
)
from tests.support.instantly import instantly
from tests.support.sentinel import FAMILY, GIVEN

Event = Callable[[FakeWork], Coroutine[Any, Any, None]]


def course_event(course: Course) -> Event:
    return lambda work: apply_course_state(work, course=course, rules=CONTENT, now=NOW)


def placed(work: FakeWork) -> Coroutine[Any, Any, None]:
    return apply_patient_state(
        work,
        patient_id=PATIENT,
        status=CareStatus.ACTIVE,
        team="harbour",
        care_team=(NURSE, PRESCRIBER, LEAD),
        rules=CONTENT,
        now=NOW,
    )


def identified(work: FakeWork) -> Coroutine[Any, Any, None]:
    identity = Identity(
        given_name=GIVEN,
        family_name=FAMILY,
        birth_date=date(1984, 2, 29),
        zone="America/New_York",
    )
    return apply_patient_details(
        work, patient_id=PATIENT, identity=identity, rules=CONTENT, now=NOW
    )


def flagged(work: FakeWork) -> Coroutine[Any, Any, None]:
    return apply_flag_state(work, flag=a_flag(), rules=CONTENT, now=NOW)


def employed(number: int) -> Event:
    return lambda work: apply_staff_state(work, colleague=STAFF[number], rules=CONTENT, now=NOW)


COURSE = a_course(a_taper(a_step(1), a_step(2), surveillance=(a_look(),)), reviews=(a_review(),))
EVENTS: tuple[Event, ...] = (
    course_event(COURSE),
    flagged,
    placed,
    identified,
    *(employed(number) for number in range(len(STAFF))),
)


def after(events: Sequence[Event]) -> FakeWork:
    """The clinic once these have arrived."""
    work = FakeWork(CONTENT.kinds)
    for event in events:
        instantly(event(work))
    return work


def owed(work: FakeWork) -> dict[Any, Reminder]:
    """Every open row, without the count of how often it was touched."""
    rows = instantly(work.reminders.about(PATIENT))
    return {(row.key, row.level): replace(row, version=1) for row in rows if row.is_open}


IN_ORDER = owed(after([*EVENTS[2:], *EVENTS[:2]]))


@settings(max_examples=200, deadline=None)
@given(st.permutations(EVENTS), st.lists(st.sampled_from(EVENTS), max_size=6))
def test_facts_of_different_things_may_come_in_any_order_and_again(
    order: Sequence[Event], again: Sequence[Event]
) -> None:
    work = after([*order, *again])

    assert owed(work) == IN_ORDER


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_only_the_last_version_of_a_course_counts_however_many_came_before(
    data: st.DataObject,
) -> None:
    versions = data.draw(st.lists(st.integers(1, 6), min_size=1, max_size=6, unique=True))
    states = {number: _state(data, number) for number in sorted(versions)}

    in_order = after([placed, *(course_event(states[n]) for n in sorted(states))])
    only_last = after([placed, course_event(states[max(states)])])

    assert owed(in_order) == owed(only_last)


@settings(max_examples=100, deadline=None)
@given(st.permutations(EVENTS))
def test_planning_anew_changes_nothing(order: Sequence[Event]) -> None:
    work = after(order)

    assert instantly(replan(work, patient_id=PATIENT, rules=CONTENT, now=NOW)) == ()


def _state(data: st.DataObject, version: int) -> Course:
    shift = timedelta(days=data.draw(st.integers(0, 30)))
    count = data.draw(st.integers(1, 3))
    steps = tuple(
        a_step(n, change_on=CHANGE_ON + shift + timedelta(days=14 * n)) for n in range(count)
    )
    status = data.draw(st.sampled_from(["active", "hold", "stopped", "completed"]))
    phase = data.draw(st.sampled_from(["taper-active", "suspended", "stopped-watch"]))
    return a_course(a_taper(*steps, version=version, status=status), phase=phase)
