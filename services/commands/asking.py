"""What every command shares: where the services are, who asks, and how an answer is printed."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import BaseModel, TypeAdapter
from rich.console import Console

from services import group as embedded
from services.remote import CodeNeeded, Remote, RemoteError, remote
from shared.runtime import clock
from shared.runtime.demo_clock import ClockRefused
from shared.runtime.embedded import EmbeddedError

SERVICES = tuple(embedded.PORTS)
DOOR, CONTAINER = "MOORING_AT", "MOORING_HTTP_CERT_FILE"
"""What the environment holds when the services are behind a door, and inside their containers."""

ILL = 1
"""The exit code of a command that found something wrong, or could not ask."""

out = Console(soft_wrap=True)
err = Console(stderr=True)

Data = Annotated[Path, typer.Option(help="Folder for databases, broker store and secrets.")]
User = Annotated[str, typer.Option(help="Whose account to use.")]
Json = Annotated[bool, typer.Option("--json", help="Print for machines.")]
Reason = Annotated[str, typer.Option(help="A code for the audit trail, such as store-lost.")]


def ask(action: Callable[[Remote], Awaitable[None]], data: Path) -> None:
    """Do something with the running services; one line and exit code 1 when that fails."""

    async def asking() -> int:
        async with remote(addresses(data)) as there:
            await action(there)
        return 0

    if code := finish(asking()):
        raise typer.Exit(code)


def finish(work: Coroutine[Any, Any, int]) -> int:
    """Run to the end; a refusal is one line for whoever typed the command."""
    try:
        return asyncio.run(work)
    except (embedded.GroupError, EmbeddedError, RemoteError, ClockRefused) as error:
        err.print(str(error), style="bold", highlight=False, soft_wrap=True)
        return ILL


async def bearer(there: Remote, user: str, data: Path) -> str:
    """A token of that account, whose password the environment or the demo's folder holds. A
    one-time code comes from MOORING_CODE, or from whoever sits at the terminal.

    Raises:
        RemoteError: there is no password or no code, or it is wrong.
    """
    password = password_of(data)
    try:
        given = await there.token(user, password, code=os.environ.get("MOORING_CODE"))
    except CodeNeeded as needed:
        given = await there.token(user, password, code=_typed_code(user, needed))
    return given.access_token


def _typed_code(user: str, needed: CodeNeeded) -> str:
    """The code somebody types.

    Raises:
        RemoteError: nobody is there to ask.
    """
    if not sys.stdin.isatty():
        raise RemoteError(f"{needed}: set MOORING_CODE to {user}'s present one-time code")
    return str(typer.prompt(f"One-time code of {user}", hide_input=True, err=True))


def password_of(data: Path) -> str:
    """The password to sign in with.

    Raises:
        RemoteError: nobody said which.
    """
    if given := os.environ.get("MOORING_PASSWORD"):
        return given
    file = data / "secrets" / "demo-password"
    if not file.exists():
        raise RemoteError(f"no demo in {data}: set MOORING_PASSWORD, or start one with make run")
    return file.read_text()


def addresses(data: Path) -> Mapping[str, str]:
    """Where the services are: behind the door MOORING_AT names, where the portal's own settings
    say (inside its container), or on this machine."""
    if door := os.environ.get(DOOR):
        return {name: f"{door}/{name}" for name in SERVICES} | {"portal": door}
    here = {name: group(data, demo=True).address(name) for name in SERVICES}
    if CONTAINER in os.environ:  # its own settings name the others, and its port
        here["portal"] = f"https://localhost:{os.environ['MOORING_HTTP_PORT']}"
    return {name: os.environ.get(f"MOORING_{name.upper()}_URL", here[name]) for name in SERVICES}


def are_elsewhere() -> bool:
    """Whether the services run in containers, whose host `make doctor` looks at."""
    return bool({DOOR, CONTAINER} & os.environ.keys())


def group(folder: Path, *, demo: bool) -> embedded.Group:
    """The embedded group in a folder, on the ports the environment names."""
    ports = {
        name: int(os.environ.get(f"{name.upper()}_PORT", port))
        for name, port in embedded.PORTS.items()
    }
    today = clock.real_now().date().isoformat()
    return embedded.Group(folder=folder.resolve(), ports=ports, demo=demo, today=today)


def print_json(found: BaseModel | Sequence[BaseModel]) -> None:
    """On standard output, one document, nothing else."""
    print(TypeAdapter(Any).dump_json(found, indent=2).decode())  # noqa: T201
