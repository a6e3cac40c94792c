"""Operations, and nobody else, may have a service publish everything again."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import pytest
from sqlalchemy import select

from shared.api.identity import Role
from shared.runtime.anchors import Anchors
from shared.runtime.bus.speaker import Speaker
from shared.runtime.db import Database
from shared.runtime.embedded import Embedded
from shared.runtime.http import Api
from shared.runtime.operations import Installation, add_operations
from shared.runtime.tables import audit
from shared.runtime.ticker import Ticker
from tests.integration.two_services import (
    Notebook,
    noted,
    raise_flag,
    settings_for,
    speaking,
    unpublished,
    until,
)
from tests.support.callers import Site, site

OPERATOR = UUID(int=5)


@asynccontextmanager
async def operated(broker: Embedded, db: Database) -> AsyncIterator[Site]:
    """The operations routes of a service."""
    api = Api(service=db.source, title="A service")
    at = Installation(
        db=db,
        link=Speaker(db, settings_for(broker, db.source), {}),
        ticker=Ticker(db.source, ()),
        release="test",
        instance="test",
        schema_version=None,
        demo=False,
        anchors=Anchors("test", None),
        next_due=None,
    )
    add_operations(api, at)
    async with site(api, db) as there:
        yield there


async def test_what_was_published_goes_out_again_and_doubles_nothing(
    broker: Embedded, assessment: Database, engagement: Database
) -> None:
    for number in range(3):
        await raise_flag(assessment, number)
    async with (
        speaking(broker, assessment),
        speaking(broker, engagement, Notebook().subscriptions) as listener,
        operated(broker, assessment) as there,
    ):
        await until(lambda: has_nothing_left(assessment))
        operator = there.caller(OPERATOR, Role.OPERATIONS)

        answer = await operator.post("outbox/refill", {"reason": "store-lost"})

        await until(lambda: has_nothing_left(assessment))
        await until(lambda: is_drained(listener))

    assert answer.json == {"service": "assessment", "events": 3}
    assert len(await noted(engagement)) == 3
    async with assessment.reading() as tx:
        entry = (await tx.session.execute(select(audit).order_by(audit.c.seq.desc()))).first()
    assert entry is not None
    assert (entry.actor, entry.action, entry.reason) == (
        f"staff:{OPERATOR}",
        "outbox.refilled",
        "store-lost",
    )


@pytest.mark.parametrize("role", [Role.PRESCRIBER, Role.NURSE, Role.AUDITOR])
async def test_others_are_refused(role: Role, broker: Embedded, assessment: Database) -> None:
    async with operated(broker, assessment) as there:
        answer = await there.caller(OPERATOR, role).post("outbox/refill", {"reason": "x"})

    assert answer.status == 403


async def has_nothing_left(db: Database) -> bool:
    return await unpublished(db) == 0


async def is_drained(speaker: Speaker) -> bool:
    return await speaker.pending() == 0
