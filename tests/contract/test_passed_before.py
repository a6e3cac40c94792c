"""A database that had passed a migration before others were put in ahead of it loses nothing."""

import asyncio
from dataclasses import dataclass

import pytest
from sqlalchemy import text

from services.assessment.main import SCHEMA as ASSESSMENT
from services.treatment.main import SCHEMA as TREATMENT
from shared.runtime.db import Database
from shared.runtime.schema import Schema
from tests.support.databases import Databases


@dataclass(frozen=True, slots=True)
class Passed:
    """What such a database had come to, and what it did not have."""

    schema: Schema
    revision: str
    index: str
    table: str
    column: str


PASSED = (
    Passed(TREATMENT, "0011", "ix_signature_request_asked", "signature", "proof"),
    Passed(ASSESSMENT, "0012", "ix_assessment_answered_in_the_clear", "assessment", "answerer"),
)


@pytest.mark.parametrize("passed", PASSED, ids=["treatment", "assessment"])
async def test_what_was_put_in_before_is_made_up_for(databases: Databases, passed: Passed) -> None:
    url = await databases.empty()
    await asyncio.to_thread(passed.schema.upgrade, url, passed.revision)
    db = Database.open(url, source=passed.table)
    async with db.engine.begin() as connection:
        await connection.execute(text(f"DROP INDEX {passed.index}"))
        await connection.execute(text(f"ALTER TABLE {passed.table} DROP COLUMN {passed.column}"))
    await db.close()

    await passed.schema.upgrade_async(url)

    await asyncio.to_thread(passed.schema.check, url)
