"""A dose without its unit is a number like any other, so no guard sees it everywhere: here one
is known, and looked for wherever none belongs. On both databases."""

import json
import re
from collections.abc import AsyncIterator

import pytest
from prometheus_client import generate_latest
from sqlalchemy import select

from shared.runtime import tables
from tests.support.databases import Databases
from tests.support.sentinel import Watched
from tests.support.treatment import Clinic, clinic_on

DOSE = "37.5"
TOOK = re.compile(r'"duration_ms": [\d.]+')


@pytest.fixture
async def clinic(databases: Databases) -> AsyncIterator[Clinic]:
    """A clinic on either database."""
    async with clinic_on(databases) as served:
        yield served


async def test_a_dose_is_in_facts_and_answers_alone(clinic: Clinic, log_stream: Watched) -> None:
    course = await clinic.start_course(drug="venlafaxine", start_dose_mg=DOSE)
    answer = await clinic.nurse.get(f"courses/{course['course_id']}")
    dose = re.compile(rf"(?<![\d.:]){re.escape(DOSE)}(?!\d)")
    assert dose.search(json.dumps(answer.json)), "it is found where it belongs"

    async with clinic.db.reading() as tx:
        facts = (await tx.session.execute(select(tables.outbox))).mappings().all()
        trail = (await tx.session.execute(select(tables.audit))).mappings().all()
    assert any(dose.search(fact["body"].decode()) for fact in facts), (
        "and it is found where it belongs"
    )
    places = {
        "log lines": TOOK.sub("", log_stream.text),
        "metrics": generate_latest().decode(),
        "headers": repr(dict(answer.headers)),
        "subjects": repr([fact["subject"] for fact in facts]),
        "the trail": repr([(entry["action"], entry["reason"]) for entry in trail]),
    }
    assert places["log lines"]
    assert {place for place, text in places.items() if dose.search(text)} == set()
