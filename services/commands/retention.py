"""Names and contact data that have been kept long enough: look, then erase by two people."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from services.commands.asking import Data, Json, User, ask, bearer, out, print_json
from services.remote import Remote
from shared.api.assessment import KeptClass, RetentionBody

app = typer.Typer(no_args_is_help=True, help=__doc__)


@app.command()
def due(data: Data = Path("data"), user: User = "oona", json: Json = False) -> None:  # noqa: FBT002
    """List who is past their time, by number; nothing is changed."""
    found: list[RetentionBody] = []

    async def look(there: Remote) -> None:
        found.append(await there.retention(await bearer(there, user, data)))

    ask(look, data)
    if json:
        print_json(found[0])
    else:
        _say(found[0])


def _how_long(one: KeptClass) -> str:
    if one.years is not None:
        return f"{one.years} years after care"
    return "without end" if one.days is None else f"{one.days} days"


@app.command()
def erase(
    count: Annotated[int, typer.Argument(help="How many are due, as the list said.")],
    data: Data = Path("data"),
    user: User = "oona",
    json: Json = False,  # noqa: FBT002
) -> None:
    """Propose that they be erased, or do it as the second person. It cannot be undone."""

    async def release(there: Remote) -> None:
        done = await there.erase_due(await bearer(there, user, data), due=count)
        if json:
            print_json(done)
        elif done.erased:
            out.print(f"{done.erased} erased, {done.due} still due")
        else:
            out.print(f"proposed: {done.due} people wait for a second person to do the same")

    ask(release, data)


def _say(found: RetentionBody) -> None:
    kept = Table("record", "kept for", "says", box=None, pad_edge=False)
    for row in found.classes:
        kept.add_row(row.record, _how_long(row), row.source or "")
    out.print(kept)
    if found.after_care_years is None:
        out.print("No time is set (MOORING_RETENTION_FILE): nobody is ever due.")
        return
    out.print(
        f"Kept for {found.after_care_years} years after care: {found.due} due,"
        f" {found.waiting} more kept because of an open safety flag."
    )
    if found.proposed_by:
        out.print(f"Erasing them was proposed by {found.proposed_by} and waits for a second.")
    if found.people:
        table = Table("record", "care ended", "due since", box=None, pad_edge=False)
        for one in found.people:
            table.add_row(str(one.patient_id), f"{one.left_on}", f"{one.due_on}")
        out.print(table)
