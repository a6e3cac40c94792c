"""A login that the broker refuses is an entry of the trail, whoever tried; nothing else is told."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select
from structlog.testing import capture_logs

from shared.runtime.bus.connection import Access, Connection
from shared.runtime.bus.faults import Denied
from shared.runtime.bus.refused_logins import AGAIN_S, RefusedLogins
from shared.runtime.bus.topology import LOGINS_REFUSED, OBSERVER
from shared.runtime.db import Database
from shared.runtime.embedded import Embedded, embedded_broker
from shared.runtime.tables import audit, runtime
from tests.integration.conftest import SMALL, Connect
from tests.integration.two_services import until
from tests.support.databases import Databases

STRANGER = "mallory'); --"


@pytest.fixture
async def db(databases: Databases) -> AsyncIterator[Database]:
    opened = Database.open(await databases.with_tables(runtime), source="portal")
    yield opened
    await opened.close()


@pytest.fixture
async def logins(db: Database, bare_broker: Embedded) -> AsyncIterator[RefusedLogins]:
    found = RefusedLogins(db, Access(bare_broker.url, OBSERVER, bare_broker.passwords[OBSERVER]))
    yield found
    await found.close()


async def entries(db: Database) -> int:
    query = select(func.count()).where(
        audit.c.action == "broker.login-refused", audit.c.actor == "service:portal"
    )
    async with db.reading() as tx:
        return int((await tx.session.execute(query)).scalar_one())


async def try_to_enter(broker: Embedded, user: str = STRANGER) -> None:
    with pytest.raises(Denied):
        await Connection.open(Access(broker.url, user, "a guess"))


async def until_heard(logins: RefusedLogins, db: Database, *, more_than: int = 0) -> None:
    async def heard() -> bool:
        await logins.tick.run()
        return await entries(db) > more_than

    await until(heard)


@pytest.mark.parametrize("user", [STRANGER, "treatment", OBSERVER])
async def test_each_refused_login_is_heard(
    db: Database, logins: RefusedLogins, bare_broker: Embedded, connect: Connect, user: str
) -> None:
    await logins.tick.run()
    await connect("treatment")
    await logins.tick.run()
    assert await entries(db) == 0

    with capture_logs() as said:
        await try_to_enter(bare_broker, user)
        await until_heard(logins, db)

    assert await entries(db) == 1
    assert STRANGER not in str(said)


async def test_many_at_once_are_one_entry(
    db: Database, logins: RefusedLogins, bare_broker: Embedded
) -> None:
    await logins.tick.run()
    with capture_logs() as said:
        for _ in range(20):
            await try_to_enter(bare_broker)

        async def all_heard() -> bool:
            return [one["event"] for one in said].count("broker_login_refused") == 20

        await until(all_heard)
    await logins.tick.run()
    await logins.tick.run()

    assert await entries(db) == 1


async def test_a_broker_that_is_away_or_knows_no_such_user_is_tried_again(
    db: Database, bare_broker: Embedded
) -> None:
    access = Access(bare_broker.url, OBSERVER, bare_broker.passwords[OBSERVER])
    for wrong in (replace(access, password="old"), replace(access, url="nats://127.0.0.1:1")):
        now = [100.0]
        logins = RefusedLogins(db, wrong, monotonic=lambda now=now: now[0])
        for later, tries in ((0, 1), (AGAIN_S - 1, 0), (1, 1)):
            now[0] += later
            with capture_logs() as said:
                await logins.tick.run()
            assert [one["event"] for one in said].count("refused_logins_unheard") == tries
        await logins.close()


async def test_it_hears_again_after_the_broker_came_back(db: Database, tmp_path: Path) -> None:
    async with embedded_broker(tmp_path / "broker", size=SMALL) as first:
        port = int(first.url.rpartition(":")[2])
        logins = RefusedLogins(db, Access(first.url, OBSERVER, first.passwords[OBSERVER]))
        await logins.tick.run()
        await try_to_enter(first)
        await until_heard(logins, db)
    async with embedded_broker(tmp_path / "broker", port=port, size=SMALL) as second:

        async def heard_again() -> bool:
            await try_to_enter(second)
            await logins.tick.run()
            return await entries(db) > 1

        await until(heard_again)
    await logins.close()


@pytest.mark.parametrize("subject", ["care.>", "$SYS.>", "$SYS.ACCOUNT.*.CONNECT", ">"])
async def test_the_one_who_hears_of_it_hears_nothing_else(connect: Connect, subject: str) -> None:
    observer = await connect(OBSERVER)

    with pytest.raises(Denied, match="violation"):
        await observer.watch(subject, _nothing)
        await observer.failed()


@pytest.mark.parametrize("subject", ["care.treatment.plan.signed.v1", "$SYS.REQ.SERVER.PING"])
async def test_the_one_who_hears_of_it_says_nothing(connect: Connect, subject: str) -> None:
    observer = await connect(OBSERVER)

    with pytest.raises(Denied, match="violation"):
        await observer._client.publish(subject, b"")
        await observer.round_trip()
        await observer.failed()


async def test_a_service_cannot_hear_of_it(connect: Connect) -> None:
    portal = await connect("portal")

    with pytest.raises(Denied, match="violation"):
        await portal.watch(LOGINS_REFUSED, _nothing)
        await portal.failed()


async def _nothing(_subject: str, _body: bytes) -> None:
    raise AssertionError("it was told something")
