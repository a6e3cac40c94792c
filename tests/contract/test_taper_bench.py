"""The bench: plans beside each other, and everything a plan is refused for."""

from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.support.callers import Answer
from tests.support.databases import Databases
from tests.support.treatment import Clinic, clinic_on

DRUG = "sertraline"


@pytest.fixture(scope="module")
async def ready(sqlite_databases: Databases) -> AsyncIterator[tuple[Clinic, dict[str, Any]]]:
    """A clinic with a course that may be tapered; the bench stores nothing."""
    async with clinic_on(sqlite_databases) as clinic:
        course = await clinic.remit(await clinic.start_course())
        await clinic.on(course["clock"]["minimum_end_on"])
        yield clinic, course


def a_way(clinic: Clinic, policy: str, **changes: Any) -> dict[str, Any]:
    starts_on = (clinic.today + timedelta(days=7)).isoformat()
    return {"policy": policy, "starts_on": starts_on} | changes


async def bench(clinic: Clinic, course: dict[str, Any], *ways: dict[str, Any]) -> Answer:
    return await clinic.prescriber.post(
        f"courses/{course['course_id']}/taper-bench", {"ways": list(ways)}
    )


async def test_four_ways_stand_side_by_side(ready) -> None:
    clinic, course = ready

    answer = await bench(
        clinic,
        course,
        a_way(clinic, "occupancy-10"),
        a_way(clinic, "proportional-25", last_dose_mg="1"),
        a_way(clinic, "linear-10", solids_only=True),
        a_way(
            clinic,
            "own-rows",
            rows=[{"dose_mg": "25", "days": 14}, {"dose_mg": "0", "days": 7}],
        ),
    )

    assert answer.status == 200, answer.json
    equal, quarter, tablets, own = (column["plan"] for column in answer.json["columns"])
    assert equal["model"] == "sorensen-2022, striatum"
    assert tablets["liquid_ml"] == "0"
    assert tablets["verdict"] == "cannot-be-dispensed-safely"
    assert tablets["cliff"]
    assert tablets["ways_round"][0].startswith("the ")
    assert own["length_days"] == 14
    assert [step["dose_mg"] for step in own["steps"]] == ["25", "0"]
    assert Decimal(quarter["largest_drop_points"]) >= Decimal(quarter["last_drop_points"])
    for plan in (equal, quarter, tablets, own):
        assert plan["visits"] == plan["step_count"] == len(plan["steps"])
        assert plan["steps"][-1]["dose_mg"] == "0"


async def test_the_proposal_is_explained(ready) -> None:
    clinic, course = ready

    risk = (await bench(clinic, course, a_way(clinic, "occupancy-5"))).json["risk"]

    assert risk["policy"]
    assert risk["reasons"]
    assert risk["tier"] in {"faster", "slower", "slowest"}


async def test_one_refused_way_leaves_the_others_standing(ready) -> None:
    clinic, course = ready

    answer = await bench(
        clinic, course, a_way(clinic, "proportional-10"), a_way(clinic, "occupancy-5")
    )

    refused, planned = answer.json["columns"]
    assert refused["plan"] is None
    assert (refused["refusal"]["rule"], refused["refusal"]["field"]) == ("T-10", "last_dose_mg")
    assert "state the last dose" in refused["refusal"]["detail"]
    assert planned["refusal"] is None


async def test_without_a_way_the_offered_tiers_are_compared(ready) -> None:
    clinic, course = ready

    answer = await bench(clinic, course)

    assert answer.status == 200, answer.json
    asked = [column["asked"]["policy"] for column in answer.json["columns"]]
    assert asked[0] == answer.json["risk"]["policy"]
    assert len(asked) == len(set(asked)) > 1
    assert all(column["plan"] for column in answer.json["columns"])
    assert {column["asked"]["starts_on"] for column in answer.json["columns"]} == {
        clinic.today.isoformat()
    }


async def test_a_fifth_way_is_too_many(ready) -> None:
    clinic, course = ready

    answer = await bench(clinic, course, *[a_way(clinic, "occupancy-5")] * 5)

    assert (answer.status, answer.json["code"]) == (422, "invalid")


BAD_PLANS = [
    ("a policy that never reaches zero", {"policy": "proportional-10"}, "T-10"),
    ("an unknown policy", {"policy": "gentle"}, "T-02"),
    ("a percentage out of bounds", {"policy": "proportional-60", "last_dose_mg": "1"}, "T-02"),
    ("an interval under the floor", {"interval_days": 6}, "T-05"),
    ("a product nobody sells", {"products": ["sertraline-tablet-1mg-uk"]}, "F-03"),
    ("own rows without rows", {"policy": "own-rows"}, "T-04"),
    ("rows that rise", {"rows": [{"dose_mg": "25", "days": 14}, {"dose_mg": "30", "days": 14}]},
     "T-04"),
    ("rows that stay", {"rows": [{"dose_mg": "25", "days": 14}, {"dose_mg": "25", "days": 14}]},
     "T-04"),
    ("rows above the dose", {"rows": [{"dose_mg": "75", "days": 14}, {"dose_mg": "0", "days": 14}]},
     "T-04"),
    ("rows that end above zero", {"rows": [{"dose_mg": "25", "days": 14}]}, "T-10"),
    ("a row too short", {"rows": [{"dose_mg": "25", "days": 3}, {"dose_mg": "0", "days": 14}]},
     "T-05"),
    ("a negative row", {"rows": [{"dose_mg": "-1", "days": 14}]}, "invalid"),
    ("a thousand rows",
     {"rows": [{"dose_mg": str(Decimal(49) - Decimal(n) / 1000), "days": 7}
               for n in range(1000)]}, "invalid"),
    ("a last dose above the start", {"policy": "proportional-10", "last_dose_mg": "60"}, "T-10"),
    ("a day in the past", {"starts_on": "2020-01-01"}, "T-01"),
    ("a day nobody can plan for", {"starts_on": "2199-01-01"}, "bad-date"),
    ("a day that does not exist", {"starts_on": "2026-02-30"}, "invalid"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "code"), [row[1:] for row in BAD_PLANS], ids=[row[0] for row in BAD_PLANS]
)
async def test_a_bad_plan_is_refused_with_its_rule_and_stores_nothing(ready, changes, code) -> None:
    clinic, course = ready

    answer = await clinic.draft_taper(
        course, **{"policy": "occupancy-5", "last_dose_mg": None} | changes
    )

    assert (answer.status, answer.json["code"]) == (422, code), answer.json
    assert answer.json["detail"]
    plans = await clinic.prescriber.get(f"courses/{course['course_id']}/taper-plans")
    assert plans.json["items"] == []


async def test_ten_thousand_rows_are_more_than_a_plan_can_be(ready) -> None:
    clinic, course = ready
    rows = [{"dose_mg": str(Decimal(49) - Decimal(n) / 1000), "days": 7} for n in range(10_000)]

    answer = await clinic.draft_taper(course, policy="own-rows", last_dose_mg=None, rows=rows)

    assert (answer.status, answer.json["code"]) == (413, "too-large")


async def test_a_course_that_may_not_be_tapered_has_no_plan(sqlite_databases) -> None:
    async with clinic_on(sqlite_databases) as clinic:
        await clinic.enrol()
        await clinic.ask_profile()
        proposed = (await clinic.propose()).json

        refused = await bench(clinic, proposed, a_way(clinic, "occupancy-5"))

    assert (refused.status, refused.json["code"]) == (409, "illegal-move")
    assert refused.json["detail"].startswith("T-01")
    assert "it must be" in refused.json["detail"]


async def test_outside_the_relation_there_is_no_bench(ready) -> None:
    clinic, course = ready

    answer = await clinic.stranger.post(
        f"courses/{course['course_id']}/taper-bench", {"ways": [a_way(clinic, "occupancy-5")]}
    )

    assert answer.status == 404


async def test_only_tables_that_name_the_drug_are_listed_for_it(ready) -> None:
    clinic, _ = ready

    every = (await clinic.prescriber.get("taper-policies")).json["items"]
    own = (await clinic.prescriber.get(f"taper-policies?drug={DRUG}")).json["items"]

    left_out = {item["policy"] for item in every} - {item["policy"] for item in own}
    assert left_out == {"us-paroxetine-trial", "vortioxetine-us-label"}
