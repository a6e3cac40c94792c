"""Migrations: one Alembic environment for all services, one folder of versions each.

Each migration says in its docstring when it may run beside the release before it (``Phase``). The
database remembers the oldest schema a program must know to work on it (its floor), so that an old
release may go on beside a new one, or come back, exactly as long as that is safe.

A migration's number is the beginning of its file's name. A service that only has to know whether
its database is ready reads those names, and does without Alembic.
"""

import ast
import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import MetaData, text
from sqlalchemy.exc import DBAPIError

from shared.runtime.db import Database
from shared.runtime.tables import FLOOR_TABLE as FLOOR_TABLE

if TYPE_CHECKING:
    from alembic.config import Config

VERSION_TABLE = "schema_version"
_DEPLOYMENT = re.compile(r"^Deployment: (pre|post|stop|catch-up)\b", re.MULTILINE)


class Phase(StrEnum):
    """When a migration may run, seen from the release before it."""

    PRE = "pre"
    """While the old release still works: it only adds."""
    POST = "post"
    """When no old release works any more; the new one works without it."""
    STOP = "stop"
    """Between the two: the old release is stopped first."""
    CATCH_UP = "catch-up"
    """Adds what a ``pre`` migration adds, where that was put in ahead of a ``post`` one that this
    database had passed. It runs like ``pre``, or waits behind the ``post`` one and does nothing."""


_BESIDE_OLD = frozenset({Phase.PRE, Phase.CATCH_UP})
_MAY_WAIT = frozenset({Phase.POST, Phase.CATCH_UP})


class UnknownPhase(Exception):
    """A migration's docstring has no line ``Deployment: `` with one of the phases."""


class WrongSchema(Exception):
    """The database is older or newer than this program; the sentence says which, and what to do."""


@dataclass(frozen=True, slots=True)
class Schema:
    """A service's tables and the folder its migrations live in."""

    service: str
    metadata: MetaData
    versions: Path

    @property
    def head(self) -> str:
        """The newest revision this program knows.

        Raises:
            ValueError: there is no migration.
        """
        return max(_revision(path) for path in self._files)

    @property
    def phases(self) -> Sequence[tuple[str, Phase]]:
        """Every revision, the first first, and its phase.

        Raises:
            UnknownPhase: a migration does not say.
        """
        return [(_revision(path), _phase(path)) for path in sorted(self._files)]

    @property
    def _files(self) -> Sequence[Path]:
        return list(self.versions.glob("[0-9]*.py"))

    def pending(self, current: str | None) -> Sequence[tuple[str, Phase]]:
        """What is still to be applied to a database at ``current``."""
        return [(name, phase) for name, phase in self.phases if current is None or name > current]

    def floor(self, current: str | None) -> str | None:
        """The oldest schema that a program must know on a database at ``current``."""
        first = self.phases[0][0]
        known = [name for name, phase in self.phases if phase not in _BESIDE_OLD or name == first]
        return max((name for name in known if current and name <= current), default=None)

    def upgrade(self, url: str, revision: str = "head") -> None:
        """Apply migrations. Starts a loop of its own: call it from a thread where one runs."""
        from alembic import command

        command.upgrade(self._config(url), revision)

    def upgrade_beside_old(self, url: str) -> Sequence[tuple[str, Phase]]:
        """Apply migrations up to the first that the old release would not outlive or that waits
        for its end; what is left to apply."""
        left = list(self.pending(self.current(url)))
        while left and left[0][1] in _BESIDE_OLD:
            self.upgrade(url, left.pop(0)[0])
        return left

    def current(self, url: str) -> str | None:
        """Where a database is. Starts a loop of its own."""

        async def look() -> str | None:
            db = Database.open(url, source=self.service)
            try:
                return await self._read(db, VERSION_TABLE, "version_num")
            finally:
                await db.close()

        return asyncio.run(look())

    def downgrade(self, url: str, revision: str = "base") -> None:
        """Take migrations back. Starts a loop of its own."""
        from alembic import command

        command.downgrade(self._config(url), revision)

    def check(self, url: str) -> None:
        """Compare the database with the tables.

        Raises:
            alembic.util.exc.CommandError: they differ.
        """
        from alembic import command

        command.check(self._config(url))

    def new_revision(self, url: str, message: str) -> None:
        """Write a migration for whatever the tables have and the database lacks."""
        from alembic import command

        number = f"{len(self._files) + 1:04d}"
        command.revision(self._config(url), message=message, autogenerate=True, rev_id=number)

    async def upgrade_async(self, url: str) -> None:
        """``upgrade`` from inside a running loop."""
        await asyncio.to_thread(self.upgrade, url)

    async def require_head(self, db: Database) -> None:
        """Refuse to start on a schema that this program does not get on with.

        Older is well when what is missing waits for the old release's end (``_only_waits``);
        newer, when the database's floor says so.

        Raises:
            WrongSchema: with what to do.
        """
        current = await self._read(db, VERSION_TABLE, "version_num")
        head = self.head
        if current is not None and current <= head:
            if _only_waits([phase for _, phase in self.pending(current)]):
                return
        elif current is not None:
            floor = await self._read(db, FLOOR_TABLE, "revision")
            if floor is not None and floor <= head:
                return
        if current is None or current < head:
            raise WrongSchema(
                f"The database is at schema {current or 'none'} and {head} is needed:"
                f" run `python -m services.{self.service} migrate` first."
            )
        raise WrongSchema(
            f"The database is at schema {current}, newer than this program's {head}:"
            " start the newer release."
        )

    async def _read(self, db: Database, table: str, column: str) -> str | None:
        try:
            async with db.engine.connect() as connection:
                query = text(f"SELECT {column} FROM {table}")  # noqa: S608 - constants
                return (await connection.execute(query)).scalar_one_or_none()
        except DBAPIError:
            return None

    def _config(self, url: str) -> "Config":
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent))
        config.set_main_option("path_separator", "os")
        config.set_main_option("version_locations", str(self.versions))
        config.attributes.update(schema=self, url=url)
        return config


def _only_waits(missing: Sequence[Phase]) -> bool:
    """Whether the program works without these: ``post`` ones, and what catches up behind them."""
    return not missing or (missing[0] is Phase.POST and _MAY_WAIT.issuperset(missing))


def _revision(migration: Path) -> str:
    return migration.stem.partition("_")[0]


def _phase(migration: Path) -> Phase:
    said = ast.get_docstring(ast.parse(migration.read_bytes()))
    if (found := _DEPLOYMENT.search(said or "")) is None:
        revision = _revision(migration)
        phases = ", ".join(Phase)
        raise UnknownPhase(f"migration {revision} does not say Deployment: one of {phases}")
    return Phase(found[1])
