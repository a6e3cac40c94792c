"""Nobody is talked to whose certificate has expired, is for another name or of an authority that is
not ours, or who has none: to the broker, to the database, and from service to service. Over the
wire, with what each service is told in ``docker-compose.yml``; webhooks have tests of their own."""

import asyncio
import os
import ssl
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
import yaml
from aiohttp import web

from services.engagement.adapters.channels import Channels, Mailbox
from services.engagement.application.send_notices import Parcel
from services.engagement.domain.notice import Answer, Channel
from services.engagement.domain.notice_wording import Letter
from shared.runtime import clock, service
from shared.runtime.bus import connection
from shared.runtime.bus.connection import Connection
from shared.runtime.bus.faults import Unreachable
from shared.runtime.bus.speaker import access_from
from shared.runtime.db import Database
from shared.runtime.embedded import embedded_broker
from shared.runtime.outage import DatabaseAway
from shared.runtime.settings import ServiceSettings
from tests.integration.conftest import SMALL, altered_server
from tests.support.callers import KEY
from tests.support.certificates import Authority, certificate
from tests.support.ports import free_ports

ROOT = Path(__file__).parents[2]
HOST = "localhost"
Pair = tuple[Path, Path]
"""The files of a certificate and of its key."""
BAD: dict[str, Callable[[Authority, Path], Pair]] = {
    "expired": lambda ours, _: ours.issue(HOST, lasts=timedelta(days=-1)),
    "for another name": lambda ours, _: ours.issue("elsewhere.example"),
    "vouches for itself": lambda _, folder: certificate(folder, HOST),
    "of another authority": lambda _, folder: Authority(_made(folder / "theirs")).issue(HOST),
}
badly = pytest.mark.parametrize("pair", BAD.values(), ids=BAD.keys())


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


@pytest.fixture
def ours(tmp_path: Path) -> Authority:
    return Authority(_made(tmp_path / "ours"))


# The broker


@asynccontextmanager
async def broker(folder: Path, pair: Pair | None, trusted: Path) -> AsyncIterator[ServiceSettings]:
    """A real one, with this certificate; and what a service is told of it."""
    binary = None
    if pair is not None:
        tls = f'tls {{ cert_file: "{pair[0]}", key_file: "{pair[1]}", timeout: 5 }}'
        binary = altered_server(folder, f"s|^jetstream {{|{tls}\\n&|")
    async with embedded_broker(folder / "broker", size=SMALL, binary=binary) as running:
        yield ServiceSettings(
            http_port=0,
            database_url="unused",
            nats_url=f"tls://{HOST}:{running.url.rpartition(':')[2]}",
            nats_password=running.passwords["treatment"],
            nats_ca_file=trusted,
        )


async def test_the_broker_with_our_certificate_is_talked_to(
    tmp_path: Path, ours: Authority
) -> None:
    async with broker(tmp_path, ours.issue(HOST), ours.file) as settings:
        opened = await Connection.open(access_from(settings, user="treatment"))
        await opened.check_rights()
        await opened.close()


@badly
async def test_a_broker_with_a_bad_certificate_is_not(
    tmp_path: Path,
    ours: Authority,
    pair: Callable[[Authority, Path], Pair],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connection, "CONNECT_S", 2.0)
    async with broker(tmp_path, pair(ours, tmp_path), ours.file) as settings:
        with pytest.raises(Unreachable, match="certificate verify failed"):
            await Connection.open(access_from(settings, user="treatment"))


@pytest.mark.parametrize(("scheme", "trusts"), [("tls", True), ("nats", True), ("tls", False)])
async def test_a_broker_without_tls_is_told_no_password(
    ours: Authority, monkeypatch: pytest.MonkeyPatch, scheme: str, trusts: bool
) -> None:
    """Somebody between us and the broker who says that it has none."""
    heard = bytearray()
    info = b'INFO {"server_id":"x","version":"2.14.0","max_payload":1048576,"proto":1}\r\n'

    async def pose(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(info)
        while some := await reader.read(4096):
            heard.extend(some)
        writer.close()

    monkeypatch.setattr(connection, "CONNECT_S", 2.0)
    posing = await asyncio.start_server(pose, "127.0.0.1", 0)
    settings = ServiceSettings(
        http_port=0,
        database_url="unused",
        nats_url=f"{scheme}://{HOST}:{posing.sockets[0].getsockname()[1]}",
        nats_password="of-the-service",
        nats_ca_file=ours.file if trusts else None,
    )
    with pytest.raises(Unreachable, match="no tls"):
        await Connection.open(access_from(settings, user="treatment"))
    posing.close()

    assert not heard


# The database


async def go_on_by_tls(writer: asyncio.StreamWriter, pair: Pair) -> None:
    """What was said so far in the clear, then TLS with this certificate."""
    await writer.drain()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*pair)
    await writer.start_tls(context)


@dataclass(slots=True)
class Posing:
    """The beginning of a conversation with PostgreSQL: whether there is TLS, then who asks."""

    pair: Pair | None
    heard: bytearray = field(default_factory=bytearray)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(8)  # asks for TLS
        try:
            if self.pair is None:
                writer.write(b"N")
            else:
                writer.write(b"S")
                await go_on_by_tls(writer, self.pair)
            self.heard.extend(await reader.read(4096))
        except (ssl.SSLError, ConnectionError):
            pass
        writer.close()


async def asked(posing: Posing, trusted: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Open the database as a service does; why it is away."""
    monkeypatch.setenv("PGSSLROOTCERT", str(trusted))
    server = await asyncio.start_server(posing.answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    who = "someone:secret"
    url = f"postgresql+asyncpg://{who}@{HOST}:{port}/care?ssl=verify-full"
    db = Database.open(url, source="treatment")
    with pytest.raises(DatabaseAway) as away:
        async with db.reading():
            pass
    await db.close()
    server.close()
    return repr(away.value.__cause__)


async def test_the_database_with_our_certificate_is_told_who_asks(
    ours: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    posing = Posing(ours.issue(HOST))

    await asked(posing, ours.file, monkeypatch)

    assert b"someone" in posing.heard


@badly
async def test_a_database_with_a_bad_certificate_is_told_nothing(
    tmp_path: Path,
    ours: Authority,
    pair: Callable[[Authority, Path], Pair],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    posing = Posing(pair(ours, tmp_path))

    why = await asked(posing, ours.file, monkeypatch)

    assert "certificate verify failed" in why
    assert not posing.heard


async def test_a_database_without_tls_is_told_nothing(
    ours: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    posing = Posing(None)

    why = await asked(posing, ours.file, monkeypatch)

    assert "SSL" in why
    assert not posing.heard


# From service to service

FETCH = """
import asyncio, sys, aiohttp
from shared.runtime.auth import JwksKeys, KeysUnavailable

async def main():
    async with aiohttp.ClientSession() as session:
        try:
            print((await JwksKeys(sys.argv[1], session).find("test")).kid)
        except KeysUnavailable as error:
            print(error)

asyncio.run(main())
"""


ASK_PROVIDER = """
import asyncio, sys, aiohttp
from pydantic import SecretStr
from services.portal.identity.provider import Provider, ProviderAway, attempt

async def main():
    async with aiohttp.ClientSession() as session:
        there = Provider(sys.argv[1], "us", SecretStr("of the client"), "https://us/back", session)
        try:
            await there.address(attempt())
            print("asked")
        except ProviderAway as error:
            print(error)

asyncio.run(main())
"""


async def fetched(pair: Pair | None, trusted: Path, program: str = FETCH) -> str:
    """What a service gets that fetches the portal's keys: the id of one, or why it has none. In a
    process of its own, because a process reads once whom it trusts."""
    (port,) = free_ports(1)
    cert, key = pair or (None, None)
    settings = ServiceSettings(
        http_port=port, database_url="unused", http_cert_file=cert, http_key_file=key
    )
    app = web.Application()

    async def keys(_request: web.Request) -> web.Response:
        return web.json_response({"keys": [KEY.as_dict(private=False)]})

    async def about(_request: web.Request) -> web.Response:
        issuer = f"https://{HOST}:{port}/jwks.json"
        places = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        return web.json_response({"issuer": issuer} | dict.fromkeys(places, issuer))

    app.router.add_get("/jwks.json", keys)
    app.router.add_get("/jwks.json/.well-known/openid-configuration", about)
    async with AsyncExitStack() as stack:
        await service._listen(app, settings, stack)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", program, f"https://{HOST}:{port}/jwks.json"),
            stdout=asyncio.subprocess.PIPE,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": ".", "SSL_CERT_FILE": str(trusted)},
        )
        said, _ = await process.communicate()
    return said.decode().strip()


async def test_a_service_with_our_certificate_is_believed(ours: Authority) -> None:
    assert await fetched(ours.issue(HOST), ours.file) == "test"


@badly
async def test_a_service_with_a_bad_certificate_is_not(
    tmp_path: Path, ours: Authority, pair: Callable[[Authority, Path], Pair]
) -> None:
    why = await fetched(pair(ours, tmp_path), ours.file)

    assert why == "ClientConnectorCertificateError"


async def test_a_service_without_tls_is_not(ours: Authority) -> None:
    assert await fetched(None, ours.file) in {"ClientConnectorSSLError", "ClientConnectorError"}


# The identity provider, as the portal asks it


async def test_a_provider_with_a_good_certificate_is_asked(ours: Authority) -> None:
    assert await fetched(ours.issue(HOST), ours.file, ASK_PROVIDER) == "asked"


@badly
async def test_a_provider_with_a_bad_certificate_is_not(
    tmp_path: Path, ours: Authority, pair: Callable[[Authority, Path], Pair]
) -> None:
    why = await fetched(pair(ours, tmp_path), ours.file, ASK_PROVIDER)

    assert why == "ClientConnectorCertificateError"


async def test_a_provider_without_tls_is_not(ours: Authority) -> None:
    why = await fetched(None, ours.file, ASK_PROVIDER)

    assert why in {"ClientConnectorSSLError", "ClientConnectorError"}


# The mail server, as engagement writes to it; the watcher calls the library alike


@dataclass(slots=True)
class PosingMail:
    """The beginning of a conversation with a mail server: whether there is TLS, then the rest."""

    pair: Pair | None
    heard: bytearray = field(default_factory=bytearray)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        offers = "250 STARTTLS" if self.pair else "250 AUTH PLAIN"
        writer.write(b"220 here\r\n")
        try:
            await reader.readline()  # says hello
            writer.write(f"250-here\r\n{offers}\r\n".encode())
            if self.pair is not None:
                await reader.readline()  # asks for TLS
                writer.write(b"220 go ahead\r\n")
                await go_on_by_tls(writer, self.pair)
            self.heard.extend(await reader.read(4096))
        except (ssl.SSLError, ConnectionError):
            pass
        writer.close()


async def mailed(posing: PosingMail, trusted: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Why a message that must go by TLS, with a password, was not taken."""
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    server = await asyncio.start_server(posing.answer, "127.0.0.1", 0)
    box = Mailbox(
        sender="mooring@clinic.example",
        host=HOST,
        port=server.sockets[0].getsockname()[1],
        start_tls=True,
        user="mooring",
        password="of-the-mailbox",
    )
    parcel = Parcel(
        notice_id=UUID(int=1),
        channel=Channel.EMAIL,
        address="staff@clinic.example",
        letter=Letter(subject="Due", text="Something is due."),
    )
    answer, why = await Channels(box).send(parcel, at=clock.real_now())
    server.close()
    assert answer is Answer.LATER
    return why


async def test_a_mail_server_with_a_good_certificate_is_talked_to(
    ours: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    posing = PosingMail(ours.issue(HOST))

    await mailed(posing, ours.file, monkeypatch)

    assert posing.heard.upper().startswith(b"EHLO")


@badly
async def test_a_mail_server_with_a_bad_certificate_is_told_nothing(
    tmp_path: Path,
    ours: Authority,
    pair: Callable[[Authority, Path], Pair],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    posing = PosingMail(pair(ours, tmp_path))

    await mailed(posing, ours.file, monkeypatch)

    assert not posing.heard


async def test_a_mail_server_without_tls_is_told_no_password(
    ours: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    posing = PosingMail(None)

    await mailed(posing, ours.file, monkeypatch)

    assert not posing.heard.upper().startswith((b"AUTH", b"MAIL"))


# The collector of traces

SEND_TRACE = """
import sys
from shared.runtime import tracing

tracing.export_to(sys.argv[1], service="trial")
with tracing.span("GET /somewhere", kind="SERVER"):
    pass
"""


async def traced(pair: Pair | None, trusted: Path) -> list[bytes]:
    """What a collector hears of a program that makes one span and ends."""
    (port,) = free_ports(1)
    cert, key = pair or (None, None)
    settings = ServiceSettings(
        http_port=port, database_url="unused", http_cert_file=cert, http_key_file=key
    )
    heard: list[bytes] = []
    app = web.Application()

    async def collect(request: web.Request) -> web.Response:
        heard.append(await request.read())
        return web.Response()

    app.router.add_post("/v1/traces", collect)
    trust = {"OTEL_EXPORTER_OTLP_CERTIFICATE": str(trusted), "OTEL_EXPORTER_OTLP_TIMEOUT": "2"}
    async with AsyncExitStack() as stack:
        await service._listen(app, settings, stack)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", SEND_TRACE, f"https://{HOST}:{port}/v1/traces"),
            env={"PATH": os.environ["PATH"], "PYTHONPATH": "."} | trust,
            stderr=asyncio.subprocess.DEVNULL,
        )
        assert await process.wait() == 0
    return heard


async def test_a_collector_with_our_certificate_is_sent_spans(ours: Authority) -> None:
    (body,) = await traced(ours.issue(HOST), ours.file)
    assert b"GET /somewhere" in body


@badly
async def test_a_collector_with_a_bad_certificate_is_sent_nothing(
    tmp_path: Path, ours: Authority, pair: Callable[[Authority, Path], Pair]
) -> None:
    assert await traced(pair(ours, tmp_path), ours.file) == []


async def test_a_collector_without_tls_is_sent_nothing(ours: Authority) -> None:
    assert await traced(None, ours.file) == []


def test_containers_trust_our_authority_with_all_that_they_send() -> None:
    told = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    for name in ("portal", "assessment", "treatment", "engagement"):
        environment = told[name]["environment"]
        for whom in ("SSL_CERT_FILE", "OTEL_EXPORTER_OTLP_CERTIFICATE", "PGSSLROOTCERT"):
            assert environment[whom] == environment["MOORING_NATS_CA_FILE"] == "/run/secrets/ca.crt"
