"""One database per service: the engine, and the transaction that everything happens in.

A change, its outgoing facts and its audit entries commit together or not at all.
"""

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Connection, column, event, make_url, text
from sqlalchemy.ext.asyncio import (
    AsyncConnection,
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.pool import AsyncAdaptedQueuePool

from shared.events.envelope import MAX_BYTES, Fact, Letterhead
from shared.runtime import audit, clock, tracing
from shared.runtime.bulk import WROTE, insert_rows
from shared.runtime.clock_guard import ClockGuard
from shared.runtime.columns import UtcDateTime
from shared.runtime.inline_sqlite import connector, let_go
from shared.runtime.outage import DatabaseAway, outage
from shared.runtime.person_keys import PersonKeys
from shared.runtime.pool_checks import check_connections
from shared.runtime.tables import FLOOR_TABLE, outbox

_SQLITE_SAFE_WAL = ((3, 51, 3), (3, 50, 7), (3, 44, 6))
_POSTGRES_SETTINGS = {
    "timezone": "UTC",
    "statement_timeout": "5000",
    "lock_timeout": "2000",
    "idle_in_transaction_session_timeout": "10000",
}
_KEPT = (
    " (SELECT offset_seconds FROM clock WHERE id = 1) AS ahead,"
    " (SELECT number FROM epoch) AS epoch, (SELECT restored_to FROM epoch) AS restored_to,"
    " EXISTS (SELECT 1 FROM known_epoch) AS knows_epochs,"
)
_NOW = {
    "sqlite": f"SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now') AS stamp,{_KEPT}",
    "postgresql": f"SELECT clock_timestamp() AS stamp,{_KEPT}",
}


_KEPT_ANSWERS = ("INSERT INTO idempotency", "UPDATE idempotency")
"""The router's memory of its own answers: a request that changed nothing still keeps one."""


def _seals(sealed_from: str | None) -> str:
    if sealed_from is None:
        return " 1 = 1 AS seals"
    return f" (SELECT revision >= '{sealed_from}' FROM {FLOOR_TABLE}) AS seals"  # noqa: S608


class UnauditedWrite(Exception):
    """A transaction changed rows without a fact or an audit entry, so it was rolled back."""


class OversizedFact(Exception):
    """A fact is larger than the broker takes; nothing was stored."""


class UnsafeDatabase(Exception):
    """The server may lose a committed write; the service refuses to start on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Who acts, and what led to it. ``actor`` is ``staff:<id>``, ``rule:<id>@<version>``,
    ``patient:<id>`` or ``service:<name>``."""

    actor: str
    correlation_id: str | None = None
    causation_id: str | None = None
    traceparent: str | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """When a transaction happens, the epoch of its database (``epochs``), whether it has heard of
    another's, and whether everybody who works on it can read what is sealed."""

    now: datetime
    epoch: int = 0
    restored_to: datetime | None = None
    knows_epochs: bool = False
    seals: bool = True


class Transaction:
    """One unit of work: a session, the time it happens at, and its cause.

    ``now`` is the database's time plus the demo offset, read once; it is the only ``now``
    of the request, event or tick.
    """

    def __init__(
        self,
        session: AsyncSession,
        *,
        source: str,
        moment: Moment,
        cause: Cause,
        keys: PersonKeys | None = None,
    ) -> None:
        self.session = session
        self._keys = keys
        self.now = moment.now
        self.actor = cause.actor
        self.correlation_id = cause.correlation_id or str(clock.new_id())
        self._source = source
        self._moment = moment
        self._cause = cause
        self._outgoing: list[dict[str, Any]] = []
        self._entries: list[audit.Entry] = []
        self._letterheads: dict[tuple[str, str | None], Letterhead] = {}

    @property
    def epoch(self) -> int:
        """The real second at which this database was last restored; 0: never."""
        return self._moment.epoch

    @property
    def knows_epochs(self) -> bool:
        """Whether any owner of foreign facts is known to have been restored."""
        return self._moment.knows_epochs

    @property
    def keys(self) -> PersonKeys:
        """The keys that people's contact data are sealed with.

        Raises:
            RuntimeError: this database was opened without any.
        """
        if self._keys is None:
            raise RuntimeError("this database was opened without the keys of its people")
        return self._keys

    @property
    def sealing(self) -> PersonKeys | None:
        """What to seal with who people are; None while a release that cannot read it may still
        work beside this one."""
        return self._keys if self._moment.seals else None

    @property
    def has_outgoing(self) -> bool:
        """Whether the relay has something to do once this has committed."""
        return bool(self._outgoing)

    def new_id(self) -> UUID:
        """An identifier for something this transaction creates."""
        return clock.new_id()

    def publish(self, fact: Fact, *, subject: UUID, aggregate: str, version: int) -> None:
        """Put a fact in the outbox and its entry in the audit chain.

        ``version`` is the aggregate's own counter after the change.

        Raises:
            OversizedFact: the fact is larger than the broker takes.
        """
        id_ = self.new_id()
        head = self._letterhead(fact.TYPE)
        body = head.to_bytes(fact, id=id_, subject=subject, aggregate=aggregate, version=version)
        if len(body) > MAX_BYTES:
            raise OversizedFact(fact.TYPE)
        self._outgoing.append(
            {
                "id": id_,
                "type": fact.TYPE,
                "subject": str(subject),
                "aggregate": aggregate,
                "version": version,
                "body": body,
                "created_at": self.now,
                "next_try_at": clock.real_now(),
            }
        )
        self.audit(fact.TYPE, object=aggregate, subject=subject, version=version)

    def audit(
        self,
        action: str,
        *,
        object: str,  # noqa: A002 - the audit trail's own word
        subject: UUID | None = None,
        version: int | None = None,
        reason: str | None = None,
    ) -> None:
        """Record who did what, for a change or a look that publishes no fact.

        Raises:
            ValueError: the reason is not a code (``audit.coded``).
        """
        self._entries.append(
            audit.Entry(
                actor=self.actor,
                action=action,
                object=object,
                object_version=version,
                correlation_id=self.correlation_id,
                subject=None if subject is None else str(subject),
                reason=audit.coded(reason),
            )
        )

    async def finish(self, *others: "Transaction", must_be_audited: bool) -> None:
        """Write the outgoing facts and audit entries, its own and those of ``others`` that
        commit with it; the last thing before the commit.

        Raises:
            UnauditedWrite: rows were changed and nothing says who did it.
        """
        together = (self, *others)
        entries = [entry for tx in together for entry in tx._entries]  # noqa: SLF001 - our own kind
        outgoing = [row for tx in together for row in tx._outgoing]  # noqa: SLF001
        if await self._has_written() and must_be_audited and not entries:
            raise UnauditedWrite(self.actor)
        await insert_rows(self.session, outbox, outgoing)
        if entries:
            await audit.append(self.session, entries, at=self.now)

    async def require_audited(self) -> None:
        """To be asked before another unit of work goes on in the same commit.

        Raises:
            UnauditedWrite: rows were changed and nothing says who did it.
        """
        if await self._has_written() and not self._entries:
            raise UnauditedWrite(self.actor)

    async def _has_written(self) -> bool:
        """Whether rows were changed since this was asked last."""
        await self.session.flush()
        connection = (await self.session.connection()).sync_connection
        return connection is not None and bool(connection.info.pop(WROTE, False))

    def _letterhead(self, type_: str) -> Letterhead:
        """One for each type, and for each span where somebody traces."""
        trace = tracing.current() or self._cause.traceparent
        if (known := self._letterheads.get((type_, trace))) is not None:
            return known
        made = self._letterheads[type_, trace] = Letterhead(
            source=f"/mooring/{self._source}",
            type_=type_,
            time=self.now,
            recordedby=self.actor,
            correlationid=self.correlation_id,
            causationid=self._cause.causation_id,
            traceparent=trace,
            epoch=self._moment.epoch,
            restoredto=self._moment.restored_to,
        )
        return made


class Looks:
    """Several looks that are made one after the other and committed together."""

    def __init__(self, begin: Callable[[Cause], Transaction]) -> None:
        self._begin = begin
        self._taken: list[Transaction] = []

    @asynccontextmanager
    async def look(self, cause: Cause) -> AsyncIterator[Transaction]:
        """One of them. What it recorded is kept, unless it ends with an error.

        Raises:
            UnauditedWrite: it changed rows and does not say who did it.
        """
        tx = self._begin(cause)
        yield tx
        await tx.require_audited()
        self._taken.append(tx)

    async def finish(self) -> None:
        """Write what all of them recorded; the last thing before the commit."""
        if self._taken:
            first, *others = self._taken
            await first.finish(*others, must_be_audited=True)


class Database:
    """A service's database. Open it once in ``main`` and close it at the end."""

    def __init__(
        self,
        engine: AsyncEngine,
        *,
        source: str,
        person_keys: PersonKeys | None = None,
        sealed_from: str | None = None,
    ) -> None:
        self.engine = engine
        self.source = source
        self.person_keys = person_keys
        self.committed = asyncio.Event()
        """Set after each commit that left something in the outbox: the relay's wake-up."""
        self.guard = ClockGuard.start()
        """Whether the clocks agree; what is due is decided by ``guard.cautious(tx.now)``."""
        self._sessions = async_sessionmaker(engine, expire_on_commit=False)
        self._now = text(_NOW[engine.dialect.name] + _seals(sealed_from)).columns(
            column("stamp"),
            column("ahead"),
            column("epoch"),
            column("restored_to", UtcDateTime),
            column("knows_epochs", Boolean),
            column("seals", Boolean),
        )
        event.listen(engine.sync_engine, "after_cursor_execute", _note_writes)
        event.listen(engine.sync_engine, "checkin", _forget_writes)

    @classmethod
    def open(
        cls,
        url: str,
        *,
        source: str,
        person_keys: PersonKeys | None = None,
        sealed_from: str | None = None,
    ) -> "Database":
        """An engine with the durability settings of reliability.md 2.13 and 2.14.

        ``source`` is the service's name, the ``source`` of its events. ``person_keys``: for a
        service that keeps who people are. ``sealed_from``: the migration after which no release
        works here that cannot read what is sealed; None when there never was one.
        """
        backend = make_url(url).get_backend_name()
        engine = _open_sqlite(url) if backend == "sqlite" else _open_postgres(url)
        return cls(engine, source=source, person_keys=person_keys, sealed_from=sealed_from)

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self.engine.dialect.name

    @asynccontextmanager
    async def transaction(
        self,
        *,
        actor: str,
        correlation_id: str | None = None,
        causation_id: str | None = None,
        traceparent: str | None = None,
        at: datetime | None = None,
    ) -> AsyncIterator[Transaction]:
        """Commit on leaving, roll back on an error. ``at`` is for seeding a demo's past only.

        Raises:
            UnauditedWrite: rows were changed and nothing says who did it.
            DatabaseAway: the database is unreachable or busy.
        """
        cause = Cause(
            actor=actor,
            correlation_id=correlation_id,
            causation_id=causation_id,
            traceparent=traceparent,
        )
        async with self.transactions((cause,), at=at) as (tx,):
            yield tx

    @asynccontextmanager
    async def transactions(
        self, causes: Sequence[Cause], *, at: datetime | None = None
    ) -> AsyncIterator[Sequence[Transaction]]:
        """Several units of work, each under its own cause, in one commit: all or none.

        Raises:
            UnauditedWrite: rows were changed and nothing says who did it.
            DatabaseAway: the database is unreachable or busy.
        """
        async with self._begin(causes, at=at) as (first, *others):
            yield (first, *others)
            await first.finish(*others, must_be_audited=True)
        if any(tx.has_outgoing for tx in (first, *others)):
            self.committed.set()

    @asynccontextmanager
    async def housekeeping(self) -> AsyncIterator[Transaction]:
        """A transaction for the runtime's own rows, which leave no audit entry."""
        async with self._begin((Cause(actor=f"service:{self.source}"),)) as (tx,):
            yield tx
            await tx.finish(must_be_audited=False)

    @asynccontextmanager
    async def untimed(self) -> AsyncIterator[AsyncConnection]:
        """Housekeeping that needs neither the time nor a session, as the relay does after every
        commit: it costs half of what ``housekeeping`` does."""
        with _outages():
            async with AsyncExitStack() as stack:
                with _unreachable():
                    connection = await stack.enter_async_context(self.engine.begin())
                yield connection

    @asynccontextmanager
    async def unbegun(self) -> AsyncIterator[AsyncConnection]:
        """A connection of one's own outside any transaction, each of whose statements is kept at
        once. Not on SQLite, which has one connection for everything."""
        with _outages():
            async with AsyncExitStack() as stack:
                with _unreachable():
                    connection = await stack.enter_async_context(self.engine.connect())
                    await connection.execution_options(isolation_level="AUTOCOMMIT")
                yield connection

    @asynccontextmanager
    async def reading(self, *, actor: str | None = None) -> AsyncIterator[Transaction]:
        """A transaction that only looks; an audit entry of the look may be added to it."""
        async with self._begin((Cause(actor=actor or f"service:{self.source}"),)) as (tx,):
            yield tx
            await tx.finish(must_be_audited=True)

    @asynccontextmanager
    async def looks(self) -> AsyncIterator[Looks]:
        """Looks that are recorded and committed together: one wait for the disk for all of them.

        Raises:
            DatabaseAway: the database is unreachable or busy.
        """
        async with self._session() as (session, moment):

            def begin(cause: Cause) -> Transaction:
                return self._unit(session, moment, cause)

            looks = Looks(begin)
            yield looks
            await looks.finish()

    @asynccontextmanager
    async def _begin(
        self, causes: Sequence[Cause], *, at: datetime | None = None
    ) -> AsyncIterator[Sequence[Transaction]]:
        async with self._session(at=at) as (session, moment):
            yield [self._unit(session, moment, cause) for cause in causes]

    @asynccontextmanager
    async def _session(
        self, *, at: datetime | None = None
    ) -> AsyncIterator[tuple[AsyncSession, Moment]]:
        with _outages():
            async with self._sessions() as session, session.begin():
                with _unreachable():
                    moment = Moment(at) if at else await self._moment(session)
                yield session, moment

    def _unit(self, session: AsyncSession, moment: Moment, cause: Cause) -> Transaction:
        return Transaction(
            session, source=self.source, moment=moment, cause=cause, keys=self.person_keys
        )

    async def _moment(self, session: AsyncSession) -> Moment:
        """The database's time plus the demo offset, aware UTC, and its epoch."""
        row = (await session.execute(self._now)).one()
        now = _utc(row.stamp) + timedelta(seconds=row.ahead or 0)
        return Moment(now, row.epoch or 0, row.restored_to, bool(row.knows_epochs), bool(row.seals))

    async def compare_clocks(self) -> None:
        """Read the database's clock, this machine's and the time passed, for the guard.

        Raises:
            DatabaseAway: the database is unreachable or busy.
        """
        with _outages(), _unreachable():
            async with self.engine.connect() as connection:
                stamp, *_ = (await connection.execute(self._now)).one()
        self.guard.compare(_utc(stamp), wall=clock.real_now(), elapsed_s=clock.elapsed())

    async def check(self) -> None:
        """Refuse a server that may forget a commit.

        Raises:
            UnsafeDatabase: names the setting that is off.
        """
        if self.dialect != "postgresql":
            return
        async with self.engine.connect() as connection:
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                value = (await connection.execute(text(f"SHOW {setting}"))).scalar_one()
                if value == "off":
                    raise UnsafeDatabase(f"PostgreSQL runs with {setting} = off")

    @asynccontextmanager
    async def unflushed(self) -> AsyncIterator[None]:
        """Have SQLite leave its writes to the operating system meanwhile, and flush them at the
        end. For playing a demo's past alone, where a loss of power means to begin anew."""
        if self.dialect != "sqlite":
            yield
            return
        kept = await self._pragma("synchronous")
        await self._pragma("synchronous=OFF")
        try:
            yield
        finally:
            await self._pragma(f"synchronous={kept}")
            await asyncio.to_thread(_flush, Path(self.engine.url.database or ""))

    async def _pragma(self, said: str) -> Any:
        """Outside a transaction, on the one connection there is; the first value it answers."""
        async with self.engine.connect() as connection:
            raw: Any = (await connection.get_raw_connection()).driver_connection
            async with raw.execute(f"PRAGMA {said}") as cursor:
                row = await cursor.fetchone()
            return row[0] if row else None

    def pool_in_use(self) -> float:
        """How much of the pool is lent out, from 0 to 1."""
        pool = self.engine.pool
        if not isinstance(pool, AsyncAdaptedQueuePool):
            return 0.0
        return pool.checkedout() / (pool.size() + pool._max_overflow)  # noqa: SLF001 - no accessor

    async def close(self) -> None:
        """Give every connection back."""
        await self.engine.dispose()


def _flush(file: Path) -> None:
    with file.open("rb") as written:
        os.fsync(written)


def _utc(stamp: str | datetime) -> datetime:
    """SQLite says the time in words."""
    said = datetime.fromisoformat(stamp) if isinstance(stamp, str) else stamp
    return said.astimezone(UTC)


@contextmanager
def _outages() -> Iterator[None]:
    """The driver's many words for an outage become one."""
    try:
        yield
    except Exception as error:
        if (away := outage(error)) is None:
            raise
        raise away from error


@contextmanager
def _unreachable() -> Iterator[None]:
    """Around the first statement: refused, unroutable or timed out, which no driver renames."""
    try:
        yield
    except OSError as error:
        raise DatabaseAway(type(error).__name__) from error


def _note_writes(
    connection: Connection,
    cursor: Any,
    statement: str,
    _parameters: Any,
    _context: Any,
    _executemany: bool,  # noqa: FBT001 - SQLAlchemy's signature
) -> None:
    if statement.startswith(_KEPT_ANSWERS):
        return
    head = statement.lstrip()[:6].upper()
    is_write = head in {"INSERT", "UPDATE", "DELETE"}
    is_write = is_write or (head.startswith("WITH") and "UPDATE " in statement)
    if is_write and cursor.rowcount != 0:  # -1: the driver cannot say
        connection.info[WROTE] = True


def _forget_writes(_dbapi: Any, record: Any) -> None:
    record.info.pop(WROTE, None)


def _open_postgres(url: str) -> AsyncEngine:
    engine = create_async_engine(
        url,
        pool_size=10,
        max_overflow=5,
        pool_timeout=3,
        pool_recycle=1800,
        hide_parameters=True,  # an error text must never carry a person's data
        connect_args={"server_settings": _POSTGRES_SETTINGS, "timeout": 5},
    )
    check_connections(engine)
    return engine


def _open_sqlite(url: str) -> AsyncEngine:
    """One connection, because SQLite has one writer and its busy handler is unfair."""
    engine = create_async_engine(
        url,
        async_creator=connector(make_url(url)),
        pool_size=1,
        max_overflow=0,
        pool_timeout=10,
        hide_parameters=True,
    )
    safe = _wal_is_safe(sqlite3.sqlite_version_info)
    journal, synchronous = ("WAL", "FULL") if safe else ("DELETE", "EXTRA")

    def connect(dbapi: Any, _record: Any) -> None:
        dbapi.isolation_level = None  # we send BEGIN ourselves, below
        cursor = dbapi.cursor()
        for pragma in (
            f"journal_mode={journal}",
            f"synchronous={synchronous}",
            "secure_delete=ON",  # what is erased is not left in a free page
            "foreign_keys=ON",
            "busy_timeout=5000",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    event.listen(engine.sync_engine, "connect", connect)
    event.listen(engine.sync_engine, "begin", begin)
    event.listen(engine.sync_engine, "invalidate", let_go)
    return engine


def _wal_is_safe(version: tuple[int, ...]) -> bool:
    """Whether this SQLite has the fix of the write-ahead-log reset bug (decisions.md, Storage)."""
    newest = _SQLITE_SAFE_WAL[0]
    return version >= newest or any(
        version[:2] == fixed[:2] and version >= fixed for fixed in _SQLITE_SAFE_WAL
    )
