"""Mooring on one machine: start the embedded group, and the operator's commands for it."""

import asyncio
import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from services import containers, smoke
from services import group as embedded
from services.commands import (
    audit,
    demo,
    doctor,
    identity,
    outbox,
    parked,
    reminders,
    retention,
    state,
)
from services.commands.asking import Data, err, finish, group, out
from shared.demo.staff import STAFF
from shared.runtime import clock

app = typer.Typer(
    help=__doc__, no_args_is_help=False, add_completion=False, pretty_exceptions_enable=False
)
for part in (state, doctor, audit, identity, demo, containers, smoke):
    app.add_typer(part.app)
app.add_typer(parked.app, name="parked")
app.add_typer(outbox.app, name="outbox")
app.add_typer(reminders.app, name="reminders")
app.add_typer(retention.app, name="retention")


@app.callback(invoke_without_command=True)
def main(context: typer.Context) -> None:
    """Start the demo when no command is given."""
    if context.invoked_subcommand is None:
        run(data=Path(os.environ.get("MOORING_DATA", "data")))


@app.command()
def run(
    data: Data = Path("data"),
    live: Annotated[bool, typer.Option(help="Real data: no demo cohort, no demo clock.")] = False,  # noqa: FBT002
) -> None:
    """Start the broker and the four services, and stop all of them together."""
    raise typer.Exit(finish(_run(group(data, demo=not live))))


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


def _say(what: str) -> None:
    err.print(f"  … {what}", highlight=False)


if __name__ == "__main__":
    app()
