"""Treatment's routes on both databases: the life of a course, and everything refused."""

from collections.abc import AsyncIterator
from datetime import date

import pytest

from tests.support.databases import Databases
from tests.support.treatment import Clinic, clinic_on


@pytest.fixture
async def clinic(databases: Databases) -> AsyncIterator[Clinic]:
    async with clinic_on(databases) as open_clinic:
        yield open_clinic


async def test_a_course_from_proposal_to_close(clinic):
    course = await clinic.remit(await clinic.start_course())
    remission = date.fromisoformat(course["clock"]["remission_on"])
    assert course["phase"] == "continuation"
    assert course["clock"]["minimum_end_on"] == remission.replace(month=9).isoformat()

    await clinic.on(course["clock"]["minimum_end_on"])
    await clinic.score(2)
    draft = await clinic.draft_taper(course)
    signed = await clinic.sign_taper(draft.json)
    assert signed.json["status"] == "signed"
    doses = [step["dose_mg"] for step in draft.json["steps"]]
    assert doses == ["25", "13", "0"]

    for dose in doses:
        taken = await clinic.take_next_step(course["course_id"])
        assert taken["dose_mg"] == dose
        if dose != "0":
            gate_on = taken["taper"]["steps"][-1]["check_in_gate_on"]
            await clinic.on(gate_on)
            opened = await clinic.check_in(taken, "gate")
            assert opened.json["proposal"]["action"] == "next-step"

    assert taken["phase"] == "stopped-watch"
    looks = taken["taper"]["surveillance"]
    assert len(looks) == 7
    for look in looks:
        await clinic.on(look["due_on"])
        seen = await clinic.check_in(taken, "surveillance", ordinal=look["ordinal"])
        assert seen.status == 200, seen.json
    watched = await clinic.course(course["course_id"])
    assert "close" in watched["actions"]
    closed = await clinic.prescriber.post(
        f"courses/{course['course_id']}/close",
        {"reason": "well six months on"},
        version=watched["version"],
    )
    assert closed.json["phase"] == "closed"
    assert closed.json["dose_mg"] == "0"
