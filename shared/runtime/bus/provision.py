"""Make the streams and consumers; run before the services, which may only use them.

What is missing is made and what differs is brought to the values here. A service has no right
to do either, so two releases cannot fight over a consumer.
"""

from dataclasses import dataclass, fields

from nats.js.api import (
    AckPolicy,
    ConsumerConfig,
    DeliverPolicy,
    DiscardPolicy,
    RetentionPolicy,
    StorageType,
    StreamConfig,
)
from nats.js.errors import NotFoundError

from shared.events import OWNERS
from shared.events.envelope import MAX_MESSAGE_BYTES
from shared.events.listeners import LISTENERS, heard, owners_heard
from shared.runtime.bus.connection import Connection
from shared.runtime.bus.topology import ADVISORIES, ADVISORY_SUBJECTS, stream_of, subject_of

GIBIBYTE = 1024**3
ADVISORY_BYTES = 16 * 1024**2
MAX_AGE_S = 30 * 86_400.0
DUPLICATE_WINDOW_S = 600.0
ACK_WAIT_S = 30.0
MAX_ACK_PENDING = 64
MISSING = ("missing",)


@dataclass(frozen=True, slots=True)
class Size:
    """What one broker may hold. Replicas are 1 on one host, 3 on three."""

    replicas: int = 1
    stream_bytes: int = GIBIBYTE

    @property
    def total_bytes(self) -> int:
        """Room for every stream; the server refuses a stream it could not fill."""
        return len(OWNERS) * self.stream_bytes + ADVISORY_BYTES


@dataclass(frozen=True, slots=True)
class Change:
    """A stream or consumer that was not as it should be: ``missing``, or which fields differed."""

    name: str
    fields: tuple[str, ...]


def streams(size: Size) -> tuple[StreamConfig, ...]:
    """One stream per owner and one that keeps the broker's advisories."""
    facts = tuple(
        _stream(stream_of(owner), [subject_of(owner)], size.stream_bytes, size.replicas)
        for owner in OWNERS
    )
    advisories = _stream(ADVISORIES, list(ADVISORY_SUBJECTS), ADVISORY_BYTES, size.replicas)
    return (*facts, advisories)


def consumers() -> tuple[tuple[str, ConsumerConfig], ...]:
    """One durable pull consumer for each service and each owner it hears, with its stream."""
    return tuple(
        (stream_of(owner), _consumer(service, heard(service, owner)))
        for service in LISTENERS
        for owner in owners_heard(service)
    )


async def provision(connection: Connection, size: Size) -> tuple[Change, ...]:
    """Make what is missing, correct what differs, and say what that was."""
    return await _compare(connection, size, correct=True)


async def check(connection: Connection, size: Size) -> tuple[Change, ...]:
    """Say what is missing or differs and change nothing."""
    return await _compare(connection, size, correct=False)


async def _compare(connection: Connection, size: Size, *, correct: bool) -> tuple[Change, ...]:
    changes = [
        await _stream_change(connection, stream, correct=correct) for stream in streams(size)
    ]
    changes += [
        await _consumer_change(connection, stream, consumer, correct=correct)
        for stream, consumer in consumers()
    ]
    return tuple(change for change in changes if change is not None)


async def _stream_change(
    connection: Connection, wanted: StreamConfig, *, correct: bool
) -> Change | None:
    js, name = connection.jetstream, str(wanted.name)
    try:
        current = (await js.stream_info(name)).config
    except NotFoundError:
        if correct:
            await js.add_stream(wanted)
        return Change(name, MISSING)
    differing = _differing(current, wanted)
    if differing and correct:
        await js.update_stream(wanted)
    return Change(name, differing) if differing else None


async def _consumer_change(
    connection: Connection, stream: str, wanted: ConsumerConfig, *, correct: bool
) -> Change | None:
    js, name = connection.jetstream, str(wanted.durable_name)
    try:
        current = (await js.consumer_info(stream, name)).config
        differing = _differing(current, wanted)
    except NotFoundError:
        differing = MISSING
    if differing and correct:
        await js.add_consumer(stream, wanted)
    return Change(f"{stream}/{name}", differing) if differing else None


def _differing(
    current: StreamConfig | ConsumerConfig, wanted: StreamConfig | ConsumerConfig
) -> tuple[str, ...]:
    """The fields we set whose value on the server is another."""
    ours = ((field.name, getattr(wanted, field.name)) for field in fields(wanted))
    return tuple(
        name for name, value in ours if value is not None and getattr(current, name) != value
    )


def _stream(name: str, subjects: list[str], max_bytes: int, replicas: int) -> StreamConfig:
    return StreamConfig(
        name=name,
        subjects=subjects,
        retention=RetentionPolicy.LIMITS,
        storage=StorageType.FILE,
        num_replicas=replicas,
        discard=DiscardPolicy.NEW,  # a full stream refuses loudly; the old way deletes unread facts
        max_bytes=max_bytes,
        max_age=MAX_AGE_S,
        max_msg_size=MAX_MESSAGE_BYTES,
        duplicate_window=DUPLICATE_WINDOW_S,
        deny_delete=True,
        deny_purge=True,
        allow_atomic=True,  # many events, one write to the disk (decision 0085)
    )


def _consumer(service: str, types: tuple[str, ...]) -> ConsumerConfig:
    return ConsumerConfig(
        name=service,
        durable_name=service,
        filter_subjects=list(types),
        deliver_policy=DeliverPolicy.ALL,
        ack_policy=AckPolicy.EXPLICIT,
        ack_wait=ACK_WAIT_S,
        max_deliver=-1,  # exhaustion would hide the event; we count and park it ourselves
        max_ack_pending=MAX_ACK_PENDING,
    )
