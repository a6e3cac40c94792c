"""How every service is: what waits, what is stuck, what is late."""

import asyncio
from pathlib import Path

import typer
from rich.table import Table

from services.commands.asking import (
    ILL,
    Data,
    Json,
    User,
    addresses,
    ask,
    bearer,
    err,
    out,
    print_json,
)
from services.remote import Remote, RemoteError
from shared.api.operations import OperationsBody
from shared.runtime import clock

app = typer.Typer()

WAITING_TOO_LONG_S = 30.0
LATE_S = 120.0


@app.command()
def status(data: Data = Path("data"), user: User = "oona", json: Json = False) -> None:  # noqa: FBT002
    """Show each service's release, schema, queues and ticks; exit 1 when one is not well."""
    found: dict[str, OperationsBody | None] = {}

    async def look(there: Remote) -> None:
        token = await bearer(there, user, data)
        names = tuple(addresses(data))
        answers = await asyncio.gather(*(_state(there, name, token) for name in names))
        found.update(zip(names, answers, strict=True))

    ask(look, data)
    if json:
        print_json([one for one in found.values() if one is not None])
    else:
        out.print(_table(found))
    ill = {name: trouble(one) for name, one in found.items() if trouble(one)}
    for name, what in ill.items():
        err.print(f"[bold]{name}[/]: {what}")  # standard output holds one document with --json
    raise typer.Exit(ILL if ill else 0)


def trouble(state: OperationsBody | None) -> str:
    """What is wrong with a service, in words; nothing when it is well."""
    if state is None:
        return "does not answer"
    found = []
    if state.clock_suspect:
        found.append("clocks disagree: what is due by only one of them is held back")
    if state.person_keys:
        found.append(f"person keys {state.person_keys}: nobody's name can be relied on (RUNBOOK)")
    if (state.oldest_unpublished_s or 0) > WAITING_TOO_LONG_S:
        found.append("facts wait to be published: is the broker there?")
    if state.pending is None:
        found.append("the broker cannot be asked")
    if state.parked:
        found.append(f"{state.parked} parked: python -m services parked list {state.service}")
    if state.oldest_due_at and (state.now - state.oldest_due_at).total_seconds() > LATE_S:
        found.append("reminders run late")
    return "; ".join(found)


async def _state(there: Remote, name: str, token: str) -> OperationsBody | None:
    try:
        return await there.state(name, token)
    except RemoteError:
        return None


def _table(found: dict[str, OperationsBody | None]) -> Table:
    columns = ("service", "release", "schema", "to send", "to take in", "parked", "last tick")
    table = Table(*columns, box=None, pad_edge=False)
    for name, state in found.items():
        if state is None:
            table.add_row(name, "-", "-", "-", "-", "-", "no answer")
            continue
        sending = str(state.unpublished)
        if state.oldest_unpublished_s:
            sending += f" (for {state.oldest_unpublished_s:.0f} s)"
        table.add_row(
            name,
            state.release,
            state.schema_version or "-",
            sending,
            "?" if state.pending is None else str(state.pending),
            str(state.parked),
            _ago(state),
        )
    return table


def _ago(state: OperationsBody) -> str:
    if state.last_tick_at is None:
        return "none of its own"
    return f"{max(0.0, (clock.real_now() - state.last_tick_at).total_seconds()):.0f} s ago"
