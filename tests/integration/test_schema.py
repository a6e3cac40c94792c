"""Migrations lead from nothing to exactly the tables the program has, and back, on both engines."""

import asyncio
from importlib import import_module

import pytest
from sqlalchemy import inspect
from sqlalchemy.ext.asyncio import create_async_engine

from shared.runtime.db import Database
from shared.runtime.schema import VERSION_TABLE, Schema, WrongSchema
from tests.support.databases import Databases

SERVICES = ("portal", "assessment", "treatment", "engagement")


def schema_of(service: str) -> Schema:
    main = import_module(f"services.{service}.main")
    (found,) = {value for value in vars(main).values() if isinstance(value, Schema)}
    return found


async def tables(url: str) -> set[str]:
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        names = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
    await engine.dispose()
    return set(names)


@pytest.mark.parametrize("service", SERVICES)
async def test_the_migrations_make_exactly_the_tables(databases: Databases, service: str) -> None:
    schema = schema_of(service)
    url = await databases.empty()

    await schema.upgrade_async(url)

    await asyncio.to_thread(schema.check, url)
    assert await tables(url) == set(schema.metadata.tables) | {VERSION_TABLE}


@pytest.mark.parametrize("service", SERVICES)
async def test_the_migrations_lead_back_to_nothing(databases: Databases, service: str) -> None:
    schema = schema_of(service)
    url = await databases.empty()
    await schema.upgrade_async(url)

    await asyncio.to_thread(schema.downgrade, url)

    assert await tables(url) == {VERSION_TABLE}


async def test_another_schema_is_refused_with_what_to_do(databases: Databases) -> None:
    schema = schema_of("engagement")
    db = Database.open(await databases.empty(), source="engagement")

    with pytest.raises(WrongSchema, match=r"python -m services\.engagement migrate"):
        await schema.require_head(db)

    await db.close()
