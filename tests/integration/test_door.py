"""The door with its own settings (``deploy/nginx/nginx.conf``) and a service behind it.

nginx is a program of its own: the one on the path, or Debian's, which ``make test`` unpacks. Where
there is none, these tests are left out.
"""

import asyncio
import os
import re
import shutil
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from tests.support.certificates import Authority, certificate
from tests.support.ports import free_ports

ROOT = Path(__file__).parents[2]
NGINX = shutil.which("nginx") or shutil.which("nginx", path=ROOT / "build/nginx/usr/sbin")
SETTINGS = ROOT / "deploy/nginx/nginx.conf"
HOST, BEHIND = "localhost", "portal"
START_S = 10.0
AT_ONCE = 500
"""Connections of one address in case 68 of the threat model."""
ALLOWED = 201
"""As many as the door lets in at one moment (``limit_conn``, and ``burst`` and the one it is
counted from)."""

Pair = tuple[Path, Path]
BAD: dict[str, Callable[[Authority, Path], Pair]] = {
    "expired": lambda ours, _: ours.issue(BEHIND, lasts=timedelta(days=-1)),
    "another service's": lambda ours, _: ours.issue("treatment"),
    "vouches for itself": lambda _, folder: certificate(folder, BEHIND),
    "of another authority": lambda _, folder: Authority(_made(folder / "theirs")).issue(BEHIND),
}

pytestmark = pytest.mark.skipif(NGINX is None, reason="no nginx here: install the package nginx")


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


@dataclass
class Service:
    """What stands behind the door; ``go`` lets it answer."""

    heard: int = 0
    go: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, _request: web.Request) -> web.Response:
        self.heard += 1
        await self.go.wait()
        return web.Response(text="from the portal")


@asynccontextmanager
async def behind(pair: Pair | None) -> AsyncIterator[tuple[Service, int]]:
    """The service, with this certificate or in the clear."""
    service, context = Service(), None
    if pair is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*pair)
    application = web.Application()
    application.router.add_get("/{path:.*}", service.answer)
    runner = web.AppRunner(application)
    await runner.setup()
    (port,) = free_ports(1)
    await web.TCPSite(runner, "127.0.0.1", port, ssl_context=context).start()
    try:
        yield service, port
    finally:
        await runner.cleanup()


@asynccontextmanager
async def door(folder: Path, ours: Authority, service_port: int) -> AsyncIterator[str]:
    """nginx with the settings as they are; only places and ports are those of this test."""
    (port,) = free_ports(1)
    for made, name in zip(ours.issue(HOST), ("server.crt", "server.key"), strict=True):
        shutil.copy(made, folder / name)
    shutil.copy(ours.file, folder / "ca.crt")
    (folder / "server_name.conf").write_text(f"server_name {HOST};\n")
    (folder / "mime.types").write_text("types {}\n")
    text = SETTINGS.read_text()
    for there, here in {
        "/tmp/": f"{folder}/",
        "/etc/nginx/mime.types": f"{folder}/mime.types",
        "/etc/mooring/server_name.conf": f"{folder}/server_name.conf",
        "/run/secrets/": f"{folder}/",
        "listen 8443 ssl": f"listen 127.0.0.1:{port} ssl",
        "https://$service:8443": f"https://127.0.0.1:{service_port}",
        "  http2 on;\n": "",  # which an older nginx says otherwise
    }.items():
        assert there in text, there
        text = text.replace(there, here)
    (folder / "nginx.conf").write_text(text)
    command = [str(NGINX), "-p", str(folder), "-c", str(folder / "nginx.conf")]
    as_here = "daemon off; user root;" if os.geteuid() == 0 else "daemon off;"
    with (folder / "log").open("w") as log:
        process = await asyncio.create_subprocess_exec(
            *command, "-e", "stderr", "-g", as_here, stdout=log, stderr=log
        )
        await _listening(port, process)
        try:
            yield f"https://{HOST}:{port}"
        finally:
            process.terminate()
            await process.wait()


async def _listening(port: int, process: asyncio.subprocess.Process) -> None:
    async with asyncio.timeout(START_S):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                assert process.returncode is None, "the settings are refused"
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return


@pytest.fixture
def ours(tmp_path: Path) -> Authority:
    return Authority(_made(tmp_path / "ours"))


@pytest.fixture
async def outside(ours: Authority) -> AsyncIterator[aiohttp.ClientSession]:
    trusting = ssl.create_default_context(cafile=str(ours.file))
    connector = aiohttp.TCPConnector(ssl=trusting, limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:
        yield session


async def test_a_service_with_our_certificate_and_its_own_name_is_asked(
    tmp_path: Path, ours: Authority, outside: aiohttp.ClientSession
) -> None:
    async with behind(ours.issue(BEHIND)) as (service, port):
        service.go.set()
        async with door(tmp_path, ours, port) as address, outside.get(address) as answer:
            assert (answer.status, await answer.text()) == (200, "from the portal")


@pytest.mark.parametrize("pair", BAD.values(), ids=BAD.keys())
async def test_a_service_with_a_bad_certificate_is_told_nothing(
    tmp_path: Path,
    ours: Authority,
    outside: aiohttp.ClientSession,
    pair: Callable[[Authority, Path], Pair],
) -> None:
    async with behind(pair(ours, tmp_path)) as (service, port):
        service.go.set()
        async with door(tmp_path, ours, port) as address, outside.get(address) as answer:
            assert answer.status == 502
        assert service.heard == 0
    assert re.search("SSL certificate|does not match", (tmp_path / "log").read_text())


async def test_a_service_without_tls_is_told_nothing(
    tmp_path: Path, ours: Authority, outside: aiohttp.ClientSession
) -> None:
    async with behind(None) as (service, port):
        service.go.set()
        async with door(tmp_path, ours, port) as address, outside.get(address) as answer:
            assert answer.status == 502
        assert service.heard == 0


async def test_of_five_hundred_connections_of_one_address_most_are_refused(
    tmp_path: Path, ours: Authority, outside: aiohttp.ClientSession
) -> None:
    async with behind(ours.issue(BEHIND)) as (service, port):

        async def ask(address: str) -> int:
            async with outside.get(f"{address}/today") as answer:
                if answer.status == 429:
                    assert (await answer.json(content_type=None))["code"] == "too-many-requests"
                    assert answer.headers["Retry-After"] == "1"
                return answer.status

        async with door(tmp_path, ours, port) as address:
            asked = [asyncio.create_task(ask(address)) for _ in range(AT_ONCE)]
            refused = AT_ONCE - ALLOWED
            for one in islice(asyncio.as_completed(asked), refused):
                assert await one == 429
            assert service.heard <= ALLOWED
            service.go.set()
            said = Counter(await asyncio.gather(*asked))
            assert said[429] >= refused
            # How many of those let in are answered is for the one process behind them, which makes
            # 200 handshakes at once and may be too slow for the door's patience.
            assert await ask(address) == 200, "and when the crowd has gone the door is open"
