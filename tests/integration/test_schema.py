"""Migrations lead from nothing to exactly the tables the program has, and back, on both engines."""

import ast
import asyncio
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import NoReturn

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, inspect, make_url, text
from sqlalchemy.ext.asyncio import create_async_engine
from typer.testing import CliRunner

from shared.runtime.cli import service_cli
from shared.runtime.db import Database
from shared.runtime.schema import FLOOR_TABLE, VERSION_TABLE, Phase, Schema, WrongSchema
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
    assert await tables(url) == set(schema.metadata.tables) | {VERSION_TABLE, FLOOR_TABLE}


@pytest.mark.parametrize("service", SERVICES)
async def test_the_migrations_lead_back_to_nothing(databases: Databases, service: str) -> None:
    schema = schema_of(service)
    url = await databases.empty()
    await schema.upgrade_async(url)

    await asyncio.to_thread(schema.downgrade, url)

    assert await tables(url) == {VERSION_TABLE, FLOOR_TABLE}


@pytest.mark.postgres
async def test_a_role_that_may_only_read_the_schema_finds_it_up_to_date(
    postgres_databases: Databases,
) -> None:
    schema = schema_of("portal")
    url = await postgres_databases.migrated(schema)
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.execute(text("CREATE ROLE reader LOGIN"))
        for table in (VERSION_TABLE, FLOOR_TABLE):
            await connection.execute(text(f"GRANT SELECT ON {table} TO reader"))
    await engine.dispose()

    await schema.upgrade_async(str(make_url(url).set(username="reader")))


async def test_another_schema_is_refused_with_what_to_do(databases: Databases) -> None:
    schema = schema_of("engagement")
    db = Database.open(await databases.empty(), source="engagement")

    with pytest.raises(WrongSchema, match=r"python -m services\.engagement migrate"):
        await schema.require_head(db)

    await db.close()


REVISION = '''"""{number}.

Deployment: {phase} (a test).
"""

import sqlalchemy as sa
from alembic import op

revision = "{number}"
down_revision = {before}
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table("t{number}", sa.Column("id", sa.Integer(), primary_key=True))


def downgrade() -> None:
    op.drop_table("t{number}")
'''


def release(folder: Path, *phases: Phase) -> Schema:
    """A release whose migrations have these phases."""
    folder.mkdir()
    for index, phase in enumerate(phases, start=1):
        before = f'"{index - 1:04d}"' if index > 1 else "None"
        text = REVISION.format(number=f"{index:04d}", phase=phase, before=before)
        (folder / f"{index:04d}.py").write_text(text)
    return Schema("engagement", MetaData(), folder)


async def starts(schema: Schema, url: str) -> bool:
    db = Database.open(url, source="engagement")
    try:
        await schema.require_head(db)
    except WrongSchema:
        return False
    finally:
        await db.close()
    return True


@pytest.mark.parametrize(
    ("added", "left", "old_goes_on", "new_starts", "old_comes_back"),
    [
        ((Phase.PRE,), (), True, True, True),
        ((Phase.PRE, Phase.POST), ("post",), True, True, False),
        ((Phase.POST,), ("post",), True, True, False),
        ((Phase.STOP,), ("stop",), True, False, False),
        ((Phase.PRE, Phase.STOP, Phase.PRE), ("stop", "pre"), True, False, False),
        ((Phase.CATCH_UP,), (), True, True, True),
        ((Phase.CATCH_UP, Phase.POST), ("post",), True, True, False),
        ((Phase.POST, Phase.CATCH_UP), ("post", "catch-up"), True, True, False),
        ((Phase.POST, Phase.PRE), ("post", "pre"), True, False, False),
    ],
    ids=[
        "pre",
        "pre-post",
        "post",
        "stop",
        "pre-stop-pre",
        "catch-up",
        "catch-up-post",
        "post-catch-up",
        "post-pre",
    ],
)
async def test_old_and_new_run_side_by_side_exactly_as_far_as_the_migrations_say(
    databases: Databases,
    tmp_path: Path,
    added: tuple[Phase, ...],
    left: tuple[str, ...],
    old_goes_on: bool,
    new_starts: bool,
    old_comes_back: bool,
) -> None:
    """``left``: what a rolling upgrade leaves for later; then who starts; then, all applied,
    whether the old release may come back."""
    old = release(tmp_path / "old", Phase.PRE)
    new = release(tmp_path / "new", Phase.PRE, *added)
    url = await databases.empty()
    await old.upgrade_async(url)

    waiting = await asyncio.to_thread(new.upgrade_beside_old, url)

    assert tuple(phase for _, phase in waiting) == left
    assert await starts(old, url) is old_goes_on
    assert await starts(new, url) is new_starts
    await new.upgrade_async(url)
    assert await starts(new, url)
    assert await starts(old, url) is old_comes_back


@pytest.mark.parametrize("service", SERVICES)
def test_a_file_is_named_after_the_revision_in_it(service: str) -> None:
    """A service reads the names alone; Alembic reads what is inside."""
    schema = schema_of(service)
    script = ScriptDirectory(str(schema.versions), version_locations=[str(schema.versions)])

    inside = [one.revision for one in script.walk_revisions()][::-1]

    assert [revision for revision, _ in schema.phases] == inside
    assert schema.head == script.get_current_head()


async def test_nobody_starts_where_what_catches_up_comes_next(
    databases: Databases, tmp_path: Path
) -> None:
    """What the program reads may be missing: the database has passed what would have added it."""
    old = release(tmp_path / "old", Phase.PRE, Phase.POST)
    new = release(tmp_path / "new", Phase.PRE, Phase.POST, Phase.CATCH_UP)
    url = await databases.empty()
    await old.upgrade_async(url)

    assert not await starts(new, url)


@pytest.mark.parametrize("service", SERVICES)
def test_a_migration_that_runs_beside_the_old_release_only_adds(service: str) -> None:
    """The release before it inserts and reads by the columns it knows."""
    schema = schema_of(service)
    _first, *others = schema.phases
    sources = {
        path.name.partition("_")[0]: path.read_text() for path in schema.versions.glob("[0-9]*.py")
    }
    for revision, phase in others:
        if phase not in {Phase.PRE, Phase.CATCH_UP}:
            continue
        (upgrade,) = [
            node
            for node in ast.parse(sources[revision]).body
            if isinstance(node, ast.FunctionDef) and node.name == "upgrade"
        ]
        assert list(takes_away(upgrade)) == [], f"{service} {revision} is not {phase}"


def takes_away(upgrade: ast.FunctionDef) -> Iterator[str]:
    """What the release before would trip over."""
    for call in (node for node in ast.walk(upgrade) if isinstance(node, ast.Call)):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
        if name in {"drop_column", "drop_table", "rename_table"}:
            yield name
        if name == "alter_column" and any(
            keyword.arg in {"new_column_name", "type_"} or _is_false(keyword)
            for keyword in call.keywords
        ):
            yield ast.unparse(call)
        if name == "add_column":
            column = next(arg for arg in call.args if isinstance(arg, ast.Call))
            named = {keyword.arg for keyword in column.keywords}
            if any(_is_false(k) for k in column.keywords) and "server_default" not in named:
                yield ast.unparse(call)


def _is_false(keyword: ast.keyword) -> bool:
    return (
        keyword.arg == "nullable"
        and isinstance(keyword.value, ast.Constant)
        and keyword.value.value is False
    )


async def test_the_migrate_job_of_an_older_release_leaves_a_newer_schema_alone(
    databases: Databases, tmp_path: Path
) -> None:
    old = release(tmp_path / "old", Phase.PRE)
    new = release(tmp_path / "new", Phase.PRE, Phase.PRE)
    url = await databases.empty()
    await new.upgrade_async(url)
    before = await tables(url)

    app = service_cli(
        name="engagement", build=never, schema=old, database_url=lambda: url, play=never
    )
    done = await asyncio.to_thread(CliRunner().invoke, app, ["migrate"])

    assert done.exit_code == 0
    assert "newer than this release's 0001: nothing to migrate" in done.output
    assert await tables(url) == before


def never(*_: object, **__: object) -> NoReturn:
    raise AssertionError("migrating builds no service")
