"""A facilitator reads of no drug and no dose, whichever way they ask; who cares for it does.

The threat model gives a facilitator the list without dose text. A page that hides what its service
sent would still have sent it, so engagement itself leaves it out.
"""

import json
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest

from services.engagement.adapters.db import SqlWork
from services.engagement.application.apply_staff_state import apply_staff_state
from services.engagement.application.keep_digests import keep_digests
from services.engagement.application.ports import CoursePoint
from shared.api.identity import Role
from tests.contract.test_engagement_http import Clinic, clinic
from tests.support.callers import Caller
from tests.support.engagement import (
    CONTENT,
    COURSE,
    LEAD,
    NOW,
    NURSE,
    PATIENT,
    PRESCRIBER,
    at,
)
from tests.support.sentinel import FAMILY
from tests.support.support import FACILITATOR, SUPPORTERS

__all__ = ["clinic"]

MEDICINE = ("a-drug", "50 mg", "dose_mg")
READERS = [
    pytest.param(PRESCRIBER, Role.PRESCRIBER, True, id="prescriber"),
    pytest.param(NURSE, Role.NURSE, True, id="nurse"),
    pytest.param(LEAD, Role.LEAD, True, id="lead"),
    pytest.param(FACILITATOR, Role.FACILITATOR, False, id="facilitator"),
]


@pytest.mark.parametrize(("staff_id", "role", "reads"), READERS)
async def test_the_dose_is_on_the_lists_of_who_cares_for_it_alone(
    clinic: Clinic, staff_id: UUID, role: Role, reads: bool
) -> None:
    await team(clinic)
    caller = clinic.site.caller(staff_id, role)
    listed = await lists(clinic, caller)

    assert {name: said(text) for name, text in listed.items()} == dict.fromkeys(listed, reads)
    assert all("Change day, step 1 of 8" in text for text in listed.values())


@pytest.mark.parametrize(("staff_id", "role", "reads"), READERS)
async def test_the_dose_beside_support_is_theirs_too(
    clinic: Clinic, staff_id: UUID, role: Role, reads: bool
) -> None:
    await team(clinic)
    point = CoursePoint(
        course_id=COURSE,
        version=1,
        patient_id=PATIENT,
        at=NOW,
        known_at=NOW,
        phase="taper-active",
        drug="a-drug",
        indication="depression",
        dose_mg=Decimal(50),
        dose_text="one 50 mg tablet",
        started_on=date(2025, 12, 1),
        remission_on=None,
        reviewed_on=(),
    )
    async with clinic.db.transaction(actor="service:engagement") as tx:
        await SqlWork(tx, CONTENT).support.add_point(point)
        tx.audit("test.point", object=f"patient:{PATIENT}")

    body = await clinic.site.caller(staff_id, role).get(f"patients/{PATIENT}/support")

    assert bool(body.json["dose_points"]) is reads
    assert said(json.dumps(body.json)) is reads


async def test_the_morning_list_of_a_facilitator_names_no_dose(clinic: Clinic) -> None:
    """It is written before anybody asks for it; the role it is written for decides."""
    await team(clinic)
    await clinic.travel(at("2026-06-15T09:30"))
    async with clinic.db.transaction(actor="service:engagement") as tx:
        work = SqlWork(tx, CONTENT)
        while await keep_digests(work, rules=CONTENT, now=tx.now, real_now=tx.now):
            pass

    nurses = await clinic.nurse.get("digests/2026-06-15")
    theirs = await clinic.site.caller(FACILITATOR, Role.FACILITATOR).get("digests/2026-06-15")

    assert said(json.dumps(nurses.json))
    assert theirs.status == 200
    assert not said(json.dumps(theirs.json))


def said(text: str) -> bool:
    """Whether a text names the medicine."""
    return any(word in text for word in MEDICINE)


async def team(clinic: Clinic) -> None:
    """Facilitators join the team."""
    async with clinic.db.transaction(actor="service:engagement") as tx:
        work = SqlWork(tx, CONTENT)
        for colleague in SUPPORTERS:
            await apply_staff_state(work, colleague=colleague, rules=CONTENT, now=tx.now)


async def lists(clinic: Clinic, caller: Caller) -> dict[str, str]:
    """Every answer that says a reminder in words, by how it is asked for."""
    one = await clinic.reminder("change-day")
    path = f"reminders/{one['reminder_id']}"
    taken = await caller.post(f"{path}/acknowledge", {"meaning": "called"}, version=one["version"])
    found = {
        "the list": await caller.get("worklist", scope="team"),
        "a search": await caller.post("worklist/search", {"name": FAMILY, "scope": "team"}),
        "by key": await caller.post("worklist/known", {"keys": [one["key"]]}),
        "a person's": await caller.get(f"patients/{PATIENT}/reminders"),
        "one": await caller.get(path),
        "taken in hand": taken,
    }
    assert {name: answer.status for name, answer in found.items()} == dict.fromkeys(found, 200)
    return {name: json.dumps(answer.json) for name, answer in found.items()}
