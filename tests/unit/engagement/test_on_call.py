"""Who is on call: one person at a time, worked out when asked, and never silently nobody."""

from collections.abc import Coroutine
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any, TypeVar
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.engagement.application.apply_flag_state import apply_flag_state
from services.engagement.application.apply_patient_state import apply_patient_state
from services.engagement.application.apply_staff_state import apply_staff_state
from services.engagement.application.keep_rota import (
    follow_rota,
    put_on_call,
    rota_of,
    take_off_call,
    with_calls,
)
from services.engagement.application.plan_cover import ask_for_cover
from services.engagement.application.ports import Viewer, Wanted
from services.engagement.application.show_due_reminders import show_due_reminders
from services.engagement.domain.errors import (
    BadShift,
    CannotBeOnCall,
    OnCallAlready,
    Refusal,
    ShiftOver,
)
from services.engagement.domain.notice import Channel, Preference, Purpose
from services.engagement.domain.on_call import Shift, stretches
from services.engagement.domain.team import CareStatus, Colleague, by_id
from shared.events.engagement import StandInChanged
from tests.fakes.engagement import FakeWork
from tests.support.engagement import (
    CONTENT,
    LEAD,
    NOW,
    NURSE,
    OTHER_NURSE,
    PATIENT,
    PRESCRIBER,
    STAFF,
    STRANGER,
    a_flag,
    at,
)
from tests.support.instantly import instantly

T = TypeVar("T")
HARBOUR = "harbour"
DUTY_LEAD = UUID("00000000-0000-4000-8000-00000000a009")
NOBODY = UUID(int=5)
SECOND_LEAD = Colleague(staff_id=DUTY_LEAD, role="lead", teams=frozenset({HARBOUR}), active=True)


class Ward:
    """One person, the staff around them, and a rota."""

    def __init__(self) -> None:
        self.work = FakeWork(CONTENT.kinds)
        for colleague in (*STAFF, SECOND_LEAD):
            self.run(apply_staff_state(self.work, colleague=colleague, rules=CONTENT, now=NOW))
            self.work.notices.wishes[colleague.staff_id] = Preference(
                staff_id=colleague.staff_id, channels=(Channel.EMAIL,), email="a@clinic.example"
            )
        self.run(
            apply_patient_state(
                self.work,
                patient_id=PATIENT,
                status=CareStatus.ACTIVE,
                team=HARBOUR,
                care_team=(NURSE, PRESCRIBER, LEAD),
                rules=CONTENT,
                now=NOW,
            )
        )

    def run(self, doing: Coroutine[Any, Any, T]) -> T:
        return instantly(doing)

    def put(
        self, staff_id: UUID, start: str, end: str, *, team: str = HARBOUR, now: datetime = NOW
    ) -> Shift:
        """On call between these times of the clinic."""
        first, last = datetime.fromisoformat(start), datetime.fromisoformat(end)
        return self.run(
            put_on_call(
                self.work,
                team=team,
                staff_id=staff_id,
                starts_on=first.date(),
                starts_at=first.time(),
                ends_on=last.date(),
                ends_at=last.time(),
                by=LEAD,
                rules=CONTENT,
                now=now,
            )
        )

    def flag(self, severity: int = 2) -> None:
        """A safety flag at noon that nobody answers."""
        self.run(apply_flag_state(self.work, flag=a_flag(severity), rules=CONTENT, now=NOW))

    def tick(self, now: datetime) -> None:
        self.run(show_due_reminders(self.work, rules=CONTENT, now=now, real_now=now))
        self.run(follow_rota(self.work, rules=CONTENT, now=now, real_now=now))

    def mine(self, staff_id: UUID, now: datetime) -> set[tuple[str, int]]:
        """Kind and level of what is on somebody's own list."""
        one = self.work.staff.known[staff_id]
        who = Viewer(staff_id=staff_id, role=one.role, teams=(HARBOUR,))
        viewer = self.run(with_calls(self.work, who, rules=CONTENT, now=now))
        wanted = Wanted(viewer=viewer, mine=True, as_of=now)
        found = self.run(self.work.reminders.listed(wanted))
        return {(listed.row.key.kind, listed.row.level) for listed in found}

    def told(self, purpose: Purpose) -> list[UUID | None]:
        """Who was sent notices of this purpose, in order."""
        kept = self.work.notices.known.values()
        return [one.staff_id for one in kept if one.purpose is purpose]


def test_what_nobody_answers_comes_up_to_whoever_is_on_call_then() -> None:
    ward = Ward()
    ward.put(OTHER_NURSE, "2026-06-01T08:00", "2026-06-02T08:00")
    ward.flag()
    ward.tick(at("2026-06-01T15:05"))

    assert ward.mine(OTHER_NURSE, at("2026-06-01T15:05")) == {("safety", 3)}
    assert ward.told(Purpose.SAFETY).count(OTHER_NURSE) == 1


def test_whose_turn_it_is_is_never_frozen_when_the_ladder_is_planned() -> None:
    ward = Ward()
    first = ward.put(OTHER_NURSE, "2026-06-01T08:00", "2026-06-02T08:00")
    ward.flag()
    ward.tick(at("2026-06-01T15:05"))
    later = at("2026-06-01T16:00")

    ward.run(take_off_call(ward.work, one=first, now=later))
    ward.put(DUTY_LEAD, "2026-06-01T16:00", "2026-06-02T08:00", now=later)
    ward.tick(later)

    assert ward.mine(OTHER_NURSE, later) == set()
    assert ("safety", 3) in ward.mine(DUTY_LEAD, later)
    assert ward.told(Purpose.SAFETY).count(DUTY_LEAD) == 1
    assert ward.told(Purpose.ON_CALL) == [OTHER_NURSE, DUTY_LEAD]


def test_with_nobody_on_call_it_goes_to_every_lead_of_the_team_and_they_are_told() -> None:
    ward = Ward()
    ward.flag()
    ward.tick(at("2026-06-01T15:05"))

    assert ward.mine(DUTY_LEAD, at("2026-06-01T15:05")) == {("safety", 3)}
    assert DUTY_LEAD in ward.told(Purpose.SAFETY)
    assert ward.mine(OTHER_NURSE, at("2026-06-01T15:05")) == set()


def test_a_time_on_call_that_ends_without_another_leaves_it_to_the_leads_and_says_so() -> None:
    ward = Ward()
    ward.put(OTHER_NURSE, "2026-06-01T08:00", "2026-06-01T18:00")
    ward.flag()
    ward.tick(at("2026-06-01T15:05"))
    assert DUTY_LEAD not in ward.told(Purpose.SAFETY)

    ward.tick(at("2026-06-01T18:00"))

    assert ward.mine(OTHER_NURSE, at("2026-06-01T18:00")) == set()
    assert ("safety", 3) in ward.mine(DUTY_LEAD, at("2026-06-01T18:00"))
    assert ward.told(Purpose.SAFETY).count(DUTY_LEAD) == 1


def test_whoever_cannot_be_reached_outside_is_on_call_and_the_leads_are_told_as_well() -> None:
    ward = Ward()
    del ward.work.notices.wishes[OTHER_NURSE]
    ward.put(OTHER_NURSE, "2026-06-01T08:00", "2026-06-02T08:00")
    ward.flag()

    ward.tick(at("2026-06-01T15:05"))

    assert ward.mine(OTHER_NURSE, at("2026-06-01T15:05")) == {("safety", 3)}
    assert DUTY_LEAD in ward.told(Purpose.SAFETY)


def test_a_second_look_tells_nobody_twice() -> None:
    ward = Ward()
    ward.put(OTHER_NURSE, "2026-06-01T08:00", "2026-06-02T08:00")
    ward.flag()
    ward.tick(at("2026-06-01T15:05"))
    ward.tick(at("2026-06-01T15:06"))

    assert ward.told(Purpose.SAFETY).count(OTHER_NURSE) == 1
    assert ward.told(Purpose.ON_CALL) == [OTHER_NURSE]


def test_an_account_that_is_closed_is_on_call_no_more() -> None:
    ward = Ward()
    ward.put(OTHER_NURSE, "2026-06-01T08:00", "2026-06-02T08:00")
    gone = replace(next(one for one in STAFF if one.staff_id == OTHER_NURSE), active=False)
    ward.run(apply_staff_state(ward.work, colleague=gone, rules=CONTENT, now=NOW))
    ward.flag()
    ward.tick(at("2026-06-01T15:05"))

    assert ("safety", 3) in ward.mine(DUTY_LEAD, at("2026-06-01T15:05"))


def leaves(ward: Ward, how: str, now: datetime) -> None:
    """Whoever is on call is not there from this moment."""
    if how == "account closed":
        known = ward.work.staff.known[OTHER_NURSE]
        gone = replace(known, active=False)
        ward.run(apply_staff_state(ward.work, colleague=gone, rules=CONTENT, now=now))
        return
    ward.run(
        ask_for_cover(
            ward.work,
            staff_id=OTHER_NURSE,
            cover_id=NURSE,
            starts_on=now.date(),
            ends_on=now.date(),
            note="",
            by=OTHER_NURSE,
            rules=CONTENT,
            now=now,
            real_now=now,
        )
    )


WAYS_TO_GO = ("account closed", "leave")


@pytest.mark.parametrize("how", WAYS_TO_GO)
def test_whoever_goes_in_the_middle_leaves_what_waits_to_the_leads_and_they_are_told_once(
    how: str,
) -> None:
    ward = Ward()
    ward.put(OTHER_NURSE, "2026-06-01T08:00", "2026-06-02T08:00")
    ward.flag()
    ward.tick(at("2026-06-01T15:05"))
    assert DUTY_LEAD not in ward.told(Purpose.SAFETY)

    leaves(ward, how, at("2026-06-01T15:30"))
    for minute in (30, 31, 32):
        ward.tick(at(f"2026-06-01T15:{minute}"))

    later = at("2026-06-01T15:32")
    assert ("safety", 3) not in ward.mine(OTHER_NURSE, later)
    assert ("safety", 3) in ward.mine(DUTY_LEAD, later)
    assert ward.told(Purpose.SAFETY).count(DUTY_LEAD) == 1
    assert sorted(map(str, ward.told(Purpose.UNCOVERED))) == sorted(map(str, (LEAD, DUTY_LEAD)))


@pytest.mark.parametrize("how", WAYS_TO_GO)
def test_a_time_that_is_left_says_so_even_when_nothing_waits(how: str) -> None:
    ward = Ward()
    ward.put(OTHER_NURSE, "2026-06-01T08:00", "2026-06-02T08:00")
    ward.tick(at("2026-06-01T15:05"))

    leaves(ward, how, at("2026-06-01T15:30"))
    ward.tick(at("2026-06-01T15:30"))

    assert DUTY_LEAD in ward.told(Purpose.UNCOVERED)
    assert ward.told(Purpose.SAFETY) == []


@pytest.mark.parametrize("how", WAYS_TO_GO)
def test_a_time_whose_colleague_is_not_there_when_it_begins_is_said_to_the_leads(how: str) -> None:
    ward = Ward()
    ward.put(OTHER_NURSE, "2026-06-01T20:00", "2026-06-02T08:00")
    leaves(ward, how, at("2026-06-01T15:30"))

    ward.tick(at("2026-06-01T19:59"))
    assert ward.told(Purpose.UNCOVERED) == []
    ward.tick(at("2026-06-01T20:00"))

    assert DUTY_LEAD in ward.told(Purpose.UNCOVERED)
    assert ward.told(Purpose.ON_CALL) == []


def test_what_comes_up_after_the_account_was_closed_goes_on_to_the_leads_by_itself() -> None:
    ward = Ward()
    ward.put(OTHER_NURSE, "2026-06-01T08:00", "2026-06-02T08:00")
    ward.flag()
    ward.tick(at("2026-06-01T13:30"))
    leaves(ward, "account closed", at("2026-06-01T13:31"))
    ward.tick(at("2026-06-01T13:31"))

    ward.tick(at("2026-06-01T15:05"))

    assert ward.told(Purpose.SAFETY).count(DUTY_LEAD) == 1
    assert OTHER_NURSE not in ward.told(Purpose.SAFETY)


def test_whoever_is_back_is_told_that_they_are_on_call() -> None:
    ward = Ward()
    ward.put(OTHER_NURSE, "2026-06-01T08:00", "2026-06-02T08:00")
    ward.tick(at("2026-06-01T15:05"))
    leaves(ward, "account closed", at("2026-06-01T15:30"))
    ward.tick(at("2026-06-01T15:30"))
    ward.flag()
    ward.tick(at("2026-06-01T15:31"))

    back = replace(ward.work.staff.known[OTHER_NURSE], active=True)
    ward.run(
        apply_staff_state(ward.work, colleague=back, rules=CONTENT, now=at("2026-06-01T16:00"))
    )
    ward.tick(at("2026-06-01T16:00"))

    assert ward.told(Purpose.ON_CALL) == [OTHER_NURSE, OTHER_NURSE]
    greetings = [
        one.count for one in ward.work.notices.known.values() if one.purpose is Purpose.ON_CALL
    ]
    assert greetings == [0, 1]


def test_days_away_are_an_uncovered_stretch_of_the_rota() -> None:
    ward = Ward()
    ward.put(NURSE, "2026-06-02T08:00", "2026-06-06T08:00")
    ward.run(
        ask_for_cover(
            ward.work,
            staff_id=NURSE,
            cover_id=OTHER_NURSE,
            starts_on=date(2026, 6, 3),
            ends_on=date(2026, 6, 3),
            note="",
            by=NURSE,
            rules=CONTENT,
            now=NOW,
            real_now=NOW,
        )
    )

    found = ward.run(rota_of(ward.work, [HARBOUR], rules=CONTENT, now=NOW))[HARBOUR]

    assert [(one.from_at, one.shift.staff_id if one.shift else None) for one in found] == [
        (at("2026-06-01T00:00"), None),
        (at("2026-06-02T08:00"), NURSE),
        (at("2026-06-03T00:00"), None),
        (at("2026-06-04T00:00"), NURSE),
        (at("2026-06-06T08:00"), None),
    ]


def test_a_team_without_any_rota_is_shown_as_not_covered() -> None:
    found = Ward()
    (whole,) = found.run(rota_of(found.work, ["hill"], rules=CONTENT, now=NOW))["hill"]

    assert whole.shift is None
    assert whole.until_at - whole.from_at == timedelta(days=14)


def test_others_hear_who_is_on_call_and_that_it_ended() -> None:
    ward = Ward()
    one = ward.put(STRANGER, "2026-06-02T08:00", "2026-06-03T08:00")
    ward.run(take_off_call(ward.work, one=one, now=NOW))

    said = [each.fact for each in ward.work.published if isinstance(each.fact, StandInChanged)]
    assert [(fact.stand_in.team, fact.stand_in.active) for fact in said] == [
        (HARBOUR, True),
        (HARBOUR, False),
    ]


def test_what_has_passed_of_today_counts_from_now() -> None:
    assert Ward().put(NURSE, "2026-06-01T08:00", "2026-06-02T08:00").from_at == NOW


@pytest.mark.parametrize(
    ("why", "who", "start", "end", "refusal", "field"),
    [
        ("backwards", NURSE, "2026-06-03T08:00", "2026-06-02T08:00", BadShift, "ends_on"),
        ("no time", NURSE, "2026-06-03T08:00", "2026-06-03T08:00", BadShift, "ends_on"),
        ("past", NURSE, "2026-06-01T08:00", "2026-06-01T12:59", BadShift, "ends_on"),
        ("a past day", NURSE, "2026-05-31T08:00", "2026-06-04T08:00", BadShift, "starts_on"),
        ("far ahead", NURSE, "9999-12-30T08:00", "9999-12-31T23:59", BadShift, "starts_on"),
        (
            "the first day",
            NURSE,
            "2026-06-02T08:00",
            "0001-01-01T00:00",
            BadShift,
            "ends_on",
        ),
        ("until the last", NURSE, "2026-06-02T08:00", "9999-12-31T23:59", BadShift, "ends_on"),
        ("too long", NURSE, "2026-06-02T08:00", "2026-06-16T08:01", BadShift, "ends_on"),
        (
            "unknown",
            UUID(int=5),
            "2026-06-02T08:00",
            "2026-06-03T08:00",
            CannotBeOnCall,
            "staff_id",
        ),
        ("overlapping", NURSE, "2026-06-09T07:59", "2026-06-09T08:01", OnCallAlready, "starts_on"),
        ("inside", NURSE, "2026-06-09T09:00", "2026-06-09T10:00", OnCallAlready, "starts_on"),
        ("around", NURSE, "2026-06-08T09:00", "2026-06-11T10:00", OnCallAlready, "starts_on"),
    ],
)
def test_a_time_that_cannot_be_is_refused_by_field_and_reason(
    why: str, who: UUID, start: str, end: str, refusal: type[Refusal], field: str
) -> None:
    ward = Ward()
    ward.put(DUTY_LEAD, "2026-06-09T08:00", "2026-06-10T08:00")

    with pytest.raises(refusal) as refused:
        ward.put(who, start, end)

    assert refused.value.field == field, why
    assert len(ward.work.rota.known) == 1


def test_one_after_the_other_and_another_team_are_no_overlap() -> None:
    ward = Ward()
    ward.put(NURSE, "2026-06-09T08:00", "2026-06-10T08:00")
    ward.put(DUTY_LEAD, "2026-06-10T08:00", "2026-06-11T08:00")
    ward.put(NURSE, "2026-06-09T08:00", "2026-06-10T08:00", team="hill")

    assert len(ward.work.rota.known) == 3


def test_what_is_over_is_not_ended_again() -> None:
    ward = Ward()
    one = ward.put(NURSE, "2026-06-01T08:00", "2026-06-02T08:00")

    with pytest.raises(ShiftOver):
        ward.run(take_off_call(ward.work, one=one, now=at("2026-06-02T08:00")))


def test_a_time_the_clocks_skip_begins_when_the_clock_first_shows_more() -> None:
    """29 March 2026: 01:30 does not exist in London."""
    ward = Ward()
    early = at("2026-03-20T12:00")

    one = ward.put(NURSE, "2026-03-29T01:30", "2026-03-29T08:00", now=early)

    assert one.from_at == at("2026-03-29T02:00")


@given(
    spans=st.lists(st.tuples(st.integers(0, 40), st.integers(1, 60)), max_size=8),
    away=st.lists(st.tuples(st.integers(0, 200), st.integers(1, 30)), max_size=4),
)
def test_the_whole_time_is_told_without_hole_or_overlap(
    spans: list[tuple[int, int]], away: list[tuple[int, int]]
) -> None:
    def hours(count: int) -> datetime:
        return NOW + timedelta(hours=count)

    shifts, reached = [], 0
    for number, (gap, length) in enumerate(spans):
        shifts.append(
            Shift(
                shift_id=UUID(int=number),
                team=HARBOUR,
                staff_id=(NURSE, LEAD)[number % 2],
                from_at=hours(reached + gap),
                until_at=hours(reached + gap + length),
                made_by=LEAD,
                made_at=NOW,
            )
        )
        reached += gap + length
    gone = {NURSE: [(hours(start), hours(start + length)) for start, length in away]}

    found = stretches(shifts, colleagues=by_id(STAFF), away=gone, between=(hours(50), hours(150)))

    assert (found[0].from_at, found[-1].until_at) == (hours(50), hours(150))
    assert all(one.until_at == after.from_at for one, after in pairwise(found))
    for hour in range(50, 150):
        moment = hours(hour)
        now = next(one for one in found if one.from_at <= moment < one.until_at)
        there = any(
            one.from_at <= moment < one.until_at
            and not any(left <= moment < back for left, back in gone.get(one.staff_id, ()))
            for one in shifts
        )
        assert (now.shift is not None) is there


def test_the_times_of_a_rota_are_the_clinics_own() -> None:
    one = Ward().put(NURSE, "2026-06-05T20:00", "2026-06-06T08:00")

    assert one.from_at.astimezone(CONTENT.hours.zone).time() == time(20)
