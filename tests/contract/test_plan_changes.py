"""Versions of a plan over HTTP: proposed, shown, signed or declined; and what bad input meets."""

import json
from collections.abc import AsyncIterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from shared.events.engagement import LifeEventRecorded, LifeEventState, LifeEventWithdrawn
from shared.runtime import tables
from tests.support.databases import Databases
from tests.support.treatment import PATIENT, Clinic, clinic_on


@pytest.fixture
async def clinic(databases: Databases) -> AsyncIterator[Clinic]:
    """A clinic on either database."""
    async with clinic_on(databases) as served:
        yield served


async def one_step_down(clinic: Clinic) -> dict[str, Any]:
    course = await clinic.tapering_course()
    return await clinic.take_next_step(course["course_id"])


async def slower_after_two_holds(clinic: Clinic, course: dict[str, Any]) -> dict[str, Any]:
    """The slower plan that is proposed once somebody was held twice in a row (T-09)."""
    path = f"courses/{course['course_id']}"
    for version in (1, 2):
        body = {"plan_version": version, "days": 3, "reason": "dizzy since Monday"}
        assert (await clinic.nurse.post(f"{path}/hold", body)).status == 200
    items = (await clinic.nurse.get(f"{path}/plan-changes")).json["items"]
    return next(one for one in items if one["kind"] == "slow-down")


def ahead(course: dict[str, Any]) -> list[tuple[str, str]]:
    return [(step["on"], step["dose_mg"]) for step in course["taper"]["expected"]]


async def test_a_longer_hold_is_proposed_shown_and_signed(clinic: Clinic) -> None:
    taken = await one_step_down(clinic)
    course_id = taken["course_id"]
    proposed = await clinic.propose_change(taken, "hold", days=14)
    assert proposed.status == 201, proposed.json
    assert ahead(await clinic.course(course_id)) == ahead(taken)

    shown = proposed.json["diff"]
    for old, new in zip(shown["before"], shown["after"], strict=True):
        assert date.fromisoformat(new["on"]) - date.fromisoformat(old["on"]) == timedelta(days=14)
        assert new["dose_mg"] == old["dose_mg"]
    moved = {move["kind"] for move in shown["reminders"] if move["before"] and move["after"]}
    assert "check-in-gate" in moved
    assert all(one["before"] == one["after"] for one in shown["quantities"])

    signed = await clinic.sign_change(proposed.json)
    assert (signed.status, signed.json["state"]) == (200, "signed"), signed.json
    held = await clinic.course(course_id)
    assert held["phase"] == "taper-hold"
    assert held["taper"]["plan_version"] == 2
    assert ahead(held) == [(row["on"], row["dose_mg"]) for row in shown["after"]]
    kept = (await clinic.nurse.get(f"courses/{course_id}/plan-versions")).json["items"]
    assert [(one["plan_version"], one["is_live"]) for one in kept] == [(2, True), (1, False)]


async def test_a_proposal_that_is_declined_changes_nothing(clinic: Clinic) -> None:
    taken = await one_step_down(clinic)
    change = (await clinic.propose_change(taken, "hold", days=10)).json
    path = f"plan-changes/{change['change_id']}"

    unasked = await clinic.nurse.post(f"{path}/decline", {"reason": "not now"}, version=1)
    declined = await clinic.prescriber.post(f"{path}/decline", {"reason": "not now"}, version=1)
    again = await clinic.prescriber.post(f"{path}/decline", {"reason": "not now"}, version=2)

    assert unasked.status == 403
    assert (declined.json["state"], declined.json["decline_reason"]) == ("declined", "not now")
    assert (again.status, again.json["code"]) == (409, "already-done")
    assert (await clinic.course(taken["course_id"]))["taper"] == taken["taper"]


async def test_why_a_proposal_was_declined_stays_with_it_and_out_of_the_audit_trail(
    clinic: Clinic,
) -> None:
    change = (await clinic.propose_change(await one_step_down(clinic), "hold", days=10)).json
    sentence = ("Frightened of another winter like the last one, wants to go on. " * 4)[:200]

    declined = await clinic.prescriber.post(
        f"plan-changes/{change['change_id']}/decline", {"reason": sentence}, version=1
    )

    assert (declined.status, declined.json["decline_reason"]) == (200, sentence), declined.json
    async with clinic.db.reading() as tx:
        trail = [str(row._mapping) for row in await tx.session.execute(select(tables.audit))]
    assert any("plan-change.declined" in entry for entry in trail)
    assert not any("winter" in entry for entry in trail)


async def test_the_prescriber_is_asked_to_sign_and_everybody_hears_what_came_of_it(
    clinic: Clinic,
) -> None:
    taken = await one_step_down(clinic)
    first = (await clinic.propose_change(taken, "hold", days=10)).json["change_id"]
    second = (await clinic.propose_change(taken, "hold", days=14)).json["change_id"]
    path = f"plan-changes/{second}/decline"
    await clinic.prescriber.post(path, {"reason": "not now"}, version=1)

    async with clinic.db.reading() as tx:
        rows = await tx.session.execute(
            select(tables.outbox.c.aggregate, tables.outbox.c.version, tables.outbox.c.body).where(
                tables.outbox.c.aggregate.like("signature:%")
            )
        )
        told = [(row.aggregate, row.version, json.loads(row.body)["data"]) for row in rows]

    told = [one for one in told if one[2]["signature"]["what"] == "plan-change"]
    said = {(name, version): data["signature"]["status"] for name, version, data in told}
    assert said == {
        (f"signature:{first}", 1): "open",
        (f"signature:{first}", 2): "overtaken",
        (f"signature:{second}", 1): "open",
        (f"signature:{second}", 2): "declined",
    }
    assert {data["signature"]["for_staff_id"] for *_, data in told} == {taken["prescriber_id"]}


async def test_a_proposal_is_overtaken_by_a_hold_of_the_nurse(clinic: Clinic) -> None:
    taken = await one_step_down(clinic)
    change = (await clinic.propose_change(taken, "hold", days=14)).json
    signing = (await clinic.prescriber.get(f"plan-changes/{change['change_id']}")).json["signing"]
    held = await clinic.nurse.post(
        f"courses/{taken['course_id']}/hold",
        {"plan_version": 1, "days": 3, "reason": "dizzy since Monday"},
    )
    assert held.status == 200

    late = await clinic.prescriber.post(
        f"plan-changes/{change['change_id']}/sign",
        {"signature": clinic.signature(signing)},
        version=change["version"],
    )

    assert late.status == 409, late.json
    assert (await clinic.course(taken["course_id"]))["taper"]["hold_until"] == (
        (clinic.today + timedelta(days=3)).isoformat()
    )


async def test_a_signature_of_something_else_signs_no_version(clinic: Clinic) -> None:
    taken = await one_step_down(clinic)
    change = (await clinic.propose_change(taken, "hold", days=14)).json
    forged = clinic.signature({"hash": "0" * 64, "meaning": "sign-plan-change"})

    answer = await clinic.prescriber.post(
        f"plan-changes/{change['change_id']}/sign", {"signature": forged}, version=1
    )

    assert (answer.status, answer.json["code"]) == (422, "signature-mismatch")
    assert (await clinic.course(taken["course_id"]))["taper"]["plan_version"] == 1


async def test_the_end_of_a_hold_is_proposed_and_signed(clinic: Clinic) -> None:
    taken = await one_step_down(clinic)
    path = f"courses/{taken['course_id']}/hold"
    body = {"plan_version": 1, "days": 7, "reason": "dizzy since Monday"}
    held = (await clinic.nurse.post(path, body)).json
    await clinic.on(clinic.today + timedelta(days=3))
    change = await clinic.propose_change(held, "resume", on=clinic.today.isoformat())

    assert (await clinic.sign_change(change.json)).status == 200
    now = await clinic.course(taken["course_id"])
    assert (now["phase"], now["taper"]["plan_version"]) == ("taper-active", 3)
    first = date.fromisoformat(ahead(now)[0][0]) - date.fromisoformat(ahead(taken)[0][0])
    assert first == timedelta(days=3)


async def test_two_holds_in_a_row_propose_smaller_cuts_further_apart(clinic: Clinic) -> None:
    taken = await one_step_down(clinic)
    change = await slower_after_two_holds(clinic, taken)

    assert (change["state"], change["rule"]) == ("proposed", "T-09")
    assert change["diff"]["dose_mg_before"] == change["diff"]["dose_mg_after"]
    assert (await clinic.sign_change(change)).status == 200
    now = await clinic.course(taken["course_id"])
    doses = [Decimal(now["dose_mg"])] + [Decimal(dose) for _, dose in ahead(now)]
    old = [Decimal(taken["dose_mg"])] + [Decimal(dose) for _, dose in ahead(taken)]
    assert doses[0] - doses[1] < old[0] - old[1]
    days = [date.fromisoformat(on) for on, _ in ahead(now)]
    assert days[1] - days[0] > timedelta(days=14)
    gate = now["taper"]["steps"][0]
    assert (gate["ordinal"], gate["gate_check_in_at"]) == (0, None)  # no cut without its gate


async def test_at_the_last_dose_the_gentler_plan_makes_the_last_drop_smaller(
    clinic: Clinic,
) -> None:
    course = await one_step_down(clinic)
    while [dose for _, dose in ahead(course)] != ["0"]:
        await clinic.on(course["taper"]["steps"][-1]["check_in_gate_on"])
        await clinic.score(2)
        assert (await clinic.check_in(course, "gate")).status in {200, 201}
        course = await clinic.take_next_step(course["course_id"])
    change = await slower_after_two_holds(clinic, course)

    at = Decimal(course["dose_mg"])
    *smaller, zero = [Decimal(row["dose_mg"]) for row in change["diff"]["after"]]

    assert zero == 0
    assert smaller
    assert all(dose < before for before, dose in zip([at, *smaller], smaller, strict=False))
    assert smaller[-1] <= at * Decimal("0.6")  # what is left to drop, not all of it again


async def test_after_the_last_dose_a_severe_report_proposes_to_take_it_again(
    clinic: Clinic,
) -> None:
    course = await one_step_down(clinic)
    while course["phase"] != "stopped-watch":
        await clinic.on(course["taper"]["steps"][-1]["check_in_gate_on"])
        await clinic.score(2)
        opened = await clinic.check_in(course, "gate")
        assert opened.json["proposal"]["action"] == "next-step", opened.json
        course = await clinic.take_next_step(course["course_id"])
    look = course["taper"]["surveillance"][0]
    await clinic.on(look["due_on"])
    severe = await clinic.check_in(
        course, "surveillance", ordinal=look["ordinal"], withdrawal="severe", tolerable=False
    )
    change = severe.json["change"]

    assert (change["kind"], change["diff"]["dose_mg_before"]) == ("reinstate", "0")
    assert (await clinic.sign_change(change)).status == 200
    again = await clinic.course(course["course_id"])
    last = course["taper"]["steps"][-1]["previous_dose_mg"]
    assert (again["phase"], again["dose_mg"]) == ("taper-active", last)


# Bad input: the safe side, nothing half-stored


async def test_a_check_in_for_a_superseded_plan_is_refused_whole(clinic: Clinic) -> None:
    taken = await one_step_down(clinic)
    body = {"plan_version": 1, "days": 3, "reason": "dizzy since Monday"}
    await clinic.nurse.post(f"courses/{taken['course_id']}/hold", body)
    before = await clinic.course(taken["course_id"])

    late = await clinic.check_in(
        taken, "early", withdrawal="severe", life_event_on=clinic.today.isoformat()
    )

    assert (late.status, late.json["code"]) == (409, "plan-superseded")
    assert await clinic.course(taken["course_id"]) == before


async def test_of_two_check_ins_that_disagree_the_graver_counts(clinic: Clinic) -> None:
    taken = await one_step_down(clinic)
    await clinic.on(taken["taper"]["steps"][0]["check_in_gate_on"])
    bad = await clinic.check_in(taken, "unscheduled", tolerable=False)
    good = await clinic.check_in(taken, "gate")

    assert bad.json["proposal"]["rule"] == "T-07"
    assert good.json["proposal"]["action"] == "hold"
    assert "contradict" in good.json["proposal"]["detail"]
    assert len(good.json["course"]["taper"]["steps"]) == 1
    await clinic.on(clinic.today + timedelta(days=2))
    later = await clinic.check_in(good.json["course"], "gate")
    assert later.json["proposal"]["action"] == "next-step"


async def test_a_severe_report_at_three_in_the_night_is_taken_at_once(clinic: Clinic) -> None:
    taken = await one_step_down(clinic)
    await clinic.travel(clinic.now.replace(hour=2) + timedelta(days=2))  # 03:00 in London
    severe = await clinic.check_in(taken, "unscheduled", withdrawal="severe")

    assert severe.json["proposal"]["action"] == "prescriber-same-day"
    open_now = [r for r in severe.json["course"]["reviews"] if r["done_at"] is None]
    assert [r["due_on"] for r in open_now if r["kind"] == "severe-check-in"] == [
        clinic.now.date().isoformat()
    ]
    assert severe.json["change"]["kind"] == "step-back"


async def test_a_step_is_not_taken_before_its_gate(clinic: Clinic) -> None:
    taken = await one_step_down(clinic)
    path = f"courses/{taken['course_id']}/steps/2"

    supply = await clinic.nurse.post(f"{path}/supply", {"plan_version": 1})
    step = await clinic.nurse.post(
        f"{path}/taken", {"plan_version": 1, "taken_on": clinic.today.isoformat()}
    )

    assert (supply.status, step.status) == (404, 404)
    assert step.json["code"] == "no-such-item"
    assert (await clinic.course(taken["course_id"]))["dose_mg"] == taken["dose_mg"]


async def test_no_step_starts_close_to_a_life_event(clinic: Clinic) -> None:
    taken = await one_step_down(clinic)
    await clinic.on(taken["taper"]["steps"][0]["check_in_gate_on"])
    event = LifeEventState(
        life_event_id=UUID(int=5),
        patient_id=PATIENT,
        kind="bereavement",
        happened_on=clinic.today,
        recorded_at=clinic.now,
        contact_by=clinic.today + timedelta(days=7),
        no_new_step_before=clinic.today + timedelta(days=15),
        status="open",
    )
    await clinic.hear(LifeEventRecorded(life_event=event))
    shut = await clinic.check_in(taken, "gate")

    assert (shut.json["proposal"]["rule"], shut.json["proposal"]["action"]) == ("T-22", "hold")
    assert (shut.json["change"]["kind"], shut.json["change"]["rule"]) == ("hold", "T-22")
    withdrawn = event.model_copy(update={"status": "withdrawn"})
    await clinic.hear(LifeEventWithdrawn(life_event=withdrawn))
    assert (await clinic.check_in(taken, "gate")).json["proposal"]["action"] == "next-step"


# Supply, and where symptoms come from


async def test_supply_reconciles_to_the_half_and_is_ordered_in_whole_words(clinic: Clinic) -> None:
    taken = await one_step_down(clinic)
    body = (await clinic.nurse.get(f"courses/{taken['course_id']}/supply")).json

    assert body["orders"]
    for order in body["orders"]:
        for line in order["lines"]:
            given = Decimal(line["left_before"]) + Decimal(line["dispense"])
            assert given - Decimal(line["taken"]) == Decimal(line["left_after"]) >= 0
        text = " ".join(order["text"])
        assert body["drug_name"] in text
        assert "milligrams a day" in text
        for misread in (" qd", " od ", "µg", "mcg", " cc", " .", ".0 "):
            assert misread not in text.lower()


async def test_withdrawal_or_relapse_is_a_suggestion_with_both_ways_open(clinic: Clinic) -> None:
    taken = await one_step_down(clinic)
    await clinic.on(clinic.today + timedelta(days=2))
    symptoms = {
        "dizziness": "moderate",
        "brain_zaps": "mild",
        "irritability": "none",
        "anxiety": "mild",
    }
    await clinic.check_in(taken, "early", withdrawal="moderate", symptoms=symptoms)
    body = (await clinic.nurse.get(f"courses/{taken['course_id']}/attribution")).json

    assert body["suggestion"] == "more-like-withdrawal"
    assert {reason["what"] for reason in body["reasons"]} == {"timing", "kind"}
    assert body["if_withdrawal"]
    assert body["if_relapse"]
