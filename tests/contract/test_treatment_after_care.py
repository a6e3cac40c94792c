"""Nothing is done to the course of somebody who left care or died, until they are back."""

from collections.abc import AsyncIterator
from datetime import time
from typing import Any

import pytest
from joserfc.jwk import KeySet

from services.treatment.adapters.http.api import build_api
from services.treatment.adapters.http.desk import Desk
from shared.events.assessment import PatientLeftCare, PatientState
from shared.runtime.auth import StaticKeys
from tests.support.databases import Databases
from tests.support.treatment import (
    BOOK,
    CONTENT,
    ENROLLED_ON,
    NURSE,
    PATIENT,
    PRESCRIBER,
    Clinic,
    clinic_on,
)

REASON = "as agreed on the telephone"
TODAY = "{today}"
PLAN = {"policy": "proportional-50", "starts_on": TODAY, "last_dose_mg": "12.5"}
DRUG = {
    "drug": "citalopram",
    "indication": "depression",
    "start_dose_mg": "10",
    "starts_on": TODAY,
    "primary_instrument": "phq-9",
    "suicide_concern": False,
}
SWITCH = DRUG | {"leaving": [{"on": TODAY, "dose_mg": "0"}]}
CHECK_IN = {
    "plan_version": 1,
    "kind": "unscheduled",
    "ordinal": 1,
    "withdrawal": "mild",
    "tolerable": True,
    "can_work_and_care": True,
    "mood": "same",
    "suicidal_thoughts": False,
    "marked_agitation": False,
    "emergency_signs": False,
}
REFUSED: dict[str, dict[str, Any]] = {
    "courses": DRUG | {"patient_id": str(PATIENT)},
    "courses/{course_id}/confirm": {"signature": "{signature}"},
    "courses/{course_id}/dose-previews": {"dose_mg": "100", "effective_on": TODAY},
    "courses/{course_id}/dose-changes": {
        "dose_mg": "100",
        "effective_on": TODAY,
        "reason": REASON,
    },
    "courses/{course_id}/harm-stop": {
        "harm": "low-sodium",
        "last_dose_on": TODAY,
        "reason": REASON,
    },
    "courses/{course_id}/switch-previews": SWITCH,
    "courses/{course_id}/switches": SWITCH,
    "courses/{course_id}/switch-steps": {"ordinal": 1, "taken_on": TODAY},
    "courses/{course_id}/stay": {"reason": REASON},
    "courses/{course_id}/reviews": {},
    "courses/{course_id}/remission": {},
    "courses/{course_id}/relapse": {"relapse_on": TODAY, "reason": REASON},
    "courses/{course_id}/decision": {"decision": "continue", "reason": REASON},
    "courses/{course_id}/adherence-gaps": {"first_missed_on": TODAY},
    "courses/{course_id}/suspend": {"reason": REASON},
    "courses/{course_id}/resume": {"resume_on": TODAY, "reason": REASON},
    "courses/{course_id}/taper-previews": PLAN,
    "courses/{course_id}/taper-plans": PLAN,
    "courses/{course_id}/taper-bench": {},
    "taper-plans/{plan_id}/sign": {"signature": "{signature}"},
    "courses/{course_id}/steps/{ordinal}/supply": {"plan_version": 1},
    "courses/{course_id}/steps/{ordinal}/taken": {"plan_version": 1, "taken_on": TODAY},
    "courses/{course_id}/check-ins": CHECK_IN,
    "courses/{course_id}/hold": {"plan_version": 1, "days": 3, "reason": REASON},
    "courses/{course_id}/plan-changes": {
        "kind": "hold",
        "plan_version": 1,
        "days": 10,
        "reason": REASON,
    },
    "plan-changes/{change_id}/sign": {"signature": "{signature}"},
}
"""Every change of a course there is, with a body that would be heard of somebody in care."""
ALLOWED = {
    "courses/{course_id}/withdraw",
    "courses/{course_id}/close",
    "plan-changes/{change_id}/decline",
}
"""What only ends something."""
NOT_A_COURSE = {
    "schedule-checks",
    "patients/{patient_id}/calendar-links",
    "calendar-links/{calendar_link_id}/revoke",
    "calendar-links/open",
}


@pytest.fixture
async def clinic(databases: Databases) -> AsyncIterator[Clinic]:
    async with clinic_on(databases) as open_clinic:
        yield open_clinic


async def _place(clinic: Clinic, status: str) -> None:
    state = PatientState(
        patient_id=PATIENT,
        status=status,  # type: ignore[arg-type]
        team="harbour",
        care_team=(PRESCRIBER, NURSE),
        enrolled_on=ENROLLED_ON,
        ended_on=clinic.today,
    )
    await clinic.hear(PatientLeftCare(patient=state))


def _filled(value: Any, **known: str) -> Any:
    if isinstance(value, dict):
        return {key: _filled(one, **known) for key, one in value.items()}
    if isinstance(value, list):
        return [_filled(one, **known) for one in value]
    return value.format(**known) if isinstance(value, str) else value


@pytest.mark.parametrize("status", ["left-care", "deceased"])
async def test_no_course_goes_on_without_the_person(clinic: Clinic, status: str) -> None:
    course = await clinic.tapering_course()
    change = (await clinic.propose_change(course, "hold", days=10)).json
    await _place(clinic, status)
    known = {
        "course_id": course["course_id"],
        "plan_id": course["taper"]["plan_id"],
        "change_id": change["change_id"],
        "ordinal": str(course["taper"]["steps"][-1]["ordinal"]),
        "today": clinic.today.isoformat(),
    }

    said = {}
    for path, body in REFUSED.items():
        signature = clinic.signature({"hash": "0" * 64, "meaning": "whatever"})
        answer = await clinic.prescriber.post(
            _filled(path, **known),
            _filled(body, signature=signature, **known),
            version=change["version"] if path.startswith("plan-changes") else course["version"],
        )
        said[path] = (answer.status, answer.json["code"])
    profile = await clinic.ask_profile(conditions=["epilepsy"])
    said["health-profile"] = (profile.status, profile.json["code"])

    already_signed = said.pop("taper-plans/{plan_id}/sign")
    assert already_signed[0] in {409, 412}
    already_confirmed = said.pop("courses/{course_id}/confirm")
    assert already_confirmed == (409, "not-in-care")
    assert said == dict.fromkeys(said, (409, "not-in-care"))
    seen = await clinic.course(course["course_id"])
    assert seen["version"] == course["version"]


def test_every_change_of_a_course_is_in_the_table() -> None:
    desk = Desk(book=BOOK, formulary=CONTENT, keys=StaticKeys(KeySet([])), clinic_time=time(9))
    api = build_api(desk, CONTENT)
    changes = {one.path.removeprefix("/api/v1/") for one in api.operations if one.method == "POST"}

    assert changes - NOT_A_COURSE == set(REFUSED) | ALLOWED


@pytest.mark.parametrize("status", ["left-care", "deceased"])
async def test_a_page_offers_to_end_the_record_and_nothing_else(
    clinic: Clinic, status: str
) -> None:
    course = await clinic.tapering_course()
    change = (await clinic.propose_change(course, "hold", days=10)).json
    await _place(clinic, status)

    seen = await clinic.course(course["course_id"])
    plan = await clinic.prescriber.get(f"taper-plans/{course['taper']['plan_id']}")
    proposed = await clinic.prescriber.get(f"plan-changes/{change['change_id']}")

    assert seen["actions"] == ["close"]
    assert {a for step in seen["taper"]["steps"] for a in step["actions"]} == set()
    assert {a for review in seen["reviews"] for a in review["actions"]} == set()
    assert seen["taper"]["proposals"] == []
    assert (plan.json["actions"], proposed.json["actions"]) == ([], [])
    closed = await clinic.prescriber.post(
        f"courses/{course['course_id']}/close", {"reason": REASON}, version=seen["version"]
    )
    assert (closed.status, closed.json["phase"]) == (200, "closed")


async def test_nothing_is_due_for_somebody_who_left(clinic: Clinic) -> None:
    course = await clinic.tapering_course()
    await clinic.on(course["taper"]["steps"][-1]["change_on"])
    assert (await clinic.nurse.get("due-steps")).json["items"]

    await _place(clinic, "deceased")

    assert (await clinic.nurse.get("due-steps")).json["items"] == []
