"""A fresh database per test on each engine, cloned from a migrated template."""

import shutil
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import MetaData, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from shared.runtime.person_keys import PersonKeys
from shared.runtime.schema import Schema


@dataclass(slots=True)
class Databases:
    """Makes databases on one engine. ``postgres`` is a server URL, or None for SQLite."""

    folder: Path
    postgres: str | None
    _templates: dict[str, str] = field(default_factory=dict)
    _count: int = 0

    @property
    def person_keys(self) -> PersonKeys:
        """Keys of the people in these databases."""
        return PersonKeys(self.folder / "person-keys")

    async def empty(self) -> str:
        """The URL of a database without tables."""
        self._count += 1
        name = f"t{self._count}"
        if self.postgres is None:
            return f"sqlite+aiosqlite:///{self.folder / name}.db"
        await self._admin(f"CREATE DATABASE {name}")
        return f"{self.postgres}/{name}"

    async def with_tables(self, metadata: MetaData) -> str:
        """The URL of a database with these tables, made without migrations."""
        url = await self.empty()
        engine = create_async_engine(url, poolclass=NullPool)
        async with engine.begin() as connection:
            await connection.run_sync(metadata.create_all)
        await engine.dispose()
        return url

    async def migrated(self, schema: Schema) -> str:
        """The URL of a database at the newest schema of a service."""
        if schema.service not in self._templates:
            template = await self.empty()
            await schema.upgrade_async(template)
            self._templates[schema.service] = template
        return await self._clone(self._templates[schema.service])

    async def _clone(self, template: str) -> str:
        if self.postgres is None:
            url = await self.empty()
            shutil.copyfile(_file(template), _file(url))
            return url
        self._count += 1
        name = f"t{self._count}"
        await self._admin(f"CREATE DATABASE {name} TEMPLATE {template.rsplit('/', 1)[1]}")
        return f"{self.postgres}/{name}"

    async def _admin(self, statement: str) -> None:
        engine = create_async_engine(
            f"{self.postgres}/postgres", isolation_level="AUTOCOMMIT", poolclass=NullPool
        )
        async with engine.connect() as connection:
            await connection.execute(text(statement))
        await engine.dispose()


def _file(url: str) -> str:
    return url.removeprefix("sqlite+aiosqlite:///")
