"""An event takes effect once, whatever crashes, repeats, lies or comes too late."""

import asyncio
import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Row, insert, select
from sqlalchemy.event import listen

from shared.events.envelope import MAX_BYTES, Event
from shared.runtime import clock, inbox, outbox
from shared.runtime.bus import consumer as consumer_module
from shared.runtime.bus.connection import Connection
from shared.runtime.bus.provision import consumers
from shared.runtime.bus.relay import Relay
from shared.runtime.bus.speaker import Speaker
from shared.runtime.bus.topology import PROVISIONER
from shared.runtime.db import Database
from shared.runtime.embedded import Embedded
from shared.runtime.inbox import Inbox, Outcome, Unacceptable
from shared.runtime.tables import attempts, audit, parked
from shared.runtime.tables import inbox as inbox_table
from tests.integration.conftest import Connect
from tests.integration.two_services import (
    Notebook,
    a_flag,
    noted,
    person,
    publish_flag,
    raise_flag,
    speaking,
    unpublished,
    until,
)
from tests.support.sentinel import Watched

RAISED = a_flag().TYPE


async def test_a_committed_fact_takes_effect_in_the_other_service(
    broker: Embedded, assessment: Database, engagement: Database
) -> None:
    notebook = Notebook()
    async with speaking(broker, assessment), speaking(broker, engagement, notebook.subscriptions):
        await raise_flag(assessment, 1)

        await until(lambda: has(engagement, 1))

    assert await noted(engagement) == [(f"flag:{person(1)}", 1)]


async def test_an_effect_says_which_event_caused_it(
    broker: Embedded, assessment: Database, engagement: Database
) -> None:
    async with (
        speaking(broker, assessment),
        speaking(broker, engagement, Notebook().subscriptions),
    ):
        await raise_flag(assessment, 1)
        await until(lambda: has(engagement, 1))

    async with engagement.reading() as tx:
        entry = (await tx.session.execute(select(audit))).one()
    assert (entry.actor, entry.action, entry.reason) == (
        "service:engagement",
        "event.applied",
        RAISED,
    )
    assert (entry.object, entry.subject) == (f"flag:{person(1)}", str(person(1)))


async def test_the_log_of_an_effect_leads_back_to_its_cause(
    broker: Embedded, assessment: Database, engagement: Database, log_stream: Watched
) -> None:
    asked, cause = str(clock.new_id()), str(clock.new_id())
    async with assessment.transaction(
        actor="service:assessment", correlation_id=asked, causation_id=cause
    ) as tx:
        publish_flag(tx)
    async with speaking(broker, assessment):
        await until(lambda: all_published(assessment))

    await consume_all(broker, engagement, Notebook())

    (line,) = [json.loads(said) for said in log_stream.lines if "event_handled" in said]
    assert (line["status"], line["correlation_id"], line["causation_id"]) == (
        "applied",
        asked,
        cause,
    )


async def test_an_event_that_comes_twice_takes_effect_once(
    broker: Embedded, connect: Connect, assessment: Database, engagement: Database
) -> None:
    """As when the broker's own window for duplicates has passed."""
    body = await committed(assessment, 1)
    publisher = await connect("assessment")
    for attempt in range(3):
        await publisher.publish(RAISED, body, message_id=f"{attempt}")

    await consume_all(broker, engagement, Notebook())

    assert await noted(engagement) == [(f"flag:{person(1)}", 1)]


async def test_a_crash_between_commit_and_acknowledgement_leaves_one_effect(
    broker: Embedded, connect: Connect, assessment: Database, engagement: Database
) -> None:
    body = await committed(assessment, 1)
    await (await connect("assessment")).publish(RAISED, body, message_id="1")
    notebook = Notebook()
    applying = Inbox(engagement, notebook.subscriptions)
    assert await applying.apply(applying.read(RAISED, body), body) is Outcome.APPLIED

    await consume_all(broker, engagement, notebook)

    assert await noted(engagement) == [(f"flag:{person(1)}", 1)]
    assert len(notebook.calls) == 1


async def test_two_workers_with_the_same_event_leave_one_effect(
    assessment: Database, engagement: Database
) -> None:
    body = await committed(assessment, 1)
    applying = Inbox(engagement, Notebook().subscriptions)
    event = applying.read(RAISED, body)

    outcomes = await asyncio.gather(*(applying.apply(event, body) for _ in range(4)))

    assert sorted(outcomes) == ["applied", "duplicate", "duplicate", "duplicate"]
    assert await noted(engagement) == [(f"flag:{person(1)}", 1)]


async def test_a_lower_version_that_comes_late_is_dropped(
    broker: Embedded, connect: Connect, assessment: Database, engagement: Database
) -> None:
    older = await committed(assessment, 1, version=1)
    newer = await committed(assessment, 1, version=2)
    publisher = await connect("assessment")
    await publisher.publish(RAISED, newer, message_id="2")
    await publisher.publish(RAISED, older, message_id="1")

    await consume_all(broker, engagement, Notebook())

    assert await noted(engagement) == [(f"flag:{person(1)}", 2)]
    assert await parked_rows(engagement) == []


async def test_the_events_of_one_person_take_effect_in_order(
    broker: Embedded, assessment: Database, engagement: Database
) -> None:
    async with speaking(broker, assessment):
        for version in range(1, 16):
            for number in range(4):
                await raise_flag(assessment, number, version=version)
        async with speaking(broker, engagement, Notebook().subscriptions):
            await until(lambda: has(engagement, 60))

    effects = await noted(engagement)
    for number in range(4):
        versions = [version for key, version in effects if key == f"flag:{person(number)}"]
        assert versions == list(range(1, 16))


@pytest.mark.parametrize("databases", ["postgres"], indirect=True)
async def test_different_people_do_not_wait_for_each_other(
    broker: Embedded, assessment: Database, engagement: Database
) -> None:
    all_four = asyncio.Barrier(4)

    async def meet(_event: Event[Any]) -> None:
        await asyncio.wait_for(all_four.wait(), 10)

    for number in range(4):
        await raise_flag(assessment, number)
    async with (
        speaking(broker, assessment),
        speaking(broker, engagement, Notebook(meet).subscriptions),
    ):
        await until(lambda: has(engagement, 4))


async def test_a_backlog_about_many_people_takes_few_commits(
    broker: Embedded, assessment: Database, engagement: Database
) -> None:
    for number in range(40):
        await raise_flag(assessment, number)
    async with speaking(broker, assessment):
        await until(lambda: all_published(assessment))
    commits: list[object] = []
    listen(engagement.engine.sync_engine, "commit", commits.append)

    await consume_all(broker, engagement, Notebook())

    assert len(await noted(engagement)) == 40
    assert len(commits) < 30, "two a person would be one for the effect and one for looking"


async def test_events_applied_together_keep_their_own_causes(
    assessment: Database, engagement: Database
) -> None:
    applying = Inbox(engagement, Notebook().subscriptions)
    bodies = [await committed(assessment, number) for number in range(3)]
    received = [(applying.read(RAISED, body), body) for body in bodies]
    already, *_ = received
    await applying.apply(*already)

    outcomes = await applying.apply_together(received, within_s=5)

    assert outcomes == ["duplicate", "applied", "applied"]
    async with engagement.reading() as tx:
        entries = (await tx.session.execute(select(audit.c.object, audit.c.correlation_id))).all()
    assert sorted(tuple(entry) for entry in entries) == sorted(
        (event.aggregate, event.correlationid) for event, _ in received
    )


@pytest.mark.parametrize("trouble", ["fails", "hangs", "came with another body"])
async def test_events_applied_together_take_effect_all_or_none(
    assessment: Database, engagement: Database, trouble: str
) -> None:
    async def stumble(event: Event[Any]) -> None:
        if event.subject == str(person(2)) and trouble == "fails":
            raise KeyError
        if event.subject == str(person(2)) and trouble == "hangs":
            await asyncio.Event().wait()

    applying = Inbox(engagement, Notebook(stumble).subscriptions)
    bodies = [await committed(assessment, number) for number in range(1, 4)]
    if trouble == "came with another body":
        await Inbox(engagement, Notebook().subscriptions).apply(
            applying.read(RAISED, bodies[1]), bodies[1]
        )
        bodies[1] = bodies[1].replace(b'"seen"', b'"forged"')
    before = await noted(engagement)

    with pytest.raises((KeyError, TimeoutError, inbox.Unacceptable)):
        await applying.apply_together(
            [(applying.read(RAISED, body), body) for body in bodies], within_s=0.2
        )

    assert await noted(engagement) == before


async def test_what_is_too_much_at_once_is_taken_in_smaller_parts(
    broker: Embedded,
    assessment: Database,
    engagement: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(consumer_module, "TOGETHER_S", 0.25)

    async def take_a_while(_event: Event[Any]) -> None:
        await asyncio.sleep(0.02)

    notebook = Notebook(take_a_while)
    for number in range(40):
        await raise_flag(assessment, number)
    async with speaking(broker, assessment):
        await until(lambda: all_published(assessment))

    await consume_all(broker, engagement, notebook)

    assert len(await noted(engagement)) == 40
    assert len(notebook.calls) < 80, "thrown away and done again one by one"


async def test_an_event_that_failed_is_tried_again(
    broker: Embedded, assessment: Database, engagement: Database
) -> None:
    failures = [ValueError("once")]

    async def fail_once(_event: Event[Any]) -> None:
        if failures:
            raise failures.pop()

    notebook = Notebook(fail_once)
    await raise_flag(assessment, 1)
    async with speaking(broker, assessment), speaking(broker, engagement, notebook.subscriptions):
        await until(lambda: has(engagement, 1))

    async with engagement.reading() as tx:
        row = (await tx.session.execute(select(attempts))).one()
    assert (row.tries, row.last_error) == (1, "ValueError")
    assert len(notebook.calls) == 2


async def test_a_failed_try_leaves_nothing_behind(
    assessment: Database, engagement: Database
) -> None:
    async def fail(_event: Event[Any]) -> None:
        raise ValueError

    body = await committed(assessment, 1)
    applying = Inbox(engagement, Notebook(fail).subscriptions)

    with pytest.raises(ValueError):  # noqa: PT011 - the handler's own
        await applying.apply(applying.read(RAISED, body), body)

    async with engagement.reading() as tx:
        for table in (inbox_table, audit):
            assert (await tx.session.execute(select(table))).all() == []
    assert await noted(engagement) == []


async def test_a_handler_that_hangs_is_cut_off_and_counted(
    broker: Embedded,
    assessment: Database,
    engagement: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(inbox, "HANDLER_S", 0.05)

    async def hang(event: Event[Any]) -> None:
        if event.subject == str(person(1)):
            await asyncio.Event().wait()

    await raise_flag(assessment, 1)
    await raise_flag(assessment, 2)
    async with (
        speaking(broker, assessment),
        speaking(broker, engagement, Notebook(hang).subscriptions),
    ):
        await until(lambda: has(engagement, 1))
        await until(lambda: tried(engagement, 1))

    assert await noted(engagement) == [(f"flag:{person(2)}", 1)]
    async with engagement.reading() as tx:
        assert (await tx.session.execute(select(attempts.c.last_error))).scalar() == "TimeoutError"


async def test_a_poison_event_is_parked_after_its_last_try_while_others_flow(
    broker: Embedded, assessment: Database, engagement: Database
) -> None:
    async def refuse_the_first(event: Event[Any]) -> None:
        if event.subject == str(person(1)):
            raise KeyError("a name that must not be kept")

    poison = UUID(json.loads(await committed(assessment, 1))["id"])
    await tried_before(engagement, poison, tries=inbox.MOST_TRIES - 1)
    for number in range(2, 6):
        await raise_flag(assessment, number)
    async with (
        speaking(broker, assessment),
        speaking(broker, engagement, Notebook(refuse_the_first).subscriptions),
    ):
        await until(lambda: has(engagement, 4))
        await until(lambda: has_parked(engagement, 1))

    (row,) = await parked_rows(engagement)
    assert (row.event_id, row.subject) == (poison, str(person(1)))
    assert (row.reason, row.error) == ("retries-exhausted", "KeyError")
    assert row.tries == inbox.MOST_TRIES


async def test_an_event_that_failed_for_a_quarter_of_an_hour_is_given_up(
    assessment: Database, engagement: Database
) -> None:
    body = await committed(assessment, 1)
    applying = Inbox(engagement, Notebook().subscriptions)
    event = applying.read(RAISED, body)
    await tried_before(engagement, event.id, tries=2, since=inbox.LONGEST_TRYING)

    assert (await applying.failed(event, "ValueError", jitter=0.0)).exhausted


async def test_each_failure_waits_longer_up_to_a_minute(
    assessment: Database, engagement: Database
) -> None:
    body = await committed(assessment, 1)
    applying = Inbox(engagement, Notebook().subscriptions)
    event = applying.read(RAISED, body)

    failures = [await applying.failed(event, "ValueError", jitter=0.5) for _ in range(8)]

    assert [f.delay_s for f in failures] == [2.5, 4.5, 8.5, 16.5, 32.5, 60.5, 60.5, 60.5]
    assert [f.exhausted for f in failures] == [False] * 7 + [True]


def altered(body: bytes, **changes: object) -> bytes:
    return json.dumps({**json.loads(body), **changes}).encode()


UNACCEPTABLE = {
    "undecodable": lambda body: body[:-1],
    "oversized": lambda body: body + b" " * MAX_BYTES,
    "mislabelled": lambda body: altered(body, type="care.assessment.flag.closed.v1"),
    "foreign-source": lambda body: altered(body, source="/mooring/engagement"),
}


@pytest.mark.parametrize("reason", UNACCEPTABLE)
async def test_what_is_no_event_is_parked_at_once_while_others_flow(
    reason: str, broker: Embedded, connect: Connect, assessment: Database, engagement: Database
) -> None:
    body = UNACCEPTABLE[reason](await committed(assessment, 1))
    await publish_raw(await connect("assessment"), RAISED, body)
    await raise_flag(assessment, 2)
    notebook = Notebook()
    async with speaking(broker, engagement, notebook.subscriptions):
        await Relay(assessment, await connect("assessment")).relay_once()
        await until(lambda: has(engagement, 2))
        await until(lambda: has_parked(engagement, 1))

    (row,) = await parked_rows(engagement)
    assert (row.reason, row.type, row.body) == (reason, RAISED, body)
    assert set(await noted(engagement)) == {(f"flag:{person(n)}", 1) for n in (1, 2)}


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"subject": "Mary Example"}, "subject is not an id"),
        ({"version": 0}, "greater_than_equal at version"),
        ({"data": {}}, "missing at data.flag"),
        ({"recordedby": None}, "string_type at recordedby"),
        ({"time": "2026-03-02T12:00:00"}, "timezone_aware at time"),
    ],
)
async def test_an_error_names_the_field_and_never_its_content(
    changes: dict[str, object], error: str, assessment: Database, engagement: Database
) -> None:
    body = altered(await committed(assessment, 1), **changes)
    reading = Inbox(engagement, Notebook().subscriptions)

    with pytest.raises(Unacceptable) as refusal:
        reading.read(RAISED, body)

    assert (refusal.value.reason, refusal.value.error) == ("undecodable", error)


async def test_a_fact_nobody_handles_here_is_not_lost(
    assessment: Database, engagement: Database
) -> None:
    reading = Inbox(engagement, {})

    with pytest.raises(Unacceptable, match="no-handler"):
        reading.read(RAISED, await committed(assessment, 1))
    with pytest.raises(Unacceptable, match="unknown-type"):
        reading.read("care.assessment.flag.forgotten.v1", b"{}")


@pytest.mark.parametrize("body", [b"", b"[]", b"\xff\xfe", b"[" * 50_000, b"{}", b'{"id": 3}'])
async def test_parking_takes_any_bytes(body: bytes, engagement: Database) -> None:
    await Inbox(engagement, {}).park("some.type", body, reason="undecodable", error="x")

    (row,) = await parked_rows(engagement)
    assert (row.body, row.event_id, row.subject) == (body, None, None)


async def test_the_same_id_with_another_body_is_parked_and_changes_nothing(
    broker: Embedded, connect: Connect, assessment: Database, engagement: Database
) -> None:
    body = await committed(assessment, 1)
    forged = body.replace(b'"seen"', b'"lies"')
    publisher = await connect("assessment")
    await publisher.publish(RAISED, body, message_id="1")
    await publisher.publish(RAISED, forged, message_id="2")

    await consume_all(broker, engagement, Notebook())

    (row,) = await parked_rows(engagement)
    assert (row.reason, row.body) == ("conflicting-body", forged)
    assert await noted(engagement) == [(f"flag:{person(1)}", 1)]


async def test_a_long_effect_is_not_given_to_another_worker(
    broker: Embedded,
    connect: Connect,
    assessment: Database,
    engagement: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(consumer_module, "KEEP_ALIVE_S", 0.1)
    config = next(c for s, c in consumers() if s == "CARE_ASSESSMENT" and c.name == "engagement")
    await (await connect(PROVISIONER)).jetstream.add_consumer(
        "CARE_ASSESSMENT", config.evolve(ack_wait=0.5)
    )

    async def take_long(_event: Event[Any]) -> None:
        await asyncio.sleep(1.5)

    notebook = Notebook(take_long)
    await raise_flag(assessment, 1)
    async with (
        speaking(broker, assessment),
        speaking(broker, engagement, notebook.subscriptions) as speaker,
    ):
        await until(lambda: has(engagement, 1))
        await until(lambda: is_drained(speaker))

    assert len(notebook.calls) == 1


async def committed(db: Database, number: int, *, version: int = 1) -> bytes:
    """Commit a flag and return its event as it would be published."""
    await raise_flag(db, number, version=version)
    rows = await outbox.unsent(db, now=clock.real_now() + timedelta(seconds=1), limit=1000)
    return rows[-1].body


async def publish_raw(connection: Connection, subject: str, body: bytes) -> None:
    """Store a message as no relay would send it."""
    await connection.jetstream.publish(subject, body)


async def consume_all(broker: Embedded, db: Database, notebook: Notebook) -> None:
    """Consume until the broker has nothing left for the service."""
    async with speaking(broker, db, notebook.subscriptions) as speaker:
        await until(lambda: is_drained(speaker))


async def is_drained(speaker: Speaker) -> bool:
    return await speaker.pending() == 0


async def has(db: Database, count: int) -> bool:
    return len(await noted(db)) >= count


async def tried(db: Database, count: int) -> bool:
    async with db.reading() as tx:
        return len((await tx.session.execute(select(attempts))).all()) >= count


async def tried_before(
    db: Database, event_id: UUID, *, tries: int, since: timedelta = timedelta()
) -> None:
    """Pretend that an event has failed before."""
    row = {"event_id": event_id, "tries": tries, "last_error": "x"}
    async with db.housekeeping() as tx:
        first_at = clock.real_now() - since
        await tx.session.execute(insert(attempts).values(row | {"first_at": first_at}))


async def parked_rows(db: Database) -> list[Row[Any]]:
    async with db.reading() as tx:
        return list((await tx.session.execute(select(parked))).all())


async def all_published(db: Database) -> bool:
    return await unpublished(db) == 0


async def has_parked(db: Database, count: int) -> bool:
    return len(await parked_rows(db)) >= count
