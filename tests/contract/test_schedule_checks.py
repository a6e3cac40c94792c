"""The checker over HTTP: findings for what does not hold, and the right answer to bad input."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from shared.api.identity import Role
from tests.support.databases import Databases
from tests.support.treatment import PRESCRIBER, Clinic, clinic_on

STEPS = [
    {"index": 1, "start": "2026-02-02", "days": 14, "dose_mg": "25"},
    {"index": 2, "start": "2026-02-20", "days": 14, "dose_mg": "0"},
]


@pytest.fixture(scope="module")
async def clinic(sqlite_databases: Databases) -> AsyncIterator[Clinic]:
    async with clinic_on(sqlite_databases) as open_clinic:
        yield open_clinic


async def test_a_gap_is_found(clinic: Clinic) -> None:
    schedule = {"drug": "sertraline", "steps": STEPS}

    answer = await clinic.nurse.post("schedule-checks", {"schedule": schedule})

    assert answer.status == 200, answer.json
    (found,) = answer.json["findings"]
    assert (found["code"], found["severity"]) == ("gap", "error")
    assert found["where"] == "steps[1]"
    assert answer.json["instructions"] == 2
    assert answer.json["unknown"] == []


@pytest.mark.parametrize(
    ("schedule", "code"),
    [
        ({"resourceType": "Patient"}, "not-a-schedule"),
        ({"resourceType": "MedicationRequest"}, "empty"),
        ([], "empty"),
        (None, "not-a-schedule"),
        (7, "not-a-schedule"),
    ],
)
async def test_what_is_no_schedule_is_a_finding(clinic: Clinic, schedule: Any, code: str) -> None:
    answer = await clinic.nurse.post("schedule-checks", {"schedule": schedule})

    assert answer.status == 200
    assert [found["code"] for found in answer.json["findings"]] == [code]


async def test_a_large_file_is_for_the_command_line(clinic: Clinic) -> None:
    answer = await clinic.nurse.post("schedule-checks", {"schedule": ["x" * 900_000]})

    assert (answer.status, answer.json["code"]) == (413, "too-large")


async def test_who_sees_no_course_checks_no_schedule(clinic: Clinic) -> None:
    auditor = clinic.site.caller(PRESCRIBER, Role.AUDITOR)

    assert (await auditor.post("schedule-checks", {"schedule": []})).status == 403
