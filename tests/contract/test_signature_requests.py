"""A draft taper and a proposed course ask their prescriber, once; on both databases."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import select

from shared.runtime import tables
from tests.support.databases import Databases
from tests.support.treatment import Clinic, clinic_on


@pytest.fixture
async def clinic(databases: Databases) -> AsyncIterator[Clinic]:
    """A clinic on either database."""
    async with clinic_on(databases) as served:
        yield served


async def told(clinic: Clinic, what: str) -> list[tuple[int, str]]:
    """Version and status of every request for this, in order; one aggregate or a failure."""
    async with clinic.db.reading() as tx:
        rows = await tx.session.execute(
            select(tables.outbox.c.aggregate, tables.outbox.c.version, tables.outbox.c.body)
            .where(tables.outbox.c.aggregate.like("signature:%"))
            .order_by(tables.outbox.c.version)
        )
        found = [(row.aggregate, row.version, json.loads(row.body)["data"]) for row in rows]
    of_kind = [one for one in found if one[2]["signature"]["what"] == what]
    assert len({name for name, *_ in of_kind}) <= 1
    return [(version, data["signature"]["status"]) for _, version, data in of_kind]


async def test_a_proposed_course_asks_until_it_is_signed(clinic: Clinic) -> None:
    proposed = await a_proposal(clinic)
    assert await told(clinic, "course") == [(1, "open")]

    assert (await clinic.confirm(proposed)).status == 200

    assert await told(clinic, "course") == [(1, "open"), (2, "signed")]


async def test_a_proposal_that_is_dropped_asks_no_more(clinic: Clinic) -> None:
    proposed = await a_proposal(clinic)
    path = f"courses/{proposed['course_id']}/withdraw"

    dropped = await clinic.prescriber.post(
        path, {"reason": "they would rather wait"}, version=proposed["version"]
    )

    assert dropped.status == 200, dropped.json
    assert await told(clinic, "course") == [(1, "open"), (2, "overtaken")]


async def test_drafts_of_a_taper_ask_once_and_the_newest_is_named(clinic: Clinic) -> None:
    course = await steady(clinic)
    for _ in range(2):
        draft = await clinic.draft_taper(course)
        assert draft.status == 201, draft.json

    assert await told(clinic, "taper-plan") == [(1, "open"), (2, "open")]
    assert (await clinic.sign_taper(draft.json)).status == 200
    assert await told(clinic, "taper-plan") == [(1, "open"), (2, "open"), (3, "signed")]


async def test_two_drafts_at_once_ask_once(clinic: Clinic) -> None:
    course = await steady(clinic)

    answers = await asyncio.gather(*(clinic.draft_taper(course) for _ in range(3)))

    assert [answer.status for answer in answers] == [201, 201, 201]
    assert await told(clinic, "taper-plan") == [(1, "open"), (2, "open"), (3, "open")]


async def test_a_draft_that_no_longer_fits_asks_no_more_and_a_new_one_asks_again(
    clinic: Clinic,
) -> None:
    course = await steady(clinic)
    assert (await clinic.draft_taper(course)).status == 201
    path = f"courses/{course['course_id']}"
    now = (await clinic.prescriber.get(path)).json

    paused = await clinic.prescriber.post(
        f"{path}/suspend", {"reason": "in hospital"}, version=now["version"]
    )

    assert paused.status == 200, paused.json
    assert await told(clinic, "taper-plan") == [(1, "open"), (2, "overtaken")]


async def a_proposal(clinic: Clinic) -> dict[str, Any]:
    """A course that is proposed and not signed."""
    await clinic.enrol()
    await clinic.score(18)
    await clinic.ask_profile()
    return dict((await clinic.propose()).json)


async def steady(clinic: Clinic) -> dict[str, Any]:
    """A course that may be tapered."""
    course = await clinic.remit(await clinic.start_course())
    await clinic.on(course["clock"]["minimum_end_on"])
    await clinic.score(2)
    return course
