"""What is on its way to the broker, and sending it again after the broker lost its store."""

from pathlib import Path

import typer
from rich.progress import Progress
from rich.table import Table

from services.commands.asking import Data, Json, Reason, User, ask, bearer, err, out, print_json
from services.remote import Remote
from shared.api.operations import Refilled

app = typer.Typer(no_args_is_help=True, help=__doc__)


@app.command()
def refill(
    data: Data = Path("data"),
    user: User = "oona",
    reason: Reason = "store-lost",
    json: Json = False,  # noqa: FBT002
) -> None:
    """Publish everything again; whoever has an event already drops the second copy."""
    found: list[Refilled] = []

    async def send(there: Remote) -> None:
        token = await bearer(there, user, data)
        with Progress(console=err, transient=True) as progress:
            task = progress.add_task("the outboxes are being read again", total=len(there.services))
            async for service in there.refill(token, reason=reason):
                found.append(service)
                progress.advance(task)

    ask(send, data)
    if json:
        print_json(found)
        return
    table = Table("service", "events on their way again", box=None, pad_edge=False)
    for one in found:
        table.add_row(one.service, str(one.events))
    out.print(table)
