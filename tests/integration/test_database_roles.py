"""What the role a service runs as may do in its database, by the scripts that give the rights.

``deploy/postgres/init.sh`` and ``grants.sh`` are run as they are, on a PostgreSQL of its own; only
where the secrets lie, and which server is meant, is put in their place.
"""

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from services.assessment.main import SCHEMA as ASSESSMENT
from services.engagement.main import SCHEMA as ENGAGEMENT
from services.portal.main import schema as portal_schema
from services.treatment.main import SCHEMA as TREATMENT
from services.watcher.alarms import Database as Found
from services.watcher.alarms import Seen
from services.watcher.look import look
from shared.runtime import clock
from shared.runtime.db import Database
from tests.support import postgres

SCRIPTS = Path(__file__).parents[2] / "deploy/postgres"
SCHEMAS = (ASSESSMENT, TREATMENT, ENGAGEMENT, portal_schema)
BY_SERVICE = {schema.service: schema for schema in SCHEMAS}
SIGNED = ("assessment", "treatment", "engagement")
ROLES = {f"{name}{kind}" for name in BY_SERVICE for kind in ("", "_owner")}

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(180)]


def run(script: str, folder: Path, server: str) -> None:
    """One of the scripts, against this server."""
    at = make_url(server)
    written = (SCRIPTS / script).read_text(encoding="utf-8")
    here = (
        written.replace("/run/secrets", str(folder))
        .replace("PGHOST=postgres PGUSER=postgres PGSSLMODE=verify-full", "")
        .replace("--username postgres", "")
    )
    assert here != written
    where = {"PGHOST": at.host, "PGPORT": str(at.port), "PGUSER": at.username}
    path = f"{Path(postgres.psql()).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["/bin/bash", "-c", here],
        env={"PATH": path, "PGDATABASE": "postgres", **where, "PGSSLMODE": "disable"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """With each service's database, migrated by its owner."""
    folder = tmp_path_factory.mktemp("secrets")
    for role in (*ROLES, "backup", "watcher", "postgres"):
        (folder / f"db_{role}").write_text("one-of-the-test")
    with postgres.own_server() as url:
        run("init.sh", folder, url)
        for name, schema in BY_SERVICE.items():
            schema.upgrade(f"{as_role(url, f'{name}_owner')}/{name}")
        run("grants.sh", folder, url)
        run("grants.sh", folder, url)  # as at every start
        yield url


def as_role(server: str, role: str) -> str:
    return make_url(server).set(username=role).render_as_string()


@asynccontextmanager
async def connected(server: str, role: str, database: str) -> AsyncIterator[AsyncConnection]:
    engine = create_async_engine(f"{as_role(server, role)}/{database}", poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            yield connection
    finally:
        await engine.dispose()


async def refusal(server: str, statement: str, *, role: str, database: str) -> str:
    """What the database answers; nothing if it does it."""
    try:
        async with connected(server, role, database) as connection:
            await connection.execute(text(statement))
            await connection.commit()
    except DBAPIError as error:
        return str(error.orig)
    return ""


@pytest.mark.parametrize("service", BY_SERVICE)
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET actor = 'staff:2'",
        "UPDATE audit SET reason = NULL WHERE false",
        "DELETE FROM audit",
        "TRUNCATE audit",
        "DROP TABLE audit",
        "ALTER TABLE audit DISABLE TRIGGER ALL",
        "CREATE TABLE audit_2 AS SELECT * FROM audit",
        "UPDATE schema_version SET version_num = '0001'",
        "DELETE FROM schema_floor",
    ],
)
async def test_a_service_changes_no_entry_of_its_trail(
    server: str, service: str, statement: str
) -> None:
    db = Database.open(f"{as_role(server, service)}/{service}", source=service)
    async with db.transaction(actor="staff:1") as tx:
        tx.audit("patient.read", object="patient:1")  # adding is what it may do
    await db.close()

    said = await refusal(server, statement, role=service, database=service)

    assert "permission denied" in said or "must be owner" in said


@pytest.mark.parametrize("service", SIGNED)
@pytest.mark.parametrize(
    "statement",
    ["UPDATE signature SET meaning = 'other'", "DELETE FROM signature", "TRUNCATE signature"],
)
async def test_a_service_changes_no_signature(server: str, service: str, statement: str) -> None:
    assert (
        await refusal(server, "SELECT count(*) FROM signature", role=service, database=service)
        == ""
    )
    said = await refusal(server, statement, role=service, database=service)
    assert "permission denied for table signature" in said


async def test_the_owner_could(server: str) -> None:
    """The refusals above come from the rights, not from a table that takes no change at all."""
    said = await refusal(
        server,
        "UPDATE audit SET reason = NULL WHERE false",
        role="assessment_owner",
        database="assessment",
    )
    assert said == ""


@pytest.mark.parametrize("role", ["watcher", "backup", "treatment"])
async def test_nobody_else_writes_into_a_trail(server: str, role: str) -> None:
    statement = "DELETE FROM audit"
    said = await refusal(server, statement, role=role, database="assessment")
    assert "permission denied" in said


async def test_the_watcher_sees_everything_with_the_connections_it_may_have(server: str) -> None:
    """Also while somebody asks it by hand: what it is refused would be told as a dead database."""
    watcher = as_role(server, "watcher")
    databases = {name: f"{watcher}/{name}" for name in ("portal", *SIGNED)}

    async def once() -> Seen:
        return await look(
            databases,
            server=f"{watcher}/postgres",
            certificates=None,
            overdue_s=120,
            now=clock.real_now(),
        )

    for seen in await asyncio.gather(once(), once()):
        assert dict(seen.databases) == dict.fromkeys(databases, Found(outbox_s=0.0, parked=0))
        assert (seen.overdue, seen.flags_without_reminder, seen.urgent_unsent) == (0, 0, 0)
