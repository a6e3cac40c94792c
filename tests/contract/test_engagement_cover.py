"""Absences and notice preferences over HTTP, on both databases."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from shared.api.absences import AbsenceBody
from shared.api.identity import Role
from shared.api.notices import PreferenceBody, RoundList
from shared.runtime import standing
from shared.runtime.access import Relation
from tests.contract.test_engagement_http import DUE, Clinic, clinic
from tests.support.engagement import LEAD, NURSE, OTHER_NURSE, PATIENT, PRESCRIBER, STRANGER
from tests.support.sentinel import FAMILY, GIVEN

__all__ = ["clinic"]
TODAY = DUE.date()


def asked(**changes: Any) -> dict[str, Any]:
    """Away for a week from today."""
    return {
        "cover_id": str(OTHER_NURSE),
        "starts_on": TODAY.isoformat(),
        "ends_on": (TODAY + timedelta(days=7)).isoformat(),
        "note": "",
    } | changes


async def test_a_list_changes_hands_only_with_a_yes(clinic: Clinic) -> None:
    made = await clinic.nurse.post("absences", asked())
    assert made.status == 201
    absence = AbsenceBody.model_validate(made.json)
    assert [person.patient_name for person in absence.people] == [f"{GIVEN} {FAMILY}"]
    assert absence.actions == ("withdraw",)
    unowned = await clinic.reminder("change-day")
    assert unowned["owner_id"] is None

    other = clinic.site.caller(OTHER_NURSE, Role.NURSE)
    (waiting,) = (await other.get("absences")).json["items"]
    assert waiting["actions"] == ["answer"]
    answer = await other.post(
        f"absences/{absence.absence_id}/answers", {"accepted": [str(PATIENT)]}
    )

    assert answer.status == 200
    assert (await clinic.reminder("change-day"))["owner_id"] == str(OTHER_NURSE)
    mine = await other.get("worklist", scope="mine")
    assert {item["patient_id"] for item in mine.json["items"]} == {str(PATIENT)}

    back = await clinic.nurse.post(f"absences/{absence.absence_id}/withdraw", {})
    assert back.status == 200
    assert (await clinic.reminder("change-day"))["owner_id"] == str(NURSE)


async def test_whoever_stands_in_from_another_team_sees_the_colleagues_items(
    clinic: Clinic,
) -> None:
    stranger = clinic.site.caller(STRANGER, Role.NURSE, teams=("hill",))
    assert (await stranger.get("worklist", scope="team")).json["items"] == []
    async with clinic.db.housekeeping() as tx:
        await standing.put(
            tx,
            id_=UUID(int=70),
            staff_id=STRANGER,
            kind=Relation.COVERING,
            about=str(NURSE),
            from_at=tx.now - timedelta(hours=1),
            until_at=tx.now + timedelta(hours=1),
        )

    for scope in ("team", "mine"):
        seen = (await stranger.get("worklist", scope=scope)).json["items"]
        assert {one["patient_id"] for one in seen} == {str(PATIENT)}, scope


async def test_a_lead_sees_and_speaks_for_the_team_and_a_stranger_sees_nothing(
    clinic: Clinic,
) -> None:
    lead = clinic.site.caller(LEAD, Role.LEAD)
    made = await lead.post("absences", asked(staff_id=str(NURSE)))
    stranger = clinic.site.caller(STRANGER, Role.NURSE, teams=("hill",))

    assert made.status == 201
    assert len((await lead.get("absences")).json["items"]) == 1
    assert (await stranger.get("absences")).json["items"] == []


@pytest.mark.parametrize(
    ("why", "body", "code", "field"),
    [
        ("not a date", asked(ends_on="2026-02-30"), "invalid", "ends_on"),
        ("backwards", asked(ends_on="2026-01-01"), "bad-dates", "ends_on"),
        ("another role", asked(cover_id=str(PRESCRIBER)), "cannot-cover", "cover_id"),
        ("an unknown field", asked(until="2026-01-01"), "invalid", "until"),
    ],
)
async def test_a_bad_absence_is_refused_by_field_and_reason(
    clinic: Clinic, why: str, body: dict[str, Any], code: str, field: str
) -> None:
    answer = await clinic.nurse.post("absences", body)

    assert answer.status == 422, why
    assert field in str(answer.json)
    assert (await clinic.nurse.get("absences")).json["items"] == []


async def test_nobody_answers_yes_and_no_at_once(clinic: Clinic) -> None:
    made = await clinic.nurse.post("absences", asked())
    other = clinic.site.caller(OTHER_NURSE, Role.NURSE)
    both = {"accepted": [str(PATIENT)], "declined": [str(PATIENT)]}

    answer = await other.post(f"absences/{made.json['absence_id']}/answers", both)

    assert answer.status == 422


async def test_an_absence_nobody_made_is_not_found(clinic: Clinic) -> None:
    answer = await clinic.nurse.post(f"absences/{UUID(int=7)}/withdraw", {})

    assert answer.status == 404


WISH = {
    "channels": ["webhook", "email"],
    "email": "nurse@clinic.example",
    "webhook_url": "https://hooks.example/x",
    "webhook_secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "pace": "each",
    "wording": "kind",
    "quiet_begins": "18:00",
    "quiet_ends": "07:00",
}


async def test_a_choice_is_kept_and_the_secret_is_never_shown(clinic: Clinic) -> None:
    none_yet = PreferenceBody.model_validate((await clinic.nurse.get("notice-preferences")).json)
    assert (none_yet.version, none_yet.channels, none_yet.quiet_begins) == (0, (), "20:00")

    kept = await clinic.nurse.put("notice-preferences", WISH, version=0)

    assert kept.status == 200
    assert "whsec" not in str(kept.json)
    assert PreferenceBody.model_validate(kept.json).has_secret
    again = {**WISH, "webhook_secret": None, "pace": "digest"}
    second = await clinic.nurse.put("notice-preferences", again, version=1)
    assert (second.json["has_secret"], second.json["version"]) == (True, 2)
    stale = await clinic.nurse.put("notice-preferences", again, version=1)
    assert stale.status == 412


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"email": None}, "no-way-to-reach"),
        ({"webhook_secret": None}, "no-way-to-reach"),
        ({"webhook_url": "http://hooks.example/x"}, "unsafe-address"),
        ({"webhook_url": "https://10.0.0.1/x"}, "unsafe-address"),
        ({"webhook_url": "https://localhost@127.0.0.1/"}, "unsafe-address"),
        ({"email": "nurse@clinic.example\r\nBcc: all@clinic.example"}, "email"),
        ({"quiet_begins": "25:00"}, "quiet_begins"),
        ({"quiet_ends": None}, "quiet_ends"),
        ({"channels": ["email", "email"]}, "channels"),
        ({"channels": ["pigeon"]}, "channels"),
    ],
)
async def test_a_choice_that_cannot_work_is_refused(
    clinic: Clinic, change: dict[str, Any], code: str
) -> None:
    answer = await clinic.nurse.put("notice-preferences", {**WISH, **change}, version=0)

    assert answer.status == 422
    assert code in str(answer.json)
    assert (await clinic.nurse.get("notice-preferences")).json["version"] == 0


async def test_a_round_list_has_the_day_and_leaves_a_look_behind(clinic: Clinic) -> None:
    answer = await clinic.nurse.get("round-list", on=str(TODAY))

    found = RoundList.model_validate(answer.json)
    assert {line.patient_id for line in found.items} == {PATIENT}
    assert any("Change day" in line.title for line in found.items)
    missing = await clinic.nurse.get("digests/2020-01-01")
    assert missing.status == 404


async def test_only_a_lead_sees_what_others_were_not_sent(clinic: Clinic) -> None:
    lead = clinic.site.caller(LEAD, Role.LEAD)

    assert (await clinic.nurse.get("notices", unsent="true")).status == 403
    assert (await lead.get("notices", unsent="true")).status == 200
    assert (await clinic.nurse.get("notices")).json["items"] == []
    assert (await clinic.nurse.get("notices", cursor="none of ours")).json["code"] == "cursor"
