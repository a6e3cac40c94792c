"""Engagement's routes: the worklist, and what people do about a reminder."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, func, insert, select

from services.engagement.adapters.db import SqlWork
from services.engagement.adapters.http import build_api
from services.engagement.adapters.tables import ReminderRow
from services.engagement.adapters.ticks import COMPONENT
from services.engagement.application.apply_course_state import apply_course_state
from services.engagement.application.apply_flag_state import apply_flag_state
from services.engagement.application.apply_patient_details import apply_patient_details
from services.engagement.application.apply_staff_state import apply_staff_state
from services.engagement.application.ports import Identity
from services.engagement.application.show_due_reminders import show_due_reminders
from services.engagement.domain.course import Course
from services.engagement.domain.flag import Flag
from services.engagement.main import SCHEMA
from shared.api.engagement import ReminderBody, ReminderHistory, ServiceLevels, Worklist
from shared.api.identity import Role
from shared.runtime import clock, tables
from shared.runtime.db import Database
from tests.support.callers import Answer, Caller, Site, site
from tests.support.databases import Databases
from tests.support.engagement import (
    CHANGE_ON,
    CONTENT,
    LEAD,
    NOW,
    NURSE,
    OTHER_NURSE,
    PATIENT,
    STAFF,
    STRANGER,
    a_course,
    a_flag,
    a_step,
    a_taper,
    at,
    into_care,
    named,
)
from tests.support.sentinel import FAMILY, GIVEN

DUE = at("2026-06-12T09:00")


@dataclass(slots=True)
class Clinic:
    """A served clinic with one person in its care, and its clock."""

    db: Database
    site: Site

    async def travel(self, to: datetime) -> None:
        """Move the demo clock to this instant and run the engine once."""
        away = int((to - clock.real_now()).total_seconds()) + 1
        async with self.db.housekeeping() as tx:
            await tx.session.execute(delete(tables.clock))
            await tx.session.execute(insert(tables.clock).values(id=1, offset_seconds=away))
        async with self.db.transaction(actor="service:engagement") as tx:
            await show_due_reminders(
                SqlWork(tx, CONTENT), rules=CONTENT, now=tx.now, real_now=tx.now
            )

    async def know(self, fact: Course | Flag) -> None:
        """A fact arrived from another service."""
        async with self.db.transaction(actor="service:engagement") as tx:
            work = SqlWork(tx, CONTENT)
            if isinstance(fact, Course):
                await apply_course_state(work, course=fact, rules=CONTENT, now=tx.now)
            else:
                await apply_flag_state(work, flag=fact, rules=CONTENT, now=tx.now)

    @property
    def nurse(self) -> Caller:
        return self.site.caller(NURSE, Role.NURSE)

    async def reminder(self, kind: str) -> dict[str, Any]:
        """The one listed reminder of this kind."""
        page = await self.nurse.get("worklist")
        found = [item for item in page.json["items"] if item["key"]["kind"] == kind]
        assert len(found) == 1
        return dict(found[0])

    async def act(self, kind: str, body: dict[str, Any], *, path: str = "outcomes") -> Answer:
        """Act on the listed reminder of this kind, at its present version."""
        one = await self.reminder(kind)
        return await self.nurse.post(
            f"reminders/{one['reminder_id']}/{path}", body, version=one["version"]
        )


@pytest.fixture
async def clinic(databases: Databases) -> AsyncIterator[Clinic]:
    """Tuesday's list: a change day and a supply reminder are due."""
    db = Database.open(
        await databases.migrated(SCHEMA), source="engagement", person_keys=databases.person_keys
    )
    async with db.transaction(actor="service:engagement", at=NOW) as tx:
        work = SqlWork(tx, CONTENT)
        for colleague in STAFF:
            await apply_staff_state(work, colleague=colleague, rules=CONTENT, now=NOW)
        await into_care(work)
        await named(work)
        course = a_course(a_taper())
        await apply_course_state(work, course=course, rules=CONTENT, now=NOW)
    async with site(build_api(CONTENT), db) as served:
        found = Clinic(db, served)
        await found.travel(DUE)
        yield found
    await db.close()


async def test_the_list_says_what_why_and_where_to_go(clinic: Clinic) -> None:
    answer = await clinic.nurse.get("worklist", scope="mine")

    page = Worklist.model_validate_json(json.dumps(answer.json))
    assert [item.key.kind for item in page.items] == ["prepare-supply", "change-day"]
    change = page.items[1]
    assert change.title == "Change day, step 1 of 8: one 50 mg tablet to half a 50 mg tablet"
    assert change.why == "The signed plan changes the dose on 12 June 2026."
    assert change.action == "take-step"
    assert (change.patient_name, change.birth_date) == (f"{GIVEN} {FAMILY}", CHANGE_ON)
    assert change.detail.dose_text == "half a 50 mg tablet"
    assert change.state == "visible"
    assert "done" not in change.actions
    assert {"acknowledge", "no-answer", "escalate"} <= set(change.actions)
    assert page.counts == {
        "safety-now": 0,
        "overdue": 1,
        "due-today": 1,
        "prepare": 0,
        "waiting": 0,
    }


async def test_a_persons_open_reminders_begin_with_what_is_due_next(clinic: Clinic) -> None:
    await clinic.act("change-day", {"meaning": "called"}, path="acknowledge")
    path = f"patients/{PATIENT}/reminders"
    every = (await clinic.nurse.get(path)).json["items"]
    read, cursor = [], {}
    while True:
        page = await clinic.nurse.get(path, show="open", sort="due", limit="2", **cursor)
        read += page.json["items"]
        if not page.json["next"]:
            break
        cursor = {"cursor": page.json["next"]}

    assert (
        read
        == [one for one in every if one["state"] in {"planned", "visible", "acknowledged"}][::-1]
    )
    assert [one["due_at"] for one in read] == sorted(one["due_at"] for one in read)
    closed = (await clinic.nurse.get(path, show="closed")).json["items"]
    assert len(closed) + len(read) == len(every)
    refused = await clinic.nurse.get(path, sort="name")
    assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, "/query/sort")


async def test_acknowledging_stops_the_ladder_and_is_shown(clinic: Clinic) -> None:
    answer = await clinic.act("change-day", {"meaning": "called"}, path="acknowledge")

    assert answer.status == 200
    assert answer.json["state"] == "acknowledged"
    assert answer.json["acknowledged"]["by"] == str(NURSE)
    assert answer.headers["ETag"] == f'"{answer.json["version"]}"'
    await clinic.travel(at("2026-06-16T09:30"))
    assert (await clinic.reminder("change-day"))["escalated_to"] is None


async def test_nobody_answering_climbs_the_ladder(clinic: Clinic) -> None:
    await clinic.travel(at("2026-06-12T13:00"))

    lead = await clinic.site.caller(LEAD, Role.LEAD).get("worklist", scope="mine")
    levels = {item["key"]["kind"]: item["key"]["level"] for item in lead.json["items"]}
    assert levels["change-day"] == 1
    assert (await clinic.reminder("change-day"))["escalated_to"] == 1


async def test_putting_it_off_moves_the_same_row(clinic: Clinic) -> None:
    before = await clinic.reminder("change-day")
    until = (DUE + timedelta(hours=5)).isoformat()

    answer = await clinic.act("change-day", {"outcome": "call-back", "at": until})

    assert answer.status == 200
    assert answer.json["reminder_id"] == before["reminder_id"]
    assert (answer.json["state"], answer.json["section"]) == ("planned", "waiting")
    assert datetime.fromisoformat(answer.json["due_at"]) == datetime.fromisoformat(until)
    await clinic.travel(DUE + timedelta(hours=5))
    assert (await clinic.reminder("change-day"))["section"] == "due-today"


async def test_a_call_without_an_answer_is_on_the_timeline_and_a_hand_over_is_not(
    clinic: Clinic,
) -> None:
    answer = await clinic.act("change-day", {"outcome": "no-answer"})
    await clinic.travel(datetime.fromisoformat(answer.json["due_at"]))
    await clinic.act("change-day", {"outcome": "hand-over", "to": str(OTHER_NURSE)})

    (entry,) = (await clinic.nurse.get(f"patients/{PATIENT}/timeline")).json["items"]

    assert (entry["kind"], entry["recorded_by"]) == ("contact-missed", f"staff:{NURSE}")
    assert entry["text"] == "Change day: no answer"


async def test_the_third_unanswered_call_goes_up(clinic: Clinic) -> None:
    for _ in range(2):
        answer = await clinic.act("change-day", {"outcome": "no-answer"})
        assert answer.json["state"] == "planned"
        await clinic.travel(datetime.fromisoformat(answer.json["due_at"]))

    assert answer.json["told_now"] is False
    answer = await clinic.act("change-day", {"outcome": "no-answer", "note": "voicemail"})

    assert (answer.json["told_now"], answer.json["comes_back_at"]) == (True, None)
    assert answer.json["attempts"] == 3
    assert answer.json["escalated_to"] == 1


async def test_what_the_lead_knows_stays_with_the_lead_and_comes_back_to_the_nurse(
    clinic: Clinic,
) -> None:
    """Putting it off takes nothing back from who was told, and its answer says when it is back."""
    lead = clinic.site.caller(LEAD, Role.LEAD)
    await clinic.travel(at("2026-06-12T13:00"))
    until = at("2026-06-15T09:00")
    first = await clinic.act("change-day", {"outcome": "reschedule", "at": until.isoformat()})

    listed = (await lead.get("worklist", scope="mine")).json["items"]
    theirs = next(one for one in listed if one["key"]["kind"] == "change-day")

    assert (first.json["escalated_to"], first.json["everybody_told"]) == (1, False)
    assert datetime.fromisoformat(first.json["comes_back_at"]) == until
    assert (theirs["key"]["level"], theirs["state"]) == (1, "visible")
    assert theirs["comes_back_at"] == first.json["comes_back_at"]
    await clinic.travel(until)
    assert (await clinic.reminder("change-day"))["comes_back_at"] is None
    await clinic.travel(at("2026-06-15T13:00"))
    assert (await clinic.reminder("change-day"))["escalated_to"] == 2


@pytest.mark.parametrize(
    ("path", "field", "body"),
    [
        ("outcomes", "at", {"outcome": "reschedule"}),
        ("outcomes", "at", {"outcome": "call-back"}),
        ("acknowledge", "until", {"meaning": "deferred"}),
    ],
    ids=lambda value: value.get("outcome", "deferred") if isinstance(value, dict) else "",
)
async def test_a_third_deferral_takes_the_lead(
    clinic: Clinic, path: str, field: str, body: dict[str, str]
) -> None:
    """Whichever way it was put off before; the lead may, and then it takes the lead again."""

    def later(hours: int) -> str:
        return (DUE + timedelta(hours=hours)).isoformat()

    one = await clinic.reminder("change-day")
    history = f"reminders/{one['reminder_id']}/history"
    left = [(await clinic.nurse.get(history)).json["deferrals_left"]]
    await clinic.act("change-day", {"outcome": "call-back", "at": later(5)})
    left.append((await clinic.nurse.get(history)).json["deferrals_left"])
    deferred = {"meaning": "deferred", "until": later(6)}
    await clinic.act("change-day", deferred, path="acknowledge")
    left.append((await clinic.nurse.get(history)).json["deferrals_left"])
    before = await clinic.reminder("change-day")

    refused = await clinic.act("change-day", body | {field: later(7)}, path=path)

    assert left == [2, 1, 0]
    assert (refused.status, refused.json["code"]) == (422, "deferral-needs-lead")
    (error,) = refused.json["errors"]
    assert (error["pointer"], error["code"]) == (f"/body/{field}", "deferral-needs-lead")
    assert "for a lead to decide" in error["detail"]
    assert await clinic.reminder("change-day") == before
    lead = clinic.site.caller(LEAD, Role.LEAD)
    address = f"reminders/{one['reminder_id']}/{path}"
    allowed = await lead.post(address, body | {field: later(7)}, version=before["version"])
    assert allowed.status == 200
    again = await clinic.act("change-day", body | {field: later(8)}, path=path)
    assert again.json["code"] == "deferral-needs-lead"
    no_answer = await clinic.act("change-day", {"outcome": "no-answer"})
    assert no_answer.status == 200


async def test_its_history_says_what_was_tried_and_who_hears_next(clinic: Clinic) -> None:
    one = await clinic.reminder("change-day")
    path = f"reminders/{one['reminder_id']}/history"
    before = ReminderHistory.model_validate((await clinic.nurse.get(path)).json)
    assert (before.attempts, before.tries_left, before.longest_deferral_hours) == ((), 2, 72)
    assert [rung.for_role for rung in before.ladder] == ["lead", "prescriber", "lead"]
    assert all(rung.told_at is None and not rung.stopped for rung in before.ladder)
    assert sorted(rung.due_at for rung in before.ladder) == [rung.due_at for rung in before.ladder]

    await clinic.act("change-day", {"outcome": "no-answer", "note": "Rang twice."})
    await clinic.act("change-day", {"meaning": "called"}, path="acknowledge")

    after = ReminderHistory.model_validate((await clinic.nurse.get(path)).json)
    assert [(one.act, one.by, one.note) for one in after.attempts] == [
        ("no-answer", NURSE, "Rang twice."),
        ("acknowledge", NURSE, None),
    ]
    assert after.tries_left == 1
    assert all(rung.stopped for rung in after.ladder)


async def test_handing_over_to_a_colleague_of_the_team(clinic: Clinic) -> None:
    answer = await clinic.act("change-day", {"outcome": "hand-over", "to": str(OTHER_NURSE)})

    assert answer.json["owner_id"] == str(OTHER_NURSE)
    mine = await clinic.nurse.get("worklist", scope="mine")
    assert "change-day" not in {item["key"]["kind"] for item in mine.json["items"]}


async def test_escalating_tells_the_lead_now(clinic: Clinic) -> None:
    lead = clinic.site.caller(LEAD, Role.LEAD)
    before = await lead.get("worklist", scope="mine")

    answer = await clinic.act("change-day", {"outcome": "escalate"})

    after = await lead.get("worklist", scope="mine")
    assert answer.json["escalated_to"] == 1
    assert [item["key"]["kind"] for item in before.json["items"]] == ["prepare-supply"]
    assert [item["key"]["kind"] for item in after.json["items"]] == [
        "prepare-supply",
        "change-day",
    ]


async def test_a_flag_is_answered_where_it_is_kept(clinic: Clinic) -> None:
    await clinic.know(a_flag(raised_at=DUE, due_at=DUE + timedelta(hours=4)))

    one = await clinic.reminder("safety")
    refused = await clinic.act("safety", {"meaning": "seen"}, path="acknowledge")
    waits = await clinic.act("safety", {"outcome": "no-answer"})

    assert (one["section"], one["action"]) == ("safety-now", "answer-flag")
    assert one["actions"] == ["escalate", "hand-over"]
    assert (refused.status, refused.json["code"]) == (409, "closed-elsewhere")
    assert (waits.status, waits.json["code"]) == (409, "cannot-wait")


async def test_the_list_says_how_long_the_engine_has_left_something_unannounced(
    clinic: Clinic,
) -> None:
    """By an engine that lives; what it said when it kept up is not kept beside it."""
    before = (await clinic.nurse.get("worklist")).json
    waiting = DUE - timedelta(minutes=3)
    seen = clock.real_now()
    beats = [
        {"instance": "here", "at": seen, "oldest_due_at": waiting},
        {"instance": "gone", "at": seen - timedelta(hours=1), "oldest_due_at": None},
    ]
    async with clinic.db.housekeeping() as tx:
        rows = [{"component": COMPONENT, "tick_no": 1} | beat for beat in beats]
        await tx.session.execute(insert(tables.heartbeat), rows)

    page = Worklist.model_validate_json(json.dumps((await clinic.nurse.get("worklist")).json))

    assert (before["engine_seen_at"], before["oldest_due_at"]) == (None, None)
    assert page.oldest_due_at == waiting
    assert page.as_of - waiting >= timedelta(minutes=3)


async def test_what_treatment_closes_disappears_from_the_list(clinic: Clinic) -> None:
    one = await clinic.reminder("change-day")
    await clinic.know(a_course(a_taper(a_step(taken_at=DUE))))

    page = await clinic.nurse.get("worklist")
    gone = await clinic.nurse.get(f"reminders/{one['reminder_id']}")

    assert [item["key"]["kind"] for item in page.json["items"]] == ["prepare-supply"]
    assert (gone.json["state"], gone.json["section"], gone.json["actions"]) == ("done", None, [])


async def test_one_persons_reminders_run_back_in_time(clinic: Clinic) -> None:
    first = await clinic.nurse.get(f"patients/{PATIENT}/reminders", limit="3")
    rest = await clinic.nurse.get(
        f"patients/{PATIENT}/reminders", limit="3", cursor=first.json["next"]
    )

    kinds = [item["key"]["kind"] for item in [*first.json["items"], *rest.json["items"]]]
    assert kinds == [
        "missed-check-in-gate",
        "check-in-gate",
        "missed-check-in-early",
        "check-in-early",
        "change-day",
        "prepare-supply",
    ]
    assert rest.json["next"] is None


@pytest.mark.parametrize(
    ("name", "found"), [(GIVEN[:3].lower(), True), (FAMILY, True), ("zz", False), ("%", False)]
)
async def test_a_name_finds_somebody_on_the_list_and_travels_in_the_body(
    clinic: Clinic, name: str, found: bool
) -> None:
    answer = await clinic.nurse.post("worklist/search", {"name": name.ljust(2, "%")})
    stranger = clinic.site.caller(STRANGER, Role.NURSE, teams=("hill",))
    hidden = await stranger.post("worklist/search", {"name": GIVEN})

    assert bool(answer.json["items"]) is found
    assert answer.json["counts"]["due-today"] == 1
    assert hidden.json["items"] == []


async def test_what_somebody_has_in_hand_or_put_off_can_be_left_out(clinic: Clinic) -> None:
    await clinic.act("prepare-supply", {"meaning": "seen"}, path="acknowledge")
    await clinic.act(
        "change-day",
        {"outcome": "call-back", "at": (DUE + timedelta(hours=3)).isoformat()},
    )

    whole = await clinic.nurse.get("worklist")
    free = await clinic.nurse.get("worklist", free="true")

    assert len(whole.json["items"]) == 2
    assert free.json["items"] == []


async def test_pages_of_the_list(clinic: Clinic) -> None:
    first = await clinic.nurse.get("worklist", limit="1")
    second = await clinic.nurse.get("worklist", limit="1", cursor=first.json["next"])

    kinds = [answer.json["items"][0]["key"]["kind"] for answer in (first, second)]
    assert kinds == ["prepare-supply", "change-day"]
    assert second.json["next"] is None


async def test_what_is_on_the_list_and_not_on_the_page_is_named_by_key(clinic: Clinic) -> None:
    kinds = {
        name: [key["kind"] for key in (await clinic.nurse.get("worklist", **asked)).json["beyond"]]
        for name, asked in {
            "not asked": {"limit": "1"},
            "short page": {"limit": "1", "beyond": "true"},
            "whole list": {"beyond": "true"},
            "narrowed": {"action": "take-step", "beyond": "true"},
            "one's own": {"scope": "mine", "section": "waiting", "beyond": "true"},
        }.items()
    }

    assert kinds == {
        "not asked": [],
        "short page": ["change-day"],
        "whole list": [],
        "narrowed": ["prepare-supply"],
        "one's own": ["prepare-supply", "change-day"],
    }


async def test_a_stranger_is_told_no_keys(clinic: Clinic) -> None:
    stranger = clinic.site.caller(clock.new_id(), Role.NURSE, teams=("elsewhere",))

    assert (await stranger.get("worklist", beyond="true")).json["beyond"] == []


async def test_service_levels_are_counts_for_operations_too(clinic: Clinic) -> None:
    operations = clinic.site.caller(clock.new_id(), Role.OPERATIONS, teams=())

    answer = await operations.get("service-levels")

    levels = ServiceLevels.model_validate_json(json.dumps(answer.json))
    assert (levels.doubled, levels.early, levels.lost) == (0, 0, 0)
    assert (await operations.get("worklist")).status == 403


REFUSED = [
    ("too long", {"outcome": "reschedule", "at": "+73h"}, 422, "deferral-too-long"),
    ("in the past", {"outcome": "reschedule", "at": "-1h"}, 422, "deferral-in-the-past"),
    ("a stranger", {"outcome": "hand-over", "to": str(STRANGER)}, 422, "unknown-colleague"),
    ("not ours to close", {"outcome": "done"}, 409, "closed-elsewhere"),
    ("a time it does not take", {"outcome": "escalate", "at": "+1h"}, 422, "invalid"),
    ("no time where needed", {"outcome": "call-back"}, 422, "invalid"),
    ("no such outcome", {"outcome": "forget"}, 422, "invalid"),
    ("an unknown field", {"outcome": "escalate", "because": "x"}, 422, "invalid"),
]


@pytest.mark.parametrize(("why", "body", "status", "code"), REFUSED, ids=[r[0] for r in REFUSED])
async def test_a_refused_outcome_says_why_and_stores_nothing(
    clinic: Clinic, why: str, body: dict[str, Any], status: int, code: str
) -> None:
    before = await clinic.reminder("change-day")
    if "at" in body:
        away = timedelta(hours=int(body["at"][:-1]))
        body = body | {"at": (DUE + away).isoformat()}

    answer = await clinic.act("change-day", body)

    assert (answer.status, answer.json["code"]) == (status, code)
    assert await clinic.reminder("change-day") == before


async def test_two_nurses_at_once_get_one_outcome(clinic: Clinic) -> None:
    one = await clinic.reminder("change-day")
    path = f"reminders/{one['reminder_id']}/acknowledge"
    other = clinic.site.caller(OTHER_NURSE, Role.NURSE)

    first = await clinic.nurse.post(path, {"meaning": "called"}, version=one["version"])
    second = await other.post(path, {"meaning": "called"}, version=one["version"])
    missing = await other.post(path, {"meaning": "called"})

    assert (first.status, second.status, missing.status) == (200, 412, 428)
    assert (await clinic.reminder("change-day"))["acknowledged"]["by"] == str(NURSE)


async def test_nurses_who_complete_in_the_same_moment_get_one_outcome(clinic: Clinic) -> None:
    one = await clinic.reminder("change-day")
    path = f"reminders/{one['reminder_id']}/outcomes"
    nurses = [clinic.nurse, clinic.site.caller(OTHER_NURSE, Role.NURSE)] * 2

    answers = await asyncio.gather(
        *(who.post(path, {"outcome": "no-answer"}, version=one["version"]) for who in nurses)
    )

    assert sorted(answer.status for answer in answers) == [200, 412, 412, 412]
    history = await clinic.nurse.get(f"reminders/{one['reminder_id']}/history")
    assert len(history.json["attempts"]) == 1


async def test_a_repeated_request_is_answered_alike_and_done_once(clinic: Clinic) -> None:
    one = await clinic.reminder("change-day")
    path = f"reminders/{one['reminder_id']}/outcomes"
    body = {"outcome": "no-answer"}

    first = await clinic.nurse.post(path, body, version=one["version"], key="the-same-key-twice")
    again = await clinic.nurse.post(path, body, version=one["version"], key="the-same-key-twice")

    assert first.json == again.json
    assert first.json["attempts"] == 1


async def test_a_closed_reminder_takes_no_outcome(clinic: Clinic) -> None:
    one = await clinic.reminder("change-day")
    await clinic.know(a_course(a_taper(a_step(taken_at=DUE))))

    answer = await clinic.nurse.post(
        f"reminders/{one['reminder_id']}/outcomes",
        {"outcome": "escalate"},
        version=one["version"] + 1,
    )

    assert (answer.status, answer.json["code"]) == (409, "reminder-closed")


async def test_a_later_reminder_cannot_be_acted_on_yet(clinic: Clinic) -> None:
    page = await clinic.nurse.get(f"patients/{PATIENT}/reminders")
    gate = page.json["items"][0]

    answer = await clinic.nurse.post(
        f"reminders/{gate['reminder_id']}/outcomes",
        {"outcome": "escalate"},
        version=gate["version"],
    )

    assert gate["actions"] == []
    assert (answer.status, answer.json["code"]) == (409, "not-yet-due")


@pytest.mark.parametrize("what", ["read", "act", "patient", "timeline", "nobody"])
async def test_a_stranger_learns_nothing(clinic: Clinic, what: str) -> None:
    one = await clinic.reminder("change-day")
    stranger = clinic.site.caller(STRANGER, Role.NURSE, teams=("hill",))
    reminder = f"reminders/{one['reminder_id']}"
    answers = {
        "read": lambda: stranger.get(reminder),
        "act": lambda: stranger.post(
            f"{reminder}/outcomes", {"outcome": "escalate"}, version=one["version"]
        ),
        "patient": lambda: stranger.get(f"patients/{PATIENT}/reminders"),
        "timeline": lambda: stranger.get(f"patients/{PATIENT}/timeline"),
        "nobody": lambda: stranger.get(f"patients/{clock.new_id()}/reminders"),
    }

    assert (await answers[what]()).status == 404


@pytest.mark.parametrize("cursor", ["x", "WzFd", "bnVsbA"])
async def test_a_foreign_cursor_is_refused(clinic: Clinic, cursor: str) -> None:
    for path in ("worklist", f"patients/{PATIENT}/reminders"):
        answer = await clinic.nurse.get(path, cursor=cursor)

        assert (answer.status, answer.json["code"]) == (422, "cursor")


async def test_every_look_and_every_act_leaves_its_entry(clinic: Clinic) -> None:
    one = await clinic.reminder("change-day")
    await clinic.act("change-day", {"outcome": "escalate"})

    async with clinic.db.reading() as tx:
        found = await tx.session.execute(select(tables.audit.c.action, tables.audit.c.actor))
        entries = {tuple(row) for row in found}

    assert ("worklist.read", f"staff:{NURSE}") in entries
    assert ("reminder.escalate", f"staff:{NURSE}") in entries
    assert one["key"]["level"] == 0


async def test_no_act_ever_adds_a_row(clinic: Clinic) -> None:
    rows = select(func.count()).select_from(ReminderRow)
    async with clinic.db.reading() as tx:
        before = (await tx.session.execute(rows)).scalar_one()

    for body in ({"outcome": "no-answer"}, {"outcome": "escalate"}, {"outcome": "refused"}):
        await clinic.act("change-day", body)

    async with clinic.db.reading() as tx:
        assert (await tx.session.execute(rows)).scalar_one() == before


async def test_the_answers_are_the_bodies_others_build_against(clinic: Clinic) -> None:
    one = await clinic.reminder("change-day")

    body = ReminderBody.model_validate_json(json.dumps(one))

    assert UUID(one["reminder_id"]) == body.reminder_id


async def test_what_another_zone_would_move_is_shown_and_nothing_is_moved(clinic: Clinic) -> None:
    """Shown reminders stay; the local day stays; only the instant of nine o'clock moves."""
    await clinic.travel(DUE)
    path = f"patients/{PATIENT}/zone-difference"

    there = (await clinic.nurse.get(path, time_zone="America/New_York")).json
    here = (await clinic.nurse.get(path, time_zone="Europe/London")).json

    assert [(move["kind"], move["due_at"], move["new_due_at"]) for move in there["moves"]] == [
        ("check-in-early", "2026-06-16T08:00:00Z", "2026-06-16T13:00:00Z"),
        ("missed-check-in-early", "2026-06-17T08:00:00Z", "2026-06-17T13:00:00Z"),
        ("check-in-gate", "2026-06-25T08:00:00Z", "2026-06-25T13:00:00Z"),
        ("missed-check-in-gate", "2026-06-26T08:00:00Z", "2026-06-26T13:00:00Z"),
    ]
    assert [move["due_on"] for move in there["moves"]] == [
        move["due_at"][:10] for move in there["moves"]
    ]
    assert (there["time_zone"], there["new_time_zone"]) == ("Europe/London", "America/New_York")
    assert there["unmoved"] == 2
    assert here == there | {"new_time_zone": "Europe/London", "moves": [], "unmoved": 6}


async def test_the_difference_is_what_the_change_then_does(clinic: Clinic) -> None:
    zone = "Australia/Lord_Howe"
    shown = (await clinic.nurse.get(f"patients/{PATIENT}/zone-difference", time_zone=zone)).json
    async with clinic.db.transaction(actor="service:engagement", at=NOW) as tx:
        await apply_patient_details(
            SqlWork(tx, CONTENT),
            patient_id=PATIENT,
            identity=Identity(
                given_name=GIVEN, family_name=FAMILY, birth_date=CHANGE_ON, zone=zone
            ),
            rules=CONTENT,
            now=NOW,
        )

    rows = (await clinic.nurse.get(f"patients/{PATIENT}/reminders")).json["items"]
    planned = {row["reminder_id"]: row["due_at"] for row in rows}
    assert shown["moves"]
    assert all(planned[move["reminder_id"]] == move["new_due_at"] for move in shown["moves"])


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../etc/passwd"])
async def test_a_zone_that_does_not_exist_has_no_difference(clinic: Clinic, zone: str) -> None:
    answer = await clinic.nurse.get(f"patients/{PATIENT}/zone-difference", time_zone=zone)

    assert (answer.status, answer.json["code"]) == (422, "unknown-zone")
