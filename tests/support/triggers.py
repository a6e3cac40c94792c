"""Take the triggers out of a database, as a release before them left it."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection


async def drop_triggers(connection: AsyncConnection) -> None:
    """Every trigger of ours, and the functions behind them."""
    if connection.dialect.name == "sqlite":
        found, drop = "SELECT name FROM sqlite_master WHERE type = 'trigger'", "DROP TRIGGER {}"
    else:
        found = (
            "SELECT p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
            " WHERE n.nspname = 'public' AND p.prorettype = 'trigger'::regtype"
        )
        drop = "DROP FUNCTION {} CASCADE"
    for name in (await connection.execute(text(found))).scalars().all():
        await connection.execute(text(drop.format(name)))
