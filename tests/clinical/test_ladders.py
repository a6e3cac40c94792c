"""Who hears next when nobody answers, and after how long.

Source: reliability.md P15 (routine), evidence pack 6.5 (crisis levels); all times are graded PD.
"""

from datetime import datetime, timedelta

import pytest

from services.engagement.domain.change import Change
from services.engagement.domain.owed_by_course import obligations_of
from services.engagement.domain.owed_by_flag import obligations_of_flag
from services.engagement.domain.reconcile import reconcile
from services.engagement.domain.reminder import Reason
from tests.support.engagement import (
    CONTENT,
    LEAD,
    NOW,
    NURSE,
    PRESCRIBER,
    a_course,
    a_flag,
    a_patient,
    a_place,
    a_setting,
    a_step,
    a_taper,
    at,
)

ROUTINE = [
    ("a Friday", "2026-06-12", ["2026-06-12T13:00", "2026-06-12T17:00", "2026-06-15T17:00"]),
    ("a Saturday", "2026-06-13", ["2026-06-15T13:00", "2026-06-15T17:00", "2026-06-16T17:00"]),
    ("a holiday", "2026-05-04", ["2026-05-05T13:00", "2026-05-05T17:00", "2026-05-06T17:00"]),
]
FLAGS = [
    ("emergency", 0, [0, 0, 0, 15]),
    ("very urgent", 1, [15, 30, 45]),
    ("urgent", 2, [30, 60, 120]),
]


def planned(
    course_or_flag: str,
    *,
    day: str = "2026-06-12",
    severity: int = 1,
    now: datetime = NOW,
    nurses: bool = True,
) -> dict[tuple[str, int], Change]:
    """What is planned for one step or one flag, by kind and level."""
    care_team = (NURSE, PRESCRIBER, LEAD) if nurses else (PRESCRIBER, LEAD)
    if course_or_flag == "flag":
        owed = obligations_of_flag(a_flag(severity), CONTENT.kinds, a_place())
    else:
        step = a_step(change_on=datetime.fromisoformat(day).date())
        owed = obligations_of(a_course(a_taper(step)), CONTENT.kinds, a_place())
    changes = reconcile(
        (),
        owed,
        gone=lambda _row: Reason.WITHDRAWN,
        setting=a_setting(a_patient(care_team=care_team)),
        now=now,
    )
    return {(change.row.key.kind, change.row.level): change for change in changes}


@pytest.mark.parametrize(("why", "day", "expected"), ROUTINE, ids=[row[0] for row in ROUTINE])
def test_a_routine_reminder_climbs_in_working_hours(
    why: str, day: str, expected: list[str]
) -> None:
    rows = planned("step", day=day, now=at("2026-04-01T12:00"))

    times = [rows["change-day", level].row.due_at for level in (1, 2, 3)]

    assert times == [at(text) for text in expected]


def test_the_ladder_goes_to_lead_then_prescriber_then_whoever_is_on_call() -> None:
    rows = planned("step")

    assert [
        (rows["change-day", level].row.for_role, rows["change-day", level].row.owner_id)
        for level in (0, 1, 2, 3)
    ] == [("nurse", NURSE), ("lead", LEAD), ("prescriber", PRESCRIBER), ("on-call", None)]


@pytest.mark.parametrize(("why", "severity", "minutes"), FLAGS, ids=[row[0] for row in FLAGS])
def test_a_flag_climbs_by_the_minute(why: str, severity: int, minutes: list[int]) -> None:
    rows = planned("flag", severity=severity)

    waits = [rows["safety", level].row.due_at - NOW for level in range(1, len(minutes) + 1)]

    assert waits == [timedelta(minutes=minute) for minute in minutes]
    assert ("safety", len(minutes) + 1) not in rows


@pytest.mark.parametrize(
    ("severity", "roles"),
    [
        (0, ["lead", "prescriber", "on-call", "lead"]),
        (1, ["lead", "prescriber", "on-call"]),
        (2, ["lead", "prescriber", "on-call"]),
        (3, ["lead", "prescriber", "on-call"]),
    ],
)
def test_a_flag_goes_up_to_whoever_is_on_call_and_the_row_names_nobody(
    severity: int, roles: list[str]
) -> None:
    rows = planned("flag", severity=severity)

    rungs = [rows["safety", level].row for level in range(1, len(roles) + 1)]
    assert [row.for_role for row in rungs] == roles
    assert [row.owner_id for row in rungs if row.for_role == "on-call"] == [None]


def test_a_prompt_flag_climbs_within_the_working_day() -> None:
    rows = planned("flag", severity=3)

    assert rows["safety", 1].row.due_at == at("2026-06-01T15:00")


def test_a_flag_that_arrives_late_is_as_far_up_as_its_age() -> None:
    late = NOW + timedelta(minutes=20)

    rows = planned("flag", severity=1, now=late)

    assert rows["safety", 1].row.due_at < late < rows["safety", 2].row.due_at


def test_a_routine_reminder_planned_late_gives_its_owner_time_first() -> None:
    rows = planned("step", now=at("2026-06-22T10:00"))

    assert rows["change-day", 0].row.due_at == at("2026-06-12T09:00")
    assert rows["change-day", 1].row.due_at == at("2026-06-22T14:00")


def test_without_a_nurse_the_lead_is_told_at_once() -> None:
    rows = planned("step", nurses=False)

    assert rows["change-day", 0].row.owner_id is None
    assert rows["change-day", 1].row.due_at == rows["change-day", 0].row.due_at
    assert rows["change-day", 2].row.due_at == at("2026-06-12T17:00")
