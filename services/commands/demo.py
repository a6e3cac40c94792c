"""A demo's tools: a token for scripts, and the clock that lets a year pass in a minute."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from services.commands.asking import Data, User, ask, bearer, err, out
from services.remote import Remote
from shared.api.operations import ClockBody
from shared.runtime.demo_clock import DemoClock

app = typer.Typer()

UNITS = {"d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1)}


@app.command()
def token(user: User, data: Data = Path("data")) -> None:
    """Print a bearer token for scripts, valid for a few minutes."""

    async def get(there: Remote) -> None:
        print(await bearer(there, user, data))  # noqa: T201 - for $(...)

    ask(get, data)


@app.command(name="clock")
def move_clock(
    by: Annotated[str, typer.Argument(help="How far to move, such as +14d, +6h or +30m.")] = "",
    data: Data = Path("data"),
    user: User = "oona",
) -> None:
    """Show the demo clock, or move every service's clock forward."""
    span = _span(by) if by else timedelta()

    async def move(there: Remote) -> None:
        demo = DemoClock(there.session, there.services, await bearer(there, user, data))
        with Progress(console=err, transient=True) as progress:
            task = progress.add_task("moving the clock", total=span.total_seconds() or 1)
            start: list[int] = []

            def moved(state: ClockBody) -> None:
                start.append(state.offset_seconds)
                progress.update(task, completed=state.offset_seconds - start[0])

            state = await demo.advance(span, moved=moved)
        out.print(f"It is now {state.now:%a %-d %B %Y, %H:%M} UTC in the demo.")

    ask(move, data)


def _span(text: str) -> timedelta:
    match = re.fullmatch(r"\+?(\d{1,5})([dhm])", text)
    if match is None:
        raise typer.BadParameter("say how far to move, such as +14d, +6h or +30m")
    return int(match[1]) * UNITS[match[2]]
