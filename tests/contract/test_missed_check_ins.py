"""Nobody was reached, or somebody did not come: the dose stays, and a nurse calls (T-06, 6.4)."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from shared.events.engagement import ContactMissed, ContactState
from shared.runtime import clock
from tests.support.databases import Databases
from tests.support.treatment import NURSE, PATIENT, Clinic, clinic_on


@pytest.fixture
async def clinic(databases: Databases) -> AsyncIterator[Clinic]:
    """A clinic on either database."""
    async with clinic_on(databases) as served:
        yield served


async def at_the_gate(clinic: Clinic) -> dict[str, Any]:
    """One step down, on the day its gate is asked."""
    course = await clinic.tapering_course()
    taken = await clinic.take_next_step(course["course_id"])
    await clinic.on(taken["taper"]["steps"][0]["check_in_gate_on"])
    return await clinic.course(taken["course_id"])


async def miss_a_contact(clinic: Clinic) -> None:
    state = ContactState(
        contact_id=clock.new_id(),
        patient_id=PATIENT,
        programme_id=None,
        purpose="planned",
        mode="telephone",
        outcome="missed",
        at=clinic.now,
        minutes=0,
        by=NURSE,
        missed_in_a_row=1,
        urgent_because=("taper-step",),
    )
    await clinic.hear(ContactMissed(contact=state))


def calls(course: dict[str, Any]) -> list[tuple[str, str]]:
    """Whom a nurse has to call still, and when."""
    return [
        (one["due_on"], one["for_role"])
        for one in course["reviews"]
        if one["kind"] == "call-again" and one["done_at"] is None
    ]


async def listed(clinic: Clinic, kind: str) -> list[str]:
    until = (clinic.now + timedelta(days=7)).isoformat().replace("+00:00", "Z")
    items = (await clinic.nurse.get(f"due-steps?until={until}&limit=100")).json["items"]
    return [one["detail"]["subtype"] for one in items if one["key"]["kind"] == kind]


async def test_a_check_in_that_reached_nobody_holds_the_dose_and_asks_for_a_call(clinic):
    before = await at_the_gate(clinic)

    answer = await clinic.check_in(before, "gate", reached=False)

    assert answer.status == 200, answer.json
    assert answer.json["proposal"]["action"] == "hold"
    after = await clinic.course(before["course_id"])
    assert after["dose_mg"] == before["dose_mg"]
    assert len(after["taper"]["steps"]) == 1  # no next step is scheduled
    assert after["taper"]["steps"][0]["gate_check_in_at"] is None
    ((due_on, role),) = calls(after)
    assert clinic.today.isoformat() <= due_on
    assert role == "nurse"
    assert "call-again" in await listed(clinic, "course-review")
    assert await listed(clinic, "check-in-gate")  # the gate stays owed


async def test_time_alone_opens_no_gate_however_long_nobody_is_reached(clinic):
    before = await at_the_gate(clinic)
    await clinic.check_in(before, "gate", reached=False)

    await clinic.on(clinic.today + timedelta(days=60))

    after = await clinic.course(before["course_id"])
    assert (after["dose_mg"], len(after["taper"]["steps"])) == (before["dose_mg"], 1)
    assert len(calls(after)) == 1


async def test_the_call_that_reaches_them_is_done_and_opens_the_gate(clinic):
    before = await at_the_gate(clinic)
    await clinic.check_in(before, "gate", reached=False)
    await clinic.on(clinic.today + timedelta(days=1))

    reached = await clinic.check_in(before, "gate")

    assert reached.json["proposal"]["action"] == "next-step"
    after = await clinic.course(before["course_id"])
    assert calls(after) == []
    assert len(after["taper"]["steps"]) == 2


async def test_a_missed_contact_inside_a_step_asks_for_a_call_today_and_only_once(clinic):
    before = await at_the_gate(clinic)

    await miss_a_contact(clinic)
    await miss_a_contact(clinic)

    after = await clinic.course(before["course_id"])
    assert calls(after) == [(clinic.today.isoformat(), "nurse")]
    assert after["dose_mg"] == before["dose_mg"]
    assert after["taper"]["plan_version"] == before["taper"]["plan_version"]
    assert "call-again" in await listed(clinic, "course-review")


async def test_a_missed_contact_outside_a_taper_is_not_treatments_affair(clinic):
    course = await clinic.start_course()

    await miss_a_contact(clinic)

    assert calls(await clinic.course(course["course_id"])) == []


async def test_a_bad_word_of_yesterday_is_not_forgotten_because_nobody_was_reached(clinic):
    before = await at_the_gate(clinic)
    await clinic.check_in(before, "gate", tolerable=False, withdrawal="moderate")
    await clinic.on(clinic.today + timedelta(days=1))

    await clinic.check_in(before, "gate", reached=False)

    after = await clinic.course(before["course_id"])
    assert after["taper"]["proposal"]["action"] == "hold"
    assert after["taper"]["proposal"]["rule"] == "T-07"
    assert len(calls(after)) == 1
