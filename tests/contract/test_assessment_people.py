"""Consents, quiet hours, carers, transfer and the end of care over HTTP, on both databases."""

import hashlib
from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.assessment.adapters.db import SqlWork
from services.assessment.application.learn_colleague import learn_colleague
from services.assessment.application.ports import Colleague
from shared.api.identity import Role
from shared.runtime import clock
from tests.support.assessment import (
    FACILITATOR,
    NURSE,
    PERSON,
    PRESCRIBER,
    STRANGER,
    Clinic,
    clinic_on,
)
from tests.support.databases import Databases

REACHABLE = {
    "email": "zoe@example.org",
    "postal_address": "1 Quay Street\nPortside",
    "consents": {"email": ["questionnaires", "appointments"], "telephone": ["outreach"]},
    "quiet_hours": {"starts": "21:30", "ends": "07:00"},
}
SISTER = {
    "name": "Ida Markerson",
    "relationship": "sister",
    "phone": "+44 20 7946 0001",
    "scopes": ["urgent", "appointments"],
}


@pytest.fixture
async def clinic(databases: Databases) -> AsyncIterator[Clinic]:
    async with clinic_on(databases) as opened:
        yield opened


async def details_told(clinic: Clinic) -> Any:
    """The newest fact about who the person is."""
    told = [event for event in await clinic.told() if event.type.endswith("details-changed.v1")]
    return told[-1].data.details


async def test_nobody_has_agreed_to_anything_until_it_is_said(clinic: Clinic) -> None:
    assert clinic.patient["consents"] == {}
    assert clinic.patient["quiet_hours"] is None
    assert (await details_told(clinic)).consents == ()


async def test_consent_by_channel_and_purpose_is_kept_and_told(clinic: Clinic) -> None:
    answer = await clinic.nurse.patch(clinic.path, REACHABLE, version=1)

    told = await details_told(clinic)
    assert answer.json["consents"] == {
        "telephone": ["outreach"],
        "email": ["appointments", "questionnaires"],
    }
    assert answer.json["quiet_hours"] == REACHABLE["quiet_hours"]
    assert {c.channel: c.purposes for c in told.consents} == {
        "telephone": ("outreach",),
        "email": ("appointments", "questionnaires"),
    }
    assert (told.quiet_hours.starts, told.quiet_hours.ends) == ("21:30", "07:00")
    assert told.postal_address == REACHABLE["postal_address"]


async def test_a_number_that_goes_takes_its_consents_with_it(clinic: Clinic) -> None:
    await clinic.nurse.patch(clinic.path, REACHABLE, version=1)

    answer = await clinic.nurse.patch(clinic.path, {"email": None}, version=2)

    assert answer.json["consents"] == {"telephone": ["outreach"]}
    assert [c.channel for c in (await details_told(clinic)).consents] == ["telephone"]


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"consents": {"email": ["course"]}}, "consents/email", "consent-without-address"),
        ({"consents": {"letter": ["course"]}}, "consents/letter", "consent-without-address"),
        ({"consents": {"pigeon": ["course"]}}, "consents/?/[key]", "literal-error"),
        ({"consents": {"telephone": ["adverts"]}}, "consents/telephone/0", "literal-error"),
        (
            {"quiet_hours": {"starts": "22:00", "ends": "22:00"}},
            "quiet_hours/ends",
            "quiet-hours-empty",
        ),
        (
            {"quiet_hours": {"starts": "25:00", "ends": "07:00"}},
            "quiet_hours/starts",
            "string-pattern-mismatch",
        ),
    ],
)
async def test_a_way_to_be_reached_that_cannot_be_is_refused(
    clinic: Clinic, change: dict[str, Any], field: str, code: str
) -> None:
    enrolled = await clinic.nurse.post("patients", PERSON | {"family_name": "Other"} | change)
    amended = await clinic.nurse.patch(clinic.path, change, version=1)

    for answer in (enrolled, amended):
        assert answer.status == 422
        found = [(e["pointer"], e["code"]) for e in answer.json["errors"]]
        assert found == [(f"/body/{field}", code)]
    assert (await clinic.nurse.get(clinic.path)).json["version"] == 1


async def test_a_carer_is_told_what_the_person_agreed_to_and_no_more(clinic: Clinic) -> None:
    sister = await clinic.nurse.post(f"{clinic.path}/carers", SISTER, version=1)
    father = await clinic.nurse.post(
        f"{clinic.path}/carers", {"name": "Bo", "relationship": "father"}, version=2
    )

    assert [c["scopes"] for c in father.json["carers"]] == [["appointments", "urgent"], []]
    assert [c.scopes for c in (await details_told(clinic)).carers] == [
        ("appointments", "urgent"),
        (),
    ]
    carer_id = sister.json["carers"][0]["carer_id"]

    changed = await clinic.nurse.put(
        f"{clinic.path}/carers/{carer_id}", SISTER | {"scopes": []}, version=3
    )
    ended = await clinic.nurse.post(
        f"{clinic.path}/carers/{carer_id}/end", {"reason": "No longer in touch"}, version=4
    )

    assert [c["scopes"] for c in changed.json["carers"]] == [[], []]
    assert [c["name"] for c in ended.json["carers"]] == ["Bo"]
    assert [c.name for c in (await details_told(clinic)).carers] == ["Bo"]


async def test_another_persons_carer_is_not_there_under_ones_own_address(clinic: Clinic) -> None:
    other = await clinic.nurse.post("patients", PERSON | {"given_name": "Ines"})
    theirs = f"patients/{other.json['patient_id']}"
    named = await clinic.nurse.post(f"{theirs}/carers", SISTER, version=1)
    carer = named.json["carers"][0]["carer_id"]

    changed = await clinic.nurse.put(f"{clinic.path}/carers/{carer}", SISTER, version=1)
    ended = await clinic.nurse.post(f"{clinic.path}/carers/{carer}/end", {"reason": "x"}, version=1)

    assert [a.status for a in (changed, ended)] == [404, 404]
    assert (await clinic.nurse.get(theirs)).json["carers"] == named.json["carers"]
    assert (await clinic.nurse.get(clinic.path)).json["version"] == 1


async def test_a_carer_who_cannot_be_is_refused(clinic: Clinic) -> None:
    unreachable = await clinic.nurse.post(
        f"{clinic.path}/carers", SISTER | {"phone": None}, version=1
    )
    nobody = await clinic.nurse.put(f"{clinic.path}/carers/{UUID(int=77)}", SISTER, version=1)
    gone = await clinic.nurse.post(
        f"{clinic.path}/carers/{UUID(int=77)}/end", {"reason": "x"}, version=1
    )
    stale = await clinic.nurse.post(f"{clinic.path}/carers", SISTER, version=9)

    assert [(e["pointer"], e["code"]) for e in unreachable.json["errors"]] == [
        ("/body/phone", "required")
    ]
    assert [a.status for a in (nobody, gone, stale)] == [404, 404, 412]


async def test_the_history_says_who_changed_what_and_why(clinic: Clinic) -> None:
    await clinic.nurse.patch(clinic.path, REACHABLE | {"reason": "Asked today"}, version=1)
    await clinic.prescriber.post(f"{clinic.path}/carers", SISTER, version=2)

    history = (await clinic.nurse.get(f"{clinic.path}/history")).json["versions"]

    assert [(v["version"], v["reason"], set(v["what"])) for v in history] == [
        (3, None, {"carers"}),
        (2, "Asked today", {"email", "postal_address", "consents", "quiet_hours"}),
        (1, None, set()),
    ]
    assert [v["recorded_by"] for v in history[:2]] == [f"staff:{PRESCRIBER}", f"staff:{NURSE}"]


async def test_a_transfer_to_another_team_needs_a_reason(clinic: Clinic) -> None:
    body = {"team": "hill", "care_team": [str(FACILITATOR)]}

    refused = await clinic.nurse.put(f"{clinic.path}/care-team", body, version=1)
    moved = await clinic.nurse.put(
        f"{clinic.path}/care-team", body | {"reason": "Moved house"}, version=1
    )

    assert [(e["pointer"], e["code"]) for e in refused.json["errors"]] == [
        ("/body/reason", "required")
    ]
    assert moved.json["team"] == "hill"
    told = (await clinic.told())[-1]
    assert (told.type.split(".")[-2], told.data.patient.team) == ("care-team-changed", "hill")


async def test_a_team_nobody_works_in_is_refused(clinic: Clinic) -> None:
    enrolled = await clinic.nurse.post(
        "patients", PERSON | {"family_name": "Other", "team": "harbor"}
    )
    moved = await clinic.nurse.put(
        f"{clinic.path}/care-team",
        {"team": "harbor", "care_team": [str(NURSE)], "reason": "Moved"},
        version=1,
    )

    for answer in (enrolled, moved):
        found = [(e["pointer"], e["code"]) for e in answer.json["errors"]]
        assert found == [("/body/team", "unknown-team")]


async def test_whoever_nobody_looks_after_is_seen_by_every_lead(clinic: Clinic) -> None:
    nurse_far_away = clinic.site.caller(STRANGER, Role.NURSE, teams=("hill",))
    before = await clinic.lead.get(clinic.path)
    async with clinic.db.transaction(actor="service:assessment") as tx:
        for staff_id, role in ((NURSE, "nurse"), (PRESCRIBER, "prescriber")):
            await learn_colleague(
                SqlWork(tx),
                Colleague(staff_id=staff_id, role=role, active=False, teams=frozenset({"harbour"})),
            )

    after = await clinic.lead.get(clinic.path)
    listed = await clinic.lead.get("patients?ownerless=true")
    others = await nurse_far_away.get(clinic.path)
    found = await clinic.lead.put(
        f"{clinic.path}/care-team",
        {"team": "hill", "care_team": [], "reason": "Harbour closed"},
        version=1,
    )
    empty = await clinic.lead.get("patients?ownerless=true")

    assert (before.status, after.status, others.status) == (404, 200, 404)
    assert [item["patient_id"] for item in listed.json["items"]] == [str(clinic.patient_id)]
    assert (found.status, empty.json["items"]) == (200, [])


async def test_a_questionnaire_is_new_for_seven_days(clinic: Clinic) -> None:
    async def listed() -> list[str]:
        answer = await clinic.nurse.get("patients?newly_assessed=true")
        return [item["patient_id"] for item in answer.json["items"]]

    before = await listed()
    await clinic.nurse.post(
        f"{clinic.path}/assessments", {"instrument": "phq-9", "answers": {"mood": 1}}
    )
    new = await listed()
    await clinic.later(days=6, hours=23)
    last = await listed()
    await clinic.later(hours=1)
    old = await listed()

    assert (before, old) == ([], [])
    assert new == last == [str(clinic.patient_id)]


@pytest.mark.parametrize(
    ("status", "days", "code"),
    [
        ("left-care", -1, "date-before-enrolment"),
        ("left-care", 2, "date-in-future"),
        ("deceased", 2, "date-in-future"),
    ],
)
async def test_an_end_of_care_on_a_day_that_cannot_be_is_refused(
    clinic: Clinic, status: str, days: int, code: str
) -> None:
    on = date.fromisoformat(clinic.patient["enrolled_on"]) + timedelta(days=days)
    answer = await clinic.nurse.post(
        f"{clinic.path}/leave-care",
        {"status": status, "on": on.isoformat(), "reason": "x"},
        version=1,
    )

    assert [(e["pointer"], e["code"]) for e in answer.json["errors"]] == [("/body/on", code)]


async def test_a_death_may_have_been_before_enrolment_but_not_before_birth(clinic: Clinic) -> None:
    async def died(on: str) -> Any:
        body = {"status": "deceased", "on": on, "reason": "Told by the family"}
        return await clinic.nurse.post(f"{clinic.path}/leave-care", body, version=1)

    before_birth = await died("1984-02-28")
    accepted = await died("1984-02-29")

    assert before_birth.json["errors"][0]["code"] == "date-before-birth"
    assert accepted.status == 200
    told = (await clinic.told())[-1].data.patient
    assert (told.status, told.ended_on) == ("deceased", date(1984, 2, 29))


@pytest.mark.parametrize("status", ["left-care", "deceased"])
async def test_an_end_of_care_is_undone_by_a_named_person_with_a_reason(
    clinic: Clinic, status: str
) -> None:
    ended = await clinic.nurse.post(
        f"{clinic.path}/leave-care",
        {"status": status, "on": clinic.patient["enrolled_on"], "reason": "Told by the family"},
        version=1,
    )
    without_reason = await clinic.nurse.post(f"{clinic.path}/return-to-care", {}, version=2)

    back = await clinic.nurse.post(
        f"{clinic.path}/return-to-care", {"reason": "Another person of that name"}, version=2
    )

    assert "return-to-care" in ended.json["actions"]
    assert "amend" not in ended.json["actions"]
    assert without_reason.status == 422
    assert (back.json["status"], back.json["left_on"]) == ("active", None)
    assert back.json["messages_stopped"] is True
    told = (await clinic.told())[-1]
    assert told.type == "care.assessment.patient.returned-to-care.v1"
    assert told.recordedby == f"staff:{NURSE}"
    assert (told.data.patient.status, told.data.patient.messages_stopped) == ("active", True)
    newest = (await clinic.nurse.get(f"{clinic.path}/history")).json["versions"][0]
    assert (newest["recorded_by"], newest["reason"]) == (
        f"staff:{NURSE}",
        "Another person of that name",
    )
    recorded = await clinic.take("phq-9", 4)
    assert recorded["total"] == 4


async def test_whoever_is_back_is_written_to_when_somebody_says_so(clinic: Clinic) -> None:
    reachable = {"email": "zoe@example.org", "consents": {"email": ["questionnaires"]}}
    await clinic.nurse.patch(clinic.path, reachable, version=1)
    on = clinic.patient["enrolled_on"]
    ended = {"status": "deceased", "on": on, "reason": "Told by the family"}
    await clinic.nurse.post(f"{clinic.path}/leave-care", ended, version=2)
    back = await clinic.nurse.post(
        f"{clinic.path}/return-to-care", {"reason": "A mistake"}, version=3
    )
    link = {"instrument": "phq-9", "secret_sha256": "0" * 64}

    refused = await clinic.nurse.post(f"{clinic.path}/invitations", link | {"channel": "email"})
    handed_over = await clinic.nurse.post(
        f"{clinic.path}/invitations", link | {"channel": "in-person"}
    )
    again = await clinic.nurse.post(
        f"{clinic.path}/restart-messages", {"reason": "Spoke with her today"}, version=4
    )
    sent = await clinic.nurse.post(
        f"{clinic.path}/invitations", link | {"channel": "email", "secret_sha256": "1" * 64}
    )
    twice = await clinic.nurse.post(
        f"{clinic.path}/restart-messages", {"reason": "Spoke with her today"}, version=5
    )

    assert "restart-messages" in back.json["actions"]
    assert (refused.status, refused.json["code"]) == (409, "messages-stopped")
    assert handed_over.status == 201
    assert again.json["messages_stopped"] is False
    assert sent.status == 201
    assert (twice.status, twice.json["code"]) == (409, "messages-not-stopped")
    told = [event.type for event in await clinic.told() if "messages" in event.type]
    assert told == ["care.assessment.patient.messages-restarted.v1"]


async def test_nobody_in_care_is_brought_back(clinic: Clinic) -> None:
    answer = await clinic.nurse.post(
        f"{clinic.path}/return-to-care", {"reason": "A mistake"}, version=1
    )

    assert (answer.status, answer.json["code"]) == (409, "in-care")


async def test_a_link_from_before_the_end_of_care_never_works_again(clinic: Clinic) -> None:
    secret = clock.new_secret()
    link = {
        "instrument": "phq-9",
        "channel": "in-person",
        "secret_sha256": hashlib.sha256(secret.encode()).hexdigest(),
    }
    await clinic.nurse.post(f"{clinic.path}/invitations", link)
    ended = {"status": "left-care", "on": clinic.patient["enrolled_on"], "reason": "Moved"}
    await clinic.nurse.post(f"{clinic.path}/leave-care", ended, version=1)
    await clinic.nurse.post(f"{clinic.path}/return-to-care", {"reason": "A mistake"}, version=2)

    opened = await clinic.portal.post("invitations/open", {"secret": secret})

    assert opened.status == 410
    links = (await clinic.nurse.get(f"{clinic.path}/invitations")).json["items"]
    assert [one["status"] for one in links] == ["revoked"]


async def test_older_changes_of_a_record_follow_the_newest(clinic: Clinic) -> None:
    for version, language in enumerate(("de", "en", "de"), start=1):
        changed = await clinic.nurse.patch(clinic.path, {"language": language}, version=version)
        assert changed.status == 200
    path = f"{clinic.path}/history"

    whole = (await clinic.nurse.get(path)).json
    first = (await clinic.nurse.get(path, limit="2")).json
    rest = (await clinic.nurse.get(path, limit="2", cursor=first["next"])).json

    assert (len(whole["versions"]), whole["next"], rest["next"]) == (4, None, None)
    assert first["versions"] + rest["versions"] == whole["versions"]
    assert first["versions"][-1]["what"] == ["language"]
