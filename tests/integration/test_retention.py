"""What nothing can need any more is forgotten; what a person may ask for stays."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import Table, func, insert, select, update

from shared.runtime import clock, retention
from shared.runtime.db import Database
from shared.runtime.tables import attempts, audit, idempotency, inbox, outbox
from tests.integration.two_services import raise_flag

A_MINUTE = timedelta(minutes=1)


async def count(db: Database, table: Table) -> int:
    async with db.reading() as tx:
        return (await tx.session.execute(select(func.count()).select_from(table))).scalar_one()


async def fill(db: Database, *, age: timedelta) -> None:
    """One row of each kind that is written and done with at this age."""
    then = clock.real_now() - age
    event = {"event_id": UUID(int=1)}
    async with db.housekeeping() as tx:
        for table, row in (
            (inbox, event | {"type": "x", "body_sha256": bytes(32), "received_at": then}),
            (attempts, event | {"tries": 1, "first_at": then, "last_error": "x"}),
            (
                idempotency,
                {"actor": "a", "key": "k", "route": "r", "request_sha256": bytes(32)}
                | {"created_at": then},
            ),
        ):
            await tx.session.execute(insert(table).values(row))
    await raise_flag(db)
    async with db.housekeeping() as tx:
        await tx.session.execute(update(outbox).values(published_at=then))


async def test_events_are_forgotten_after_35_days(assessment: Database) -> None:
    await fill(assessment, age=retention.EVENTS + A_MINUTE)

    assert await retention.forget_old(assessment, now=clock.real_now()) == 4

    for table in (outbox, inbox, attempts, idempotency):
        assert await count(assessment, table) == 0
    assert await count(assessment, audit) == 1


async def test_events_are_kept_for_35_days_and_answers_for_7(assessment: Database) -> None:
    await fill(assessment, age=retention.EVENTS - A_MINUTE)

    assert await retention.forget_old(assessment, now=clock.real_now()) == 1

    assert await count(assessment, idempotency) == 0
    for table in (outbox, inbox, attempts):
        assert await count(assessment, table) == 1


@pytest.mark.parametrize(("over", "gone"), [(A_MINUTE, 4), (-A_MINUTE, 0)])
async def test_the_deployers_times_count(assessment: Database, over: timedelta, gone: int) -> None:
    kept = retention.Periods(events=timedelta(days=90), answers=timedelta(days=90))
    await fill(assessment, age=kept.events + over)

    assert await retention.forget_old(assessment, now=clock.real_now(), kept=kept) == gone


async def test_answers_are_kept_for_7_days(assessment: Database) -> None:
    await fill(assessment, age=retention.ANSWERS - A_MINUTE)

    assert await retention.forget_old(assessment, now=clock.real_now()) == 0


async def test_what_was_never_published_is_never_forgotten(assessment: Database) -> None:
    await raise_flag(assessment)

    assert await retention.forget_old(assessment, now=clock.real_now() + 2 * retention.EVENTS) == 0
    assert await count(assessment, outbox) == 1


async def test_more_than_one_batch_is_forgotten(
    assessment: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    for number in range(5):
        await raise_flag(assessment, number)
    long_ago = clock.real_now() - retention.EVENTS - A_MINUTE
    async with assessment.housekeeping() as tx:
        await tx.session.execute(update(outbox).values(published_at=long_ago))

    assert await retention.forget_old(assessment, now=clock.real_now()) == 5
