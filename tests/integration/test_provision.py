"""Streams and consumers are made once, corrected when they differ, and never by a service."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from nats.js.api import ConsumerConfig

from shared.events import FACTS, OWNERS
from shared.events.envelope import MAX_BYTES
from shared.events.listeners import LISTENERS
from shared.runtime.bus.connection import Access, Connection
from shared.runtime.bus.faults import Denied, Refused, Unconfirmed, UnsuitableBroker
from shared.runtime.bus.provision import Change, Size, check, consumers, provision, streams
from shared.runtime.bus.publishing import Outgoing
from shared.runtime.bus.topology import OBSERVER, PROVISIONER, USERS, stream_of
from shared.runtime.embedded import Embedded, embedded_broker
from tests.integration.conftest import SMALL, Connect, altered_server

A_FACT = {owner: next(f.TYPE for f in FACTS if f.owner() == owner) for owner in OWNERS}
EVERYTHING = {stream.name for stream in streams(SMALL)} | {
    f"{stream}/{consumer.durable_name}" for stream, consumer in consumers()
}


async def send_unanswered(connection: Connection, subject: str) -> None:
    """Publish without waiting for a reply that a refused message never gets."""
    await connection._client.publish(subject, b"{}")
    await connection.round_trip()


async def ignore(_type: str, _body: bytes) -> None:
    """A watcher that needs to know nothing."""


async def test_a_new_broker_gets_everything(bare_broker: Embedded, connect: Connect) -> None:
    provisioner = await connect(PROVISIONER)

    made = await provision(provisioner, SMALL)

    assert {change.name for change in made} == EVERYTHING
    assert await check(provisioner, SMALL) == ()


async def test_provisioning_again_changes_nothing(broker: Embedded, connect: Connect) -> None:
    assert await provision(await connect(PROVISIONER), SMALL) == ()


async def test_what_is_kept_is_never_deleted_to_make_room(
    broker: Embedded, connect: Connect
) -> None:
    info = await (await connect(PROVISIONER)).jetstream.stream_info("CARE_TREATMENT")

    config = info.config
    assert (config.discard, config.deny_delete, config.deny_purge) == ("new", True, True)
    assert (config.storage, config.retention) == ("file", "limits")


async def test_a_consumer_that_differs_is_found_and_corrected(
    broker: Embedded, connect: Connect
) -> None:
    provisioner = await connect(PROVISIONER)
    await provisioner.jetstream.add_consumer(
        "CARE_ASSESSMENT",
        ConsumerConfig(
            name="engagement",
            durable_name="engagement",
            filter_subject="care.assessment.flag.>",
            max_deliver=3,
            ack_wait=30.0,
            max_ack_pending=64,
        ),
    )
    drift = (Change("CARE_ASSESSMENT/engagement", ("max_deliver", "filter_subjects")),)

    assert await check(provisioner, SMALL) == drift
    assert await provision(provisioner, SMALL) == drift
    assert await check(provisioner, SMALL) == ()


async def test_a_stream_of_an_earlier_release_is_corrected_in_place(
    broker: Embedded, connect: Connect
) -> None:
    provisioner = await connect(PROVISIONER)
    js, name = provisioner.jetstream, stream_of("assessment")
    config = (await js.stream_info(name)).config
    await js.update_stream(replace(config, allow_atomic=False))

    assert await provision(provisioner, SMALL) == (Change(name, ("allow_atomic",)),)
    assert await check(provisioner, SMALL) == ()


async def test_a_larger_store_is_a_correction(broker: Embedded, connect: Connect) -> None:
    provisioner = await connect(PROVISIONER)
    smaller = Size(stream_bytes=SMALL.stream_bytes // 2)

    changed = await provision(provisioner, smaller)

    assert {change.fields for change in changed} == {("max_bytes",)}
    assert {change.name for change in changed} == {stream_of(owner) for owner in OWNERS}


@pytest.mark.parametrize("user", OWNERS)
async def test_a_service_may_publish_its_own_facts(
    user: str, broker: Embedded, connect: Connect
) -> None:
    service = await connect(user)

    await service.publish(A_FACT[user], b"{}", message_id="1")
    await service.check_rights()

    info = await (await connect(PROVISIONER)).jetstream.stream_info(stream_of(user))
    assert info.state.messages == 1


@pytest.mark.parametrize(
    ("user", "owner"), [(user, owner) for user in OWNERS for owner in OWNERS if user != owner]
)
async def test_a_service_may_not_publish_for_another(
    user: str, owner: str, broker: Embedded, connect: Connect
) -> None:
    service = await connect(user)

    await send_unanswered(service, A_FACT[owner])

    with pytest.raises(Denied, match=f'publish to "{A_FACT[owner]}"'):
        await service.failed()
    info = await (await connect(PROVISIONER)).jetstream.stream_info(stream_of(owner))
    assert info.state.messages == 0


@pytest.mark.parametrize("owner", OWNERS)
async def test_the_provisioner_publishes_no_facts(
    owner: str, broker: Embedded, connect: Connect
) -> None:
    provisioner = await connect(PROVISIONER)

    await send_unanswered(provisioner, A_FACT[owner])

    with pytest.raises(Denied):
        await provisioner.failed()


FOREIGN_CONSUMERS = [
    (user, stream, consumer.durable_name)
    for user in OWNERS
    for stream, consumer in consumers()
    if consumer.durable_name != user
]


@pytest.mark.parametrize(("user", "stream", "durable"), FOREIGN_CONSUMERS)
async def test_a_service_may_not_use_anothers_consumer(
    user: str, stream: str, durable: str, broker: Embedded, connect: Connect
) -> None:
    service = await connect(user)

    await send_unanswered(service, f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{durable}")

    with pytest.raises(Denied, match=r"msg\.next"):
        await service.failed()


@pytest.mark.parametrize(
    "subject",
    [
        "$JS.API.STREAM.CREATE.MINE",
        "$JS.API.STREAM.PURGE.CARE_ASSESSMENT",
        "$JS.API.STREAM.DELETE.CARE_ENGAGEMENT",
        "$JS.API.CONSUMER.CREATE.CARE_ASSESSMENT.mine",
        "$JS.API.CONSUMER.DELETE.CARE_ASSESSMENT.engagement",
        "$JS.API.STREAM.MSG.GET.CARE_ASSESSMENT",
        "$JS.API.DIRECT.GET.CARE_ASSESSMENT",
    ],
)
async def test_a_service_may_not_manage_the_broker(
    subject: str, broker: Embedded, connect: Connect
) -> None:
    service = await connect("engagement")

    await send_unanswered(service, subject)

    with pytest.raises(Denied):
        await service.failed()


@pytest.mark.parametrize(
    ("user", "subject"),
    [
        ("engagement", "care.assessment.>"),
        ("engagement", "_INBOX_treatment.>"),
        ("treatment", "care.>"),
        ("portal", "care.assessment.patient.>"),
        ("portal", "care.treatment.>"),
        ("provision", "care.>"),
        ("assessment", ">"),
    ],
)
async def test_nobody_may_overhear_another(
    user: str, subject: str, broker: Embedded, connect: Connect
) -> None:
    service = await connect(user)

    await service.watch(subject, ignore)

    with pytest.raises(Denied, match="subscription"):
        await service.failed()


async def test_the_portal_may_watch_reminders_and_flags(broker: Embedded, connect: Connect) -> None:
    portal, engagement = await connect("portal"), await connect("engagement")
    seen: list[tuple[str, bytes]] = []

    async def note(type_: str, body: bytes) -> None:
        seen.append((type_, body))

    await portal.watch("care.engagement.reminder.>", note)
    await portal.watch("care.assessment.flag.>", note)
    await engagement.publish("care.engagement.reminder.made-visible.v1", b"{}", message_id="1")
    await portal.round_trip()

    assert seen == [("care.engagement.reminder.made-visible.v1", b"{}")]


async def test_the_largest_event_fits_and_a_larger_message_is_refused(
    broker: Embedded, connect: Connect
) -> None:
    engagement = await connect("engagement")
    message_id = f"engagement:{'0' * 36}"

    await engagement.publish(A_FACT["engagement"], bytes(MAX_BYTES), message_id=message_id)
    with pytest.raises(Refused, match="Oversized"):
        await engagement.publish(A_FACT["engagement"], bytes(MAX_BYTES + 1), message_id="2")


async def test_a_broker_without_permissions_is_noticed(tmp_path: Path) -> None:
    lax = altered_server(tmp_path, "s/, permissions: .*/ }/")

    async with embedded_broker(tmp_path / "broker", binary=lax) as broker:
        access = Access(broker.url, "treatment", broker.passwords["treatment"])
        connection = await Connection.open(access)
        with pytest.raises(UnsuitableBroker, match="no permissions for user treatment"):
            await connection.check_rights()
        await connection.close()


def test_every_service_is_in_the_table() -> None:
    assert set(LISTENERS) == set(OWNERS)
    assert set(USERS) == {*OWNERS, PROVISIONER, OBSERVER}


@pytest.mark.parametrize(
    ("user", "password"),
    [
        ("treatment", "not-its-own"),
        ("treatment", ""),
        ("assessment", "of treatment"),
        ("somebody", "not-its-own"),
        ("", ""),
        (PROVISIONER, "not-its-own"),
    ],
)
async def test_who_cannot_say_who_they_are_is_not_let_in(
    user: str, password: str, broker: Embedded
) -> None:
    given = broker.passwords["treatment"] if password == "of treatment" else password

    with pytest.raises(Denied, match="authorization violation"):
        await Connection.open(Access(broker.url, user, given))


async def test_a_connection_that_says_nothing_of_itself_is_ended(broker: Embedded) -> None:
    """By hand, without a library that could refuse of its own accord; nothing is stored."""
    host, _, port = broker.url.rpartition("//")[2].rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    body = b"{}"
    writer.write(
        b'CONNECT {"verbose":false}\r\nPUB %s %d\r\n%s\r\n'
        % (A_FACT["treatment"].encode(), len(body), body)
    )
    async with asyncio.timeout(10):
        said = await reader.read()
    writer.close()

    assert b"-ERR 'Authorization Violation'" in said
    provisioner = Access(broker.url, PROVISIONER, broker.passwords[PROVISIONER])
    connection = await Connection.open(provisioner)
    for owner in OWNERS:
        info = await connection.jetstream.stream_info(stream_of(owner))
        assert info.state.messages == 0
    await connection.close()


async def test_a_flood_fills_its_own_stream_and_no_other(
    bare_broker: Embedded, connect: Connect
) -> None:
    small = Size(stream_bytes=1024**2)
    provisioner = await connect(PROVISIONER)
    await provision(provisioner, small)
    flooding, other = await connect("assessment"), await connect("treatment")
    flood = [
        Outgoing(A_FACT["assessment"], bytes(MAX_BYTES), f"assessment:{number}")
        for number in range(2 * small.stream_bytes // MAX_BYTES)
    ]

    answers = []
    for one in flood:
        answers += await flooding.publish_all([one])
    stored = answers.count(None)
    await other.publish(A_FACT["treatment"], b"{}", message_id="treatment:1")

    assert 10 < stored < len(flood)
    assert answers[:stored] == [None] * stored
    assert {type(answer) for answer in answers[stored:]} == {Unconfirmed}  # kept, and sent again
    full = (await provisioner.jetstream.stream_info(stream_of("assessment"))).state
    assert (full.messages, full.first_seq) == (stored, 1)  # nothing made room for it
    assert full.bytes <= small.stream_bytes
    taken = (await provisioner.jetstream.stream_info(stream_of("treatment"))).state
    assert taken.messages == 1
