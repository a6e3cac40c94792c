"""Copies of names that an older release wrote in the clear are sealed while the service serves."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any
from uuid import UUID

from sqlalchemy import Table, select, text

from shared.runtime.db import Database, Transaction
from shared.runtime.person_keys import KeyMissing, PersonKeys
from shared.runtime.ticker import Tick

SEALER = "rule:seal-names@1"
BATCH = 50
"""Rows in one go: the service answers in between."""
Seal = Callable[[Transaction, Any, PersonKeys], Awaitable[None]]
"""Seals the row of one person. May raise KeyMissing, and then has changed nothing."""


def sealing_names(db: Database, people: Table, *, in_the_clear: str, seal: Seal) -> Tick:
    """Every few seconds, once no release works here that could not read what is sealed."""

    async def run() -> int:
        return await seal_names(db, people, in_the_clear=in_the_clear, seal=seal)

    return Tick("sealed-names", every_s=15.0, run=run)


async def seal_names(db: Database, people: Table, *, in_the_clear: str, seal: Seal) -> int:
    """All rows of ``people`` that are ``in_the_clear``, in small transactions; how many. Whoever
    has no key here stays as they are, and is asked for again the next time."""
    (id_,) = people.primary_key.columns
    count, after = 0, UUID(int=0)
    while True:
        async with db.transaction(actor=SEALER) as tx:
            if (keys := tx.sealing) is None:
                return count
            some = select(people).where(text(in_the_clear), id_ > after).order_by(id_).limit(BATCH)
            rows = (await tx.session.execute(some.with_for_update(skip_locked=True))).all()
            sealed = 0
            for row in rows:
                with suppress(KeyMissing):
                    await seal(tx, row, keys)
                    sealed += 1
            if sealed:
                tx.audit("names.sealed", object="patients")
        count += sealed
        if len(rows) < BATCH:
            return count
        after = getattr(rows[-1], id_.name)
