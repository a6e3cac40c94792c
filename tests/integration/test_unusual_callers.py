"""Who is refused, or exports, unusually often is counted from the trail, on both databases."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from shared.runtime import metrics, unusual
from shared.runtime.db import Database
from shared.runtime.tables import runtime
from tests.support.databases import Databases

REFUSED, EXPORTED = "access.denied", "outcomes.exported"


@pytest.fixture
async def db(databases: Databases) -> AsyncIterator[Database]:
    opened = Database.open(await databases.with_tables(runtime), source="notebook")
    yield opened
    await opened.close()


async def enter(
    db: Database, action: str, *, times: int, by: str = "staff:1", ago: timedelta = timedelta()
) -> None:
    async with db.reading() as tx:
        at = tx.now - ago
    for _ in range(times):
        async with db.transaction(actor=by, at=at) as tx:
            tx.audit(action, object="operation:read_patient")


def counted(what: str) -> float:
    return float(metrics.UNUSUAL.labels("notebook", what)._value.get())


@pytest.mark.parametrize(
    ("action", "what", "times"),
    [
        (REFUSED, "refused", 20),
        ("broker.denied", "broker-denied", 1),
        ("broker.login-refused", "broker-login-refused", 1),
        (EXPORTED, "outcomes-exported", 10),
        ("audit.exported", "audit-exported", 10),
    ],
)
async def test_the_last_one_counts(db: Database, action: str, what: str, times: int) -> None:
    tick = unusual.counting(db, "notebook")
    await tick.run()
    await enter(db, action, times=times - 1)
    await enter(db, action, times=times - 1, by="staff:2")
    await enter(db, "patient.read", times=30)

    await tick.run()
    assert counted(what) == 0
    await enter(db, action, times=1)
    await tick.run()

    assert counted(what) == 1
    others = {limit.what for limit in unusual.LIMITS} - {what}
    assert {counted(one) for one in others} == {0}


async def test_the_log_says_it_when_it_changes_and_not_at_every_look(
    db: Database,
) -> None:
    tick = unusual.counting(db, "notebook")
    await enter(db, REFUSED, times=20)

    with capture_logs() as lines:
        for _ in range(3):
            await tick.run()

    assert [(line["kind"], line["count"]) for line in lines] == [("refused", 1)]


async def test_what_is_long_ago_does_not_count(db: Database) -> None:
    hour, day = timedelta(hours=1, seconds=1), timedelta(days=1, seconds=1)
    await enter(db, EXPORTED, times=10, ago=day)
    await enter(db, REFUSED, times=10, ago=hour)
    await enter(db, REFUSED, times=19)

    await unusual.counting(db, "notebook").run()

    assert (counted("refused"), counted("outcomes-exported")) == (0, 0)


async def test_a_restart_forgets_nothing_and_every_replica_counts_alike(db: Database) -> None:
    before, beside = unusual.counting(db, "notebook"), unusual.counting(db, "notebook")
    await beside.run()
    await enter(db, REFUSED, times=15)
    await before.run()
    await enter(db, REFUSED, times=5)

    for tick in (before, beside, unusual.counting(db, "notebook")):
        metrics.UNUSUAL.labels("notebook", "refused").set(-1)
        await tick.run()
        assert counted("refused") == 1


async def test_many_of_one_kind_by_several_are_several(db: Database) -> None:
    for who in ("staff:1", "staff:2", "service:portal"):
        await enter(db, REFUSED, times=21, by=who)

    await unusual.counting(db, "notebook").run()

    assert counted("refused") == 3
