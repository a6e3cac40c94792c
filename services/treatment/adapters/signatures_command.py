"""``verify-signatures``: does every signature still hold, without asking the portal."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import typer
from sqlalchemy import select

from services.treatment.adapters.tables import SignatureRow
from shared.runtime.auth import Unauthenticated, proven
from shared.runtime.db import Database

_TABLE = SignatureRow.__table__  # type: ignore[attr-defined]
_AT_ONCE = 500


@dataclass(slots=True)
class Verdict:
    """What became of the signatures; ``broken`` are the objects of those that do not hold."""

    hold: int = 0
    without_proof: int = 0
    """From a release that kept none, or of a demo's past."""
    broken: Sequence[str] = ()


def show_verdict(database_url: str) -> None:
    """Check every kept signature of this database and say what came of it; exit 1 when one does
    not hold."""
    found = asyncio.run(_checked(database_url))
    typer.echo(f"{found.hold} hold, {found.without_proof} were kept without a proof")
    for object_ in found.broken:
        typer.echo(f"does not hold: {object_}", err=True)
    raise typer.Exit(1 if found.broken else 0)


async def _checked(database_url: str) -> Verdict:
    db = Database.open(database_url, source="treatment")
    try:
        return await check_signatures(db)
    finally:
        await db.close()


async def check_signatures(db: Database) -> Verdict:
    """Go through all of them in small parts."""
    verdict, broken, after = Verdict(), [], ""
    while True:
        query = select(_TABLE).where(_TABLE.c.token_id > after).order_by(_TABLE.c.token_id)
        async with db.reading() as tx:
            rows = (await tx.session.execute(query.limit(_AT_ONCE))).all()
        for row in rows:
            after = row.token_id
            if row.proof is None:
                verdict.without_proof += 1
            elif _holds(row):
                verdict.hold += 1
            else:
                broken.append(row.object)
        if len(rows) < _AT_ONCE:
            verdict.broken = tuple(broken)
            return verdict


def _holds(row: object) -> bool:
    kept = row._mapping  # type: ignore[attr-defined]  # noqa: SLF001 - a row's public name
    try:
        signed = proven(kept["proof"], audience="treatment")
    except Unauthenticated:
        return False
    said = (signed.token_id, signed.staff_id, signed.hash, signed.meaning)
    return said == (kept["token_id"], kept["staff_id"], kept["hash"], kept["meaning"])
