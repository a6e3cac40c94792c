"""Migrations: one Alembic environment for all services, one folder of versions each."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, text
from sqlalchemy.exc import DBAPIError

from shared.runtime.db import Database

VERSION_TABLE = "schema_version"


class WrongSchema(Exception):
    """The database is older or newer than this program; the sentence says which, and what to do."""


@dataclass(frozen=True, slots=True)
class Schema:
    """A service's tables and the folder its migrations live in."""

    service: str
    metadata: MetaData
    versions: Path

    @property
    def head(self) -> str | None:
        """The newest revision this program knows."""
        return ScriptDirectory.from_config(self._config("")).get_current_head()

    def upgrade(self, url: str, revision: str = "head") -> None:
        """Apply migrations. Starts a loop of its own: call it from a thread where one runs."""
        command.upgrade(self._config(url), revision)

    def downgrade(self, url: str, revision: str = "base") -> None:
        """Take migrations back. Starts a loop of its own."""
        command.downgrade(self._config(url), revision)

    def check(self, url: str) -> None:
        """Compare the database with the tables.

        Raises:
            alembic.util.exc.CommandError: they differ.
        """
        command.check(self._config(url))

    def new_revision(self, url: str, message: str) -> None:
        """Write a migration for whatever the tables have and the database lacks."""
        number = f"{len(list(self.versions.glob('[0-9]*.py'))) + 1:04d}"
        command.revision(self._config(url), message=message, autogenerate=True, rev_id=number)

    async def upgrade_async(self, url: str) -> None:
        """``upgrade`` from inside a running loop."""
        await asyncio.to_thread(self.upgrade, url)

    async def require_head(self, db: Database) -> None:
        """Refuse to start on another schema than this program's.

        Raises:
            WrongSchema: with what to do.
        """
        current = await self._current(db)
        if current == self.head:
            return
        if current is None or current < (self.head or ""):
            raise WrongSchema(
                f"The database is at schema {current or 'none'} and {self.head} is needed:"
                f" run `python -m services.{self.service} migrate` first."
            )
        raise WrongSchema(
            f"The database is at schema {current}, newer than this program's {self.head}:"
            " start the newer release."
        )

    async def _current(self, db: Database) -> str | None:
        try:
            async with db.engine.connect() as connection:
                query = text(f"SELECT version_num FROM {VERSION_TABLE}")  # noqa: S608 - a constant
                return (await connection.execute(query)).scalar_one_or_none()
        except DBAPIError:
            return None

    def _config(self, url: str) -> Config:
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent))
        config.set_main_option("path_separator", "os")
        config.set_main_option("version_locations", str(self.versions))
        config.attributes.update(metadata=self.metadata, url=url)
        return config
