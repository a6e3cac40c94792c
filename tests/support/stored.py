"""What a database holds, for tests that look for what must not be there."""

from collections.abc import Collection

from sqlalchemy import MetaData, select

from shared.runtime.db import Database


async def everything(
    db: Database, metadata: MetaData, *, only: Collection[str] | None = None
) -> str:
    """Every value of every row, as text; what is in bytes too. ``only`` these tables, if given."""
    found: list[str] = []
    async with db.reading() as tx:
        for table in metadata.sorted_tables:
            if only is not None and table.name not in only:
                continue
            for row in await tx.session.execute(select(table)):
                found += [
                    value.decode("latin-1") if isinstance(value, bytes) else str(value)
                    for value in row
                ]
    return "\n".join(found)
