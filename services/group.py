"""The embedded group: a broker and each service as a child process; one ends, all end.

It starts modules by name and imports none of them, so independence holds here too.
"""

import asyncio
import ctypes
import os
import secrets
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from shared.runtime.bus.connection import Access, Connection
from shared.runtime.bus.provision import Size, provision
from shared.runtime.bus.topology import OBSERVER
from shared.runtime.embedded import Embedded, embedded_broker
from shared.runtime.operations import KEYS_ARE

ROOT = Path(__file__).parent.parent
SEED_ORDER = ("portal", "assessment", "treatment", "engagement")
PORTS = {"portal": 8080, "assessment": 8081, "treatment": 8082, "engagement": 8083}
READY_S = 60.0
STOP_S = 5.0
_PR_SET_PDEATHSIG = 1

Say = Callable[[str], None]


class GroupError(Exception):
    """The group cannot start or one of its parts ended. One line for whoever started it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Where the group keeps its files and listens. ``today`` is the demo cohort's day."""

    folder: Path
    ports: dict[str, int] = field(default_factory=lambda: dict(PORTS))
    demo: bool
    today: str
    host: str = "127.0.0.1"

    def address(self, service: str) -> str:
        """The base address of one service."""
        return f"http://{self.host}:{self.ports[service]}"

    @property
    def secrets(self) -> Path:
        """Passwords and keys, readable by this account only."""
        return self.folder / "secrets"

    @property
    def demo_password(self) -> str:
        """The one password of all demo accounts, drawn at the first start."""
        return (self.secrets / "demo-password").read_text()


@asynccontextmanager
async def running(group: Group, *, say: Say) -> AsyncIterator[asyncio.Task[str]]:
    """Start everything and yield a task that ends with the name of the first part to end.

    Raises:
        GroupError: EmbeddedError and it name the cause in one line.
    """
    _prepare(group)
    say("starting the broker")
    binary = os.environ.get("MOORING_NATS_SERVER")
    async with embedded_broker(group.folder / "nats", binary=binary) as broker:
        await _provision(broker)
        await _seed_once(group, broker, say=say)
        say("starting the services")
        async with _children() as children:
            for name in SEED_ORDER:
                children.append(await _spawn(group, broker, name, "run", "--migrate"))
            watch = asyncio.create_task(_first_to_end(broker, children))
            try:
                await _ready(group, watch)
                yield watch
            finally:
                watch.cancel()


@dataclass(frozen=True, slots=True)
class Child:
    """One service's process."""

    name: str
    process: asyncio.subprocess.Process


def _prepare(group: Group) -> None:
    kind = "demo" if group.demo else "live"
    try:
        found = _claim_folder(group, kind)
    except OSError as error:
        raise GroupError(f"cannot write to {group.folder}: {error.strerror}") from error
    if found != kind:
        raise GroupError(
            f"{group.folder} holds {found} data and this start is {kind}:"
            " demo and live data never share a folder"
        )
    for name, port in group.ports.items():
        _require_free(group.host, port, name)


def _claim_folder(group: Group, kind: str) -> str:
    """Mark an empty folder as this kind, and return the kind that it is."""
    group.secrets.mkdir(parents=True, exist_ok=True, mode=0o700)
    marker = group.folder / "kind"
    if not marker.exists():
        marker.write_text(kind)
    found = marker.read_text()
    password = group.secrets / "demo-password"
    if found == kind == "demo" and not password.exists():
        _private(password, secrets.token_urlsafe(9))
    return found


def _require_free(host: str, port: int, name: str) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise GroupError(
                f"port {port} for the {name} service is taken:"
                f" stop what listens there, or set {name.upper()}_PORT"
            ) from error


async def _provision(broker: Embedded) -> None:
    access = Access(broker.url, "provision", broker.passwords["provision"])
    connection = await Connection.open(access)
    try:
        await provision(connection, Size())
    finally:
        await connection.close()


async def _seed_once(group: Group, broker: Embedded, *, say: Say) -> None:
    done = group.folder / "seeded"
    if not group.demo or done.exists():
        return
    async with _children() as children:
        for name in SEED_ORDER:
            seeding = ("seed", "--today", group.today, "--when-told")
            children.append(await _spawn(group, broker, name, *seeding, spoken_to=True))
        for child in children:
            say(f"inviting the demo cohort: {child.name}")
            code = await _seeded(child)
            if code:
                raise GroupError(
                    f"seeding {child.name} failed with exit code {code};"
                    f" see {_log(group, child.name)}"
                )
    done.write_text(group.today)


async def _seeded(child: Child) -> int:
    """Each plays after the one before, and listens while that one tells; its exit code."""
    if pipe := child.process.stdin:
        with suppress(ConnectionError):  # it has ended; its exit code says why
            pipe.write(b"play\n")
            await pipe.drain()
    return await child.process.wait()


async def _spawn(
    group: Group, broker: Embedded, name: str, *arguments: str, spoken_to: bool = False
) -> Child:
    secrets_dir = group.secrets / name
    secrets_dir.mkdir(mode=0o700, exist_ok=True)
    _private(secrets_dir / "mooring_nats_password", broker.passwords[name])
    if name == "portal":
        _private(secrets_dir / "mooring_nats_observer_password", broker.passwords[OBSERVER])
    if group.demo and name == "portal":
        _private(secrets_dir / "mooring_demo_password", group.demo_password)
    with _log(group, name).open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            f"services.{name}",
            *arguments,
            cwd=ROOT,
            env=_environment(group, broker, name, secrets_dir),
            stdin=asyncio.subprocess.PIPE if spoken_to else asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C reaches us, and we end the children in order
            preexec_fn=_end_with_parent,
        )
    return Child(name, process)


_FILES = dict.fromkeys(SEED_ORDER, ("RETENTION_FILE",)) | {
    "assessment": ("RETENTION_FILE", "RIGHTS_FILE")
}
"""Which files of the clinic's own each service is told of, when whoever starts it names them."""


def _environment(group: Group, broker: Embedded, name: str, secrets_dir: Path) -> dict[str, str]:
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("MOORING_")}
    own = {
        "HTTP_HOST": group.host,
        "HTTP_PORT": str(group.ports[name]),
        "DATABASE_URL": f"sqlite+aiosqlite:///{group.folder / name}.db",
        "NATS_URL": broker.url,
        "NATS_USER": name,
        "JWKS_URL": f"{group.address('portal')}/.well-known/jwks.json",
        "SECRETS_DIR": str(secrets_dir),
        "DEMO": str(group.demo).lower(),
        "ANCHORS_FOLDER": str(group.folder / "anchors"),
    }
    for setting in _FILES[name]:
        if given := os.environ.get(f"MOORING_{setting}"):
            own[setting] = str(Path(given).resolve())
    if name != "portal":
        own["PERSON_KEYS"] = str(group.folder / "person-keys")
    if name == "portal":
        own |= {f"{other.upper()}_URL": group.address(other) for other in SEED_ORDER[1:]}
    if name == "engagement":
        own |= {"PORTAL_URL": group.address("portal"), "MAIL_FOLDER": str(group.folder / "mail")}
    return inherited | {f"MOORING_{key}": value for key, value in own.items()}


def _end_with_parent() -> None:
    """On Linux the kernel ends the child if we are killed and cannot do it ourselves."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _log(group: Group, name: str) -> Path:
    return group.folder / f"{name}.log"


def _private(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as handle:
        handle.write(text)


async def _first_to_end(broker: Embedded, children: Sequence[Child]) -> str:
    async def child_ended(child: Child) -> str:
        return f"{child.name} ended with exit code {await child.process.wait()}"

    async def broker_ended() -> str:
        return f"the broker ended with exit code {await broker.ended()}"

    tasks = [asyncio.create_task(broker_ended())]
    tasks += [asyncio.create_task(child_ended(child)) for child in children]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return done.pop().result()
    finally:
        for task in tasks:
            task.cancel()


async def _ready(group: Group, watch: asyncio.Task[str]) -> None:
    waiting = asyncio.create_task(_all_answer(group))
    await asyncio.wait({waiting, watch}, timeout=READY_S, return_when=asyncio.FIRST_COMPLETED)
    if watch.done():
        waiting.cancel()
        raise GroupError(f"{watch.result()}; {_last_words(group, watch.result().split()[0])}")
    if not waiting.done():
        waiting.cancel()
        raise GroupError(f"the services were not ready within {READY_S:.0f} s")


async def _all_answer(group: Group) -> None:
    async with aiohttp.ClientSession() as session:
        for name in SEED_ORDER:
            url = f"{group.address(name)}/health/ready"
            while not await _answers(session, url):  # noqa: ASYNC110 - it is another process
                await asyncio.sleep(0.05)


async def _answers(session: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with session.get(url) as answer:
            told = await answer.json()
            without_keys = str(told.get("status", "")).startswith(KEYS_ARE)
            return answer.status == 200 or without_keys  # care goes on; doctor and alert name it
    except aiohttp.ClientError:
        return False


def _last_words(group: Group, name: str) -> str:
    log = _log(group, name)
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    return lines[-1] if lines else f"see {log}"


@asynccontextmanager
async def _children() -> AsyncIterator[list[Child]]:
    """Stops whatever was put into the list and still runs when the block is left."""
    children: list[Child] = []
    try:
        yield children
    finally:
        await _stop(children)


async def _stop(children: Sequence[Child]) -> None:
    alive = [child for child in children if child.process.returncode is None]
    for child in alive:
        child.process.terminate()
    ended = [asyncio.create_task(child.process.wait()) for child in alive]
    if ended:
        await asyncio.wait(ended, timeout=STOP_S)
    for child in alive:
        if child.process.returncode is None:
            child.process.kill()
            await child.process.wait()
