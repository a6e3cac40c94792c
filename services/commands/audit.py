"""Is the audit trail whole?"""

from pathlib import Path

import typer
from rich.progress import Progress
from rich.table import Table

from services.commands.asking import ILL, Data, Json, User, ask, bearer, err, out, print_json
from services.remote import Remote
from shared.api.operations import AuditVerdict

app = typer.Typer()


@app.command()
def verify_audit(data: Data = Path("data"), user: User = "arun", json: Json = False) -> None:  # noqa: FBT002
    """Check every service's audit chain; exit 1 when an entry was edited, removed or moved."""
    found: list[AuditVerdict] = []

    async def verify(there: Remote) -> None:
        token = await bearer(there, user, data)
        with Progress(console=err, transient=True) as progress:
            task = progress.add_task("walking the chains", total=len(there.services))
            async for verdict in there.verify_audit(token):
                found.append(verdict)
                progress.advance(task)

    ask(verify, data)
    if json:
        print_json(found)
    else:
        out.print(_verdicts(found))
    raise typer.Exit(0 if all(verdict.intact for verdict in found) else ILL)


def _verdicts(found: list[AuditVerdict]) -> Table:
    table = Table("service", "entries", "anchors", "chain", "head", box=None, pad_edge=False)
    for verdict in found:
        state = "intact" if verdict.intact else "; ".join(verdict.broken)
        counted = str(verdict.entries), str(verdict.anchors)
        table.add_row(verdict.service, *counted, state, verdict.head[:16])
    return table
