"""What was known at a past decision stays what it was, whatever is learned afterwards."""

from datetime import timedelta

import pytest

from tests.support.treatment import clinic_on


@pytest.fixture
async def clinic(databases):
    async with clinic_on(databases) as found:
        yield found


async def test_a_confirmation_shows_the_facts_rules_and_rows_of_its_moment(clinic):
    await clinic.enrol()
    await clinic.score(18)
    await clinic.ask_profile(conditions=["diabetes"], medicines=[{"medicine": "aspirin"}])
    confirmed = await clinic.confirm((await clinic.propose(start_dose_mg="50")).json)
    course_id = confirmed.json["course_id"]
    path = f"courses/{course_id}/decisions"
    before = await clinic.prescriber.get(f"{path}/{confirmed.json['version']}")

    await clinic.on(clinic.today + timedelta(days=400))
    await clinic.ask_profile(conditions=["seizure-disorder"], medicines=[])
    await clinic.score(3)
    after = await clinic.prescriber.get(f"{path}/{confirmed.json['version']}")

    assert before.status == 200, before.json
    assert after.json == before.json
    facts = after.json["facts"]
    assert (facts["age"], facts["conditions"]) == (45, ["diabetes"])
    assert [taken["medicine"] for taken in facts["medicines"]] == ["aspirin"]
    assert [reading["total"] for reading in facts["readings"]] == [18]
    rules = {rule["rule"]: rule for rule in after.json["rules"]}
    assert rules["I-10"]["reason"] == "seen and weighed"
    assert rules["I-10"]["source"] == "US monographs"
    rows = after.json["formulary"]
    assert (rows["drug"], rows["jurisdiction"]) == ("sertraline", "uk")
    assert [row["maximum_mg"] for row in rows["doses"]] == ["200"]
    assert {cap["condition"] for cap in rows["caps"]} == {
        "hepatic-mild",
        "hepatic-moderate-severe",
    }
    assert all(product["source"] for product in rows["products"])
    assert "safety" in after.json["rulebook"]


async def test_every_entry_is_listed_newest_first_with_who_and_why(clinic):
    course = await clinic.start_course()
    changed = await clinic.prescriber.post(
        f"courses/{course['course_id']}/dose-changes",
        {"dose_mg": "75", "effective_on": clinic.today.isoformat(), "reason": "too little"},
        version=course["version"],
    )
    assert changed.status == 200, changed.json
    reviewed = await clinic.nurse.post(
        f"courses/{course['course_id']}/reviews",
        {"missed_doses": 3, "side_effects": "mild", "note": "forgot the weekend"},
    )
    assert reviewed.status == 200, reviewed.json

    listed = await clinic.nurse.get(f"courses/{course['course_id']}/decisions")

    lines = listed.json["items"]
    assert [line["kind"] for line in lines] == [
        "reviewed",
        "dose-changed",
        "confirmed",
        "proposed",
    ]
    assert [line["has_facts"] for line in lines] == [False, True, True, True]
    review = await clinic.nurse.get(
        f"courses/{course['course_id']}/decisions/{lines[0]['version']}"
    )
    assert review.json["reason"] == "forgot the weekend"
    assert {"name": "missed-doses", "value": "3"} in review.json["also"]


async def test_a_stranger_and_a_version_that_is_not_there_get_nothing(clinic):
    course = await clinic.start_course()
    path = f"courses/{course['course_id']}/decisions"

    assert (await clinic.stranger.get(path)).status == 404
    assert (await clinic.stranger.get(f"{path}/1")).status == 404
    assert (await clinic.prescriber.get(f"{path}/99")).status == 404
