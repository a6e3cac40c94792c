"""SQLite under the simulation: the real statements, on its clock, with its deaths.

In memory every process shares one connection and waits its turn for a transaction, as SQLite
lets one writer in at a time; on disk each has a connection of its own to a real file.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import shared.runtime.db as runtime
from shared.runtime.db import Database
from shared.runtime.inline_sqlite import InlineConnection
from tests.simulation.process import Killed, Process
from tests.simulation.virtual_time import now


class Store:
    """One service's database."""

    def __init__(self, template: Path, *, disk: Path | None = None) -> None:
        self.template = template
        self.disk = disk
        self.changed = asyncio.Event()
        self.lock = asyncio.Lock()
        self.holder: SimulatedConnection | None = None
        self._shared = self._in_memory() if disk is None else None
        self._databases: dict[str, Database] = {}
        self._connections: dict[str, list[SimulatedConnection]] = {}
        if disk is not None:
            disk.write_bytes(template.read_bytes())
        self.reader = self._shared or self._connect()

    def open(self, process: Process, *, source: str) -> Database:
        """The process's own way in. What SQLAlchemy has compiled outlives a death; only time
        is saved by that."""
        if process.name not in self._databases:
            self._databases[process.name] = self._open(process, source)
        return self._databases[process.name]

    async def let_go(self, process: Process) -> None:
        """The process died: its transaction is rolled back and its connections are closed."""
        for connection in self._connections.pop(process.name, []):
            connection.end()
        if (database := self._databases.get(process.name)) is not None:
            await database.engine.dispose()
            database.committed.clear()

    def ask(self, query: str, *values: Any) -> list[Any]:
        """Look from outside, at what is committed when nobody is in the middle of something."""
        return self.reader.execute(query, values).fetchall()

    def close(self) -> None:
        """At the end."""
        self.reader.close()

    def _open(self, process: Process, source: str) -> Database:
        def connector(_url: Any) -> Callable[[], Any]:
            async def connect() -> SimulatedConnection:
                raw = self._shared or self._connect()
                connection = SimulatedConnection(self, process, raw)
                self._connections.setdefault(process.name, []).append(connection)
                return connection

            return connect

        original = runtime.connector
        runtime.connector = connector
        try:
            return Database.open(
                f"sqlite+aiosqlite:///{self.disk or 'never-opened.db'}", source=source
            )
        finally:
            runtime.connector = original

    def _in_memory(self) -> sqlite3.Connection:
        raw = sqlite3.connect(":memory:", check_same_thread=False, cached_statements=512)
        file = sqlite3.connect(self.template)
        file.backup(raw)
        file.close()
        return _on_our_clock(raw)

    def _connect(self) -> sqlite3.Connection:
        return _on_our_clock(sqlite3.connect(self.disk or "", check_same_thread=False))


class SimulatedConnection(InlineConnection):
    """Statements run where they are; before each the process may die."""

    def __init__(self, store: Store, process: Process, raw: sqlite3.Connection) -> None:
        super().__init__(lambda: raw, 64)
        self._connection = raw if store.disk else _Turn(raw, self)  # type: ignore[assignment]
        self._tx = _AtOnce()  # type: ignore[assignment] - the thread's queue, without a thread
        self._store = store
        self._process = process

    @property
    def has_turn(self) -> bool:
        """Whether the open transaction is its own."""
        return self._store.holder is self

    async def _execute(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        name = getattr(fn, "__name__", "")
        if name == "rollback":
            return self._roll_back()
        if self._connection is None:
            raise Killed(self._process.name)
        if name == "close" and isinstance(getattr(fn, "__self__", None), sqlite3.Cursor):
            return fn()
        if name in {"fetchall", "fetchone", "fetchmany", "cursor"}:
            return fn(*args, **kwargs)
        await self._process.point()
        if self._store.disk is None and _says(args, "PRAGMA"):
            async with self._store.lock:  # a setting of the connection that all share
                return None if self._connection is None else fn(*args, **kwargs)
        if _says(args, "BEGIN"):
            await self._take_turn()
        found = fn(*args, **kwargs)
        if name == "commit":
            self._leave()
            self._store.changed.set()
            await self._process.point()  # committed, and nobody has heard of it yet
        return found

    async def _take_turn(self) -> None:
        await self._store.lock.acquire()
        if self._process.is_dead or self._connection is None:
            self._store.lock.release()
            raise Killed(self._process.name)
        self._store.holder = self

    async def close(self) -> None:
        self.end()

    def stop(self) -> None:
        self.end()

    def end(self) -> None:
        """Closed, or killed."""
        if self._connection is None:
            return
        self._roll_back()
        if self._store.disk is not None:
            self._connection.close()
        self._connection = None

    def __del__(self) -> None:
        self._connection = None

    def _roll_back(self) -> None:
        if self.has_turn and self._connection is not None:
            self._connection.rollback()
            self._leave()

    def _leave(self) -> None:
        if self.has_turn:
            self._store.holder = None
            self._store.lock.release()


def _says(args: tuple[Any, ...], word: str) -> bool:
    return bool(args) and isinstance(args[0], str) and args[0].startswith(word)


class _Turn:
    """The connection all share, to one of them: out of turn it has no transaction to end."""

    def __init__(self, raw: sqlite3.Connection, owner: SimulatedConnection) -> None:
        self._raw, self._owner = raw, owner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._raw, name)

    @property
    def in_transaction(self) -> bool:
        return self._owner.has_turn and self._raw.in_transaction

    def rollback(self) -> None:
        if self._owner.has_turn:
            self._raw.rollback()


class _AtOnce:
    """What SQLAlchemy hands to the connection's thread by itself is done where it is."""

    def put_nowait(self, work: tuple[asyncio.Future[Any], Callable[[], Any]]) -> None:
        future, function = work
        future.set_result(function())


def _on_our_clock(raw: sqlite3.Connection) -> sqlite3.Connection:
    """The database's own clock is the simulation's."""

    def strftime(_form: str, _when: str) -> str:
        return now().strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"

    raw.create_function("strftime", 2, strftime)
    raw.isolation_level = None  # BEGIN is sent by the runtime
    return raw
