"""The containers of ``make up``, as somebody sees them who pulls plugs."""

import asyncio
import contextlib
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]


def compose(*arguments: str, stdin: str | None = None) -> str:
    """Run a Compose command on the project and return what it printed."""
    done = subprocess.run(
        ["docker", "compose", *arguments],
        cwd=ROOT,
        input=stdin,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def setting(name: str, default: str) -> str:
    """A value of the settings file that Compose reads; there is none before the first start."""
    with contextlib.suppress(FileNotFoundError):
        for line in (ROOT / ".env").read_text().splitlines():
            if line.startswith(f"{name}="):
                return line.partition("=")[2]
    return default


def rows(database: str, query: str, *, project: str = "mooring") -> list[str]:
    """What a query answers, a line per row."""
    psql = ("psql", "--no-psqlrc", "-At", "-v", "ON_ERROR_STOP=1", "--dbname", database)
    at = ("--project-name", project)
    return compose(*at, "exec", "-T", "postgres", *psql, stdin=query).splitlines()


def stream_leader(stream: str) -> str:
    """The broker that leads a stream's group."""
    for server in ("nats-1", "nats-2", "nats-3"):
        url = "http://127.0.0.1:8222/jsz?streams=true"
        found = json.loads(compose("exec", "-T", server, "wget", "-qO-", url))
        for account in found.get("account_details", ()):
            for detail in account["stream_detail"]:
                if detail["name"] == stream:
                    return str(detail["cluster"]["leader"])
    raise AssertionError(f"no server knows {stream}")


def waiting_for(reader: str, *, stream: str) -> int | None:
    """Events of a stream that a reader has not acknowledged, by the broker that leads the reader;
    None while that cannot be found out."""
    for server in ("nats-1", "nats-2", "nats-3"):
        url = "http://127.0.0.1:8222/jsz?consumers=true"
        try:
            found = json.loads(compose("exec", "-T", server, "wget", "-qO-", url))
        except subprocess.CalledProcessError:
            continue
        for account in found.get("account_details", ()):
            for detail in account["stream_detail"]:
                for each in detail.get("consumer_detail") or ():
                    is_it = (detail["name"], each["name"]) == (stream, reader)
                    if is_it and each["cluster"].get("leader") == server:
                        return int(each["num_pending"]) + int(each["num_ack_pending"])
    return None


def wait_until_healthy(*services: str, seconds: float = 90) -> None:
    """Wait until every container of these services says it is healthy."""
    deadline = time.monotonic() + seconds
    while True:
        states = compose("ps", "--all", "--format", "{{.Service}} {{.Health}}", *services)
        if all(line.endswith(" healthy") for line in states.splitlines()):
            return
        assert time.monotonic() < deadline, states
        time.sleep(0.5)


def make(target: str, **chosen: str) -> str:
    """Type a make target with these settings and return what it printed.

    Raises:
        AssertionError: it failed; with what it said last.
    """
    typed = ["make", target, *(f"{name}={value}" for name, value in chosen.items())]
    done = subprocess.run(typed, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (done.stdout + done.stderr)[-2000:]
    return done.stdout


def docker(*arguments: str) -> str:
    """Run a command of the engine and return what it printed."""
    return subprocess.run(["docker", *arguments], capture_output=True, text=True, check=True).stdout


@asynccontextmanager
async def small_disk(broker: str, *, mebibytes: int = 96) -> AsyncIterator[Callable[[], None]]:
    """Let one broker keep its store on a disk of this size; the yielded call fills it.

    Raises:
        PermissionError: only root on the engine's own host can do this.
    """
    if os.geteuid() != 0 or not shutil.which("mkfs.ext4"):
        raise PermissionError("it needs root, and mkfs.ext4, on the engine's host")
    volume = Path(docker("volume", "inspect", "-f", "{{.Mountpoint}}", f"mooring_{broker}").strip())
    with tempfile.TemporaryDirectory(prefix="mooring-drill-") as folder:
        image = Path(folder) / "disk"
        with image.open("wb") as file:
            file.truncate(mebibytes * 1024**2)
        await _run("mkfs.ext4", "-q", "-F", str(image))
        kept = Path(folder) / "kept"
        await asyncio.to_thread(compose, "stop", broker)
        await _run("cp", "-a", f"{volume}/.", str(kept))
        await _run("mount", "-o", "loop", str(image), str(volume))
        try:
            await _run("cp", "-a", f"{kept}/.", str(volume))
            await asyncio.to_thread(compose, "start", broker)
            filler = volume / "filler"
            yield lambda: _fill(filler)
            await asyncio.to_thread(filler.unlink)
        finally:
            await asyncio.to_thread(compose, "stop", broker)
            await _run("umount", str(volume))
            await asyncio.to_thread(compose, "start", broker)


def _fill(filler: Path) -> None:
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(1024**2))


async def _run(*command: str) -> None:
    process = await asyncio.create_subprocess_exec(*command)
    if await process.wait():
        raise AssertionError(f"{command[0]} failed")
