"""SQLite statements without a thread for each.

aiosqlite sends every cursor, execute, fetch and close to a thread: about thirty hand-overs in a
small transaction, each as slow as the machine is busy. A statement on our one local file takes
tens of microseconds, so it runs where it is. What may wait for a lock or for the disk, BEGIN and
COMMIT above all, still goes to the thread.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from typing import Any

import aiosqlite
from sqlalchemy import URL

_CACHED_STATEMENTS = 256
_CHUNK = 64
_WAITS = ("BEGIN", "COMMIT", "ROLLBACK", "PRAGMA", "VACUUM")


class InlineConnection(aiosqlite.Connection):
    """An aiosqlite connection whose ordinary statements run in the event loop's own thread."""

    async def _execute(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if self._connection is not None and not _may_wait(fn, args):
            return fn(*args, **kwargs)
        working = asyncio.ensure_future(super()._execute(fn, *args, **kwargs))  # type: ignore[no-untyped-call]
        try:
            return await asyncio.shield(working)
        except asyncio.CancelledError:
            # A thread cannot be called back: a BEGIN left behind would hold the file's lock.
            await asyncio.wait({working})
            raise


def connector(url: URL) -> Callable[[], Any]:
    """What opens a connection to the file, for SQLAlchemy's ``async_creator``."""

    def open_file() -> sqlite3.Connection:
        return sqlite3.connect(
            url.database or ":memory:",
            check_same_thread=False,
            cached_statements=_CACHED_STATEMENTS,
        )

    async def connect() -> aiosqlite.Connection:
        connection = InlineConnection(open_file, _CHUNK)
        connection._thread.daemon = True  # noqa: SLF001 - as SQLAlchemy does with its own
        return await connection

    return connect


def let_go(dbapi: Any, _record: Any, _error: BaseException | None) -> None:
    """Roll back a connection the pool throws away: it must keep no lock until it is collected."""
    raw = dbapi.driver_connection._connection  # noqa: SLF001 - the pool calls this outside any loop
    if raw is not None and raw.in_transaction:
        raw.rollback()


def _may_wait(fn: Callable[..., Any], args: tuple[Any, ...]) -> bool:
    if getattr(fn, "__name__", "") in {"commit", "rollback", "close"}:
        return True
    return bool(args) and isinstance(args[0], str) and args[0].startswith(_WAITS)
