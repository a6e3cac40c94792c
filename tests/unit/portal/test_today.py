"""Today's list: one row for each thing owed, whichever service knows of it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from services.portal.presenters import today
from services.portal.presenters.today import NAMELESS, Setting, Sources
from shared.api.assessment import FlagBody, PatientSummary
from shared.api.engagement import (
    Acknowledged,
    Action,
    Detail,
    Meaning,
    ReminderBody,
    ReminderKey,
    Section,
)
from shared.api.identity import Role
from shared.api.treatment import DueItem

NOW = datetime(2027, 5, 4, 7, 0, tzinfo=UTC)
TODAY = date(2027, 5, 4)
NELL = UUID("11111111-1111-1111-1111-111111111111")
PLAN = UUID("22222222-2222-2222-2222-222222222222")
COURSE = UUID("33333333-3333-3333-3333-333333333333")
ADA = UUID("44444444-4444-4444-4444-444444444444")
FLAG = UUID("55555555-5555-5555-5555-555555555555")
OTHER = UUID(int=88)
SETTING = Setting(now=NOW, zone=ZoneInfo("Europe/London"), staff={NELL: "Nell Hughes"})


def test_what_two_services_know_is_one_row_with_the_plans_own_dose() -> None:
    old_words = reminder(detail=Detail(dose_text="an older dose"))
    plan_words = due(detail=Detail(previous_dose_text="50 mg", dose_text="37.5 mg"))

    rows = rows_of(Sources(due=[plan_words], reminders=[old_words], flags=[]))

    assert len(rows) == 1
    assert rows[0].dose == "50 mg → 37.5 mg"
    assert rows[0].title == "Check-in before step 2"


def test_the_list_is_complete_when_engagement_is_silent() -> None:
    (row,) = rows_of(Sources(due=[due(due_on=TODAY - timedelta(days=2))], reminders=None, flags=[]))

    assert (row.name, row.section) == ("Ada Marsh", Section.OVERDUE)
    assert row.due == "Sun 2 May 2027, 2 days ago"
    assert row.late == "2 days"


def test_work_that_may_take_some_days_is_late_only_when_engagement_says_overdue() -> None:
    since = {"due_on": TODAY - timedelta(days=2), "late_by_minutes": 2 * 24 * 60}
    said = {
        section: rows_of(Sources(due=[], reminders=[reminder(section=section, **since)], flags=[]))
        for section in (Section.OVERDUE, Section.DUE_TODAY)
    }

    assert [rows[0].late for rows in said.values()] == ["2 days", ""]
    assert [rows[0].due.startswith("since ") for rows in said.values()] == [False, True]


def test_without_the_engine_the_day_decides_the_section() -> None:
    days = {-1: Section.OVERDUE, 0: Section.DUE_TODAY, 1: Section.PREPARE}
    for offset, section in days.items():
        item = due(due_on=TODAY + timedelta(days=offset))

        (row,) = rows_of(Sources(due=[item], reminders=None, flags=[]))

        assert row.section is section


def test_a_flag_nobody_else_knows_of_comes_first() -> None:
    groups = today.grouped(Sources(due=[due()], reminders=None, flags=[flag()]), SETTING)

    assert [group.code for group in groups] == ["safety-now", "due-today"]
    assert groups[0].rows[0].why == "Ask directly, today."
    assert groups[0].rows[0].href.endswith(f"/flags/{FLAG}")


def test_a_flag_and_its_reminder_are_one_row() -> None:
    key = ReminderKey(
        subject_kind="safety-flag",
        subject_id=FLAG,
        subject_version=1,
        ordinal=0,
        kind="safety",
        level=0,
    )
    known = reminder(key=key, section=Section.SAFETY_NOW, title="Safety")

    (row,) = rows_of(Sources(due=[], reminders=[known], flags=[flag()]))

    assert row.title == "Thoughts of self-harm"
    assert row.name == "Ada Marsh"


def test_escalations_of_one_thing_are_one_row_that_says_so() -> None:
    passed_on = reminder(key=reminder().key.model_copy(update={"level": 1}), for_role=Role.LEAD)

    (row,) = rows_of(Sources(due=[], reminders=[passed_on, reminder()], flags=[]))

    assert row.escalated
    assert row.on_lists == {NELL}


def test_what_came_up_to_a_role_is_on_the_lists_of_that_role() -> None:
    up = reminder().key.model_copy(update={"level": 1})
    passed_on = reminder(key=up, for_role=Role.LEAD, owner_id=None)
    groups = today.grouped(Sources(due=[], reminders=[passed_on, reminder()], flags=[]), SETTING)

    assert today.mine(groups, OTHER, Role.LEAD) == groups
    assert today.mine(groups, NELL, Role.NURSE) == groups
    assert today.mine(groups, OTHER, Role.NURSE) == ()


def test_a_silent_engine_never_hides_a_name_that_anybody_knows() -> None:
    ben = PatientSummary(
        patient_id=NELL,
        status="active",
        team="harbour",
        given_name="Ben",
        family_name="Kowal",
        birth_date=date(1960, 2, 29),
        enrolled_on=TODAY,
        open_flags=1,
    )
    unknown = flag(patient_id=NELL)

    names = {row.patient_id: row.name for row in rows_of(Sources([due()], None, [flag(), unknown]))}
    told = rows_of(Sources([due()], None, [flag(), unknown.model_copy(update={"patient": ben})]))

    assert names == {ADA: "Ada Marsh", NELL: NAMELESS}
    assert {row.name for row in told} == {"Ada Marsh", "Ben Kowal"}


def test_a_nurse_sees_her_own_work_and_everything_about_safety() -> None:
    review = due(for_role=Role.PRESCRIBER, key=due().key.model_copy(update={"ordinal": 9}))
    groups = today.grouped(Sources(due=[due(), review], reminders=None, flags=[flag()]), SETTING)

    for_nurse = today.mine(groups, NELL, Role.NURSE)
    for_prescriber = today.mine(groups, OTHER, Role.PRESCRIBER)

    assert [len(group.rows) for group in for_nurse] == [1, 1]
    assert [len(group.rows) for group in for_prescriber] == [1, 1]
    assert for_nurse[1] != for_prescriber[1]


def test_what_was_missed_of_one_course_is_one_row_that_names_the_rest() -> None:
    cut = reminder(
        key=_key(3, "change-day"), section=Section.OVERDUE, due_at=NOW - timedelta(days=1), risk=4
    )
    gate = reminder(key=_key(2), section=Section.OVERDUE, due_at=NOW - timedelta(days=3))
    supply = reminder(key=_key(4, "prepare-supply"), section=Section.PREPARE)
    elsewhere = reminder(key=_key(1), section=Section.OVERDUE, course_id=UUID(int=7))

    rows = rows_of(Sources(due=[], reminders=[cut, gate, supply, elsewhere], flags=[]))

    assert [(row.key[4], len(row.also)) for row in rows] == [
        ("check-in-gate", 1),
        ("check-in-gate", 0),
        ("prepare-supply", 0),
    ]
    assert rows[0].also[0].href.endswith("/steps/3")


def test_a_missed_check_in_and_its_check_in_are_one_row() -> None:
    gate = reminder(key=_key(2), section=Section.OVERDUE)
    missed = reminder(key=_key(2, "missed-check-in-gate"), title="No check-in", risk=3)

    (row,) = rows_of(Sources(due=[], reminders=[gate, missed], flags=[]))

    assert (row.title, row.section, row.also) == ("No check-in", Section.OVERDUE, ())


def test_what_somebody_put_off_says_when_it_comes_back() -> None:
    later = reminder(section=Section.WAITING, due_at=NOW + timedelta(hours=3))

    (row,) = rows_of(Sources(due=[], reminders=[later], flags=[]))

    assert row.due == "again Tue 4 May 2027 at 11:00, in 3 hours"


def test_what_went_up_says_too_when_its_owner_has_it_again() -> None:
    key = reminder().key.model_copy(update={"level": 1})
    back = NOW + timedelta(hours=3)
    rung = reminder(key=key, section=Section.OVERDUE, comes_back_at=back)

    (row,) = rows_of(Sources(due=[], reminders=[rung], flags=[]))

    assert (row.due, row.escalated) == ("again Tue 4 May 2027 at 11:00, in 3 hours", True)


def test_somebody_who_has_it_in_hand_is_named() -> None:
    taken = Acknowledged(by=NELL, at=NOW, meaning=Meaning.SEEN, on_earlier_version=True)

    (row,) = rows_of(Sources(due=[], reminders=[reminder(acknowledged=taken)], flags=[]))

    assert row.in_hand == "Nell Hughes, seen, about the plan before this one"


def test_worst_and_latest_first() -> None:
    early = reminder(key=_key(1), due_at=NOW - timedelta(hours=5), risk=5)
    late = reminder(key=_key(2), due_at=NOW - timedelta(hours=9), risk=5)
    grave = reminder(key=_key(3), due_at=NOW, risk=1)

    rows = rows_of(Sources(due=[], reminders=[early, late, grave], flags=[]))

    assert [row.key[3] for row in rows] == [3, 2, 1]


def test_the_engine_is_late_after_a_minute_of_silence() -> None:
    assert today.engine_is_late(None, now=NOW)
    assert today.engine_is_late(NOW - timedelta(seconds=61), now=NOW)
    assert not today.engine_is_late(NOW - timedelta(seconds=60), now=NOW)


def test_the_engine_is_behind_after_a_minute_of_a_due_reminder_unannounced() -> None:
    assert today.engine_is_behind(NOW - timedelta(seconds=61), as_of=NOW)
    assert not today.engine_is_behind(NOW - timedelta(seconds=60), as_of=NOW)
    assert not today.engine_is_behind(None, as_of=NOW)


def rows_of(sources: Sources) -> list[today.Row]:
    return [row for group in today.grouped(sources, SETTING) for row in group.rows]


def _key(ordinal: int, kind: str = "check-in-gate") -> ReminderKey:
    return ReminderKey(
        subject_kind="taper-plan",
        subject_id=PLAN,
        subject_version=1,
        ordinal=ordinal,
        kind=kind,
        level=0,
    )


def reminder(**changes: Any) -> ReminderBody:
    body = ReminderBody(
        reminder_id=UUID(int=1),
        version=1,
        key=_key(2),
        patient_id=ADA,
        patient_name="Ada Marsh",
        birth_date=date(1958, 1, 1),
        team="harbour",
        course_id=COURSE,
        for_role=Role.NURSE,
        owner_id=NELL,
        state="visible",
        section=Section.DUE_TODAY,
        risk=5,
        due_at=NOW,
        due_on=TODAY,
        time_zone="Europe/London",
        title="Check-in before step 2",
        why="No next step without a check-in.",
        what="Ask.",
        detail=Detail(),
        action=Action.CHECK_IN,
        actions=("acknowledge",),
    )
    return body.model_copy(update=changes)


def due(**changes: Any) -> DueItem:
    body = DueItem(
        key=_key(2),
        patient_id=ADA,
        patient_name="Ada Marsh",
        birth_date=date(1958, 1, 1),
        course_id=COURSE,
        team="harbour",
        for_role=Role.NURSE,
        due_on=TODAY,
        due_at=NOW,
        late_by_minutes=2 * 24 * 60,
        title="Check-in",
        why="The gate.",
        detail=Detail(),
        action=Action.CHECK_IN,
    )
    return body.model_copy(update=changes)


def flag(**changes: Any) -> FlagBody:
    body = FlagBody(
        flag_id=FLAG if "patient_id" not in changes else UUID(int=9),
        version=1,
        patient_id=ADA,
        kind="self-harm",
        title="Thoughts of self-harm",
        act="Ask directly, today.",
        level=3,
        rule="R-03",
        source="s",
        grade="V1",
        assessment_id=None,
        raised_at=NOW,
        due_at=NOW + timedelta(hours=4),
        status="open",
        acknowledged_by=None,
        acknowledged_at=None,
        closed_by=None,
        closed_at=None,
        outcome=None,
        note=None,
        actions=(),
    )
    return body.model_copy(update=changes)


def test_what_stands_on_another_page_is_left_to_it_and_what_nobody_knows_stays() -> None:
    on_page, elsewhere, unheard_of = (due(key=_key(ordinal)) for ordinal in (2, 3, 4))
    sources = Sources(
        due=[on_page, elsewhere, unheard_of], reminders=[reminder(key=_key(2))], flags=[]
    )

    left = today.not_beyond(sources, [_key(2), _key(3)])

    assert left.due == [on_page, unheard_of]


def test_a_silent_plan_stays_silent_whatever_stands_elsewhere() -> None:
    sources = Sources(due=None, reminders=[reminder()], flags=[])

    assert today.not_beyond(sources, [_key(3)]).due is None
