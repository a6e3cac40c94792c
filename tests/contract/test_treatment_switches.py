"""One drug replaced by another over HTTP, on both databases."""

from datetime import timedelta
from typing import Any

import pytest

from shared.runtime import clock
from tests.support.treatment import Clinic, clinic_on


@pytest.fixture
async def clinic(databases):
    async with clinic_on(databases) as found:
        yield found


def wish(clinic: Clinic, *, zero_in: int = 7, **changes: Any) -> dict[str, Any]:
    """From 50 mg of sertraline to venlafaxine, both for a week."""
    day = clinic.today
    body = {
        "drug": "venlafaxine",
        "indication": "depression",
        "start_dose_mg": "75",
        "starts_on": day.isoformat(),
        "primary_instrument": "phq-9",
        "suicide_concern": False,
        "leaving": [
            {"on": day.isoformat(), "dose_mg": "25"},
            {"on": (day + timedelta(days=zero_in)).isoformat(), "dose_mg": "0"},
        ],
    }
    return body | changes


async def proposed(clinic: Clinic) -> tuple[dict[str, Any], dict[str, Any]]:
    old = await clinic.start_course()
    await clinic.on(clinic.today + timedelta(days=30))
    answer = await clinic.prescriber.post(
        f"courses/{old['course_id']}/switches", wish(clinic), version=old["version"]
    )
    assert answer.status == 201, answer.json
    return old, dict(answer.json)


async def step(clinic: Clinic, course_id: str, ordinal: int):
    return await clinic.nurse.post(
        f"courses/{course_id}/switch-steps",
        {"ordinal": ordinal, "taken_on": clinic.today.isoformat()},
    )


async def test_a_switch_from_preview_to_the_last_dose_of_the_old_drug(clinic):
    old, draft = await proposed(clinic)
    old_id, new_id = old["course_id"], draft["course_id"]
    assert (draft["replaces"], draft["phase"]) == (old_id, "draft")
    assert (draft["switch"]["overlap_days"], draft["switch"]["gap_days"]) == (7, 0)
    warned = {finding["rule"] for finding in draft["findings"] if finding["level"] != "inform"}
    assert "T-17" in warned
    assert "I-09" not in warned
    assert (await clinic.course(old_id))["phase"] == "acute"

    confirmed = await clinic.confirm(draft)

    assert confirmed.status == 200, confirmed.json
    leaving = await clinic.course(old_id)
    assert (leaving["phase"], leaving["successor_id"]) == ("switching-out", new_id)
    assert [review["kind"] for review in leaving["reviews"] if not review["done_at"]] == [
        "switch-step",
        "switch-step",
    ]
    assert (confirmed.json["phase"], confirmed.json["dose_mg"]) == ("acute", "75")

    early = await step(clinic, old_id, 2)
    assert (early.status, early.json["code"]) == (409, "illegal-move")
    first = await step(clinic, old_id, 1)
    assert (first.status, first.json["dose_mg"]) == (200, "25")
    too_soon = await step(clinic, old_id, 2)
    assert (too_soon.status, too_soon.json["code"]) == (422, "bad-date")
    await clinic.on(clinic.today + timedelta(days=7))
    last = await step(clinic, old_id, 2)
    assert (last.status, last.json["phase"], last.json["dose_mg"]) == (200, "switched", "0")
    assert last.json["maoi_from"] == (clinic.today - timedelta(days=1 - 14)).isoformat()
    again = await step(clinic, old_id, 2)
    assert (again.status, again.json["code"]) == (409, "illegal-move")


async def test_a_preview_keeps_nothing(clinic):
    old = await clinic.start_course()

    answer = await clinic.prescriber.post(
        f"courses/{old['course_id']}/switch-previews", wish(clinic)
    )

    assert answer.status == 200, answer.json
    axis = answer.json["axis"]
    assert [point["dose_mg"] for point in axis["leaving"]["points"]] == ["50", "25", "0"]
    assert [point["dose_mg"] for point in axis["coming"]["points"]] == ["75"]
    courses = await clinic.prescriber.get(f"patients/{old['patient_id']}/courses")
    assert len(courses.json["items"]) == 1


async def test_another_drug_treats_what_the_old_one_treated_unless_something_else_is_said(clinic):
    old = await clinic.start_course()
    path = f"courses/{old['course_id']}"
    short = {
        name: value
        for name, value in wish(clinic).items()
        if name not in {"indication", "primary_instrument"}
    }

    seen = await clinic.prescriber.post(f"{path}/switch-previews", short)
    whole = await clinic.prescriber.post(f"{path}/switch-previews", wish(clinic))
    made = await clinic.prescriber.post(f"{path}/switches", short, version=old["version"])

    assert seen.json == whole.json
    assert made.status == 201, made.json
    for same in ("indication", "primary_instrument"):
        assert made.json[same] == old[same]
    other = wish(clinic, indication="no such illness")
    assert (await clinic.prescriber.post(f"{path}/switch-previews", other)).status == 422


async def test_the_signature_of_a_switch_binds_the_way_out(clinic):
    old, draft = await proposed(clinic)
    later = await clinic.prescriber.post(
        f"courses/{old['course_id']}/switches",
        wish(clinic, zero_in=8),
        version=old["version"],
    )
    swapped = later.json | {"signing": draft["signing"]}

    refused = await clinic.confirm(swapped)

    assert (refused.status, refused.json["code"]) == (422, "signature-mismatch")
    assert (await clinic.course(old["course_id"]))["phase"] == "acute"


@pytest.mark.parametrize("dose", ["25", "75"])
async def test_a_dose_change_of_the_old_drug_voids_the_switch(clinic, dose):
    old, draft = await proposed(clinic)
    changed = await clinic.prescriber.post(
        f"courses/{old['course_id']}/dose-changes",
        {"dose_mg": dose, "effective_on": clinic.today.isoformat(), "reason": "side effects"},
        version=old["version"],
    )
    assert changed.status == 200, changed.json

    refused = await clinic.confirm(draft)

    assert (refused.status, refused.json["code"]) == (409, "illegal-move")


async def test_only_one_course_is_active_while_the_old_one_is_left(clinic):
    _, draft = await proposed(clinic)
    await clinic.confirm(draft)

    third = await clinic.propose(drug="escitalopram", start_dose_mg="10")

    assert (third.status, third.json["code"]) == (422, "blocked-by-rule")
    assert "I-09" in third.json["detail"]


async def test_an_open_flag_freezes_the_steps_of_a_switch(clinic):
    old, draft = await proposed(clinic)
    await clinic.confirm(draft)
    await clinic.flag(clock.new_id())

    frozen = await step(clinic, old["course_id"], 1)

    assert (frozen.status, frozen.json["code"]) == (409, "taper-frozen")


async def test_a_switch_can_be_given_up_once_the_new_drug_is_stopped(clinic):
    old, draft = await proposed(clinic)
    confirmed = await clinic.confirm(draft)
    await step(clinic, old["course_id"], 1)
    leaving = await clinic.course(old["course_id"])
    stay = f"courses/{old['course_id']}/stay"
    too_soon = await clinic.prescriber.post(
        stay, {"reason": "not tolerated"}, version=leaving["version"]
    )
    assert (too_soon.status, too_soon.json["code"]) == (409, "illegal-move")
    stopped = await clinic.prescriber.post(
        f"courses/{draft['course_id']}/harm-stop",
        {
            "harm": "serotonin-syndrome",
            "last_dose_on": clinic.today.isoformat(),
            "reason": "tremor and fever",
        },
        version=confirmed.json["version"],
    )
    assert stopped.status == 200, stopped.json

    stays = await clinic.prescriber.post(
        stay, {"reason": "not tolerated"}, version=leaving["version"]
    )

    assert (stays.status, stays.json["phase"], stays.json["dose_mg"]) == (200, "acute", "25")
    assert stays.json["leaving"] == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"drug": "sertraline"}, "blocked-by-rule"),
        ({"start_dose_mg": "376"}, "blocked-by-rule"),
        ({"start_dose_mg": "10 mg"}, "invalid"),
        ({"leaving": []}, "invalid"),
        ({"leaving": [{"on": "2026-02-04", "dose_mg": "13"}]}, "bad-dose"),
        ({"formulation": "gold"}, "blocked-by-rule"),
    ],
    ids=str,
)
async def test_a_bad_switch_is_named_and_stores_nothing(sqlite_databases, changes, code):
    async with clinic_on(sqlite_databases) as clinic:
        old = await clinic.start_course()
        await clinic.on(clinic.today + timedelta(days=30))
        answer = await clinic.prescriber.post(
            f"courses/{old['course_id']}/switches",
            wish(clinic) | changes,
            version=old["version"],
        )

        assert (answer.status, answer.json["code"]) == (422, code)
        courses = await clinic.prescriber.get(f"patients/{old['patient_id']}/courses")
        assert len(courses.json["items"]) == 1
