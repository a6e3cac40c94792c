"""A parked event is applied later through the ordinary path, once, by a named person."""

import json
import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, select

from shared.api.identity import Role
from shared.api.operations import ParkedBody
from shared.events.envelope import AnyEvent, Event
from shared.runtime import clock, outbox
from shared.runtime.db import Database
from shared.runtime.inbox import Inbox, NotParked, Outcome, StillFails, Unacceptable
from shared.runtime.tables import audit, parked
from tests.integration.two_services import Notebook, a_flag, noted, person, raise_flag
from tests.support.operated import operated

OPERATOR = f"staff:{UUID(int=5)}"
RAISED = a_flag().TYPE


async def refuse(_event: Event[Any]) -> None:
    raise Unacceptable("unknown-team")


async def park_one(
    assessment: Database, engagement: Database, *, version: int = 1
) -> tuple[UUID, AnyEvent, bytes]:
    """Commit a flag, and park it in engagement as its consumer does."""
    await raise_flag(assessment, 1, version=version)
    body = (await outbox.unsent(assessment, now=clock.real_now(), limit=99))[-1].body
    reading = Inbox(engagement, Notebook().subscriptions)
    await reading.park(RAISED, body, reason="unknown-team", error="unknown-team", tries=8)
    async with engagement.reading() as tx:
        parked_id = (await tx.session.execute(select(parked.c.id))).scalar_one()
    return parked_id, reading.read(RAISED, body), body


async def test_a_replayed_event_takes_effect_and_is_resolved(
    assessment: Database, engagement: Database
) -> None:
    parked_id, event, _ = await park_one(assessment, engagement)

    outcome = await Inbox(engagement, Notebook().subscriptions).replay(
        parked_id, actor=OPERATOR, reason="team-added"
    )

    assert outcome is Outcome.APPLIED
    assert await noted(engagement) == [(f"flag:{person(1)}", 1)]
    row = await resolved(engagement)
    assert (row.status, row.resolved_by, row.resolution) == ("replayed", OPERATOR, "team-added")
    assert await trail(engagement) == [
        ("service:engagement", "event.parked"),
        (OPERATOR, "event.applied"),
        (OPERATOR, "parked.replayed"),
    ]
    assert event.subject == str(person(1))


async def test_a_second_replay_is_refused(assessment: Database, engagement: Database) -> None:
    parked_id, *_ = await park_one(assessment, engagement)
    replaying = Inbox(engagement, Notebook().subscriptions)
    await replaying.replay(parked_id, actor=OPERATOR, reason="team-added")

    with pytest.raises(NotParked):
        await replaying.replay(parked_id, actor=OPERATOR, reason="team-added")

    assert len(await noted(engagement)) == 1


async def test_an_event_that_took_effect_meanwhile_is_resolved_without_a_second_effect(
    assessment: Database, engagement: Database
) -> None:
    parked_id, event, body = await park_one(assessment, engagement)
    replaying = Inbox(engagement, Notebook().subscriptions)
    await replaying.apply(event, body)

    outcome = await replaying.replay(parked_id, actor=OPERATOR, reason="team-added")

    assert outcome is Outcome.DUPLICATE
    assert len(await noted(engagement)) == 1


async def test_an_event_that_was_overtaken_is_resolved_without_effect(
    assessment: Database, engagement: Database
) -> None:
    parked_id, *_ = await park_one(assessment, engagement)
    await raise_flag(assessment, 1, version=2)
    newer = (await outbox.unsent(assessment, now=clock.real_now(), limit=99))[-1].body
    replaying = Inbox(engagement, Notebook().subscriptions)
    await replaying.apply(replaying.read(RAISED, newer), newer)

    outcome = await replaying.replay(parked_id, actor=OPERATOR, reason="team-added")

    assert outcome is Outcome.SUPERSEDED
    assert await noted(engagement) == [(f"flag:{person(1)}", 2)]


async def test_an_event_that_fails_again_stays_parked(
    assessment: Database, engagement: Database
) -> None:
    parked_id, *_ = await park_one(assessment, engagement)

    with pytest.raises(StillFails, match="Unacceptable"):
        await Inbox(engagement, Notebook(refuse).subscriptions).replay(
            parked_id, actor=OPERATOR, reason="try-again"
        )

    row = await resolved(engagement)
    assert (row.status, row.resolved_by) == ("parked", None)
    assert await noted(engagement) == []


async def test_no_contents_of_a_parked_event_are_served(
    assessment: Database, engagement: Database
) -> None:
    _, _, body = await park_one(assessment, engagement)
    async with operated(engagement) as there:
        for role in (Role.OPERATIONS, Role.LEAD):
            caller = there.caller(clock.new_id(), role)
            listed = await caller.get("parked")
            (one,) = listed.json["items"]
            tried = await caller.get(f"parked/{one['id']}")

            assert one.keys() == ParkedBody.model_fields.keys()
            assert tried.status == 404
            words = re.findall(r'"([^"]{8,})"', json.dumps(json.loads(body)["data"]))
            shown = json.dumps(one)
            assert words
            assert not [word for word in words if word in shown]


async def test_what_was_dealt_with_hides_nothing_that_waits(
    assessment: Database, engagement: Database
) -> None:
    """More newer ones than a page has were given up; the one that waits is still found."""
    parked_id, *_ = await park_one(assessment, engagement)
    async with engagement.transaction(actor=OPERATOR) as tx:
        row = (await tx.session.execute(select(parked))).one()._asdict()
        later = {"status": "discarded", "parked_at": row["parked_at"] + timedelta(minutes=1)}
        given_up = [row | later | {"id": clock.new_id()} for _ in range(60)]
        await tx.session.execute(insert(parked), given_up)
        tx.audit("parked.discarded", object="test")
    async with operated(engagement) as there:
        caller = there.caller(clock.new_id(), Role.OPERATIONS)
        waiting = await caller.get("parked", status="parked", limit=50)
        past = await caller.get("parked", status="discarded", limit=50)
        further = await caller.get("parked", status="discarded", cursor=past.json["next"])
        unknown = await caller.get("parked", status="lost")

    assert [one["id"] for one in waiting.json["items"]] == [str(parked_id)]
    assert waiting.json["next"] is None
    assert [len(page.json["items"]) for page in (past, further)] == [50, 10]
    assert (unknown.status, unknown.json["errors"][0]["pointer"]) == (422, "/query/status")


async def test_parking_the_same_event_twice_keeps_one_row(
    assessment: Database, engagement: Database
) -> None:
    _, _, body = await park_one(assessment, engagement)

    inbox = Inbox(engagement, {})
    await inbox.park(RAISED, body, reason="unknown-team", error="unknown-team", tries=8)

    assert await inbox.count_parked() == 1


async def test_a_handler_may_say_that_no_retry_helps(
    assessment: Database, engagement: Database
) -> None:
    _, event, body = await park_one(assessment, engagement)

    with pytest.raises(Unacceptable, match="unknown-team"):
        await Inbox(engagement, Notebook(refuse).subscriptions).apply(event, body)


async def resolved(db: Database) -> Any:
    async with db.reading() as tx:
        return (await tx.session.execute(select(parked))).one()


async def trail(db: Database) -> list[tuple[str, str]]:
    async with db.reading() as tx:
        rows = await tx.session.execute(select(audit.c.actor, audit.c.action).order_by(audit.c.seq))
        return [tuple(row) for row in rows]
