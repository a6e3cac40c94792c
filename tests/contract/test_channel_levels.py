"""How notices fared on each channel, counted from rows on both databases."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from joserfc.jwk import KeySet

from services.engagement.adapters.db import SqlWork
from services.engagement.adapters.http import build_api
from services.engagement.main import SCHEMA
from shared.api.identity import Role
from shared.runtime import clock
from shared.runtime.auth import StaticKeys
from shared.runtime.db import Database
from tests.support.callers import KEY, site
from tests.support.databases import Databases
from tests.support.engagement import CONTENT
from tests.support.notices import MADE, NOTICES, keep


@pytest.fixture
async def db(databases: Databases) -> AsyncIterator[Database]:
    """Every notice of the table above, and one of a day earlier."""
    opened = Database.open(
        await databases.migrated(SCHEMA), source="engagement", person_keys=databases.person_keys
    )
    async with opened.transaction(actor="service:engagement") as tx:
        notices = SqlWork(tx, CONTENT).notices
        for row in NOTICES:
            await keep(notices, row)
        await keep(notices, NOTICES[0], -timedelta(days=1))
        tx.audit("notices.kept", object="test")
    yield opened
    await opened.close()


async def test_levels_by_channel_say_on_time_late_and_failed(db: Database) -> None:
    async with site(build_api(CONTENT, StaticKeys(KeySet([KEY]))), db) as served:
        operations = served.caller(clock.new_id(), Role.OPERATIONS, teams=())
        every = (await operations.get("service-levels")).json["channels"]
        later = (await operations.get("service-levels", since=MADE.isoformat())).json["channels"]

    assert every == [
        {"channel": "email", "on_time": 5, "late": 2, "failed": 1},
        {"channel": "webhook", "on_time": 1, "late": 0, "failed": 3},
    ]
    assert later[0] == {"channel": "email", "on_time": 4, "late": 2, "failed": 1}


async def test_where_nothing_was_sent_there_is_no_channel(databases: Databases) -> None:
    empty = Database.open(
        await databases.migrated(SCHEMA), source="engagement", person_keys=databases.person_keys
    )
    async with site(build_api(CONTENT, StaticKeys(KeySet([KEY]))), empty) as served:
        operations = served.caller(clock.new_id(), Role.OPERATIONS, teams=())
        levels = (await operations.get("service-levels")).json
    await empty.close()

    assert levels["channels"] == []
