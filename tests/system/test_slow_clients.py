"""Whoever is slow on purpose is cut off; everybody else is answered. On raw sockets."""

import asyncio
import resource
import socket
import statistics
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress

import pytest
from aiohttp import web
from joserfc.jwk import KeySet

from shared.runtime import service
from shared.runtime.auth import StaticKeys
from shared.runtime.db import Database
from shared.runtime.http import Api, app, build_app, dispatch
from shared.runtime.settings import ServiceSettings
from shared.runtime.tables import runtime
from tests.support.callers import KEY
from tests.support.databases import Databases
from tests.support.ports import free_ports

MANY = 1000
CLOSED_WITHIN_S = 15.0
LATE_S = 2.0
"""How much later than it should the other side may see it, on a busy machine."""
BIG = b"x" * 30_000_000
WITHIN_S = 12.0


@pytest.fixture
def many_files() -> Iterator[None]:
    """Leave to hold both ends of a thousand connections."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = 2 * MANY + 500
    if soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@asynccontextmanager
async def served(db: Database) -> AsyncIterator[int]:
    """A service on a real port, as ``running`` opens it."""
    (port,) = free_ports(1)
    built = build_app(Api(service="notebook", title="N"), db=db, keys=StaticKeys(KeySet([KEY])))

    async def big(_request: web.Request) -> web.Response:
        return web.Response(body=BIG)

    async def take(request: web.Request) -> web.Response:
        return web.Response(text=str(len(await dispatch.received(request))))

    built.router.add_get("/big", big)
    built.router.add_post("/take", take)
    settings = ServiceSettings(http_port=port, database_url="sqlite+aiosqlite:///unused.db")
    async with service.AsyncExitStack() as stack:
        yield await service._listen(built, settings, stack)


@pytest.fixture
async def port(sqlite_databases: Databases, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    """With short limits."""
    monkeypatch.setattr(service, "HEAD_WITHIN_S", 1.0)
    monkeypatch.setattr(service, "LINGERS_S", 0.5)
    monkeypatch.setattr(dispatch, "BODY_TIMEOUT_S", 1)
    monkeypatch.setattr(app, "UNREAD_MS", 1000)
    db = Database.open(await sqlite_databases.with_tables(runtime), source="notebook")
    async with served(db) as at:
        yield at
    await db.close()


async def everything(reader: asyncio.StreamReader) -> bytes:
    async with asyncio.timeout(WITHIN_S):
        with suppress(ConnectionError):
            return await reader.read()
    return b""


async def drip(writer: asyncio.StreamWriter, text: bytes) -> None:
    """One byte at a time, until the other side has had enough."""
    with suppress(ConnectionError):
        for byte in text:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0.2)


@pytest.mark.parametrize("sent", [b"", b"GET /health/live HTTP/1.1\r\nHost: loc"])
async def test_a_connection_without_a_whole_head_is_closed(port: int, sent: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)

    assert await everything(reader) == b""
    writer.close()


async def test_a_head_that_comes_drop_by_drop_is_closed(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    dripping = asyncio.create_task(drip(writer, b"GET /take HTTP/1.1\r\nX: " + b"a" * 200))

    assert await everything(reader) == b""
    dripping.cancel()
    writer.close()


async def test_a_body_that_comes_drop_by_drop_is_refused_and_closed(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"POST /take HTTP/1.1\r\nHost: l\r\nContent-Length: 500\r\n\r\n")
    dripping = asyncio.create_task(drip(writer, b"a" * 500))

    answer = await everything(reader)

    dripping.cancel()
    writer.close()
    assert answer.split()[1] == b"408"
    assert b"slow-body" in answer


async def test_whoever_reads_nothing_of_a_big_answer_is_cut_off(port: int) -> None:
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(line, ("127.0.0.1", port))
    await loop.sock_sendall(line, b"GET /big HTTP/1.1\r\nHost: l\r\nConnection: close\r\n\r\n")
    await asyncio.sleep(5)  # the kernel's own clock: nothing here can be virtual

    read = 0
    with suppress(ConnectionError):
        while some := await asyncio.wait_for(loop.sock_recv(line, 1 << 20), WITHIN_S):
            read += len(some)
    line.close()
    assert read < len(BIG)


async def test_others_are_answered_meanwhile_and_no_answer_names_a_version(port: int) -> None:
    waiting = [await asyncio.open_connection("127.0.0.1", port) for _ in range(100)]
    for target in (b"/openapi.json", b"/nowhere", b"\x00", b"http://elsewhere/ x"):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET " + target + b" HTTP/1.1\r\nHost: l\r\nConnection: close\r\n\r\n")
        answer = await everything(reader)
        writer.close()

        assert answer.startswith(b"HTTP/1.")
        head = answer.partition(b"\r\n\r\n")[0]
        assert b"Server: mooring" in head
        assert b"aiohttp" not in answer
        assert b"Python" not in answer
    for _, writer in waiting:
        writer.close()


class Waiting:
    """A connection that sends less than a request, a byte a second where there is more to send."""

    def __init__(self, port: int, first: bytes, *, drips: bool) -> None:
        self._port, self._first, self._drips = port, first, drips
        self.closed_after_s = 0.0

    async def stay(self, opened: asyncio.Semaphore) -> None:
        """Until the other side closes it."""
        async with opened:
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        began = time.monotonic()
        writer.write(self._first)
        dripping = asyncio.create_task(self._drip(writer)) if self._drips else None
        with suppress(ConnectionError):
            await reader.read()
        self.closed_after_s = time.monotonic() - began
        if dripping:
            dripping.cancel()
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    async def _drip(self, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while True:
                await asyncio.sleep(1)
                writer.write(b"a")


KINDS = (
    (b"", False),
    (b"GET /health/live HTTP/1.1\r\nHost: loc", False),
    (b"GET /take HTTP/1.1\r\nX: ", True),
    (b"POST /take HTTP/1.1\r\nHost: l\r\nContent-Length: 5000\r\n\r\n", True),
)


@pytest.mark.timeout(120)
async def test_a_thousand_wait_and_others_are_answered(
    sqlite_databases: Databases, many_files: None
) -> None:
    """With the limits that a service has: nothing is shortened."""
    db = Database.open(await sqlite_databases.with_tables(runtime), source="notebook")
    took = []
    async with served(db) as port, asyncio.timeout(60), asyncio.TaskGroup() as group:
        waiting = [
            Waiting(port, first, drips=drips) for first, drips in KINDS for _ in range(MANY // 4)
        ]
        few = asyncio.Semaphore(50)
        staying = [group.create_task(one.stay(few)) for one in waiting]
        while not all(task.done() for task in staying):
            began = time.monotonic()
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET /openapi.json HTTP/1.1\r\nHost: l\r\nConnection: close\r\n\r\n")
            answer = await everything(reader)
            took.append(time.monotonic() - began)
            writer.close()
            assert answer.startswith(b"HTTP/1.1 200")
            await asyncio.sleep(0.05)
    await db.close()

    closed = sorted(one.closed_after_s for one in waiting)
    assert closed[-1] < CLOSED_WITHIN_S + LATE_S
    assert len(took) > 50
    assert statistics.quantiles(took, n=20)[-1] < 0.5
