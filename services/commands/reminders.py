"""Has everybody the reminders they are owed? Recounted from the facts, person by person."""

from pathlib import Path

import typer
from rich.progress import Progress

from services.commands.asking import ILL, Data, Json, User, ask, bearer, err, out, print_json
from services.remote import Remote
from shared.api.engagement import Recounted
from shared.runtime import clock

_TOKEN_USED_S = 35.0
"""A token ends within a minute; a long recount signs in again."""

app = typer.Typer(no_args_is_help=True, help=__doc__)


@app.command()
def reconcile(data: Data = Path("data"), user: User = "oona", json: Json = False) -> None:  # noqa: FBT002
    """Recount everybody, mend what is wrong, and say how much that was; exit 1 if any was lost."""
    total = Recounted(people=0, looked_at=0, mended=0, lost=0, next=None)

    async def recount(there: Remote) -> None:
        nonlocal total
        token, since = await bearer(there, user, data), clock.monotonic()
        with Progress(console=err, transient=True) as progress:
            task = progress.add_task("recounting people", total=None)
            while True:
                if clock.monotonic() - since > _TOKEN_USED_S:
                    token, since = await bearer(there, user, data), clock.monotonic()
                part = await there.recount(token, after=total.next)
                total = Recounted(
                    people=part.people,
                    looked_at=total.looked_at + part.looked_at,
                    mended=total.mended + part.mended,
                    lost=total.lost + part.lost,
                    next=part.next,
                )
                progress.update(task, total=total.people, completed=total.looked_at)
                if part.next is None:
                    return

    ask(recount, data)
    if json:
        print_json(total)
    else:
        out.print(
            f"{total.looked_at} people looked at, {total.mended} reminders mended,"
            f" {total.lost} of them had been missing when they were due"
        )
    raise typer.Exit(ILL if total.lost else 0)
