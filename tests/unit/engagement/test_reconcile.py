"""What changes when the facts change: moved, replaced, handed over, carried along."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from services.engagement.domain import acts
from services.engagement.domain.acts import Act
from services.engagement.domain.change import Changes
from services.engagement.domain.course import Course
from services.engagement.domain.errors import DeferralNeedsLead
from services.engagement.domain.gone import why_gone
from services.engagement.domain.ladder import Item
from services.engagement.domain.obligation import Acknowledgement
from services.engagement.domain.owed_by_course import obligations_of
from services.engagement.domain.reconcile import items_of, reconcile
from services.engagement.domain.reminder import Reason, Reminder, State, reminder_id, shown
from services.engagement.domain.team import Colleague, Patient
from tests.support.engagement import (
    CHANGE_ON,
    CONTENT,
    LEAD,
    NOW,
    NURSE,
    OTHER_NURSE,
    PRESCRIBER,
    STAFF,
    a_course,
    a_patient,
    a_place,
    a_setting,
    a_step,
    a_taper,
    at,
)

DUE = at("2026-06-12T09:00")
SETTING = a_setting()
COURSE = a_course(a_taper())
HELD = a_course(a_taper(a_step(change_on=CHANGE_ON + timedelta(days=7)), version=2))


class Rows:
    """The reminders of one person as decisions change them."""

    def __init__(self) -> None:
        self.by_id: dict[object, Reminder] = {}

    def hear(
        self,
        course: Course,
        *,
        now: datetime = NOW,
        patient: Patient | None = None,
        staff: tuple[Colleague, ...] = STAFF,
        zone: str = "Europe/London",
    ) -> Changes:
        """Bring them in line with this state."""
        changes = reconcile(
            self.by_id.values(),
            obligations_of(course, CONTENT.kinds, a_place(zone)),
            gone=lambda row: why_gone(row.key, course, CONTENT.kinds),
            setting=a_setting(patient, staff),
            now=now,
        )
        self.keep(changes)
        return changes

    def keep(self, changes: Changes) -> None:
        """Store what a decision changed."""
        self.by_id |= {row.reminder_id: row for row, _ in changes}

    def show(self, now: datetime) -> None:
        """An engine ticks."""
        due = [r for r in self.by_id.values() if r.state is State.PLANNED and r.due_at <= now]
        self.by_id |= {row.reminder_id: shown(row, now) for row in due}

    def item(self, kind: str, version: int = 1) -> Item:
        """The reminder of this kind with its ladder."""
        items = items_of(self.by_id.values())
        return next(
            item
            for key, item in items.items()
            if (key.kind, key.subject_version) == (kind, version)
        )

    def levels(self, kind: str, version: int = 1) -> Sequence[State]:
        """The states of the ladder from the owner up."""
        item = self.item(kind, version)
        return [item.owner.state, *(item.rung(n).state for n in (1, 2, 3))]  # type: ignore[union-attr]


def heard(*courses: Course) -> Rows:
    """The rows after these states."""
    rows = Rows()
    for course in courses:
        rows.hear(course)
    return rows


def test_a_replaced_reminder_shows_on_its_successor_who_had_it_in_hand() -> None:
    rows = heard(COURSE)
    rows.show(DUE)
    answer = Acknowledgement(NURSE, DUE, "called")
    rows.keep(acts.acknowledge(rows.item("change-day"), answer, SETTING))

    rows.hear(HELD, now=DUE)

    old, new = rows.item("change-day").owner, rows.item("change-day", 2).owner
    assert (old.state, old.reason) == (State.CANCELLED, Reason.SUPERSEDED)
    assert (new.state, new.acknowledged, new.answered_before) == (State.PLANNED, answer, True)
    assert rows.levels("change-day", 2) == [State.PLANNED] * 4


def test_who_had_it_in_hand_is_carried_from_version_to_version_for_that_kind_alone() -> None:
    rows = heard(COURSE)
    rows.show(DUE)
    answer = Acknowledgement(NURSE, DUE, "called")
    rows.keep(acts.acknowledge(rows.item("change-day"), answer, SETTING))
    rows.hear(HELD, now=DUE)
    third = a_course(a_taper(a_step(change_on=CHANGE_ON + timedelta(days=9)), version=3))

    rows.hear(third, now=DUE)

    assert rows.item("change-day", 3).owner.acknowledged == answer
    assert rows.item("check-in-gate", 3).owner.acknowledged is None


def test_a_date_that_moves_in_the_same_version_moves_the_same_row() -> None:
    rows = heard(COURSE)
    rows.show(DUE)
    later = a_course(a_taper(a_step(change_on=CHANGE_ON + timedelta(days=3))))

    rows.hear(later, now=DUE)

    row = rows.item("change-day").owner
    assert row.reminder_id == reminder_id(row.key, 0)
    assert (row.state, row.due_at) == (State.PLANNED, at("2026-06-15T09:00"))
    assert rows.levels("change-day") == [State.PLANNED] * 4


def test_another_zone_moves_what_is_to_come_and_not_what_is_shown() -> None:
    rows = heard(COURSE)
    rows.show(DUE)

    rows.hear(COURSE, now=DUE, zone="America/New_York")

    assert rows.item("change-day").owner.due_at == DUE
    assert rows.item("change-day").owner.state is State.VISIBLE
    assert rows.item("check-in-gate").owner.due_at == at("2026-06-25T09:00-04:00")


def test_another_zone_leaves_the_time_a_person_chose() -> None:
    rows = heard(COURSE)
    until = DUE + timedelta(hours=30)
    item = rows.item("change-day")
    rows.keep(put_off_once(item, until, DUE))

    rows.hear(COURSE, now=DUE, zone="America/New_York")

    assert rows.item("change-day").owner.due_at == until


def test_a_later_fact_about_something_else_leaves_the_time_a_person_chose() -> None:
    rows = heard(COURSE)
    until = DUE + timedelta(hours=30)
    item = rows.item("change-day")
    rows.keep(put_off_once(item, until, DUE))

    rows.hear(a_course(a_taper(a_step(supply_confirmed_at=NOW))), now=DUE)

    assert rows.item("change-day").owner.due_at == until
    assert rows.item("prepare-supply").owner.state is State.DONE


def test_a_plan_that_is_stopped_says_so() -> None:
    rows = heard(COURSE, a_course(a_taper(status="stopped"), phase="stopped-watch"))

    owner = rows.item("change-day").owner
    assert (owner.state, owner.reason) == (State.CANCELLED, Reason.STOPPED)
    assert set(rows.levels("change-day")) == {State.CANCELLED}


def test_what_is_owed_again_is_a_new_life_and_the_old_row_keeps_its_end() -> None:
    rows = heard(COURSE, replace(COURSE, phase="suspended"))
    suspended = rows.item("change-day").owner

    rows.hear(COURSE)

    back = rows.item("change-day").owner
    assert (suspended.state, suspended.reason) == (State.CANCELLED, Reason.OUT_OF_PHASE)
    assert (back.state, back.reason, back.due_at) == (State.PLANNED, None, DUE)
    assert (back.life, back.version, back.key) == (2, 1, suspended.key)
    assert rows.by_id[suspended.reminder_id] == suspended
    assert rows.levels("change-day") == [State.PLANNED] * 4


def test_done_ends_the_ladder_for_those_who_knew_and_those_who_did_not() -> None:
    rows = heard(COURSE)
    rows.show(at("2026-06-12T13:00"))

    rows.hear(a_course(a_taper(a_step(taken_at=DUE))), now=DUE)

    assert rows.levels("change-day") == [
        State.DONE,
        State.DONE,
        State.CANCELLED,
        State.CANCELLED,
    ]


def test_the_care_team_decides_whose_it_is() -> None:
    rows = heard(COURSE)

    rows.hear(COURSE, patient=a_patient(care_team=(OTHER_NURSE, LEAD)))

    item = rows.item("change-day")
    assert item.owner.owner_id == OTHER_NURSE
    assert [item.rung(n).owner_id for n in (1, 2, 3)] == [LEAD, None, None]  # type: ignore[union-attr]


def test_a_disabled_nurse_leaves_it_to_the_lead_at_once() -> None:
    rows = heard(COURSE)
    staff = tuple(replace(one, active=one.staff_id != NURSE) for one in STAFF)

    rows.hear(COURSE, staff=staff)

    item = rows.item("change-day")
    assert item.owner.owner_id is None
    assert item.rung(1).due_at == DUE  # type: ignore[union-attr]


def test_what_was_handed_over_stays_with_whom_it_was_given_to() -> None:
    rows = heard(COURSE)
    rows.keep(acts.hand_over(rows.item("change-day"), OTHER_NURSE, SETTING, DUE))

    rows.hear(COURSE, now=DUE)

    assert rows.item("change-day").owner.owner_id == OTHER_NURSE


def test_what_was_handed_to_somebody_who_left_goes_back_to_the_care_team() -> None:
    rows = heard(COURSE)
    rows.keep(acts.hand_over(rows.item("change-day"), OTHER_NURSE, SETTING, DUE))
    staff = tuple(replace(one, active=one.staff_id != OTHER_NURSE) for one in STAFF)

    rows.hear(COURSE, now=DUE, staff=staff)

    assert rows.item("change-day").owner.owner_id == NURSE
    assert not rows.item("change-day").owner.handed_over


def test_other_words_are_taken_over_and_nothing_else() -> None:
    rows = heard(COURSE)
    before = rows.item("change-day").owner

    rows.hear(a_course(a_taper(a_step(supply_text="14 tablets of 25 mg"))))

    after = rows.item("change-day").owner
    assert after.detail["supply_text"] == "14 tablets of 25 mg"
    assert replace(after, detail=before.detail, version=before.version) == before


def test_a_manual_escalation_counts_the_rungs_above_from_that_moment() -> None:
    rows = heard(COURSE)
    rows.show(DUE)

    rows.keep(acts.escalate(rows.item("change-day"), SETTING, DUE))

    item = rows.item("change-day")
    assert rows.levels("change-day")[:2] == [State.VISIBLE, State.VISIBLE]
    assert item.rung(2).due_at == at("2026-06-12T13:00")  # type: ignore[union-attr]
    assert item.rung(2).owner_id == PRESCRIBER  # type: ignore[union-attr]


def put_off_once(
    item: Item, until: datetime, now: datetime, *, by: UUID = NURSE, earlier: int = 0
) -> Changes:
    """Somebody reschedules it."""
    act = Act.RESCHEDULE
    return acts.defer(item, until, SETTING, now, act=act, field="at", by=by, earlier=earlier)


def put_off(rows: Rows, until: datetime, now: datetime) -> None:
    """A nurse reschedules it for the first time, as far as anybody counts."""
    rows.keep(put_off_once(rows.item("change-day"), until, now))


LONGEST = CONTENT.patience.longest_deferral
IN_THREE_DAYS = DUE + LONGEST
MONDAY = at("2026-06-15T09:00")


def test_whoever_was_told_of_an_unanswered_call_stays_told_when_it_is_put_off() -> None:
    rows, now = heard(COURSE), DUE
    rows.show(now)
    for _ in range(len(CONTENT.patience.retries) + 1):
        rows.keep(acts.no_answer(rows.item("change-day"), SETTING, now))
        now = max(now, rows.item("change-day").owner.due_at)
        rows.show(now)
    told = rows.item("change-day").rung(1)
    assert told is not None
    assert told.state is State.VISIBLE

    put_off(rows, now + LONGEST, now)

    item = rows.item("change-day")
    assert item.rung(1) == told
    assert item.owner.due_at == now + LONGEST
    assert [rung.state for rung in item.rungs] == [State.VISIBLE, State.PLANNED, State.PLANNED]


def test_the_next_after_whoever_was_told_is_told_when_it_goes_up_again() -> None:
    rows = heard(COURSE)
    rows.show(DUE)
    rows.keep(acts.escalate(rows.item("change-day"), SETTING, DUE))
    put_off(rows, IN_THREE_DAYS, DUE)

    rows.keep(acts.escalate(rows.item("change-day"), SETTING, DUE + timedelta(hours=1)))

    assert rows.levels("change-day") == [
        State.PLANNED, State.VISIBLE, State.VISIBLE, State.PLANNED,
    ]  # fmt: skip


def test_the_ladder_goes_on_from_where_it_stood_when_it_is_put_off() -> None:
    """The lead knew after four working hours; four more after its new time, the prescriber does."""
    rows = heard(COURSE)
    lead_knows = at("2026-06-12T13:00")
    rows.show(lead_knows)

    put_off(rows, MONDAY, lead_knows)

    item = rows.item("change-day")
    assert [rung.due_at for rung in item.rungs] == [
        lead_knows,
        at("2026-06-15T13:00"),
        at("2026-06-16T13:00"),
    ]


def test_the_times_above_whoever_knows_stay_when_another_colleague_gets_it() -> None:
    rows = heard(COURSE)
    rows.show(DUE)
    rows.keep(acts.escalate(rows.item("change-day"), SETTING, DUE))
    before = [rung.due_at for rung in rows.item("change-day").rungs]

    rows.keep(acts.hand_over(rows.item("change-day"), OTHER_NURSE, SETTING, DUE))

    assert [rung.due_at for rung in rows.item("change-day").rungs] == before


def test_a_third_deferral_takes_the_lead() -> None:
    rows = heard(COURSE)
    rows.show(DUE)
    item = rows.item("change-day")
    assert put_off_once(item, MONDAY, DUE, earlier=1)

    with pytest.raises(DeferralNeedsLead) as refused:
        put_off_once(item, MONDAY, DUE, earlier=2)

    assert refused.value.field == "at"
    assert put_off_once(item, MONDAY, DUE, earlier=2, by=LEAD)
    with pytest.raises(DeferralNeedsLead):
        put_off_once(item, MONDAY, DUE, earlier=9, by=PRESCRIBER)


def test_what_is_put_off_once_is_passed_on_from_its_new_time() -> None:
    rows = heard(COURSE)
    rows.show(DUE)

    put_off(rows, MONDAY, DUE)

    first = rows.item("change-day").rung(1)
    assert first is not None
    assert first.due_at == at("2026-06-15T13:00")


def test_what_is_put_off_again_and_again_reaches_the_lead() -> None:
    """Each step is within the bound and their sum is not: the first above counts no further."""
    rows, now = heard(COURSE), DUE
    rows.show(now)
    latest = at("2026-06-15T13:00")  # four working hours after DUE + 72 h

    while now < IN_THREE_DAYS + timedelta(days=2):
        put_off(rows, now + timedelta(hours=40), now)
        rung = rows.item("change-day").rung(1)
        assert rung is not None
        assert rung.due_at <= latest
        now += timedelta(hours=20)
        rows.show(now)

    assert rows.levels("change-day")[:2] == [State.PLANNED, State.VISIBLE]


def test_another_owner_does_not_move_the_lead_further_than_the_bound() -> None:
    rows = heard(COURSE)
    rows.show(DUE)
    put_off(rows, DUE + timedelta(hours=60), DUE)
    put_off(rows, DUE + timedelta(hours=100), DUE + timedelta(hours=30))

    item = rows.item("change-day")
    rows.keep(acts.hand_over(item, OTHER_NURSE, SETTING, DUE + timedelta(hours=31)))

    rung = rows.item("change-day").rung(1)
    assert rung is not None
    assert rung.due_at == at("2026-06-15T13:00")
