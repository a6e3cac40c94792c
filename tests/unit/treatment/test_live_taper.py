"""A plan being lived: one step ahead, gates, holds, versions (T-06, T-07, T-19)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.treatment.domain.errors import (
    AlreadyDone,
    BadDate,
    IllegalMove,
    NoSuchItem,
    PlanSuperseded,
)
from services.treatment.domain.gate import Action, Proposal
from services.treatment.domain.live_taper import (
    PlanStatus,
    confirm_supply,
    hold,
    last_taken,
    record_early,
    record_gate,
    release,
    require_version,
    take,
)
from tests.support.courses import BOOK, HALF, NOTHING, NOW, TODAY, a_taper

CADENCE = BOOK.steps
OPEN = Proposal("T-06", Action.NEXT_STEP, "Go on.")
SHUT = Proposal("T-07", Action.HOLD, "Hold.")
CHANGE_ON = TODAY + timedelta(days=7)


def taken_on_time():
    """Step 1 taken on its day."""
    supplied = confirm_supply(a_taper(), 1, at=NOW)
    return take(supplied, 1, taken_on=CHANGE_ON, today=CHANGE_ON, at=NOW, cadence=CADENCE)


def gate_opened():
    """Step 1's gate open on its day, so step 2 is scheduled."""
    taper = taken_on_time()
    gate_on = taper.last.check_in_gate_on
    return record_gate(taper, 1, OPEN, today=gate_on, at=NOW, cadence=CADENCE)


def test_a_signed_plan_schedules_its_first_step_only():
    taper = a_taper()

    assert [step.ordinal for step in taper.scheduled] == [1]
    assert taper.last.check_in_gate_on is None


def test_supply_comes_before_the_step():
    with pytest.raises(IllegalMove, match="T-19"):
        take(a_taper(), 1, taken_on=CHANGE_ON, today=CHANGE_ON, at=NOW, cadence=CADENCE)


def test_supply_is_confirmed_once():
    with pytest.raises(AlreadyDone):
        confirm_supply(confirm_supply(a_taper(), 1, at=NOW), 1, at=NOW)


@pytest.mark.parametrize(
    ("days", "field"), [(-1, "taken_on"), (1, "taken_on")], ids=["early", "in the future"]
)
def test_a_step_is_taken_neither_early_nor_in_the_future(days, field):
    supplied = confirm_supply(a_taper(), 1, at=NOW)

    with pytest.raises(BadDate) as refused:
        take(
            supplied,
            1,
            taken_on=CHANGE_ON + timedelta(days=days),
            today=CHANGE_ON,
            at=NOW,
            cadence=CADENCE,
        )
    assert refused.value.field == field


def test_check_ins_count_from_the_day_it_was_taken():
    supplied = confirm_supply(a_taper(), 1, at=NOW)
    late = CHANGE_ON + timedelta(days=3)
    step = take(supplied, 1, taken_on=late, today=late, at=NOW, cadence=CADENCE).last

    assert step.check_in_early_on == late + timedelta(days=4)
    assert step.check_in_gate_on == late + timedelta(days=9)


def test_a_week_long_step_asks_its_gate_within_it():
    planned = tuple(replace(step, days=7) for step in a_taper().planned)
    supplied = confirm_supply(a_taper(planned=planned), 1, at=NOW)
    step = take(supplied, 1, taken_on=CHANGE_ON, today=CHANGE_ON, at=NOW, cadence=CADENCE).last

    assert step.check_in_gate_on == CHANGE_ON + timedelta(days=5)
    assert step.check_in_early_on == CHANGE_ON + timedelta(days=4)


def test_a_step_is_taken_once():
    with pytest.raises(AlreadyDone):
        take(taken_on_time(), 1, taken_on=CHANGE_ON, today=CHANGE_ON, at=NOW, cadence=CADENCE)


def test_an_open_gate_schedules_the_next_step_and_no_further():
    taper = gate_opened()

    assert [step.ordinal for step in taper.scheduled] == [1, 2]
    assert taper.last.change_on == CHANGE_ON + timedelta(days=14)
    assert (taper.last.previous, taper.last.dose) == (HALF, NOTHING)


def test_a_late_gate_leaves_time_for_the_supply():
    taper = taken_on_time()
    late = CHANGE_ON + timedelta(days=20)
    opened = record_gate(taper, 1, OPEN, today=late, at=NOW, cadence=CADENCE)

    assert opened.last.change_on == late + timedelta(days=5)


def test_a_shut_gate_schedules_nothing_and_stays_owed():
    taper = taken_on_time()
    shut = record_gate(taper, 1, SHUT, today=CHANGE_ON, at=NOW, cadence=CADENCE)

    assert shut.scheduled == taper.scheduled
    assert shut.last.waits_at_gate
    assert shut.proposal == SHUT


def test_a_gate_does_not_open_before_its_day():
    taper = taken_on_time()
    early = taper.last.check_in_gate_on - timedelta(days=1)

    with pytest.raises(BadDate):
        record_gate(taper, 1, OPEN, today=early, at=NOW, cadence=CADENCE)


def test_a_gate_opens_once():
    taper = gate_opened()

    with pytest.raises(AlreadyDone):
        record_gate(taper, 1, OPEN, today=CHANGE_ON, at=NOW, cadence=CADENCE)


def test_the_early_check_in_opens_no_gate():
    checked = record_early(taken_on_time(), 1, OPEN, at=NOW)

    assert checked.last.waits_at_gate
    assert checked.last.early_check_in_at == NOW


@pytest.mark.parametrize("record", [record_early, None], ids=["early", "gate"])
def test_nothing_is_checked_before_a_step_was_taken(record):
    with pytest.raises(NoSuchItem):
        if record:
            record(a_taper(), 1, OPEN, at=NOW)
        else:
            record_gate(a_taper(), 1, OPEN, today=CHANGE_ON, at=NOW, cadence=CADENCE)


def test_a_hold_before_the_first_step_moves_it():
    held = hold(a_taper(), days=10, today=TODAY)

    assert held.last.change_on == TODAY + timedelta(days=10)
    assert (held.plan_version, held.status) == (2, PlanStatus.HOLD)


def test_a_hold_that_ends_before_the_first_step_leaves_its_day():
    assert hold(a_taper(), days=3, today=TODAY).last.change_on == CHANGE_ON


@pytest.mark.parametrize("days", [3, 10])
def test_a_first_step_never_comes_before_the_day_that_was_signed(days):
    held = hold(a_taper(), days=days, today=TODAY)
    released = release(held, on=TODAY + timedelta(days=1))

    assert released.last.change_on == CHANGE_ON
    assert (released.status, released.hold_until) == (PlanStatus.SIGNED, None)


def test_a_first_step_is_taken_at_the_end_of_its_hold():
    until = TODAY + timedelta(days=10)
    held = confirm_supply(hold(a_taper(), days=10, today=TODAY), 1, at=NOW)

    with pytest.raises(BadDate):
        take(held, 1, taken_on=CHANGE_ON, today=until, at=NOW, cadence=CADENCE)
    taken = take(held, 1, taken_on=until, today=until, at=NOW, cadence=CADENCE)

    assert (taken.status, taken.hold_until) == (PlanStatus.ACTIVE, None)
    assert (taken.held_days, taken.holds) == (0, 0)


GATE_ON = CHANGE_ON + timedelta(days=9)


def test_a_hold_at_the_gate_asks_it_again_when_the_hold_ends():
    held = hold(taken_on_time(), days=7, today=GATE_ON)

    assert held.last.check_in_gate_on == GATE_ON + timedelta(days=7)
    assert held.plan_version == 2


def test_a_hold_after_the_gate_day_never_brings_it_forward():
    late = GATE_ON + timedelta(days=20)
    held = hold(taken_on_time(), days=2, today=late)

    assert held.last.check_in_gate_on == late + timedelta(days=2)


def test_a_hold_in_the_middle_of_a_step_moves_the_gate_and_the_next_cut():
    held = hold(taken_on_time(), days=4, today=CHANGE_ON + timedelta(days=3))
    assert held.last.check_in_gate_on == GATE_ON + timedelta(days=4)

    opened = record_gate(held, 1, OPEN, today=held.last.check_in_gate_on, at=NOW, cadence=CADENCE)
    assert opened.last.change_on == CHANGE_ON + timedelta(days=14 + 4)


def test_how_the_person_is_is_asked_again_on_the_day_a_hold_ends():
    checked = record_early(taken_on_time(), 1, SHUT, at=NOW)
    held = hold(checked, days=4, today=CHANGE_ON + timedelta(days=4))

    assert held.last.check_in_early_on == CHANGE_ON + timedelta(days=8)
    assert held.last.early_check_in_at is None


def test_a_hold_of_a_held_plan_counts_from_the_end_of_the_first():
    held = hold(hold(taken_on_time(), days=4, today=GATE_ON), days=3, today=GATE_ON)

    assert held.hold_until == GATE_ON + timedelta(days=7)
    assert held.last.check_in_gate_on == GATE_ON + timedelta(days=7)
    assert (held.held_days, held.holds, held.plan_version) == (7, 2, 3)


def test_a_hold_takes_back_a_step_that_was_not_taken():
    held = hold(gate_opened(), days=21, today=GATE_ON)

    assert [step.ordinal for step in held.scheduled] == [1]
    assert held.last.check_in_gate_on == GATE_ON + timedelta(days=21)
    assert held.last.gate_check_in_at is None


def test_after_a_hold_every_later_date_counts_from_its_end():
    held = hold(gate_opened(), days=21, today=GATE_ON)
    until = held.hold_until
    opened = record_gate(held, 1, OPEN, today=until, at=NOW, cadence=CADENCE)

    assert opened.last.change_on == until + timedelta(days=5)
    assert opened.status is PlanStatus.ACTIVE


def test_doses_never_change_by_a_hold():
    held = hold(gate_opened(), days=30, today=CHANGE_ON)

    assert held.planned == a_taper().planned


def test_ending_a_hold_asks_the_gate_on_that_day():
    on = GATE_ON + timedelta(days=7)
    held = hold(taken_on_time(), days=21, today=GATE_ON)
    released = release(held, on=on)

    assert released.last.check_in_gate_on == on
    assert (released.plan_version, released.status) == (3, PlanStatus.ACTIVE)
    assert released.held_days == 7


def test_ending_a_hold_early_gives_back_only_the_days_that_were_not_used():
    day = CHANGE_ON + timedelta(days=2)
    released = release(hold(taken_on_time(), days=6, today=day), on=day + timedelta(days=2))

    assert released.last.check_in_gate_on == GATE_ON + timedelta(days=2)
    opened = record_gate(
        released, 1, OPEN, today=released.last.check_in_gate_on, at=NOW, cadence=CADENCE
    )
    assert opened.last.change_on == CHANGE_ON + timedelta(days=14 + 2)


@given(st.integers(0, 40), st.integers(1, 30), st.integers(0, 40))
def test_no_hold_and_no_end_of_one_brings_a_gate_or_a_cut_forward(after, days, used):
    day = CHANGE_ON + timedelta(days=after)
    held = hold(taken_on_time(), days=days, today=day)
    released = release(held, on=day + timedelta(days=used))
    gate_on = released.last.check_in_gate_on
    opened = record_gate(released, 1, OPEN, today=gate_on, at=NOW, cadence=CADENCE)

    assert held.last.check_in_gate_on >= GATE_ON + timedelta(days=days if after <= 9 else 0)
    assert gate_on >= max(GATE_ON, day + timedelta(days=used))
    assert opened.last.change_on >= CHANGE_ON + timedelta(days=14)
    assert opened.last.change_on >= gate_on + timedelta(days=5)


def test_the_last_dose_completes_the_plan_without_check_ins():
    taper = gate_opened()
    supplied = confirm_supply(taper, 2, at=NOW)
    day = taper.last.change_on
    done = take(supplied, 2, taken_on=day, today=day, at=NOW, cadence=CADENCE)

    assert done.status is PlanStatus.COMPLETED
    assert done.last.check_in_gate_on is None


def test_what_was_meant_for_another_version_is_refused():
    with pytest.raises(PlanSuperseded, match="version 1"):
        require_version(a_taper(), 2)


def test_the_cut_a_person_lives_with_is_the_last_one_taken():
    assert last_taken(a_taper()) is None
    assert last_taken(gate_opened()).ordinal == 1
