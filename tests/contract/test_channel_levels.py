"""How notices fared on each channel, counted from rows on both databases."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from joserfc.jwk import KeySet

from services.engagement.adapters.db import SqlWork
from services.engagement.adapters.http import build_api
from services.engagement.application.ports import Try
from services.engagement.domain.notice import Channel, Notice, Purpose, Reason, State
from services.engagement.main import SCHEMA
from shared.api.identity import Role
from shared.runtime import clock
from shared.runtime.auth import StaticKeys
from shared.runtime.db import Database
from tests.support.callers import KEY, site
from tests.support.databases import Databases
from tests.support.engagement import CONTENT, NURSE

MADE = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)
OPENS = MADE + timedelta(minutes=30)
TAKEN, LATER, NEVER = "taken", "later", "never"

Row = tuple[str, datetime, State, int, list[tuple[str, str]]]
NOTICES: list[Row] = [  # may go from, how it stands, seconds until it ended, what each try met
    ("at once", MADE, State.SENT, 0, [("email", TAKEN)]),
    ("in the last second of two minutes", MADE, State.SENT, 120, [("email", TAKEN)]),
    ("a second late", MADE, State.SENT, 121, [("email", LATER), ("email", TAKEN)]),
    ("after quiet hours", OPENS, State.SENT, 30 * 60 + 120, [("email", TAKEN)]),
    ("late after quiet hours", OPENS, State.SENT, 30 * 60 + 121, [("email", TAKEN)]),
    ("by mail instead", MADE, State.SENT, 90, [("webhook", NEVER), ("email", TAKEN)]),
    ("by nothing", MADE, State.FAILED, 90, [("webhook", NEVER), ("email", NEVER)]),
    ("still being tried", MADE, State.PLANNED, 0, [("webhook", LATER), ("webhook", LATER)]),
    ("answered meanwhile", MADE, State.CANCELLED, 90, [("webhook", LATER)]),
    ("never tried", MADE, State.CANCELLED, 0, []),
    ("by webhook", MADE, State.SENT, 5, [("webhook", TAKEN)]),
]
REASONS = {State.FAILED: Reason.REFUSED, State.CANCELLED: Reason.ANSWERED}


@pytest.fixture
async def db(databases: Databases) -> AsyncIterator[Database]:
    """Every notice of the table above, and one of a day earlier."""
    opened = Database.open(await databases.migrated(SCHEMA), source="engagement")
    for row in NOTICES:
        await keep(opened, row, timedelta())
    await keep(opened, NOTICES[0], -timedelta(days=1))
    yield opened
    await opened.close()


async def keep(db: Database, row: Row, away: timedelta) -> None:
    _why, may_go_from, state, seconds, tries = row
    made = Notice(
        notice_id=clock.new_id(),
        purpose=Purpose.DUE,
        staff_id=NURSE,
        channels=(Channel.EMAIL,),
        state=state,
        reason=REASONS.get(state),
        made_at=MADE + away,
        not_before=may_go_from + away,
        retry_at=MADE + away,
        ended_at=None if state is State.PLANNED else MADE + away + timedelta(seconds=seconds),
    )
    async with db.transaction(actor="service:engagement") as tx:
        notices = SqlWork(tx, CONTENT).notices
        await notices.add([made])
        for number, (channel, answer) in enumerate(tries, start=1):
            attempt = Try(
                notice_id=made.notice_id,
                number=number,
                channel=channel,
                at=MADE,
                answer=answer,
                code="test",
            )
            await notices.add_try(attempt)
        tx.audit("notices.kept", object="test")


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
    empty = Database.open(await databases.migrated(SCHEMA), source="engagement")
    async with site(build_api(CONTENT, StaticKeys(KeySet([KEY]))), empty) as served:
        operations = served.caller(clock.new_id(), Role.OPERATIONS, teams=())
        levels = (await operations.get("service-levels")).json
    await empty.close()

    assert levels["channels"] == []
