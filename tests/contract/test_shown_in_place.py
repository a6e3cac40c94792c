"""A reminder becomes visible without a write to any index of its table.

PostgreSQL writes to all of a table's indexes as soon as one of them mentions a column that
changes; that had been four fifths of what the claim cost. Whoever adds such an index hears of
it here, on a machine of any speed.
"""

from datetime import timedelta
from typing import Any
from uuid import uuid5

import pytest
from sqlalchemy import insert, select, text

from services.engagement.adapters.claim import claim
from services.engagement.adapters.db import SqlWork
from services.engagement.adapters.rows import WRITTEN, reminder
from services.engagement.application.apply_course_state import apply_course_state
from services.engagement.main import SCHEMA
from services.watcher.look import OVERDUE
from shared.runtime.db import Database, Transaction
from tests.support.databases import Databases
from tests.support.engagement import CONTENT, NOW, PLAN, a_course, a_step, a_taper, into_care

STORED, EVERY = 600, 12
"""So many reminders, of which every twelfth is due: a plan's are written together and fall due
one after the other."""
_IN_PLACE = text(
    "SELECT pg_stat_get_xact_tuples_updated('reminder'::regclass),"
    " pg_stat_get_xact_tuples_hot_updated('reminder'::regclass)"
)


@pytest.mark.postgres
async def test_what_is_shown_stays_where_it_is(postgres_databases: Databases) -> None:
    db = Database.open(await postgres_databases.migrated(SCHEMA), source="engagement")
    async with db.transaction(actor="service:engagement", at=NOW) as tx:
        await fill(tx)

    async with db.transaction(actor="service:engagement", at=NOW) as tx:
        shown = await SqlWork(tx, CONTENT).reminders.show_due(NOW, limit=STORED)
        changed, in_place = (await tx.session.execute(_IN_PLACE)).one()
        tx.audit("reminder.shown", object="reminder:all")

    await db.close()
    assert len(shown) >= STORED // EVERY
    assert (changed, in_place) == (len(shown), len(shown))


@pytest.mark.postgres
async def test_what_is_claimed_is_found_where_it_is_held(postgres_databases: Databases) -> None:
    """Looked for by id, many rows would have the planner read every reminder there was."""
    db = Database.open(await postgres_databases.migrated(SCHEMA), source="engagement")
    claimed = claim("postgresql").compile(dialect=db.engine.dialect)
    given = claimed.construct_params({"now": NOW, "limit": STORED})
    values = tuple(given[name] for name in claimed.positiontup or ())

    async with db.reading() as tx:
        await tx.session.execute(text("SET LOCAL enable_seqscan = off"))
        connection = await tx.session.connection()
        explained = await connection.exec_driver_sql(f"EXPLAIN {claimed}", values)
        plan = "\n".join(explained.scalars())

    await db.close()
    assert "Tid Scan on reminder" in plan  # as it does for any number in a large table


@pytest.mark.postgres
async def test_what_is_overdue_is_counted_from_an_index(postgres_databases: Databases) -> None:
    """The watcher's question: asked by ``state`` alone it would read every reminder there was."""
    db = Database.open(await postgres_databases.migrated(SCHEMA), source="engagement")
    explained = text(f"EXPLAIN {OVERDUE.text}").bindparams(overdue_s=60.0)

    async with db.reading() as tx:
        await tx.session.execute(text("SET LOCAL enable_seqscan = off"))
        plan = "\n".join((await tx.session.execute(explained)).scalars())

    await db.close()
    assert "Seq Scan on reminder" not in plan  # nor would it be on a large table


async def fill(tx: Transaction) -> None:
    """One reminder by the ordinary way, and many more like it."""
    work = SqlWork(tx, CONTENT)
    await into_care(work)
    course = a_course(a_taper(a_step(change_on=NOW.date())))
    await apply_course_state(work, course=course, rules=CONTENT, now=NOW)
    of_kind = select(*WRITTEN).where(reminder.c.kind == "change-day", reminder.c.level == 0)
    one = dict((await tx.session.execute(of_kind)).one()._mapping)
    await work.reminders.set_live(
        {("taper-plan", uuid5(PLAN, str(number))): 1 for number in range(STORED)},
        retired=frozenset(),
    )
    await tx.session.execute(insert(reminder), [like(one, number) for number in range(STORED)])


def like(one: dict[str, Any], number: int) -> dict[str, Any]:
    """The same, about another plan."""
    own_id = uuid5(PLAN, f"listed {number}")
    return {
        **one,
        "reminder_id": own_id,
        "item_id": own_id,
        "subject_id": uuid5(PLAN, str(number)),
        "subject_version": 1,
        "due_at": NOW if number % EVERY == 0 else NOW + timedelta(days=60),
    }
