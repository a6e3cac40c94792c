"""Support over HTTP, on both databases: motivation, referrals, lost, leave, uptake, proposals."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from services.engagement.adapters.db import SqlWork
from services.engagement.application.apply_course_state import apply_course_state
from services.engagement.application.apply_reading import apply_reading
from services.engagement.application.plan_cover import follow_absences
from services.engagement.application.ports import Reading
from services.engagement.domain.absence import Absence
from shared.api.identity import Role
from shared.runtime import clock
from tests.contract.test_support_http import CSV, Ward, ward
from tests.support.callers import Answer
from tests.support.engagement import CONTENT, COURSE, NOW, PATIENT, STRANGER, a_course
from tests.support.support import DEPUTY, FACILITATOR

__all__ = ["ward"]
RULER = CONTENT.support.motivation.instrument
OUTCOME = CONTENT.support.outcomes.instrument
TODAY = NOW.date()
SAID = {
    "why_not_lower": "I still want to sing again.",
    "what_would_raise": "Going with somebody I know.",
    "smaller_step": "Stand at the door for ten minutes.",
    "mode": "face-to-face",
    "minutes": 25,
}


async def read_out(
    ward: Ward, instrument: str, on: date, *, total: int | None = None, **scales: int
) -> UUID:
    """A completed instrument becomes known."""
    reading = Reading(
        assessment_id=clock.new_id(),
        version=1,
        patient_id=PATIENT,
        instrument=instrument,
        taken_on=on,
        taken_at=NOW + timedelta(days=(on - TODAY).days),
        known_at=NOW + timedelta(days=(on - TODAY).days),
        total=total,
        scales={name: Decimal(value) for name, value in scales.items()},
    )
    async with ward.db.transaction(actor="service:engagement") as tx:
        await apply_reading(SqlWork(tx, CONTENT), reading=reading, rules=CONTENT, now=tx.now)
    return reading.assessment_id


async def support(ward: Ward) -> dict[str, Any]:
    return dict((await ward.femi.get(f"patients/{PATIENT}/support")).json)


# why not lower, what would raise it, a smaller step


@pytest.fixture
async def fallen(ward: Ward) -> tuple[Ward, UUID]:
    """Yesterday importance fell from 7 to 5, and confidence from 8 to 4."""
    await read_out(ward, RULER, TODAY - timedelta(days=30), importance=7, confidence=8)
    reading_id = await read_out(ward, RULER, TODAY - timedelta(days=1), importance=5, confidence=4)
    await ward.travel(NOW + timedelta(hours=1))
    return ward, reading_id


async def talk(ward: Ward, reading_id: UUID, version: int = 1, **changes: Any) -> Answer:
    body = SAID | {"at": NOW.isoformat()} | changes
    return await ward.femi.post(f"motivation/{reading_id}/talk", body, version=version)


async def test_a_talk_is_kept_and_ends_what_was_owed(fallen: tuple[Ward, UUID]) -> None:
    ward, reading_id = fallen
    (drop,) = (await support(ward))["drops"]
    assert (drop["value"], drop["previous"], drop["because"]) == (4, 8, ["fell"])
    assert [(one["ruler"], one["value"], one["previous"]) for one in drop["falls"]] == [
        ("importance", 5, 7),
        ("confidence", 4, 8),
    ]
    assert drop["actions"] == ["talk", "dismiss"]
    assert "motivation-contact" in await ward.owed()

    answer = await talk(ward, reading_id)

    (drop,) = answer.json["drops"]
    assert (drop["smaller_step"], drop["actions"]) == (SAID["smaller_step"], [])
    assert answer.json["contacts"][0]["purpose"] == "motivation"
    assert "motivation-contact" not in await ward.owed()
    assert "care.engagement.motivation.worked-on.v1" in await ward.told()


@pytest.mark.parametrize("left_out", ["why_not_lower", "what_would_raise", "smaller_step"])
async def test_a_talk_without_one_of_its_three_parts_is_none(
    fallen: tuple[Ward, UUID], left_out: str
) -> None:
    ward, reading_id = fallen

    answer = await talk(ward, reading_id, **{left_out: ""})

    assert answer.status == 422
    assert answer.json["errors"][0]["pointer"].endswith(left_out)
    assert (await support(ward))["drops"][0]["actions"] == ["talk", "dismiss"]


async def test_a_talk_of_no_minutes_keeps_nothing(fallen: tuple[Ward, UUID]) -> None:
    ward, reading_id = fallen

    answer = await talk(ward, reading_id, minutes=0)

    assert (answer.status, answer.json["code"]) == (422, "minutes-out-of-range")
    assert (await support(ward))["contacts"] == []


async def test_a_drop_is_dismissed_with_a_reason_once(fallen: tuple[Ward, UUID]) -> None:
    ward, reading_id = fallen
    path = f"motivation/{reading_id}/dismiss"
    why = {"reason": "Read out wrongly, asked again"}

    unreasoned = await ward.femi.post(path, {"reason": ""}, version=1)
    stale = await ward.femi.post(path, why, version=7)
    done = await ward.femi.post(path, why, version=1)
    again = await ward.femi.post(path, why, version=2)

    assert (unreasoned.status, stale.status, again.status) == (422, 412, 409)
    assert done.json["drops"][0]["dismissed"] == why["reason"]
    assert "motivation-contact" not in await ward.owed()


# Referrals: sent, accepted or declined


async def directory(ward: Ward) -> dict[str, str]:
    await ward.femi.post("activities/import", {"format": "csv", "text": CSV})
    found = (await ward.femi.get(f"patients/{PATIENT}/activities")).json["items"]
    return {one["activity"]["name"]: one["activity"]["activity_id"] for one in found}


async def test_a_referral_waits_for_its_answer(ward: Ward) -> None:
    choir = (await directory(ward))["Harbour choir"]
    path = f"patients/{PATIENT}/referrals"

    sent = await ward.femi.post(path, {"activity_id": choir, "note": "Rang the leader"})
    twice = await ward.femi.post(path, {"activity_id": choir})

    (one,) = sent.json["referrals"]
    assert (one["status"], one["activity"], one["actions"]) == ("sent", "Harbour choir", ["answer"])
    assert (twice.status, twice.json["code"]) == (422, "already-referred")

    answer = f"referrals/{one['referral_id']}/answer"
    stale = await ward.femi.post(answer, {"answer": "accepted"}, version=9)
    said = await ward.femi.post(answer, {"answer": "declined", "note": "Full"}, version=1)
    again = await ward.femi.post(answer, {"answer": "accepted"}, version=2)

    assert (stale.status, again.status, again.json["code"]) == (412, 409, "already-recorded")
    (one,) = said.json["referrals"]
    assert (one["status"], one["note"], one["actions"]) == ("declined", "Full", [])
    assert (await ward.femi.post(path, {"activity_id": choir})).status == 200


async def test_a_referral_to_nowhere_is_refused(ward: Ward) -> None:
    answer = await ward.femi.post(
        f"patients/{PATIENT}/referrals", {"activity_id": str(clock.new_id())}
    )

    assert (answer.status, answer.json["code"]) == (422, "activity-unknown")


async def test_a_referral_is_hidden_from_strangers(ward: Ward) -> None:
    choir = (await directory(ward))["Harbour choir"]
    sent = await ward.femi.post(f"patients/{PATIENT}/referrals", {"activity_id": choir})
    (one,) = sent.json["referrals"]

    unknown = await ward.femi.post(
        f"referrals/{clock.new_id()}/answer", {"answer": "accepted"}, version=1
    )
    stranger = ward.site.caller(STRANGER, Role.NURSE, teams=("hill",))
    outside = await stranger.post(
        f"referrals/{one['referral_id']}/answer", {"answer": "accepted"}, version=1
    )

    assert (unknown.status, outside.status) == (404, 404)


# Lost to follow-up (evidence pack 6.4)


async def try_everything(ward: Ward) -> None:
    await ward.travel(NOW + timedelta(days=60))
    await ward.contact(40, outcome="missed", minutes=0)
    for days, mode in ((40.1, "telephone"), (42, "text"), (47, "telephone"), (48, "letter")):
        await ward.contact(days, purpose="outreach", mode=mode, outcome="not-reached", minutes=0)


async def test_nobody_is_lost_before_everything_was_tried(ward: Ward) -> None:
    await ward.start()
    await ward.travel(NOW + timedelta(days=60))
    await ward.contact(40, outcome="missed", minutes=0)
    body = {"decision": "lost-to-follow-up", "note": "Nobody answers"}

    early = await ward.femi.post(f"patients/{PATIENT}/outreach-decisions", body)

    assert (early.status, early.json["code"]) == (422, "not-yet-lost")
    assert "attempt-1" in early.json["errors"][0]["detail"]
    assert (await support(ward))["run"]["actions"] == ["keep-trying"]


async def test_lost_is_a_decision_that_ends_the_attempts_alone(ward: Ward) -> None:
    await ward.start()
    await try_everything(ward)
    run = (await support(ward))["run"]
    assert (run["left"], run["actions"]) == ([], ["keep-trying", "lost-to-follow-up"])
    assert [step["code"] for step in run["steps"] if step["done_on"]] == [
        "attempt-1",
        "attempt-2",
        "attempt-3",
        "letter",
    ]
    assert "missed-prescriber" in await ward.owed()

    decided = await ward.femi.post(
        f"patients/{PATIENT}/outreach-decisions",
        {"decision": "lost-to-follow-up", "note": "Talked about in the team"},
    )

    assert decided.json["run"]["decision"]["decision"] == "lost-to-follow-up"
    assert decided.json["programmes"][0]["status"] == "active"
    assert "missed-prescriber" not in await ward.owed()

    back = await ward.contact(59, purpose="outreach", mode="telephone", minutes=5)
    assert back.json["run"] is None


async def test_there_is_nothing_to_decide_while_nobody_is_missing(ward: Ward) -> None:
    answer = await ward.femi.post(
        f"patients/{PATIENT}/outreach-decisions", {"decision": "keep-trying", "note": "Why not"}
    )

    assert (answer.status, answer.json["code"]) == (422, "nobody-missing")


# leave


async def test_leave_of_a_facilitator_warns_and_escalates_and_their_return_settles_it(
    ward: Ward,
) -> None:
    await ward.start()
    absence = Absence(
        absence_id=clock.new_id(),
        staff_id=FACILITATOR,
        cover_id=DEPUTY,
        starts_on=TODAY + timedelta(days=1),
        ends_on=TODAY + timedelta(days=20),
        note="",
        made_by=FACILITATOR,
        made_at=NOW,
    )
    async with ward.db.transaction(actor="service:engagement") as tx:
        await SqlWork(tx, CONTENT).absences.put(absence)
        tx.audit("absence.planned", object=f"absence:{absence.absence_id}")

    async def gap_after(days: int) -> set[str]:
        await ward.travel(NOW + timedelta(days=days))
        async with ward.db.transaction(actor="service:engagement") as tx:
            await follow_absences(SqlWork(tx, CONTENT), rules=CONTENT, now=tx.now)
        await ward.travel(NOW + timedelta(days=days, minutes=1))
        return await ward.owed() & {"facilitator-gap", "facilitator-gap-long"}

    assert await gap_after(7) == set()
    assert await gap_after(8) == {"facilitator-gap"}
    assert await gap_after(14) == {"facilitator-gap"}
    assert await gap_after(15) == {"facilitator-gap", "facilitator-gap-long"}
    assert await gap_after(21) == set()
    assert (await ward.programme())["facilitator_id"] == str(FACILITATOR)


# in the answer, and whether the goal was served


async def test_a_course_shows_whether_it_serves_its_goal(ward: Ward) -> None:
    started = a_course(started_on=TODAY, phase="acute")
    async with ward.db.transaction(actor="service:engagement") as tx:
        await apply_course_state(SqlWork(tx, CONTENT), course=started, rules=CONTENT, now=tx.now)
    await ward.start()
    assert (await support(ward))["proposals"] == ["link-course"]
    one = await ward.programme()

    linked = await ward.femi.post(
        f"programmes/{one['programme_id']}/changes",
        {"serves_course_id": str(COURSE)},
        version=one["version"],
    )
    (one,) = linked.json["programmes"]
    reviewed = await ward.femi.post(
        f"programmes/{one['programme_id']}/reviews",
        {"serves_goal": True, "mode_still_right": True},
        version=one["version"],
    )

    assert (one["serves_goal"], linked.json["proposals"]) == (None, [])
    assert reviewed.json["programmes"][0]["serves_goal"] is True
    assert reviewed.json["programmes"][0]["serves_course_id"] == str(COURSE)


async def test_a_course_of_somebody_else_serves_nothing(ward: Ward) -> None:
    await ward.start()
    one = await ward.programme()

    answer = await ward.femi.post(
        f"programmes/{one['programme_id']}/changes",
        {"serves_course_id": str(clock.new_id())},
        version=one["version"],
    )

    assert (answer.status, answer.json["code"]) == (422, "course-unknown")
    assert "R-22" in answer.json["errors"][0]["detail"]


async def test_a_partial_answer_to_support_alone_proposes_a_medicine(ward: Ward) -> None:
    await read_out(ward, OUTCOME, TODAY, total=20)
    await ward.start()
    await read_out(ward, OUTCOME, TODAY + timedelta(days=27), total=18)
    await ward.travel(NOW + timedelta(days=27))
    assert (await support(ward))["proposals"] == []

    await ward.travel(NOW + timedelta(days=28))

    assert (await support(ward))["proposals"] == ["consider-medication"]


# uptake by group; a small group is named and not counted


async def test_uptake_is_reported_by_group_and_small_groups_are_not_shown(ward: Ward) -> None:
    await ward.femi.put(
        f"patients/{PATIENT}/support-profile",
        {"adaptations": [{"barrier": "transport", "answer": "Taxi vouchers"}]},
        version=0,
    )

    report = (await ward.lena.get("outcomes")).json

    groups = {one["group"]: one for one in report["uptake"]}
    assert set(groups) == {"everybody", "age:0-17", "language:en", "barrier:transport"}
    assert all(one["taking_part"] is None for one in groups.values())
    assert all(one["people"] is None for one in groups.values())
    assert report["smallest_group"] == 5
