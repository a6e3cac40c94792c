"""Events a service could not apply: look, try again, or give up with a reason."""

from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from rich.table import Table

from services.commands.asking import ILL, Data, Json, Reason, User, ask, bearer, out, print_json
from services.remote import Remote, RemoteError
from shared.api.operations import ParkedBody

app = typer.Typer(no_args_is_help=True, help=__doc__)
Service = Annotated[str, typer.Argument(help="assessment, treatment, engagement or portal.")]
Which = Annotated[UUID, typer.Argument(help="The parked event, as the list names it.")]


@app.command(name="list")
def list_parked(
    service: Service,
    data: Data = Path("data"),
    user: User = "oona",
    json: Json = False,  # noqa: FBT002
    every: Annotated[bool, typer.Option("--all", help="Also what was dealt with.")] = False,  # noqa: FBT002
) -> None:
    """List what is parked, newest first; exit 1 when anything waits for a person."""
    found: list[ParkedBody] = []
    status = None if every else "parked"

    async def look(there: Remote) -> None:
        found.extend(await there.parked(service, await bearer(there, user, data), status=status))

    ask(look, data)
    if json:
        print_json(found)
    elif found:
        out.print(_table(found))
    else:
        out.print(f"Nothing is parked in {service}.")
    raise typer.Exit(ILL if any(one.status == "parked" for one in found) else 0)


@app.command()
def show(service: Service, event: Which, data: Data = Path("data"), user: User = "oona") -> None:
    """Show one parked event: what it was and why it could not be applied. Never its contents."""

    async def look(there: Remote) -> None:
        rows = await there.parked(service, await bearer(there, user, data))
        one = next((row for row in rows if row.id == event), None)
        if one is None:
            raise RemoteError(f"{event} was never parked in {service}")
        print_json(one)

    ask(look, data)


@app.command()
def replay(
    service: Service,
    event: Which,
    reason: Reason,
    *,
    data: Data = Path("data"),
    user: User = "oona",
    json: Json = False,
) -> None:
    """Apply it again through the ordinary path, once its cause is mended."""
    _resolve(service, event, "replay", reason, data=data, user=user, json=json)


@app.command()
def discard(
    service: Service,
    event: Which,
    reason: Reason,
    *,
    data: Data = Path("data"),
    user: User = "oona",
    json: Json = False,
) -> None:
    """Give it up, for good and with a reason."""
    _resolve(service, event, "discard", reason, data=data, user=user, json=json)


def _resolve(
    service: str, event: UUID, act: str, reason: str, *, data: Path, user: str, json: bool
) -> None:
    async def resolve(there: Remote) -> None:
        token = await bearer(there, user, data)
        done = await there.resolve_parked(service, event, act, token, reason=reason)
        if json:
            print_json(done)
            return
        waits = f"; {done.proposed} waits for a second person" if done.proposed else ""
        out.print(f"{done.type}: {done.status}{waits}")

    ask(resolve, data)


def _table(found: list[ParkedBody]) -> Table:
    table = Table("parked", box=None)
    table.add_column("id", min_width=36)  # whole, however narrow the terminal: it is typed again
    for title in ("event", "reason", "error", "tries", "state"):
        table.add_column(title)
    for one in found:
        row = (str(one.id), one.type, one.reason, one.error, str(one.tries), one.status)
        table.add_row(f"{one.parked_at:%Y-%m-%d %H:%M}", *row)
    return table
