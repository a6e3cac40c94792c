"""The life of a course: what each phase allows, and that no path ends a drug by itself."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.treatment.domain import course as life
from services.treatment.domain import reviews as looks
from services.treatment.domain import tapering
from services.treatment.domain.authority import review_actions
from services.treatment.domain.clock import Pause, Remission, read_clock
from services.treatment.domain.course import Course, Ending
from services.treatment.domain.errors import (
    BadDate,
    BadDose,
    Frozen,
    IllegalMove,
    NotAuthorised,
    PlanSuperseded,
    Refusal,
)
from services.treatment.domain.gate import Mood, Severity
from services.treatment.domain.live_taper import PlanStatus
from services.treatment.domain.phases import ALLOWED, ENDED, TAKING, Move, Phase, allowed_moves
from services.treatment.domain.phases import require as require_move
from services.treatment.domain.response import Category
from services.treatment.domain.resumption import resume
from tests.support.courses import (
    BOOK,
    CALM,
    FULL,
    HALF,
    NOW,
    STARTED_ON,
    TODAY,
    a_course,
    a_taper,
    a_tapering_course,
    said,
)

CHANGE_ON = TODAY + timedelta(days=7)


def open_kinds(course: Course) -> list[str]:
    return [review.kind for review in course.reviews if review.done_at is None]


def confirm_supply(course: Course) -> Course:
    return tapering.confirm_supply(course, 1, plan_version=course.taper.plan_version, at=NOW)


def take(course: Course, *, flagged: bool = False, on: date = CHANGE_ON) -> Course:
    return tapering.take_step(
        course,
        course.taper.last.ordinal,
        plan_version=course.taper.plan_version,
        taken_on=on,
        today=on,
        at=NOW,
        around=replace(CALM, flagged=flagged),
        cadence=BOOK.steps,
        surveillance=BOOK.surveillance,
    )


def check_in(course: Course, kind: str, *, on: date, flagged: bool = False, **words):
    return tapering.check_in(
        course,
        said(**words),
        kind=kind,
        ordinal=course.taper.last.ordinal,
        plan_version=course.taper.plan_version,
        today=on,
        at=NOW,
        around=replace(CALM, flagged=flagged),
        cadence=BOOK.steps,
    )


def stepped() -> Course:
    """A course one step down."""
    return take(confirm_supply(a_tapering_course()))


# What each phase allows


@pytest.mark.parametrize("phase", Phase)
@pytest.mark.parametrize("move", Move)
def test_a_move_is_allowed_or_refused_with_the_allowed_ones_named(phase, move):
    if phase in ALLOWED[move]:
        require_move(move, phase)
        return
    with pytest.raises(IllegalMove) as refused:
        require_move(move, phase)
    for option in allowed_moves(phase):
        assert option in refused.value.sentence


@pytest.mark.parametrize("phase", sorted(ENDED))
def test_nothing_is_done_to_what_has_ended(phase):
    assert allowed_moves(phase) == ()


@pytest.mark.parametrize("phase", sorted(TAKING))
def test_whoever_takes_a_drug_can_be_stopped_for_harm_and_reviewed(phase):
    assert {Move.HARM_STOP, Move.REVIEW} <= set(allowed_moves(phase))


# Confirmation and dose


def test_confirmation_plans_the_reviews_from_the_first_dose():
    course = life.confirm(a_course(Phase.DRAFT), cadence=BOOK.cadence, age=40)

    assert course.phase is Phase.ACUTE
    assert course.started_on == STARTED_ON
    assert course.reviews[1].due_on == STARTED_ON + timedelta(days=14)
    assert course.reviews_made == len(course.reviews) == 5


def test_a_climbing_course_is_in_titration_until_its_target():
    half_first = a_course(Phase.DRAFT, dose=HALF)
    steps = (
        replace(half_first.titration[0], dose=HALF),
        life.TitrationStep(ordinal=2, from_day=7, dose=FULL),
    )
    course = life.confirm(replace(half_first, titration=steps), cadence=BOOK.cadence, age=40)
    assert course.phase is Phase.TITRATION

    raised = life.change_dose(
        course, FULL, effective_on=TODAY, today=TODAY, cadence=BOOK.cadence, age=40
    )
    assert raised.phase is Phase.ACUTE
    assert open_kinds(raised)[-2:] == ["serotonin-watch", "dose-review"]


def test_a_lower_dose_opens_no_watch():
    lowered = life.change_dose(
        a_course(), HALF, effective_on=TODAY, today=TODAY, cadence=BOOK.cadence, age=40
    )

    assert open_kinds(lowered) == []


def test_the_same_dose_is_no_change():
    with pytest.raises(BadDose):
        life.change_dose(
            a_course(), FULL, effective_on=TODAY, today=TODAY, cadence=BOOK.cadence, age=40
        )


@pytest.mark.parametrize("day", [STARTED_ON - timedelta(days=1), TODAY + timedelta(days=1)])
def test_a_dose_changes_between_start_and_today(day):
    with pytest.raises(BadDate):
        life.change_dose(
            a_course(), HALF, effective_on=day, today=TODAY, cadence=BOOK.cadence, age=40
        )


# Reviews, remission, relapse


def review(
    course: Course,
    ordinal: int | None = None,
    response: Category = Category.NONE,
    *,
    by_prescriber: bool = True,
) -> Course:
    return life.record_review(
        course,
        ordinal,
        response=response,
        by_prescriber=by_prescriber,
        today=TODAY,
        at=NOW,
        cadence=BOOK.cadence,
        rules=BOOK.duration,
    )


def test_a_review_that_lifts_a_freeze_is_the_prescribers_own():
    frozen = life.plan_review(
        a_course(), kind=looks.RED_FLAG, due_on=TODAY, for_role="prescriber", rule="T-18"
    )
    ordinal = frozen.reviews[-1].ordinal

    with pytest.raises(NotAuthorised):
        review(frozen, ordinal, by_prescriber=False)
    assert review_actions(frozen, frozen.reviews[-1], "nurse") == ()
    assert looks.find(review(frozen, ordinal).reviews, ordinal).done_at == NOW


@pytest.mark.parametrize(
    ("response", "phase"),
    [
        (Category.RESPONSE, Phase.RESPONDED),
        (Category.REMISSION, Phase.RESPONDED),
        (Category.PARTIAL, Phase.ACUTE),
        (Category.NONE, Phase.ACUTE),
        (Category.UNKNOWN, Phase.ACUTE),
    ],
)
def test_a_review_moves_between_acute_and_responded(response, phase):
    assert review(a_course(), response=response).phase is phase
    assert review(a_course(Phase.RESPONDED), response=response).phase is phase


def test_whoever_is_not_in_remission_is_never_without_a_next_review():
    assert open_kinds(review(a_course())) == [looks.NOT_THERE_YET]


def remit(course: Course, on: date = date(2026, 8, 20)) -> Course:
    return life.record_remission(
        course,
        Remission(on=on, months=6, why="test"),
        today=TODAY,
        at=NOW,
        rules=BOOK.duration,
    )


def test_remission_starts_the_clock_and_its_reviews():
    course = remit(review(a_course()))

    assert course.phase is Phase.CONTINUATION
    assert open_kinds(course) == [looks.DECISION, looks.DECISION]


@pytest.mark.parametrize(
    "day", [STARTED_ON - timedelta(days=1), TODAY + timedelta(days=1)], ids=["before", "future"]
)
def test_remission_lies_between_start_and_today(day):
    with pytest.raises(BadDate):
        remit(a_course(), day)


def test_a_relapse_stops_clock_reviews_and_taper_and_asks_a_prescriber():
    course = life.record_relapse(stepped(), TODAY, today=TODAY)

    assert course.phase is Phase.ACUTE
    assert read_clock(course.history).minimum_end_on is None
    assert course.taper.status is PlanStatus.STOPPED
    assert open_kinds(course) == [looks.RELAPSE]
    assert course.dose == HALF


def test_a_relapse_after_the_last_dose_keeps_the_looks():
    stopped = take_to_zero()
    relapsed = life.record_relapse(stopped, CHANGE_ON, today=CHANGE_ON + timedelta(days=30))

    assert relapsed.phase is Phase.STOPPED_WATCH
    assert relapsed.taper.looks == stopped.taper.looks
    assert looks.RELAPSE in open_kinds(relapsed)


def test_a_new_remission_starts_a_new_count():
    relapsed = life.record_relapse(remit(a_course()), date(2026, 8, 25), today=TODAY)
    again = remit(relapsed, date(2026, 9, 1))

    assert read_clock(again.history).minimum_end_on == date(2027, 3, 1)


def test_remission_on_the_day_of_the_relapse_is_refused():
    relapsed = life.record_relapse(remit(a_course()), date(2026, 8, 25), today=TODAY)

    with pytest.raises(BadDate):
        remit(relapsed, date(2026, 8, 25))


@pytest.mark.parametrize(
    ("decision", "phase"),
    [
        ("continue", Phase.CONTINUATION),
        ("maintain", Phase.MAINTENANCE),
        ("taper", Phase.CONTINUATION),
    ],
)
def test_a_decision_stops_nothing_and_plans_the_next_look(decision, phase):
    decided = life.decide(remit(a_course()), decision, today=TODAY, at=NOW, rules=BOOK.duration)

    assert decided.phase is phase
    assert decided.dose == FULL
    assert open_kinds(decided) == [looks.MAINTENANCE]


def test_a_long_gap_pauses_and_asks():
    course = remit(a_course(), date(2026, 3, 1))
    gap = Pause(since=date(2026, 6, 1), until=date(2026, 7, 1))
    paused = life.record_gap(course, gap, today=TODAY, rules=BOOK.duration)

    assert read_clock(paused.history).minimum_end_on == date(2026, 10, 1)
    assert looks.ADHERENCE in open_kinds(paused)
    assert next(r.due_on for r in paused.reviews if r.kind == looks.DECISION) == date(2026, 10, 1)


def test_a_short_gap_is_only_noted():
    course = remit(a_course(), date(2026, 3, 1))
    gap = Pause(since=date(2026, 6, 1), until=date(2026, 6, 15))
    noted = life.record_gap(course, gap, today=TODAY, rules=BOOK.duration)

    assert noted.history == course.history
    assert looks.ADHERENCE not in open_kinds(noted)


def test_a_gap_that_is_still_open_leaves_a_review_owed_however_short():
    course = remit(a_course(), date(2026, 3, 1))
    gap = Pause(since=TODAY - timedelta(days=1), until=None)
    noted = life.record_gap(course, gap, today=TODAY, rules=BOOK.duration)

    assert looks.ADHERENCE in open_kinds(noted)


def test_a_relapse_suspected_during_a_suspension_is_kept():
    frozen = life.suspend(stepped(), today=TODAY)

    assert looks.RELAPSE_SUSPECTED in open_kinds(tapering.suspect_relapse(frozen, today=TODAY))


# Taper


def test_signing_answers_the_decision_reviews():
    course = tapering.sign(remit(a_course()), a_taper(), today=TODAY, at=NOW)

    assert course.phase is Phase.TAPER_PLANNED
    assert open_kinds(course) == []


def test_a_step_changes_the_dose_by_a_person_only():
    course = stepped()

    assert course.dose == HALF
    assert course.phase is Phase.TAPER_ACTIVE


def take_to_zero() -> Course:
    course = stepped()
    gate_on = course.taper.last.check_in_gate_on
    course, _ = check_in(course, "gate", on=gate_on)
    supplied = tapering.confirm_supply(course, 2, plan_version=1, at=NOW)
    return take(supplied, on=supplied.taper.last.change_on)


def test_dose_zero_opens_the_looks_and_closing_waits_for_them():
    course = take_to_zero()

    assert (course.phase, course.ending) == (Phase.STOPPED_WATCH, Ending.TAPERED)
    assert len(course.taper.looks) == 7
    with pytest.raises(IllegalMove, match="7 looks"):
        life.close(course, today=TODAY, has_left_care=False)


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ({"withdrawal": Severity.SEVERE}, looks.SEVERE),
        ({"suicidal_thoughts": True}, looks.RED_FLAG),
        ({"mood": Mood.MUCH_WORSE}, looks.RELAPSE_SUSPECTED),
    ],
    ids=["severe", "red flag", "relapse"],
)
@pytest.mark.parametrize("when", ["early", "gate"])
def test_a_bad_check_in_asks_a_prescriber_today_and_freezes(words, kind, when):
    course = stepped()
    checked, proposal = check_in(course, when, on=CHANGE_ON + timedelta(days=9), **words)

    assert open_kinds(checked) == [kind]
    assert not proposal.opens_gate
    again, second = check_in(checked, "gate", on=CHANGE_ON + timedelta(days=9))
    assert not second.opens_gate
    assert again.taper.last.waits_at_gate


def test_an_open_flag_keeps_dose_and_gate():
    with pytest.raises(Frozen):
        take(confirm_supply(a_tapering_course()), flagged=True)
    course = stepped()
    _, proposal = check_in(course, "gate", on=CHANGE_ON + timedelta(days=9), flagged=True)
    assert not proposal.opens_gate


def test_nobody_reached_leaves_everything_owed():
    course = stepped()
    noted, _ = check_in(course, "early", on=CHANGE_ON + timedelta(days=4), reached=False)

    assert noted.taper.scheduled == course.taper.scheduled


def hold(course: Course, days: int, *, by_prescriber: bool = False) -> Course:
    return tapering.hold(
        course,
        plan_version=course.taper.plan_version,
        days=days,
        today=CHANGE_ON,
        at=NOW,
        by_prescriber=by_prescriber,
        cadence=BOOK.steps,
    )


def test_a_nurse_holds_for_seven_days_at_one_dose_in_all():
    held = hold(stepped(), 4)
    assert held.phase is Phase.TAPER_HOLD
    with pytest.raises(NotAuthorised):
        hold(held, 4)
    assert hold(held, 3).taper.held_days == 7
    with pytest.raises(NotAuthorised):
        hold(stepped(), 8)
    assert hold(stepped(), 8, by_prescriber=True).taper.held_days == 8


def test_a_second_hold_in_a_row_asks_for_a_gentler_plan():
    assert open_kinds(hold(hold(stepped(), 3), 3)) == [looks.REPEATED_HOLD]


def test_an_old_version_changes_nothing():
    held = hold(stepped(), 3)

    with pytest.raises(PlanSuperseded):
        tapering.check_in(
            held,
            said(),
            kind="gate",
            ordinal=1,
            plan_version=1,
            today=CHANGE_ON,
            at=NOW,
            around=CALM,
            cadence=BOOK.steps,
        )


def test_a_step_back_returns_to_the_dose_before_the_cut_and_no_further():
    back = tapering.step_back(
        stepped(),
        plan_version=1,
        from_on=CHANGE_ON,
        today=CHANGE_ON,
        at=NOW,
        cadence=BOOK.cadence,
    )

    assert (back.phase, back.dose) == (Phase.STEP_BACK, FULL)
    assert open_kinds(back) == [looks.REINSTATED, looks.REINSTATED, looks.REPLAN]


def test_a_harm_stop_names_the_harm_and_keeps_watching():
    stopped = tapering.harm_stop(
        a_course(), harm="mania", last_dose_on=TODAY, today=TODAY, surveillance=BOOK.surveillance
    )

    assert (stopped.phase, stopped.ending, stopped.harm) == (
        Phase.STOPPED_WATCH,
        Ending.HARM,
        "mania",
    )
    assert open_kinds(stopped) == [looks.AFTER_STOP] * 7
    with pytest.raises(IllegalMove):
        life.close(stopped, today=TODAY, has_left_care=False)


def test_closing_does_not_end_a_drug():
    with pytest.raises(IllegalMove):
        life.close(a_course(), today=TODAY, has_left_care=False)


@pytest.mark.parametrize("kind", sorted(looks.ABOUT_THE_PERSON))
def test_a_course_is_not_closed_over_an_open_review_about_the_person(kind):
    watched = a_course(Phase.STOPPED_WATCH)
    asked = life.plan_review(watched, kind=kind, due_on=TODAY, for_role="prescriber", rule="T-18")

    assert life.close(watched, today=TODAY, has_left_care=False).phase is Phase.CLOSED
    with pytest.raises(IllegalMove):
        life.close(asked, today=TODAY, has_left_care=False)


def test_the_record_of_who_left_care_can_be_closed():
    closed = life.close(stepped(), today=TODAY, has_left_care=True)

    assert (closed.phase, closed.ending) == (Phase.CLOSED, Ending.LEFT_CARE)
    assert closed.taper.status is PlanStatus.STOPPED


def test_a_suspension_returns_where_it_was():
    frozen = life.suspend(stepped(), today=TODAY)
    assert frozen.phase is Phase.SUSPENDED
    with pytest.raises(IllegalMove):
        take(frozen)

    assert resume(frozen, on=TODAY, today=TODAY).phase is Phase.TAPER_ACTIVE


def test_a_gate_answered_before_the_flag_is_asked_again():
    course = stepped()
    gate_on = course.taper.last.check_in_gate_on
    opened = check_in(course, "gate", on=gate_on)[0]
    frozen = life.suspend(opened, today=gate_on)
    later = gate_on + timedelta(days=9)

    back = resume(frozen, on=later, today=gate_on)

    assert (opened.taper.last.ordinal, back.taper.last.ordinal) == (2, 1)
    assert back.taper.last.waits_at_gate
    assert back.taper.last.check_in_gate_on == later
    assert back.taper.plan_version == opened.taper.plan_version + 1


@pytest.mark.parametrize(("days", "moved"), [(0, 7), (7, 7), (8, 8), (20, 20)], ids=str)
def test_a_first_step_never_comes_before_the_day_of_going_on(days, moved):
    frozen = life.suspend(a_tapering_course(), today=TODAY)

    back = resume(frozen, on=TODAY + timedelta(days=days), today=TODAY)

    assert back.taper.last.change_on == TODAY + timedelta(days=moved)


@pytest.mark.parametrize("phase", [Phase.ACUTE, Phase.CONTINUATION])
@pytest.mark.parametrize("days", [-1, 1])
def test_without_a_taper_a_course_resumes_on_the_day_itself(phase, days):
    frozen = life.suspend(a_course(phase), today=TODAY)

    assert resume(frozen, on=TODAY, today=TODAY).phase is phase
    with pytest.raises(BadDate):
        resume(frozen, on=TODAY + timedelta(days=days), today=TODAY)


# No path ends a drug by itself


def drawn_move(course: Course, name: str, number: int) -> Course:
    """One move with arguments that fit it as well as they can."""
    version = course.taper.plan_version if course.taper else 1
    ordinal = course.taper.last.ordinal if course.taper else 1
    today = TODAY + timedelta(days=number)
    moves = {
        "review": lambda: review(course, None, Category.RESPONSE),
        "remit": lambda: life.record_remission(
            course, Remission(on=today, months=6, why="t"), today=today, at=NOW, rules=BOOK.duration
        ),
        "relapse": lambda: life.record_relapse(course, today, today=today),
        "decide": lambda: life.decide(course, "maintain", today=today, at=NOW, rules=BOOK.duration),
        "suspend": lambda: life.suspend(course, today=today),
        "resume": lambda: resume(course, on=today, today=today),
        "sign": lambda: tapering.sign(course, a_taper(), today=today, at=NOW),
        "supply": lambda: tapering.confirm_supply(course, ordinal, plan_version=version, at=NOW),
        "take": lambda: take(course, on=today),
        "gate": lambda: check_in(course, "gate", on=today)[0],
        "severe": lambda: check_in(course, "gate", on=today, withdrawal=Severity.SEVERE)[0],
        "hold": lambda: hold(course, 3),
        "release": lambda: tapering.release(course, on=today, today=today),
        "back": lambda: tapering.step_back(
            course, plan_version=version, from_on=today, today=today, at=NOW, cadence=BOOK.cadence
        ),
        "close": lambda: life.close(course, today=today, has_left_care=False),
    }
    try:
        return moves[name]()
    except (Refusal, AttributeError):
        return course


NAMES = (
    "review", "remit", "relapse", "decide", "suspend", "resume", "sign", "supply", "take",
    "gate", "severe", "hold", "release", "back", "close",
)  # fmt: skip


@given(st.lists(st.sampled_from(NAMES), max_size=40))
def test_no_path_ends_a_drug_without_a_taper(names):
    course = a_course()
    for number, name in enumerate(names):
        before, course = course, drawn_move(course, name, 7 * number)
        if course.dose.mg < before.dose.mg:
            assert name == "take"
        if course.dose.mg == 0:
            assert course.ending is Ending.TAPERED
            assert all(step.taken_at for step in course.taper.scheduled)
        if course.phase in TAKING:
            assert course.dose.mg > 0


@given(st.lists(st.sampled_from(NAMES), max_size=40))
def test_the_decision_never_comes_before_remission_and_its_months(names):
    course = a_course()
    for number, name in enumerate(names):
        course = drawn_move(course, name, 7 * number)
        clock = read_clock(course.history)
        for each in course.reviews:
            if each.kind == looks.DECISION and each.done_at is None:
                assert clock.minimum_end_on is not None
                assert each.due_on >= clock.minimum_end_on


@given(st.lists(st.sampled_from(NAMES), max_size=40))
def test_reviews_keep_their_numbers_and_nobody_taking_a_drug_is_forgotten(names):
    course = review(a_course())
    for number, name in enumerate(names):
        course = drawn_move(course, name, 7 * number)
        ordinals = [each.ordinal for each in course.reviews]
        assert len(set(ordinals)) == len(ordinals)
        assert all(ordinal <= course.reviews_made for ordinal in ordinals)
