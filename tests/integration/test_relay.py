"""What was committed reaches the broker once, in order, whatever fails in between."""

import asyncio
import signal
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, text, update

from shared.events.envelope import MAX_BYTES
from shared.runtime import clock
from shared.runtime import outbox as outbox_module
from shared.runtime.bus import publishing
from shared.runtime.bus import relay as relay_module
from shared.runtime.bus.connection import Connection
from shared.runtime.bus.provision import provision
from shared.runtime.bus.publishing import WORTH_A_BATCH, Answer, Outgoing
from shared.runtime.bus.relay import Relay
from shared.runtime.bus.topology import PROVISIONER, stream_of
from shared.runtime.db import Database
from shared.runtime.embedded import Embedded
from shared.runtime.tables import outbox
from tests.integration.conftest import SMALL, Connect
from tests.integration.two_services import (
    is_connected,
    metadata,
    person,
    publish_flag,
    raise_flag,
    speaking,
    stored,
    stored_headers,
    unpublished,
    until,
)
from tests.support.databases import Databases


async def test_a_committed_fact_is_stored_and_marked(
    broker: Embedded, connect: Connect, assessment: Database
) -> None:
    await raise_flag(assessment, 1)

    assert await Relay(assessment, await connect("assessment")).relay_once() == 1

    assert await stored(await connect("engagement")) == [(f"flag:{person(1)}", 1)]
    assert await unpublished(assessment) == 0


async def test_a_rolled_back_fact_is_never_published(
    broker: Embedded, connect: Connect, assessment: Database
) -> None:
    with pytest.raises(ZeroDivisionError):
        async with assessment.transaction(actor="service:assessment") as tx:
            publish_flag(tx)
            raise ZeroDivisionError

    assert await Relay(assessment, await connect("assessment")).relay_once() == 0


async def test_a_crash_between_publishing_and_marking_leaves_one_message(
    broker: Embedded, connect: Connect, assessment: Database
) -> None:
    await raise_flag(assessment, 1)
    connection = await connect("assessment")
    (row,) = await outbox_module.unsent(assessment, now=clock.real_now(), limit=10)
    await connection.publish(row.type, row.body, message_id=f"assessment:{row.id}")

    assert await Relay(assessment, connection).relay_once() == 1

    assert len(await stored(await connect("engagement"))) == 1
    assert await unpublished(assessment) == 0


async def test_two_relays_side_by_side_store_each_fact_once(
    broker: Embedded, connect: Connect, assessment: Database
) -> None:
    for number in range(40):
        await raise_flag(assessment, number)
    relays = [Relay(assessment, await connect("assessment")) for _ in range(2)]

    await asyncio.gather(*(relay.relay_once() for relay in relays))

    assert len(await stored(await connect("engagement"))) == 40
    assert await unpublished(assessment) == 0


@pytest.mark.postgres
async def test_relays_that_run_side_by_side_send_nothing_twice(
    postgres_databases: Databases, broker: Embedded, connect: Connect
) -> None:
    url = await postgres_databases.with_tables(metadata)
    dbs = [Database.open(url, source="assessment") for _ in range(2)]
    counted = [_Counting(await connect("assessment")) for _ in dbs]
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for db, publisher in zip(dbs, counted, strict=True):
            group.create_task(Relay(db, publisher).run(stop))
        for start in range(0, 400, 100):
            for db in dbs:
                async with db.transaction(actor="service:assessment") as tx:
                    for number in range(start, start + 50):
                        publish_flag(tx, number + (50 if db is dbs[0] else 0))
        await until(lambda: _is_empty(dbs[0]))
        stop.set()

    assert sum(publisher.sent for publisher in counted) == 400
    assert len(await stored(await connect("engagement"))) == 400
    async with dbs[0].reading() as tx:
        held = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")
        assert (await tx.session.execute(held)).scalar_one() == 0
    for db in dbs:
        await db.close()


@pytest.mark.postgres
async def test_a_relay_that_hangs_in_its_turn_holds_up_no_other(
    postgres_databases: Databases,
    broker: Embedded,
    connect: Connect,
) -> None:
    db = Database.open(await postgres_databases.with_tables(metadata), source="assessment")
    await raise_flag(db, 1)
    line, stop = await connect("assessment"), asyncio.Event()

    async with outbox_module.turn(db), asyncio.TaskGroup() as group:
        group.create_task(Relay(db, line).run(stop))
        await until(lambda: _is_empty(db))
        stop.set()

    assert len(await stored(await connect("engagement"))) == 1
    await db.close()


async def test_what_came_of_each_is_told_apart_among_many(
    broker: Embedded, connect: Connect
) -> None:
    line, type_ = await connect("assessment"), "care.assessment.flag.raised.v1"
    events = [Outgoing(type_, b"{}", str(number)) for number in range(600)]
    events[17] = Outgoing(type_, bytes(MAX_BYTES + 1), "17")
    events[599] = Outgoing(type_, b"{}", "598")

    first = await line.publish_all(events)
    again = await line.publish_all([*events, Outgoing(type_, b"{}", "another")])

    assert [place for place, answer in enumerate(first) if answer is not None] == [17]
    assert str(first[17]) == str(again[17]) == "Oversized"
    info = await (await connect(PROVISIONER)).jetstream.stream_info(stream_of("assessment"))
    assert info.state.messages == 599
    assert await line.publish_all(()) == []


async def test_many_facts_are_one_batch_in_the_order_they_were_committed(
    broker: Embedded, connect: Connect, assessment: Database
) -> None:
    for number in range(WORTH_A_BATCH):
        await raise_flag(assessment, number)

    assert await Relay(assessment, await connect("assessment")).relay_once() == WORTH_A_BATCH

    kept = await stored_headers(await connect("engagement"))
    assert {headers["Nats-Batch-Id"] for headers in kept} == {kept[0]["Nats-Batch-Id"]}
    assert [headers["Nats-Batch-Sequence"] for headers in kept] == [
        str(place) for place in range(1, WORTH_A_BATCH + 1)
    ]
    assert await unpublished(assessment) == 0


async def test_a_batch_with_a_known_fact_stores_the_others_once(
    broker: Embedded, connect: Connect, assessment: Database
) -> None:
    """As after a crash between publishing and marking, with more committed since."""
    for number in range(WORTH_A_BATCH):
        await raise_flag(assessment, number)
    connection = await connect("assessment")
    row = (await outbox_module.unsent(assessment, now=clock.real_now(), limit=100))[3]
    await connection.publish(row.type, row.body, message_id=f"assessment:{row.id}")

    assert await Relay(assessment, connection).relay_once() == WORTH_A_BATCH

    kept = await stored(await connect("engagement"))
    assert sorted(kept) == sorted((f"flag:{person(n)}", 1) for n in range(WORTH_A_BATCH))


async def test_a_stream_of_an_earlier_release_takes_them_one_by_one(
    broker: Embedded, connect: Connect, assessment: Database
) -> None:
    js = (await connect(PROVISIONER)).jetstream
    config = (await js.stream_info(stream_of("assessment"))).config
    await js.update_stream(replace(config, allow_atomic=False))
    for number in range(WORTH_A_BATCH):
        await raise_flag(assessment, number)

    assert await Relay(assessment, await connect("assessment")).relay_once() == WORTH_A_BATCH

    assert len(await stored(await connect("engagement"))) == WORTH_A_BATCH


@pytest.mark.parametrize("facts", [3, WORTH_A_BATCH])
async def test_a_silent_broker_leaves_everything_waiting_and_a_late_answer_harms_nobody(
    broker: Embedded,
    connect: Connect,
    assessment: Database,
    monkeypatch: pytest.MonkeyPatch,
    facts: int,
) -> None:
    monkeypatch.setattr(publishing, "ANSWER_S", 0.2)
    for number in range(facts):
        await raise_flag(assessment, number)
    relay = Relay(assessment, await connect("assessment"))

    broker.process.send_signal(signal.SIGSTOP)
    try:
        assert await relay.relay_once() == 0
    finally:
        broker.process.send_signal(signal.SIGCONT)
    monkeypatch.undo()

    assert await relay.relay_once() == facts
    assert len(await stored(await connect("engagement"))) == facts
    assert await unpublished(assessment) == 0


async def test_the_facts_of_one_aggregate_leave_in_order(
    broker: Embedded, connect: Connect, assessment: Database
) -> None:
    for version in range(1, 21):
        for number in range(3):
            await raise_flag(assessment, number, version=version)

    await Relay(assessment, await connect("assessment")).relay_once()

    kept = await stored(await connect("engagement"))
    for number in range(3):
        versions = [version for key, version in kept if key == f"flag:{person(number)}"]
        assert versions == list(range(1, 21))


async def test_nothing_is_counted_against_a_fact_while_the_broker_cannot_take_any(
    bare_broker: Embedded, connect: Connect, assessment: Database
) -> None:
    """A broker without its streams answers like one whose leader is away."""
    await raise_flag(assessment, 1)
    relay = Relay(assessment, await connect("assessment"))

    assert await relay.relay_once() == 0
    async with assessment.reading() as tx:
        row = (await tx.session.execute(select(outbox))).one()
    assert (row.attempts, row.published_at, row.last_error) == (0, None, None)

    await provision(await connect(PROVISIONER), SMALL)
    assert await relay.relay_once() == 1


async def test_a_fact_the_broker_refuses_holds_up_only_its_own_aggregate(
    broker: Embedded, connect: Connect, assessment: Database
) -> None:
    await raise_flag(assessment, 1, version=1)
    await spoil(assessment)
    await raise_flag(assessment, 1, version=2)
    await raise_flag(assessment, 2, version=1)
    relay = Relay(assessment, await connect("assessment"))

    assert await relay.relay_once() == 1
    assert await relay.relay_once() == 0

    assert await stored(await connect("engagement")) == [(f"flag:{person(2)}", 1)]
    async with assessment.reading() as tx:
        row = (await tx.session.execute(select(outbox).order_by(outbox.c.seq))).first()
    assert row is not None
    assert (row.attempts, row.last_error) == (1, "Oversized")
    assert row.next_try_at > clock.real_now()


@pytest.mark.parametrize(("attempts", "wait_s"), [(0, 1), (3, 8), (9, 512), (10, 900), (99, 900)])
async def test_a_refused_fact_waits_longer_each_time_up_to_a_quarter_of_an_hour(
    attempts: int, wait_s: int, assessment: Database
) -> None:
    await raise_flag(assessment, 1)
    async with assessment.housekeeping() as tx:
        await tx.session.execute(update(outbox).values(attempts=attempts))
    now = clock.real_now()
    (row,) = await outbox_module.unsent(assessment, now=now, limit=10)

    await outbox_module.settle(assessment, sent=(), refused=[(row, "Oversized")], now=now)

    soon = now + timedelta(seconds=wait_s)
    just_before = soon - timedelta(milliseconds=1)
    assert await outbox_module.unsent(assessment, now=just_before, limit=10) == ()
    assert len(await outbox_module.unsent(assessment, now=soon, limit=10)) == 1


async def test_a_commit_wakes_the_relay(
    broker: Embedded, assessment: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay_module, "POLL_S", 60.0)
    async with speaking(broker, assessment) as speaker:
        await until(lambda: is_connected(speaker))
        await raise_flag(assessment, 1)

        await until(lambda: _is_empty(assessment), within_s=5)


async def test_a_fact_committed_by_another_process_is_found_by_the_poll(
    broker: Embedded, assessment: Database
) -> None:
    async with speaking(broker, assessment):
        await raise_flag(assessment, 1)
        assessment.committed.clear()

        await until(lambda: _is_empty(assessment), within_s=5)


async def test_refilling_publishes_everything_again_under_the_same_ids(
    broker: Embedded, connect: Connect, assessment: Database
) -> None:
    relay = Relay(assessment, await connect("assessment"))
    for number in range(5):
        await raise_flag(assessment, number)
    await relay.relay_once()

    count = await outbox_module.refill(
        assessment, actor="staff:operator", reason="store-lost", now=clock.real_now()
    )

    assert count == 5
    assert await relay.relay_once() == 5
    assert len(await stored(await connect("engagement"))) == 5


async def test_refilling_may_begin_at_an_instant(
    broker: Embedded, connect: Connect, assessment: Database
) -> None:
    relay = Relay(assessment, await connect("assessment"))
    await raise_flag(assessment, 1)
    await relay.relay_once()
    now = clock.real_now()
    since = now + timedelta(seconds=1)

    assert (
        await outbox_module.refill(
            assessment, actor="staff:x", reason="store-lost", now=now, since=since
        )
        == 0
    )


class _Counting:
    """A connection, and how many events it was asked to send."""

    def __init__(self, line: Connection) -> None:
        self._line = line
        self.sent = 0

    async def publish_all(self, events: Sequence[Outgoing]) -> Sequence[Answer]:
        """Send them."""
        self.sent += len(events)
        return await self._line.publish_all(events)


async def spoil(db: Database) -> None:
    """Make every waiting row larger than the broker takes, as no transaction would."""
    async with db.housekeeping() as tx:
        await tx.session.execute(update(outbox).values(body=bytes(MAX_BYTES + 1)))


async def _is_empty(db: Database) -> bool:
    return await unpublished(db) == 0
