"""One-time links: made by staff, opened and used once by whoever holds one; on both databases."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import select

from services.assessment.adapters.tables import INVITATION
from services.assessment.domain.invitation import digest
from shared.api.identity import Role
from shared.runtime import clock, tables
from tests.support.assessment import PERSON, STRANGER, Clinic, answers, clinic_on
from tests.support.callers import Answer
from tests.support.databases import Databases


@pytest.fixture
async def clinic(databases: Databases) -> AsyncIterator[Clinic]:
    async with clinic_on(databases) as opened:
        yield opened


async def invite(clinic: Clinic, secret: str, **more: Any) -> Answer:
    """A member of staff makes a link."""
    body = {
        "instrument": "phq-9",
        "channel": "in-person",
        "secret_sha256": digest(secret).hex(),
    }
    return await clinic.nurse.post(f"{clinic.path}/invitations", body | more)


async def send(clinic: Clinic, secret: str, total: int = 8, **more: Any) -> Answer:
    """Whoever holds the link answers."""
    body = {"secret": secret, "answers": answers("phq-9", total)}
    return await clinic.portal.post("invitations/answer", body | more)


async def test_a_link_leads_to_its_questionnaire_and_says_nothing_about_anybody(
    clinic: Clinic,
) -> None:
    secret = clock.new_secret()
    await invite(clinic, secret)

    opened = await clinic.portal.post("invitations/open", {"secret": secret})
    again = await clinic.portal.post("invitations/open", {"secret": secret})

    assert (opened.status, again.status) == (200, 200)
    assert opened.json["instrument"]["code"] == "phq-9"
    assert "arkerson" not in str(opened.json)
    assert str(clinic.patient_id) not in str(opened.json)


async def test_answers_by_link_are_recorded_scored_and_flagged_like_any_others(
    clinic: Clinic,
) -> None:
    secret = clock.new_secret()
    await invite(clinic, secret)

    sent = await send(clinic, secret, 25)

    found = (await clinic.nurse.get(f"{clinic.path}/assessments")).json["items"]
    assert sent.json == {"alarming": True}
    assert [(a["mode"], a["total"], a["recorded_by"]) for a in found] == [
        ("remote", 25, f"patient:{clinic.patient_id}")
    ]
    assert [flag["kind"] for flag in found[0]["flags"]] == ["suicidality"]
    told = await clinic.told()
    assert {event.recordedby for event in told[2:]} == {f"patient:{clinic.patient_id}"}
    links = (await clinic.nurse.get(f"{clinic.path}/invitations")).json["items"]
    assert [(link["status"], link["assessment_id"]) for link in links] == [
        ("used", found[0]["assessment_id"])
    ]


async def test_a_sheet_without_alarm_says_so(clinic: Clinic) -> None:
    secret = clock.new_secret()
    await invite(clinic, secret)

    assert (await send(clinic, secret, 8)).json == {"alarming": False}


async def test_somebody_elses_answers_are_recorded_as_such(clinic: Clinic) -> None:
    secret = clock.new_secret()
    await invite(clinic, secret)

    await send(clinic, secret, answered_by="her sister")

    (found,) = (await clinic.nurse.get(f"{clinic.path}/assessments")).json["items"]
    assert (found["mode"], found["answered_by"]) == ("proxy", "her sister")


async def test_only_a_proxy_answers_in_the_persons_place(clinic: Clinic) -> None:
    body = {"instrument": "phq-9", "answers": answers("phq-9", 3), "answered_by": "her sister"}

    by_phone = await clinic.nurse.post(f"{clinic.path}/assessments", body | {"mode": "telephone"})
    by_proxy = await clinic.nurse.post(f"{clinic.path}/assessments", body | {"mode": "proxy"})

    assert [(e["pointer"], e["code"]) for e in by_phone.json["errors"]] == [
        ("/body/answered_by", "not-a-proxy")
    ]
    assert (by_proxy.status, by_proxy.json["answered_by"]) == (201, "her sister")


async def test_a_link_works_once(clinic: Clinic) -> None:
    secret = clock.new_secret()
    await invite(clinic, secret)
    await send(clinic, secret)

    opened = await clinic.portal.post("invitations/open", {"secret": secret})
    sent = await send(clinic, secret)

    assert [(a.status, a.json["code"]) for a in (opened, sent)] == [(410, "link-ended")] * 2
    assert len((await clinic.nurse.get(f"{clinic.path}/assessments")).json["items"]) == 1


async def test_a_form_sent_twice_is_answered_alike_and_recorded_once(clinic: Clinic) -> None:
    secret, key = clock.new_secret(), str(clock.new_id())
    await invite(clinic, secret)
    body = {"secret": secret, "answers": answers("phq-9", 25)}

    first = await clinic.portal.post("invitations/answer", body, key=key)
    again = await clinic.portal.post("invitations/answer", body, key=key)

    assert (first.json, again.json) == ({"alarming": True}, {"alarming": True})
    assert len((await clinic.nurse.get(f"{clinic.path}/assessments")).json["items"]) == 1


async def test_two_who_hold_one_link_at_once_are_recorded_once(clinic: Clinic) -> None:
    secret = clock.new_secret()
    await invite(clinic, secret)

    both = await asyncio.gather(send(clinic, secret, 5), send(clinic, secret, 6))

    assert sorted(answer.status for answer in both) == [200, 410]
    assert len((await clinic.nurse.get(f"{clinic.path}/assessments")).json["items"]) == 1


@pytest.mark.parametrize(("hours", "status"), [(71.9, 200), (72.1, 410)])
async def test_a_link_lives_72_hours(clinic: Clinic, hours: float, status: int) -> None:
    secret = clock.new_secret()
    await invite(clinic, secret)
    await clinic.later(hours=hours)

    assert (await send(clinic, secret)).status == status


async def test_a_link_may_be_shorter_and_never_longer(clinic: Clinic) -> None:
    secret = clock.new_secret()
    longer = await invite(clinic, clock.new_secret(), lasts_hours=73)
    await invite(clinic, secret, lasts_hours=1)
    await clinic.later(hours=1.1)

    assert longer.status == 422
    assert (await send(clinic, secret)).status == 410
    links = (await clinic.nurse.get(f"{clinic.path}/invitations")).json["items"]
    assert [link["status"] for link in links] == ["expired"]


async def test_a_link_that_was_taken_back_leads_nowhere(clinic: Clinic) -> None:
    secret = clock.new_secret()
    made = await invite(clinic, secret)
    path = f"invitations/{made.json['invitation_id']}/revoke"

    revoked = await clinic.nurse.post(path, {})
    again = await clinic.nurse.post(path, {})

    assert (revoked.json["status"], again.status) == ("revoked", 409)
    assert (await send(clinic, secret)).status == 410


async def test_a_new_link_ends_the_one_before(clinic: Clinic) -> None:
    older, newer, other = (clock.new_secret() for _ in range(3))
    await invite(clinic, older)
    await invite(clinic, other, instrument="gad-7")
    await invite(clinic, newer)

    opened = [
        (await clinic.portal.post("invitations/open", {"secret": secret})).status
        for secret in (older, newer, other)
    ]

    assert opened == [410, 200, 200]


@pytest.mark.parametrize("status", ["left-care", "deceased"])
async def test_every_link_ends_with_care(clinic: Clinic, status: str) -> None:
    secret = clock.new_secret()
    await invite(clinic, secret)
    await clinic.nurse.post(
        f"{clinic.path}/leave-care",
        {"status": status, "on": clinic.patient["enrolled_on"], "reason": "Told today"},
        version=1,
    )

    opened = await clinic.portal.post("invitations/open", {"secret": secret})
    sent = await send(clinic, secret)
    made = await invite(clinic, clock.new_secret())

    assert [opened.status, sent.status, made.status] == [410, 410, 409]


async def test_a_wrong_answer_leaves_the_link_as_it_was(clinic: Clinic) -> None:
    secret = clock.new_secret()
    await invite(clinic, secret)

    wrong = await clinic.portal.post(
        "invitations/answer", {"secret": secret, "answers": {"mood": 4}}
    )

    assert [(e["pointer"], e["code"]) for e in wrong.json["errors"]] == [
        ("/body/answers/mood", "answer-out-of-range")
    ]
    assert (await send(clinic, secret)).status == 200


@pytest.mark.parametrize("field", ["patient_id", "person", "invitation_id", "recorded_by"])
async def test_no_answer_can_name_another_person(clinic: Clinic, field: str) -> None:
    secret = clock.new_secret()
    await invite(clinic, secret)
    other = await clinic.nurse.post("patients", PERSON | {"family_name": "Markerson-Two"})

    named = await send(clinic, secret, **{field: other.json["patient_id"]})

    assert named.status == 422
    assert [e["pointer"] for e in named.json["errors"]] == [f"/body/{field}"]
    for path in (clinic.path, f"patients/{other.json['patient_id']}"):
        assert (await clinic.nurse.get(f"{path}/assessments")).json["items"] == []
    assert (await send(clinic, secret)).status == 200


async def test_a_link_that_was_looked_at_often_can_still_be_answered(clinic: Clinic) -> None:
    """As by a mail scanner that runs the page's script."""
    secret = clock.new_secret()
    await invite(clinic, secret)
    before = (await clinic.nurse.get(f"{clinic.path}/invitations")).json["items"]

    for _ in range(20):
        opened = await clinic.portal.post("invitations/open", {"secret": secret})
        assert opened.status == 200

    assert (await clinic.nurse.get(f"{clinic.path}/invitations")).json["items"] == before
    assert (await send(clinic, secret)).status == 200


async def test_a_channel_needs_the_persons_consent_to_questionnaires(clinic: Clinic) -> None:
    reachable = {"email": "zoe@example.org", "consents": {"email": ["appointments"]}}
    await clinic.nurse.patch(clinic.path, reachable, version=1)
    before = await invite(clinic, clock.new_secret(), channel="email")
    agreed = {"consents": {"email": ["questionnaires"]}}
    await clinic.nurse.patch(clinic.path, agreed, version=2)

    after = await invite(clinic, clock.new_secret(), channel="email")

    assert (before.status, before.json["code"]) == (409, "no-consent")
    assert after.status == 201


@pytest.mark.parametrize(
    ("instrument", "status", "code"),
    [
        ("c-ssrs-screener", 409, "not-by-link"),
        ("shoe-size", 422, "unknown-instrument"),
    ],
)
async def test_what_cannot_be_sent_is_refused(
    clinic: Clinic, instrument: str, status: int, code: str
) -> None:
    made = await invite(clinic, clock.new_secret(), instrument=instrument)

    assert (made.status, made.json["code"]) == (status, code)


async def test_the_secret_is_kept_nowhere(clinic: Clinic) -> None:
    secret = clock.new_secret()
    await invite(clinic, secret)
    await clinic.portal.post("invitations/open", {"secret": secret})
    await send(clinic, secret)

    async with clinic.db.reading() as tx:
        (kept,) = (await tx.session.scalars(select(INVITATION.c.secret_sha256))).all()
        answered = (await tx.session.scalars(select(tables.idempotency.c.response))).all()
        audited = (await tx.session.execute(select(tables.audit))).all()
    assert kept == digest(secret)
    assert secret not in repr((answered, audited, await clinic.told()))


async def test_only_the_portal_opens_links_and_only_those_who_care_make_them(
    clinic: Clinic,
) -> None:
    secret = clock.new_secret()
    stranger = clinic.site.caller(STRANGER, Role.NURSE, teams=("hill",))
    body = {"instrument": "phq-9", "channel": "in-person", "secret_sha256": digest(secret).hex()}

    refused = await stranger.post(f"{clinic.path}/invitations", body)
    made = await invite(clinic, secret)
    opened = await clinic.nurse.post("invitations/open", {"secret": secret})
    taken = await stranger.post(f"invitations/{made.json['invitation_id']}/revoke", {})
    listed = await clinic.portal.get(f"{clinic.path}/invitations")

    assert [a.status for a in (refused, opened, taken, listed)] == [404, 403, 404, 403]


@pytest.mark.parametrize("secret", ["", "short", "x" * 65, "ä" * 43, "a" * 42 + "/"])
async def test_what_is_no_secret_is_refused(clinic: Clinic, secret: str) -> None:
    assert (await clinic.portal.post("invitations/open", {"secret": secret})).status == 422


async def test_a_secret_nobody_made_is_answered_like_one_that_ended(clinic: Clinic) -> None:
    answer = await clinic.portal.post("invitations/open", {"secret": clock.new_secret()})

    assert (answer.status, answer.json["code"]) == (410, "link-ended")


async def test_older_links_follow_the_newest(clinic: Clinic) -> None:
    made = [(await invite(clinic, clock.new_secret())).json["invitation_id"] for _ in range(3)]
    path = f"{clinic.path}/invitations"

    first = (await clinic.nurse.get(path, limit="2")).json
    rest = (await clinic.nurse.get(path, limit="2", cursor=first["next"])).json
    strange = await clinic.nurse.get(path, cursor="no-cursor")

    assert {one["invitation_id"] for one in first["items"] + rest["items"]} == set(made)
    assert (len(first["items"]), len(rest["items"]), rest["next"]) == (2, 1, None)
    assert strange.status == 422
