"""A suicidal answer that is given again raises its flag again, on both databases."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from tests.support.assessment import INTAKE, Clinic, answers, clinic_on
from tests.support.databases import Databases


@pytest.fixture
async def clinic(databases: Databases) -> AsyncIterator[Clinic]:
    async with clinic_on(databases) as opened:
        yield opened


async def amend(clinic: Clinic, found: dict[str, Any], total: int, *, version: int) -> list[str]:
    """Amend a PHQ-9 to a total, and give the statuses of its flags, oldest first."""
    answer = await clinic.nurse.post(
        f"assessments/{found['assessment_id']}/amend",
        {"answers": answers("phq-9", total), "reason": "Read again"},
        version=version,
    )
    assert answer.status == 200, answer.json
    return [flag["status"] for flag in answer.json["flags"]]


async def close(clinic: Clinic, flag: dict[str, Any]) -> None:
    rules = (await clinic.nurse.get("safety-rules")).json
    outcome = {"outcome": rules["outcomes"][0]["code"]}
    answer = await clinic.nurse.post(f"flags/{flag['flag_id']}/close", outcome)
    assert answer.status == 200, answer.json


async def test_an_answer_amended_away_and_back_is_flagged_again(clinic: Clinic) -> None:
    found = await clinic.take("phq-9", 25)
    await close(clinic, found["flags"][0])

    away = await amend(clinic, found, 24, version=1)
    back = await amend(clinic, found, 25, version=2)

    assert away == ["closed"]
    assert back == ["closed", "open"]


async def test_an_answer_amended_away_and_back_under_an_open_flag_is_flagged_once(
    clinic: Clinic,
) -> None:
    found = await clinic.take("phq-9", 25)

    await amend(clinic, found, 24, version=1)
    back = await amend(clinic, found, 25, version=2)

    assert back == ["open"]


async def test_an_amendment_elsewhere_does_not_open_a_closed_flag_again(clinic: Clinic) -> None:
    found = await clinic.take("phq-9", 25)
    await close(clinic, found["flags"][0])
    sheet = answers("phq-9", 25) | {"interest": 1}

    answer = await clinic.nurse.post(
        f"assessments/{found['assessment_id']}/amend",
        {"answers": sheet, "reason": "Wrong line"},
        version=1,
    )

    assert [flag["status"] for flag in answer.json["flags"]] == ["closed"]


async def test_an_intake_answer_repeated_after_its_flag_was_closed_is_flagged_again(
    clinic: Clinic,
) -> None:
    worrying = {"answers": INTAKE | {"suicidal-thoughts": "thoughts"}}
    path = f"{clinic.path}/intake"
    first = await clinic.nurse.put(path, worrying, version=0)
    in_hand = await clinic.nurse.put(path, worrying, version=1)
    await close(clinic, first.json["flags"][0])

    again = await clinic.nurse.put(path, worrying, version=2)

    assert in_hand.json["flags"] == []
    assert [flag["level"] for flag in again.json["flags"]] == [3]


async def test_a_standing_intake_answer_is_not_covered_by_a_milder_flag(clinic: Clinic) -> None:
    path = f"{clinic.path}/intake"
    intent = {"answers": INTAKE | {"suicidal-thoughts": "intent"}}
    first = await clinic.nurse.put(path, intent, version=0)
    await close(clinic, first.json["flags"][0])
    await clinic.take("phq-9", 25)

    again = await clinic.nurse.put(path, intent, version=1)

    assert [flag["level"] for flag in again.json["flags"]] == [1]


async def test_a_sheet_that_arrives_out_of_order_is_kept_flagged_and_not_the_latest(
    clinic: Clinic,
) -> None:
    await clinic.start_course()
    now = await clinic.later(days=10)
    newer = await clinic.take("phq-9", 8)

    older = await clinic.take("phq-9", 25, taken_at=(now - timedelta(days=3)).isoformat())

    trajectory = (await clinic.nurse.get(f"{clinic.path}/trajectory")).json["instruments"][0]
    listed = (await clinic.nurse.get(f"{clinic.path}/assessments")).json["items"]
    assert [flag["status"] for flag in older["flags"]] == ["open"]
    assert trajectory["latest_total"] == 8
    assert [reading["total"] for reading in trajectory["readings"]] == [25, 8]
    assert [a["assessment_id"] for a in listed] == [
        newer["assessment_id"],
        older["assessment_id"],
    ]
