"""Mooring on one machine: start the embedded group, and the operator's commands for it."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import Coroutine
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from services import containers, smoke
from services import group as embedded
from services.remote import Remote, RemoteError, remote
from shared.api.operations import AuditVerdict, ClockBody
from shared.demo.staff import STAFF
from shared.runtime import clock
from shared.runtime.demo_clock import ClockRefused, DemoClock
from shared.runtime.embedded import EmbeddedError

app = typer.Typer(
    help=__doc__, no_args_is_help=False, add_completion=False, pretty_exceptions_enable=False
)
out = Console(soft_wrap=True)
err = Console(stderr=True)

UNITS = {"d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1)}
T = TypeVar("T")

Data = Annotated[Path, typer.Option(help="Folder for databases, broker store and secrets.")]
User = Annotated[str, typer.Option(help="Whose account to use.")]


app.add_typer(containers.app)
app.add_typer(smoke.app)


@app.callback(invoke_without_command=True)
def main(context: typer.Context) -> None:
    """Start the demo when no command is given."""
    if context.invoked_subcommand is None:
        run(data=_default_folder())


@app.command()
def run(
    data: Data = Path("data"),
    live: Annotated[bool, typer.Option(help="Real data: no demo cohort, no demo clock.")] = False,  # noqa: FBT002
) -> None:
    """Start the broker and the four services, and stop all of them together."""
    group = _group(data, demo=not live)
    raise typer.Exit(_finish(_run(group)))


@app.command()
def token(
    user: User,
    data: Data = Path("data"),
    password: Annotated[str, typer.Option(envvar="MOORING_PASSWORD")] = "",
) -> None:
    """Print a bearer token for scripts, valid for a few minutes."""

    async def get(there: Remote) -> None:
        secret = password or _demo_password(data)
        print((await there.token(user, secret)).access_token)  # noqa: T201 - for $(...)

    _ask(get, data)


@app.command(name="clock")
def move_clock(
    by: Annotated[str, typer.Argument(help="How far to move, such as +14d, +6h or +30m.")] = "",
    data: Data = Path("data"),
    user: User = "oona",
) -> None:
    """Show the demo clock, or move every service's clock forward."""
    span = _span(by) if by else timedelta()

    async def move(there: Remote) -> None:
        signed_in = await there.token(user, _demo_password(data))
        demo = DemoClock(there.session, there.services, signed_in.access_token)
        with Progress(console=err, transient=True) as progress:
            task = progress.add_task("moving the clock", total=span.total_seconds() or 1)
            start: list[int] = []

            def moved(state: ClockBody) -> None:
                start.append(state.offset_seconds)
                progress.update(task, completed=state.offset_seconds - start[0])

            state = await demo.advance(span, moved=moved)
        out.print(f"It is now {state.now:%a %-d %B %Y, %H:%M} UTC in the demo.")

    _ask(move, data)


@app.command()
def verify_audit(
    data: Data = Path("data"),
    user: User = "arun",
    json: Annotated[bool, typer.Option(help="Machine-readable output.")] = False,  # noqa: FBT002
) -> None:
    """Check every service's audit chain; exit 1 when an entry was edited, removed or moved."""
    found: list[AuditVerdict] = []

    async def verify(there: Remote) -> None:
        signed_in = await there.token(user, _demo_password(data))
        found.extend(await there.verify_audit(signed_in.access_token))

    _ask(verify, data)
    if json:
        print("[" + ",".join(verdict.model_dump_json() for verdict in found) + "]")  # noqa: T201
    else:
        out.print(_verdicts(found))
    raise typer.Exit(0 if all(verdict.intact for verdict in found) else 1)


@app.command()
def replay(
    data: Data = Path("data"),
    user: User = "oona",
    reason: Annotated[str, typer.Option(help="A code for the audit trail.")] = "store-lost",
) -> None:
    """Publish everything again from the outboxes, for a broker that lost its store."""

    async def refill(there: Remote) -> None:
        signed_in = await there.token(user, _demo_password(data))
        table = Table("service", "events on their way again", box=None)
        for refilled in await there.refill(signed_in.access_token, reason=reason):
            table.add_row(refilled.service, str(refilled.events))
        out.print(table)

    _ask(refill, data)


@app.command()
def parked(
    service: Annotated[str, typer.Argument(help="assessment, treatment or engagement.")],
    data: Data = Path("data"),
    user: User = "oona",
) -> None:
    """List the events a service could not apply, with the reason."""

    async def show(there: Remote) -> None:
        signed_in = await there.token(user, _demo_password(data))
        table = Table("parked", "event", "reason", "error", "tries", "state", box=None)
        for event in await there.parked(service, signed_in.access_token):
            row = (event.type, event.reason, event.error, str(event.tries), event.status)
            table.add_row(f"{event.parked_at:%Y-%m-%d %H:%M}", *row)
        out.print(table if table.row_count else f"Nothing is parked in {service}.")

    _ask(show, data)


async def _run(group: embedded.Group) -> int:
    """Serve until somebody asks to stop, also while it is still starting."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(name, stop.set)
    serving = asyncio.create_task(_serve(group))
    asked = asyncio.create_task(stop.wait())
    await asyncio.wait({asked, serving}, return_when=asyncio.FIRST_COMPLETED)
    asked.cancel()
    if serving.done():
        return serving.result()
    _say("stopping")
    serving.cancel()
    with suppress(asyncio.CancelledError):
        await serving
    return 0


async def _serve(group: embedded.Group) -> int:
    """Run the group until one part of it ends."""
    began = clock.monotonic()
    async with embedded.running(group, say=_say) as watch:
        _welcome(group, clock.monotonic() - began)
        await asyncio.wait({watch})
        err.print(f"[bold]{watch.result()}[/]; everything else was stopped too.")
    return 1


def _welcome(group: embedded.Group, took_s: float) -> None:
    out.print(f"\n[bold]Mooring is ready[/] after {took_s:.0f} s:  {group.address('portal')}\n")
    if group.demo:
        table = Table("sign in as", "name", "role", box=None, pad_edge=False)
        for member in STAFF:
            table.add_row(member.username, member.display_name, member.role.value)
        out.print(table)
        out.print(f"\nThe password of all of them is  [bold]{group.demo_password}[/]")
        out.print(
            "\nTo try: sign in as nell (a nurse) and open today's list;"
            "\n        `.venv/bin/python -m services clock +14d` lets two weeks pass;"
            "\n        `make walk` takes one person from referral to the end of a taper."
        )
    out.print(f"\nData and logs are in {group.folder}. Ctrl-C stops everything.\n")


def _group(folder: Path, *, demo: bool) -> embedded.Group:
    ports = {
        name: int(os.environ.get(f"{name.upper()}_PORT", port))
        for name, port in embedded.PORTS.items()
    }
    today = clock.real_now().date().isoformat()
    return embedded.Group(folder=folder.resolve(), ports=ports, demo=demo, today=today)


def _ask(action: Any, data: Path) -> None:
    group = _group(data, demo=True)

    async def ask() -> int:
        async with remote(_addresses(group)) as there:
            await action(there)
        return 0

    if code := _finish(ask()):
        raise typer.Exit(code)


def _finish(work: Coroutine[Any, Any, int]) -> int:
    try:
        return asyncio.run(work)
    except (embedded.GroupError, EmbeddedError, RemoteError, ClockRefused) as error:
        err.print(str(error), style="bold", highlight=False, soft_wrap=True)
        return 1


def _addresses(group: embedded.Group) -> dict[str, str]:
    """Where the services are: on this machine, or behind the door that MOORING_AT names."""
    if door := os.environ.get("MOORING_AT"):
        return {name: f"{door}/{name}" for name in group.ports} | {"portal": door}
    return {name: group.address(name) for name in group.ports}


def _demo_password(data: Path) -> str:
    if given := os.environ.get("MOORING_PASSWORD"):
        return given
    file = data / "secrets" / "demo-password"
    if not file.exists():
        raise RemoteError(f"no demo in {data}: set MOORING_PASSWORD, or start one with make run")
    return file.read_text()


def _span(text: str) -> timedelta:
    match = re.fullmatch(r"\+?(\d{1,5})([dhm])", text)
    if match is None:
        raise typer.BadParameter("say how far to move, such as +14d, +6h or +30m")
    return int(match[1]) * UNITS[match[2]]


def _verdicts(found: list[AuditVerdict]) -> Table:
    table = Table("service", "entries", "chain", "head", box=None, pad_edge=False)
    for verdict in found:
        state = "intact" if verdict.intact else "; ".join(verdict.broken)
        table.add_row(verdict.service, str(verdict.entries), state, verdict.head[:16])
    return table


def _default_folder() -> Path:
    return Path(os.environ.get("MOORING_DATA", "data"))


def _say(what: str) -> None:
    err.print(f"  … {what}", highlight=False)


if __name__ == "__main__":
    sys.argv[0] = "python -m services"
    app()
