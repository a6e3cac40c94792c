"""The drill's questions about a mixed day are ones that the databases of today can answer."""

import pytest

from services.assessment.main import SCHEMA as ASSESSMENT
from services.engagement.main import SCHEMA as ENGAGEMENT
from services.treatment.main import SCHEMA as TREATMENT
from shared.runtime.db import Database
from tests.faults.mix import ROWS
from tests.support.databases import Databases

SCHEMAS = {each.service: each for each in (ASSESSMENT, TREATMENT, ENGAGEMENT)}
NOBODY = "'00000000-0000-0000-0000-000000000001'"


@pytest.mark.postgres
@pytest.mark.parametrize("service", SCHEMAS)
async def test_every_question_is_answered(service: str, postgres_databases: Databases) -> None:
    asked = [
        query
        for where in ROWS.values()
        for name, query in ((where.owner, where.kept), *where.known.items())
        if name == service
    ]
    db = Database.open(await postgres_databases.migrated(SCHEMAS[service]), source=service)
    try:
        async with db.engine.connect() as connection:
            for query in asked:
                found = await connection.exec_driver_sql(query.format(people=NOBODY))
                assert found.all() == [], query
    finally:
        await db.close()
    assert asked
