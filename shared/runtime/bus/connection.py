"""One connection to the broker, with the settings and refusals of reliability.md 2.8."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error
from nats.js import JetStreamContext
from nats.js.api import ConsumerInfo

from shared.runtime.bus.faults import ANSWER_S, FAULTS, Denied, Unreachable, UnsuitableBroker
from shared.runtime.bus.publishing import Answer, Outgoing, Publishing
from shared.runtime.bus.pulling import Pull
from shared.runtime.bus.topology import inbox_of, stream_of
from shared.runtime.logs import get_logger

OLDEST_SERVER = (2, 14)
"""Older ones are refused. Both doctors name it: in containers as it stands on this line."""
CONNECT_S = 10.0
Seen = Callable[[str, bytes], Awaitable[None]]

log = get_logger()


@dataclass(frozen=True, slots=True)
class Access:
    """Where the broker is and who we are there. ``url`` may name several, comma separated."""

    url: str
    user: str
    password: str = field(repr=False)
    tls: ssl.SSLContext | None = None


class _TlsOnly(Client):
    """Talks in the clear to nobody when it was told whom to trust, or a ``tls://`` address. The
    library believes a server, or somebody in between, that says it has no TLS, and sends it the
    password."""

    async def _process_info(self, info: dict[str, Any], initial_connection: bool = False) -> None:  # noqa: FBT001, FBT002 - the library's own
        """Called with the server's first words, before anything is sent, at every connection."""
        server = self._current_server
        wanted = "tls" in self.options or (server is not None and server.uri.scheme == "tls")
        if initial_connection and wanted and not info.get("tls_required"):
            raise Error("the server offers no TLS")
        await super()._process_info(info, initial_connection)


class Connection:
    """One user's live connection. It reconnects by itself until ``failed`` says it never will."""

    def __init__(self, access: Access) -> None:
        self.user = access.user
        self._access = access
        self._client = _TlsOnly()
        self._publishing = Publishing(self._client, access.user)
        self._last_error = ""
        self._expected = ""
        self._fatal: Exception | None = None
        self._over = asyncio.Event()
        self._closing = False

    @classmethod
    async def open(cls, access: Access) -> "Connection":
        """Connect within ten seconds.

        Raises:
            Unreachable: nobody answered.
            Denied: user or password are wrong.
            UnsuitableBroker: the server is older than this release trusts.
        """
        connection = cls(access)
        try:
            await connection._connect()
            connection._check_version()
        except BaseException:
            await connection.close()
            raise
        return connection

    @property
    def jetstream(self) -> JetStreamContext:
        """The JetStream calls, for this package only."""
        return self._client.jetstream(timeout=ANSWER_S)

    @property
    def is_connected(self) -> bool:
        """What the client believes. One whose reader died still believes it: see ``liveness``."""
        return self._client.is_connected

    @property
    def is_over(self) -> bool:
        """Whether it can never work again; ``failed`` says why."""
        return self._over.is_set() or self.reader_ended

    @property
    def reader_ended(self) -> bool:
        """Whether the client's reading task is gone although it claims to be connected."""
        reader = self._client._reading_task  # noqa: SLF001 - the client shows it nowhere else
        return self.is_connected and reader is not None and reader.done()

    async def publish_all(self, events: Sequence[Outgoing]) -> Sequence[Answer]:
        """Store events in their owner's stream, in this order; what came of each of them."""
        return await self._publishing.publish_all(events)

    async def publish(self, type_: str, body: bytes, *, message_id: str) -> None:
        """Store one event in its owner's stream and wait for the acknowledgement.

        Raises:
            Unconfirmed: always safe to repeat with the same ``message_id``.
            Refused: this event can never be stored.
        """
        (answer,) = await self.publish_all((Outgoing(type_, body, message_id),))
        if answer is not None:
            raise answer

    def pull(self, stream: str) -> Pull:
        """The messages of this user's consumer on a stream. It exists, or nothing comes."""
        return Pull(self._client, stream=stream, consumer=self.user)

    async def watch(self, subject: str, seen: Seen) -> None:
        """Call ``seen(type, body)`` for what passes by from now on: a hint, not a delivery."""

        async def deliver(message: Msg) -> None:
            try:
                await seen(message.subject, message.data)
            except Exception as error:  # noqa: BLE001 - raising here would end the watch silently
                log.warning("watch_failed", type=message.subject, error=type(error).__name__)

        await self._client.subscribe(subject, cb=deliver)
        await self.round_trip()

    async def consumer_info(self, owner: str) -> ConsumerInfo:
        """The state of this user's consumer on an owner's stream."""
        js, stream = self.jetstream, stream_of(owner)
        info: ConsumerInfo = await js.consumer_info(stream, self.user, timeout=ANSWER_S)
        return info

    async def round_trip(self) -> None:
        """Wait until the server has seen everything sent so far; raises one of ``FAULTS``.

        The client writes a ping ahead of what it still holds back: the second one follows it.
        """
        for _ in range(2):
            await self._client.flush(timeout=int(ANSWER_S))

    async def check_rights(self) -> None:
        """Prove that the server refuses this user what its allow-list leaves out.

        Raises:
            UnsuitableBroker: a forbidden publish passed.
        """
        self._expected = f"forbidden.{self.user}"
        await self._client.publish(self._expected, b"")
        await self.round_trip()
        if self._expected not in self._last_error:
            raise UnsuitableBroker(f"the broker enforces no permissions for user {self.user}")

    async def failed(self) -> NoReturn:
        """Wait until this connection can never work again.

        Raises:
            Denied: the broker refused something, or closed the connection for good.
        """
        await self._over.wait()
        raise self._fatal or Denied(self.user)

    async def close(self) -> None:
        """Close without draining: draining raises while the client reconnects."""
        self._closing = True
        try:
            await asyncio.wait_for(self._client.close(), ANSWER_S)
        except FAULTS as error:
            log.warning("broker_close_failed", error=type(error).__name__)

    async def _connect(self) -> None:
        dialling = asyncio.ensure_future(self._dial())
        refused = asyncio.ensure_future(self._over.wait())
        await asyncio.wait(
            (dialling, refused), timeout=CONNECT_S, return_when=asyncio.FIRST_COMPLETED
        )
        connected = dialling.done()
        for task in (dialling, refused):
            task.cancel()
        await asyncio.wait((dialling, refused))
        if self._fatal is not None:
            raise self._fatal
        if not connected:
            raise Unreachable(self._last_error)
        dialling.result()

    async def _dial(self) -> None:
        await self._client.connect(
            servers=self._access.url.split(","),
            user=self._access.user,
            password=self._access.password,
            tls=self._access.tls,
            name=self.user,
            inbox_prefix=inbox_of(self.user),
            connect_timeout=3,
            max_reconnect_attempts=-1,
            reconnect_time_wait=1,
            ping_interval=10,
            max_outstanding_pings=2,
            pending_size=0,  # publishing while disconnected fails at once; nothing is buffered
            error_cb=self._on_error,
            disconnected_cb=self._on_disconnected,
            reconnected_cb=self._on_reconnected,
            closed_cb=self._on_closed,
        )

    def _check_version(self) -> None:
        version = self._client.connected_server_version
        if (version.major, version.minor) < OLDEST_SERVER:
            oldest = ".".join(map(str, OLDEST_SERVER))
            raise UnsuitableBroker(f"nats-server {version} is older than {oldest}")

    async def _on_error(self, error: Exception) -> None:
        self._last_error = str(error).lower()
        if self._expected and self._expected in self._last_error:
            return
        if "violation" in self._last_error:
            log.error("broker_denied", error=type(error).__name__)
            self._fatal = Denied(f"user {self.user}: {self._last_error}")
            self._over.set()
            return
        log.warning("broker_error", error=type(error).__name__)

    async def _on_disconnected(self) -> None:
        if not self._closing:
            log.warning("broker_disconnected")

    async def _on_reconnected(self) -> None:
        log.info("broker_reconnected")

    async def _on_closed(self) -> None:
        self._over.set()
