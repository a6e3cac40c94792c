"""The rota over HTTP and in SQL, on both databases."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from services.engagement.adapters.db import SqlWork
from services.engagement.application.apply_staff_state import apply_staff_state
from services.engagement.application.keep_rota import follow_rota
from services.engagement.application.plan_cover import ask_for_cover
from services.engagement.domain.notice import Channel, Preference, Purpose
from shared.api.identity import Role
from shared.api.on_call import ShiftBody, TeamOnCall
from tests.contract.test_engagement_http import Clinic, clinic
from tests.support.engagement import (
    CONTENT,
    LEAD,
    NURSE,
    OTHER_NURSE,
    PATIENT,
    PRESCRIBER,
    STRANGER,
    a_flag,
)

__all__ = ["clinic"]
OPERATOR = UUID("00000000-0000-4000-8000-00000000a00a")
LONDON = ZoneInfo("Europe/London")


async def now_of(clinic: Clinic) -> datetime:
    """What the clinic's clock says."""
    async with clinic.db.reading() as tx:
        return tx.now


def shift(start: datetime, end: datetime, **changes: Any) -> dict[str, Any]:
    """On call between two instants, in the clinic's own time to the minute."""
    first, last = start.astimezone(LONDON), end.astimezone(LONDON)
    return {
        "team": "harbour",
        "staff_id": str(OTHER_NURSE),
        "starts_on": first.date().isoformat(),
        "starts_at": f"{first:%H:%M}",
        "ends_on": last.date().isoformat(),
        "ends_at": f"{last:%H:%M}",
    } | changes


async def raise_flag(clinic: Clinic) -> None:
    """An urgent flag three hours old, which nobody answered."""
    raised = await now_of(clinic) - timedelta(hours=3)
    await clinic.know(a_flag(2, raised_at=raised, due_at=raised + timedelta(hours=20)))
    await clinic.travel(raised + timedelta(hours=3, seconds=5))


async def test_a_lead_sets_the_rota_and_the_team_sees_who_is_on_call(clinic: Clinic) -> None:
    lead, now = clinic.site.caller(LEAD, Role.LEAD), await now_of(clinic)

    made = await lead.post("on-call", shift(now, now + timedelta(hours=20)))

    assert made.status == 201, made.json
    assert ShiftBody.model_validate(made.json).actions == ("end",)
    (team,) = (await clinic.nurse.get("on-call")).json["items"]
    seen = TeamOnCall.model_validate(team)
    assert (seen.team, seen.now, seen.actions) == ("harbour", OTHER_NURSE, ())
    assert seen.stretches[-1].shift is None
    assert all(
        one.until_at == after.from_at
        for one, after in zip(seen.stretches, seen.stretches[1:], strict=False)
    )


async def test_what_nobody_answers_is_on_the_list_of_whoever_is_on_call(clinic: Clinic) -> None:
    lead, now = clinic.site.caller(LEAD, Role.LEAD), await now_of(clinic)
    other = clinic.site.caller(OTHER_NURSE, Role.NURSE)
    await raise_flag(clinic)
    assert (await other.get("worklist", scope="mine")).json["items"] == []

    made = await lead.post("on-call", shift(now, now + timedelta(hours=20)))

    (item, supply) = (await other.get("worklist", scope="mine")).json["items"]
    assert (item["key"]["kind"], supply["key"]["kind"]) == ("safety", "prepare-supply")
    assert (item["key"]["level"], item["on_call"], item["owner_id"]) == (3, True, str(OTHER_NURSE))
    seen = (await other.get(f"reminders/{item['reminder_id']}")).json
    assert (seen["for_role"], seen["owner_id"]) == ("lead", str(OTHER_NURSE))
    ladder = (await other.get(f"reminders/{item['reminder_id']}/history")).json["ladder"]
    assert [(rung["on_call"], rung["owner_id"]) for rung in ladder][-1] == (True, str(OTHER_NURSE))

    over = await lead.post(f"on-call/{made.json['shift_id']}/end", {})

    assert over.status == 200
    assert (await other.get("worklist", scope="mine")).json["items"] == []
    again = await lead.post(f"on-call/{made.json['shift_id']}/end", {})
    assert (again.status, again.json["code"]) == (409, "shift-over")


async def test_somebody_of_another_team_reaches_these_people_only_while_on_call(
    clinic: Clinic,
) -> None:
    lead, now = clinic.site.caller(LEAD, Role.LEAD), await now_of(clinic)
    stranger = clinic.site.caller(STRANGER, Role.NURSE, teams=("hill",))
    await raise_flag(clinic)
    assert (await stranger.get(f"patients/{PATIENT}/reminders")).status == 404

    made = await lead.post("on-call", shift(now, now + timedelta(hours=9), staff_id=str(STRANGER)))

    assert (await stranger.get(f"patients/{PATIENT}/reminders")).status == 200
    mine = (await stranger.get("worklist", scope="mine")).json["items"]
    assert {item["key"]["level"] for item in mine} == {3}
    await lead.post(f"on-call/{made.json['shift_id']}/end", {})
    assert (await stranger.get(f"patients/{PATIENT}/reminders")).status == 404


async def test_operations_set_a_rota_for_every_team_and_a_lead_only_their_own(
    clinic: Clinic,
) -> None:
    now = await now_of(clinic) + timedelta(hours=1)
    operator = clinic.site.caller(OPERATOR, Role.OPERATIONS, teams=())
    lead = clinic.site.caller(LEAD, Role.LEAD)
    on_the_hill = shift(now, now + timedelta(hours=9), team="hill")

    refused = await lead.post("on-call", on_the_hill)
    made = await operator.post("on-call", on_the_hill)
    not_theirs = await lead.post(f"on-call/{made.json['shift_id']}/end", {})

    assert (refused.status, refused.json["code"]) == (404, "unknown-shift")
    assert made.status == 201
    assert not_theirs.status == 404
    teams = [one["team"] for one in (await operator.get("on-call")).json["items"]]
    assert teams == ["harbour", "hill"]


async def test_a_nurse_sets_no_rota(clinic: Clinic) -> None:
    now = await now_of(clinic)

    answer = await clinic.nurse.post("on-call", shift(now, now + timedelta(hours=1)))

    assert answer.status == 403


@pytest.mark.parametrize(
    ("why", "changes", "status", "said"),
    [
        ("not a time", {"starts_at": "25:00"}, 422, "starts_at"),
        ("another offset", {"starts_at": "08:00+05:00"}, 422, "starts_at"),
        ("the last day there is", {"ends_on": "9999-12-31"}, 422, "ends_on"),
        ("not a day", {"ends_on": "2026-02-30"}, 422, "ends_on"),
        ("an unknown field", {"until": "x"}, 422, "until"),
        ("nobody", {"staff_id": str(UUID(int=9))}, 422, "staff_id"),
        ("another role", {"staff_id": str(OPERATOR)}, 422, "staff_id"),
        ("backwards", {"ends_on": "2020-01-01"}, 422, "ends_on"),
        ("no team", {"team": ""}, 422, "team"),
    ],
)
async def test_a_bad_time_on_call_is_refused_and_nothing_is_kept(
    clinic: Clinic, why: str, changes: dict[str, Any], status: int, said: str
) -> None:
    lead, now = clinic.site.caller(LEAD, Role.LEAD), await now_of(clinic)

    answer = await lead.post("on-call", shift(now, now + timedelta(hours=3), **changes))

    assert answer.status == status, why
    assert said in str(answer.json), why
    (team,) = (await lead.get("on-call")).json["items"]
    assert [one["shift"] for one in team["stretches"]] == [None]


async def test_two_leads_at_once_put_one_person_on_call(clinic: Clinic) -> None:
    lead, now = clinic.site.caller(LEAD, Role.LEAD), await now_of(clinic)
    start = now + timedelta(hours=2)
    bodies = [
        shift(start + timedelta(minutes=number), start + timedelta(hours=8), staff_id=str(who))
        for number, who in enumerate((NURSE, OTHER_NURSE, PRESCRIBER, LEAD))
    ]

    answers = await asyncio.gather(*(lead.post("on-call", body) for body in bodies))

    assert sorted(answer.status for answer in answers) == [201, 409, 409, 409]
    (team,) = (await lead.get("on-call")).json["items"]
    assert sum(one["shift"] is not None for one in team["stretches"]) == 1


async def test_whoever_comes_on_call_is_told_once_what_waits(clinic: Clinic) -> None:
    lead = clinic.site.caller(LEAD, Role.LEAD)
    await raise_flag(clinic)
    now = await now_of(clinic)
    async with clinic.db.transaction(actor="service:engagement") as tx:
        wish = Preference(
            staff_id=OTHER_NURSE, channels=(Channel.EMAIL,), email="nurse@clinic.example"
        )
        await SqlWork(tx, CONTENT).notices.prefer(wish)
        tx.audit("notices.chosen", object=f"staff:{OTHER_NURSE}")
    await lead.post("on-call", shift(now, now + timedelta(hours=9)))

    followed = []
    for _ in range(2):
        async with clinic.db.transaction(actor="service:engagement") as tx:
            followed.append(
                await follow_rota(SqlWork(tx, CONTENT), rules=CONTENT, now=tx.now, real_now=tx.now)
            )

    assert followed == [1, 0]
    async with clinic.db.reading() as tx:
        sent = await SqlWork(tx, CONTENT).notices.of_staff(OTHER_NURSE, limit=9)
    assert sorted(one.purpose for one in sent) == [
        Purpose.ESCALATED,
        Purpose.ON_CALL,
        Purpose.SAFETY,
    ]


@pytest.mark.parametrize("how", ["account closed", "leave"])
async def test_whoever_goes_in_the_middle_leaves_it_to_the_leads_who_are_told_once(
    clinic: Clinic, how: str
) -> None:
    lead = clinic.site.caller(LEAD, Role.LEAD)
    await raise_flag(clinic)
    now = await now_of(clinic)
    async with clinic.db.transaction(actor="service:engagement") as tx:
        for one in (LEAD, OTHER_NURSE):
            wish = Preference(staff_id=one, channels=(Channel.EMAIL,), email="a@clinic.example")
            await SqlWork(tx, CONTENT).notices.prefer(wish)
            tx.audit("notices.chosen", object=f"staff:{one}")
    await lead.post("on-call", shift(now, now + timedelta(hours=20)))
    await follow(clinic)
    assert await told(clinic) == {}

    async with clinic.db.transaction(actor="service:engagement") as tx:
        work = SqlWork(tx, CONTENT)
        if how == "leave":
            today = tx.now.astimezone(LONDON).date()
            await ask_for_cover(
                work,
                staff_id=OTHER_NURSE,
                cover_id=NURSE,
                starts_on=today,
                ends_on=today,
                note="",
                by=OTHER_NURSE,
                rules=CONTENT,
                now=tx.now,
                real_now=tx.now,
            )
        else:
            known = (await work.staff.all())[OTHER_NURSE]
            gone = replace(known, active=False)
            await apply_staff_state(work, colleague=gone, rules=CONTENT, now=tx.now)

    assert [await follow(clinic) for _ in range(3)] == [1, 0, 0]
    assert await told(clinic) == {Purpose.UNCOVERED: 1, Purpose.SAFETY: 1, Purpose.ESCALATED: 1}
    other = clinic.site.caller(OTHER_NURSE, Role.NURSE)
    assert (await other.get("worklist", scope="mine")).json["items"] == []


async def told(clinic: Clinic) -> dict[Purpose, int]:
    """How many notices of each purpose the lead was sent."""
    async with clinic.db.reading() as tx:
        sent = await SqlWork(tx, CONTENT).notices.of_staff(LEAD, limit=99)
    return dict(Counter(one.purpose for one in sent))


async def follow(clinic: Clinic) -> int:
    """One tick of the rota."""
    async with clinic.db.transaction(actor="service:engagement") as tx:
        return await follow_rota(SqlWork(tx, CONTENT), rules=CONTENT, now=tx.now, real_now=tx.now)
