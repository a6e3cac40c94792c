"""A long list is read from the index made for it, and on PostgreSQL from that index alone.

That is what keeps the first page of 10,000 open reminders below 100 ms (``bench_worklist``):
whoever changes the list or an index and loses that hears of it here, on a machine of any speed.
"""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import uuid5

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.ext.asyncio import create_async_engine

from services.engagement.adapters.db import SqlWork
from services.engagement.adapters.rows import WRITTEN, reminder
from services.engagement.application.apply_course_state import apply_course_state
from services.engagement.application.ports import Viewer, Wanted
from services.engagement.main import SCHEMA
from shared.runtime.db import Database
from tests.support.databases import Databases
from tests.support.engagement import (
    CONTENT,
    NOW,
    NURSE,
    PLAN,
    a_course,
    a_step,
    a_taper,
    into_care,
)
from tests.support.query_plans import plan_of, statements

OPEN, CLOSED, AT_ONCE = 3_000, 6_000, 1_000
LATER = NOW + timedelta(days=60)
VIEWER = Viewer(staff_id=NURSE, role="nurse", teams=("harbour",))


@pytest.fixture
async def db(databases: Databases) -> AsyncIterator[Database]:
    """A clinic with a long list, and twice as much that is done."""
    url = await databases.migrated(SCHEMA)
    opened = Database.open(url, source="engagement")
    await fill(opened)
    if opened.dialect == "postgresql":  # as the server does by itself in the background
        keeper = create_async_engine(url, isolation_level="AUTOCOMMIT")
        async with keeper.connect() as connection:
            await connection.execute(text("VACUUM ANALYZE"))
        await keeper.dispose()
    yield opened
    await opened.close()


async def fill(db: Database) -> None:
    """One reminder by the ordinary way, and many more like it."""
    step = a_step(change_on=NOW.date())
    async with db.transaction(actor="service:engagement", at=NOW) as tx:
        work = SqlWork(tx, CONTENT)
        await into_care(work)
        await apply_course_state(work, course=a_course(a_taper(step)), rules=CONTENT, now=NOW)
        of_kind = select(*WRITTEN).where(reminder.c.kind == "change-day", reminder.c.level == 0)
        one = dict((await tx.session.execute(of_kind)).one()._mapping)
        for start in range(0, OPEN + CLOSED, AT_ONCE):
            rows = [like(one, number) for number in range(start, start + AT_ONCE)]
            await tx.session.execute(insert(reminder), rows)


def like(one: dict[str, Any], number: int) -> dict[str, Any]:
    """The same, about another plan."""
    own_id = uuid5(PLAN, f"listed {number}")
    became = (
        {"state": "visible", "visible_at": LATER}
        if number < OPEN
        else {"state": "done", "done_at": LATER}
    )
    return {**one, "reminder_id": own_id, "item_id": own_id, "subject_id": own_id, **became}


@pytest.mark.parametrize(
    ("mine", "index"), [(False, "ix_reminder_of_team"), (True, "ix_reminder_of_owner")]
)
async def test_a_long_list_is_put_in_order_by_its_own_index(
    db: Database, mine: bool, index: str
) -> None:
    wanted = Wanted(viewer=VIEWER, mine=mine, as_of=LATER, limit=50)
    async with db.reading() as tx:
        with statements(db) as made:
            listed = await SqlWork(tx, CONTENT).reminders.listed(wanted)
            counts = await SqlWork(tx, CONTENT).reminders.counts(wanted)
        plans = [await plan_of(tx.session, one) for one in made if " AS section" in one[0]]

    assert len(listed) == 50
    assert sum(counts.values()) >= OPEN
    assert len(plans) == 2
    for plan in plans:
        read = "Index Only Scan using" if db.dialect == "postgresql" else "INDEX"
        assert f"{read} {index}" in plan, plan
        assert "Seq Scan on reminder" not in plan
        assert "SCAN reminder" not in plan


async def test_the_rows_of_a_page_are_found_by_their_ids(db: Database) -> None:
    wanted = Wanted(viewer=VIEWER, mine=False, as_of=LATER, limit=50)
    async with db.reading() as tx:
        with statements(db) as made:
            await SqlWork(tx, CONTENT).reminders.listed(wanted)
        about = [one for one in made if "reminder" in one[0]]
        plans = [await plan_of(tx.session, one) for one in about]

    in_full = "pk_reminder" if db.dialect == "postgresql" else "(reminder_id=?)"
    rungs = "ix_reminder_item"
    assert [one for one in plans if in_full in one and rungs in one], plans
    for plan in plans:
        assert "Seq Scan on reminder" not in plan
        assert "SCAN reminder" not in plan
        assert "SCAN rung" not in plan
