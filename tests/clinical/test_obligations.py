"""What a course, a taper and a flag owe, and when it shows.

Source: evidence pack 3.6 (three moments per step, surveillance), 6.1 (reviews), 6.5 (flags);
decisions.md, Reminders across services (keys, phases).
"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from services.engagement.domain.course import Course
from services.engagement.domain.flag import FlagStatus
from services.engagement.domain.obligation import Key, Obligation
from services.engagement.domain.owed_by_course import obligations_of
from services.engagement.domain.owed_by_flag import obligations_of_flag
from services.engagement.domain.owed_by_signature import obligation_of_signature
from services.engagement.domain.signature import Signature
from tests.support.engagement import (
    CHANGE_ON,
    CONTENT,
    COURSE,
    FLAG,
    NOW,
    NURSE,
    PATIENT,
    PLAN,
    PRESCRIBER,
    a_course,
    a_flag,
    a_look,
    a_place,
    a_review,
    a_step,
    a_taper,
    at,
)


def owed(course: Course, zone: str = "Europe/London") -> dict[str, Obligation]:
    """By kind; each kind once in these tests."""
    return {one.key.kind: one for one in obligations_of(course, CONTENT.kinds, a_place(zone))}


MOMENTS = [
    ("prepare-supply", "three working days before", "2026-06-09T09:00"),
    ("change-day", "on the day", "2026-06-12T09:00"),
    ("check-in-early", "on the day the plan says", "2026-06-16T09:00"),
    ("check-in-gate", "before the next step", "2026-06-25T09:00"),
    ("missed-check-in-early", "the day after, if nothing is recorded", "2026-06-17T09:00"),
    ("missed-check-in-gate", "the day after, if nothing is recorded", "2026-06-26T09:00"),
]


@pytest.mark.parametrize(("kind", "when", "expected"), MOMENTS, ids=[row[0] for row in MOMENTS])
def test_a_step_owes_its_moments_at_the_clinics_time(kind: str, when: str, expected: str) -> None:
    assert owed(a_course(a_taper()))[kind].due_at == at(expected)


def test_a_step_owes_exactly_four_things_and_a_call_for_each_check_in_that_is_missed() -> None:
    assert len(obligations_of(a_course(a_taper()), CONTENT.kinds, a_place())) == 4 + 2


CHECKED = [
    ("before the call is due", "2026-06-17T08:59", False),
    ("once the call is due", "2026-06-17T09:00", True),
]


@pytest.mark.parametrize(("why", "when", "was_missed"), CHECKED, ids=[row[0] for row in CHECKED])
def test_a_check_in_recorded_before_its_call_was_not_missed(
    why: str, when: str, was_missed: bool
) -> None:
    found = owed(a_course(a_taper(a_step(early_check_in_at=at(when)))))

    assert ("missed-check-in-early" in found) is was_missed
    if was_missed:
        assert found["missed-check-in-early"].done_at == at(when)


CALLED_BY = [
    ("Thursday: by the end of Monday", date(2026, 6, 4), "2026-06-09T00:00"),
    ("Friday: by the end of Tuesday", date(2026, 6, 5), "2026-06-10T00:00"),
    ("Maundy Thursday: by the end of Wednesday", date(2026, 4, 2), "2026-04-09T00:00"),
]


@pytest.mark.parametrize(("why", "day", "late"), CALLED_BY, ids=[row[0] for row in CALLED_BY])
def test_after_a_missed_check_in_somebody_calls_within_two_working_days(
    why: str, day: date, late: str
) -> None:
    """Source: evidence pack 6.4, no taper check-in: hold, call within 2 working days (PD)."""
    found = owed(a_course(a_taper(a_step(check_in_early_on=day))))

    assert found["missed-check-in-early"].overdue_from == at(late)


def test_the_stop_has_no_check_in_of_its_own() -> None:
    stop = a_step(check_in_early_on=None, check_in_gate_on=None)

    assert set(owed(a_course(a_taper(stop)))) == {"prepare-supply", "change-day"}


def test_the_key_names_plan_version_and_step() -> None:
    one = owed(a_course(a_taper(a_step(3), version=2)))["change-day"]

    assert one.key == Key("taper-plan", PLAN, 2, 3, "change-day")


def test_the_doses_are_treatments_own_words() -> None:
    detail = owed(a_course(a_taper()))["change-day"].detail

    assert detail["previous_dose_text"] == "one 50 mg tablet"
    assert detail["dose_text"] == "half a 50 mg tablet"
    assert detail["supply_text"] == "7 tablets of 50 mg"


LATE_FROM = [
    ("prepare-supply", "2026-06-12T00:00"),
    ("change-day", "2026-06-13T00:00"),
    ("check-in-gate", "2026-06-26T00:00"),
]


@pytest.mark.parametrize(("kind", "expected"), LATE_FROM, ids=[row[0] for row in LATE_FROM])
def test_supply_is_overdue_on_the_change_day_and_the_rest_the_day_after(
    kind: str, expected: str
) -> None:
    assert owed(a_course(a_taper()))[kind].overdue_from == at(expected)


DONE = [
    ("prepare-supply", {"supply_confirmed_at": NOW}),
    ("change-day", {"taken_at": NOW}),
    ("check-in-early", {"early_check_in_at": NOW}),
    ("check-in-gate", {"gate_check_in_at": NOW}),
]


@pytest.mark.parametrize(("kind", "done"), DONE, ids=[row[0] for row in DONE])
def test_each_moment_is_done_by_its_own_record_only(kind: str, done: dict[str, datetime]) -> None:
    found = owed(a_course(a_taper(a_step(**done))))

    assert {name for name, one in found.items() if one.done_at is not None} == {kind}


ZONES = [
    ("Europe/London", "2026-03-29T08:00+00:00"),
    ("America/New_York", "2026-03-29T13:00+00:00"),
    ("Australia/Lord_Howe", "2026-03-28T22:00+00:00"),
    ("America/Santiago", "2026-03-29T12:00+00:00"),
    ("Asia/Kathmandu", "2026-03-29T03:15+00:00"),
]


@pytest.mark.parametrize(("zone", "expected"), ZONES, ids=[row[0] for row in ZONES])
def test_a_change_day_is_that_date_where_the_patient_is(zone: str, expected: str) -> None:
    course = a_course(a_taper(a_step(change_on=date(2026, 3, 29))))

    one = owed(course, zone)["change-day"]

    assert one.due_on == date(2026, 3, 29)
    assert one.due_at == datetime.fromisoformat(expected)


@pytest.mark.parametrize("status", ["completed", "stopped"])
def test_a_finished_plan_owes_no_step_but_its_surveillance(status: str) -> None:
    taper = a_taper(status=status, surveillance=(a_look(),))

    assert set(owed(a_course(taper, phase="stopped-watch"))) == {"surveillance"}


def test_a_suspension_freezes_dose_changes_and_nothing_else() -> None:
    taper = a_taper(surveillance=(a_look(),))
    course = a_course(taper, phase="suspended", reviews=(a_review(),))

    assert set(owed(course)) == {
        "check-in-early",
        "check-in-gate",
        "missed-check-in-early",
        "missed-check-in-gate",
        "surveillance",
        "course-review",
    }


@pytest.mark.parametrize("phase", ["draft", "withdrawn", "closed"])
def test_a_course_that_is_not_running_owes_nothing(phase: str) -> None:
    taper = a_taper(surveillance=(a_look(),))

    assert owed(a_course(taper, phase=phase, reviews=(a_review(),))) == {}


def test_a_review_falls_to_the_courses_prescriber_on_its_date() -> None:
    one = owed(a_course(reviews=(a_review(7),)))["course-review"]

    assert one.key == Key("course", COURSE, 1, 7, "course-review")
    assert (one.for_role, one.owner) == ("prescriber", PRESCRIBER)
    assert one.due_at == at("2026-06-12T09:00")


def test_every_key_is_owed_once() -> None:
    steps = tuple(a_step(n, change_on=CHANGE_ON + timedelta(days=14 * n)) for n in range(1, 9))
    looks = tuple(a_look(n) for n in range(1, 8))
    reviews = tuple(a_review(n) for n in range(1, 6))

    found = [
        one
        for phase in ("taper-active", "stopped-watch")
        for one in obligations_of(
            a_course(a_taper(*steps, surveillance=looks), reviews=reviews, phase=phase),
            CONTENT.kinds,
            a_place(),
        )
        if phase == "taper-active" or one.key.kind == "surveillance"
    ]

    assert len({one.key for one in found}) == len(found) == 8 * (4 + 2) + 7 + 5


def a_request(**changes: object) -> Signature:
    """A changed plan that the prescriber is asked to sign."""
    asked = Signature(
        request_id=FLAG,
        patient_id=PATIENT,
        course_id=COURSE,
        plan_id=PLAN,
        plan_version=1,
        for_staff_id=PRESCRIBER,
        rule="T-06",
        asked_at=NOW,
        status="open",
    )
    return replace(asked, **changes)  # type: ignore[arg-type]


REQUESTS = [
    ("open, about the live plan", {}, {}, (False,)),
    ("about a version that was replaced", {"plan_version": 2}, {}, ()),
    ("overtaken by a newer proposal", {"status": "overtaken"}, {}, ()),
    ("of a course that has ended", {}, {"phase": "closed"}, ()),
    ("signed, and the plan moved on by it", {"status": "signed", "settled_at": NOW}, {}, (True,)),
    ("declined", {"status": "declined", "settled_at": NOW}, {"phase": "closed"}, (True,)),
    ("a draft taper", {"what": "taper-plan"}, {"phase": "continuation", "taper": None}, (False,)),
    ("a draft taper after a step back", {"what": "taper-plan"}, {"phase": "step-back"}, (False,)),
    ("a draft taper of a suspended course", {"what": "taper-plan"}, {"phase": "suspended"}, ()),
    ("a proposed course", {"what": "course"}, {"phase": "draft", "taper": None}, (False,)),
    ("a proposed course that was dropped", {"what": "course"}, {"phase": "withdrawn"}, ()),
    ("a course that is signed", {"what": "course", "settled_at": NOW}, {"phase": "acute"}, (True,)),
    ("a second signature under a taper", {"what": "taper-second"}, {"phase": "acute"}, (False,)),
    (
        "a second signature under a proposal",
        {"what": "course-second"},
        {"phase": "draft", "taper": None},
        (False,),
    ),
    ("a second signature nobody gave", {"what": "course-second", "status": "overtaken"}, {}, ()),
    ("something a later release asks for", {"what": "a-letter"}, {}, ()),
]


@pytest.mark.parametrize(
    ("why", "request_", "course", "done"), REQUESTS, ids=[r[0] for r in REQUESTS]
)
def test_a_request_for_a_signature_is_owed_by_the_prescriber_while_it_can_be_signed(
    why: str, request_: dict[str, object], course: dict[str, object], done: tuple[bool, ...]
) -> None:
    """Source: evidence pack 3.6, severe check-in: the prescriber the same day (PD); 2.2: nothing
    proposed or drafted counts before a prescriber signs it."""
    of_course = a_course(**({"taper": a_taper()} | course))  # type: ignore[arg-type]

    found = obligation_of_signature(a_request(**request_), [of_course], CONTENT.kinds, a_place())

    assert tuple(one.done_at is not None for one in found) == done, why
    for one in found:
        assert (one.for_role, one.owner, one.due_at) == ("prescriber", PRESCRIBER, NOW)
        assert one.overdue_from == at("2026-06-02T00:00")


def test_a_request_about_a_course_nobody_told_of_yet_waits_for_it() -> None:
    assert obligation_of_signature(a_request(), [], CONTENT.kinds, a_place()) == ()


def test_a_flag_shows_when_it_was_raised_and_again_at_its_limit() -> None:
    now, limit = obligations_of_flag(a_flag(), CONTENT.kinds, a_place())

    assert now.key == Key("safety-flag", FLAG, 1, 0, "safety")
    assert now.due_at == NOW
    assert (limit.key.kind, limit.due_at) == ("safety-limit", NOW + timedelta(hours=4))
    assert now.done_at is limit.done_at is None


@pytest.mark.parametrize("severity", [0, 1, 2, 3])
def test_a_flags_severity_is_its_place_on_the_list(severity: int) -> None:
    assert {
        one.risk for one in obligations_of_flag(a_flag(severity), CONTENT.kinds, a_place())
    } == {severity}


def test_acknowledging_a_flag_answers_the_first_call_but_not_the_limit() -> None:
    seen_at = NOW + timedelta(minutes=9)
    flag = a_flag(status=FlagStatus.ACKNOWLEDGED, acknowledged_by=NURSE, changed_at=seen_at)

    now, limit = obligations_of_flag(flag, CONTENT.kinds, a_place())

    assert now.acknowledged is not None
    assert (now.acknowledged.by, now.acknowledged.at) == (NURSE, seen_at)
    assert limit.acknowledged is None
    assert now.done_at is limit.done_at is None


def test_closing_a_flag_closes_both() -> None:
    closed_at = NOW + timedelta(hours=1)
    flag = replace(a_flag(), status=FlagStatus.CLOSED, acknowledged_by=NURSE, changed_at=closed_at)

    assert {one.done_at for one in obligations_of_flag(flag, CONTENT.kinds, a_place())} == {
        closed_at
    }


def test_the_day_of_a_flag_is_the_patients_own() -> None:
    raised = datetime(2026, 6, 1, 23, 30, tzinfo=UTC)

    now, _ = obligations_of_flag(a_flag(raised_at=raised), CONTENT.kinds, a_place())

    assert now.due_on == date(2026, 6, 2)
