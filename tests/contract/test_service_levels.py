"""Service levels are what a plain count of the rows says, whatever reminders went through."""

import random
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import pytest
from sqlalchemy import insert, select

from services.engagement.adapters.db import SqlWork
from services.engagement.adapters.levels import PROMPT
from services.engagement.adapters.rows import reminder
from services.engagement.main import SCHEMA
from shared.runtime.db import Database
from tests.support.databases import Databases
from tests.support.engagement import CONTENT, NOW, PATIENT

AS_OF = NOW + timedelta(days=100)
STATES = ("planned", "visible", "acknowledged", "done", "cancelled")


def a_row(number: int, dice: random.Random) -> dict[str, Any]:
    """A reminder that may be in any state a row can be in."""
    state = dice.choice(STATES)
    due_at = NOW + timedelta(minutes=dice.randint(0, 200 * 24 * 60))
    planned_at = due_at + timedelta(days=dice.choice((-30, -1, 1)))
    shown = state in {"visible", "acknowledged"} or (state == "done" and dice.random() < 0.7)
    waited = timedelta(seconds=dice.choice((0, 1, 59, 61, 600, 90_000)))
    visible_at = max(due_at, planned_at) + waited if shown else None
    if state == "acknowledged" and dice.random() < 0.2:
        visible_at = due_at - timedelta(hours=1)
    return {
        "reminder_id": uuid5(PATIENT, f"{number}"),
        "item_id": uuid5(PATIENT, f"{number}"),
        "subject_kind": "plan",
        "subject_id": uuid5(PATIENT, f"plan {number // 3}"),
        "subject_version": 1,
        "ordinal": 1,
        "kind": "change-day",
        "level": 0 if state in {"done", "cancelled"} else number % 3,
        "life": 1 + number % 3 if state in {"done", "cancelled"} else 1,
        "patient_id": PATIENT,
        "team": "harbour",
        "course_id": None,
        "for_role": "nurse",
        "owner_id": None,
        "handed_over": False,
        "risk": 1,
        "due_on": due_at.date(),
        "owed_at": due_at,
        "due_at": due_at,
        "overdue_from": due_at,
        "planned_at": planned_at,
        "state": state,
        "reason": "stopped" if state == "cancelled" else None,
        "visible_at": visible_at,
        "acknowledged_by": PATIENT if state == "acknowledged" else None,
        "acknowledged_at": visible_at if state == "acknowledged" else None,
        "acknowledged_meaning": None,
        "answered_before": False,
        "done_at": (visible_at or due_at) + timedelta(hours=1) if state == "done" else None,
        "attempts": 0,
        "detail": {},
        "version": 1,
    }


@pytest.fixture
async def db(databases: Databases) -> AsyncIterator[Database]:
    """With several hundred reminders of all fates."""
    dice = random.Random(20260105)
    opened = Database.open(
        await databases.migrated(SCHEMA), source="engagement", person_keys=databases.person_keys
    )
    async with opened.housekeeping() as tx:
        rows = [a_row(number, dice) for number in range(600)]
        await tx.session.execute(insert(reminder), rows)
    yield opened
    await opened.close()


def counted(rows: list[Any], as_of: datetime) -> dict[str, int]:
    """One row after the other."""
    waits = [
        (one.visible_at - max(one.due_at, one.planned_at)).total_seconds()
        for one in rows
        if one.visible_at is not None
    ]
    due = [one.state for one in rows if one.due_at <= as_of]
    late = sum(wait > PROMPT.total_seconds() for wait in waits)
    early = [one for one in rows if one.state == "visible" and one.visible_at < one.due_at]
    return {
        "on_time": len(waits) - late,
        "late": late,
        "early": len(early),
        "waiting": due.count("planned"),
        "open": sum(due.count(state) for state in ("planned", "visible", "acknowledged")),
        "done": [one.state for one in rows].count("done"),
        "cancelled": [one.state for one in rows].count("cancelled"),
        "worst_lateness_s": max(0, int(max(waits, default=0))),
    }


@pytest.mark.parametrize("since", [None, NOW + timedelta(days=50), NOW + timedelta(days=300)])
async def test_every_count_is_that_of_the_rows(db: Database, since: datetime | None) -> None:
    async with db.reading() as tx:
        found = await SqlWork(tx, CONTENT).reminders.levels(since, AS_OF)
        rows = list((await tx.session.execute(select(reminder))).all())
    expected = counted([one for one in rows if since is None or one.due_at >= since], AS_OF)
    assert {name: getattr(found, name) for name in expected} == expected
    if since is None:
        few = {name: count for name, count in expected.items() if not count}
        assert few == {"early": 0}, "the constraint of the table keeps early ones out"


async def test_doubled_ones_are_those_whose_lives_met(db: Database) -> None:
    async with db.reading() as tx:
        found = await SqlWork(tx, CONTENT).reminders.levels(None, AS_OF)
        rows = list((await tx.session.execute(select(reminder))).all())
    doubled: set[UUID] = set()
    for later in rows:
        for former in rows:
            same_key = (later.subject_id, later.level) == (former.subject_id, former.level)
            if same_key and former.life < later.life and met(former, later):
                doubled.add(later.reminder_id)
    assert doubled
    assert found.doubled == len(doubled)


def met(former: Any, later: Any) -> bool:
    """Whether both stood on a list at once."""
    is_open = {one.reminder_id: one.state in STATES[:3] for one in (former, later)}
    if is_open[former.reminder_id]:
        return is_open[later.reminder_id] or later.visible_at is not None
    return bool(later.visible_at and former.done_at and later.visible_at < former.done_at)
