"""The embedded group starts with one command, stops whole, and says why when it cannot."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Protocol

import psutil
import pytest

from services import group as embedded
from shared.demo.cohort import PATIENTS
from tests.support.ports import free_ports
from tests.support.sentinel import refuse_person

pytestmark = pytest.mark.system

START_S = 60.0
STOP_S = 10.0
SELDOM_BY_CHANCE = 7
"""Letters: shorter words may turn up in the base64 of what is sealed."""


class Run:
    """`python -m services run` as a person starts it."""

    def __init__(self, folder: Path, *, ports: list[int] | None = None) -> None:
        self.folder = folder
        self.ports = ports or free_ports(len(embedded.PORTS))
        self.output = ""

    async def start(self, **environment: str) -> "Run":
        ports = {
            f"{name.upper()}_PORT": str(port)
            for name, port in zip(embedded.PORTS, self.ports, strict=True)
        }
        self.process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "services",
            "run",
            "--data",
            str(self.folder),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=os.environ | ports | environment,
            start_new_session=True,
        )
        return self

    async def until(self, words: str) -> None:
        assert self.process.stdout
        async with asyncio.timeout(START_S):
            while words not in self.output:
                line = await self.process.stdout.readline()
                if not line:
                    raise AssertionError(f"ended before saying {words!r}: {self.output}")
                self.output += line.decode()

    async def end(self) -> tuple[int, str]:
        assert self.process.stdout
        async with asyncio.timeout(START_S):
            self.output += (await self.process.stdout.read()).decode()
            return await self.process.wait(), self.output

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    async def interrupt(self) -> int:
        self.process.send_signal(signal.SIGINT)
        async with asyncio.timeout(STOP_S):
            await self.end()
        return int(self.process.returncode or 0)


class Start(Protocol):
    """Runs the group on a folder, with these ports and this environment."""

    async def __call__(
        self, folder: Path, *, ports: list[int] | None = None, **environment: str
    ) -> Run: ...


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    """Starts groups; one that a failed test leaves behind is ended, so that no other test waits
    beside it."""
    runs: list[Run] = []

    async def go(folder: Path, *, ports: list[int] | None = None, **environment: str) -> Run:
        runs.append(await Run(folder, ports=ports).start(**environment))
        return runs[-1]

    yield go
    for run in runs:
        if run.process.returncode is None:
            await run.interrupt()


def refuse_secrets(processes: list[psutil.Process], folder: Path) -> None:
    """Fail when a secret or a person can be read off a process from outside."""
    secrets = {path.read_text().strip() for path in folder.rglob("*") if path.is_file()}
    assert secrets
    for process in processes:
        seen = "\n".join((*process.cmdline(), *process.environ().values()))
        assert not [secret for secret in secrets if secret in seen], process.name()
        refuse_person(seen, where="a process's arguments and environment")


def refuse_names(folder: Path) -> None:
    """Fail when a file of a database, of its log or of the broker says who somebody is; all of them
    are what an unencrypted backup holds. Mail that was sent is not among them."""
    said = {"harbour": 0}  # what may be said, so that this would be seen
    for person in PATIENTS:
        said |= {person.email: 0, person.birth_date.isoformat(): 0}
        said |= {f"{person.given_name} {person.family_name}": 0}
        if len(person.family_name) >= SELDOM_BY_CHANCE:
            said[person.family_name] = 0
    for path in folder.rglob("*"):
        if path.is_file() and path.suffix != ".eml":
            content = path.read_bytes()
            for word in said:
                said[word] += content.count(word.encode())
    assert said.pop("harbour")
    assert not [word for word, times in said.items() if times]


async def test_it_starts_cold_keeps_its_data_and_leaves_no_process(
    tmp_path: Path, start: Start
) -> None:
    first = await start(tmp_path / "data")
    await first.until("Mooring is ready")
    await first.until("Ctrl-C stops everything")
    password = (tmp_path / "data/secrets/demo-password").read_text()
    children = first.children()
    assert len(children) == 5, "a broker and four services"
    refuse_secrets(children, tmp_path / "data/secrets")
    assert f"http://127.0.0.1:{first.ports[0]}" in first.output
    assert password in first.output
    assert await first.interrupt() == 0
    assert [child for child in children if child.is_running()] == []
    refuse_names(tmp_path / "data")

    second = await start(tmp_path / "data")
    await second.until("Ctrl-C stops everything")
    assert "demo cohort" not in second.output, "the cohort is invited once"
    assert password in second.output
    assert await second.interrupt() == 0


@pytest.mark.parametrize("stage", ["starting the broker", "inviting the demo cohort: assessment"])
async def test_an_interrupt_while_it_starts_leaves_no_process(
    tmp_path: Path, stage: str, start: Start
) -> None:
    run = await start(tmp_path / "data")
    await run.until(stage)
    children = run.children()
    assert await run.interrupt() == 0
    assert not [child for child in children if child.is_running()]
    assert "Mooring is ready" not in run.output


async def test_one_child_killed_ends_all_and_is_named(tmp_path: Path, start: Start) -> None:
    run = await start(tmp_path / "data")
    await run.until("Ctrl-C stops everything")
    children = run.children()
    victim = next(c for c in children if "services.treatment" in c.cmdline())
    victim.kill()

    code, output = await run.end()
    assert code == 1
    assert "treatment ended with exit code -9" in output
    assert [child for child in children if child.is_running()] == []


async def test_a_busy_port_is_named_before_anything_starts(tmp_path: Path, start: Start) -> None:
    ports = free_ports(len(embedded.PORTS))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", ports[2]))
        taken.listen()
        run = await start(tmp_path / "data", ports=ports)
        code, output = await run.end()

    assert code == 1
    assert f"port {ports[2]} for the treatment service is taken" in output
    assert "TREATMENT_PORT" in output
    assert "Traceback" not in output


async def test_a_folder_it_cannot_write_is_named(tmp_path: Path, start: Start) -> None:
    (tmp_path / "file").write_text("not a folder")
    run = await start(tmp_path / "file" / "data")
    code, output = await run.end()

    assert code == 1
    assert "cannot write to" in output
    assert "Traceback" not in output


async def test_a_missing_broker_binary_is_named_with_what_to_install(
    tmp_path: Path, start: Start
) -> None:
    run = await start(tmp_path / "data", MOORING_NATS_SERVER=str(tmp_path / "absent"))
    code, output = await run.end()

    assert code == 1
    assert "nats-server" in output
    assert "Traceback" not in output


async def test_demo_and_live_data_never_share_a_folder(tmp_path: Path, start: Start) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/kind").write_text("live")
    run = await start(tmp_path / "data")
    code, output = await run.end()

    assert code == 1
    assert "demo and live data never share a folder" in output
