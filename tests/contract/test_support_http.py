"""Engagement's routes about support, on both databases: programmes, contacts, guards, outcomes."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from joserfc.jwk import KeySet
from sqlalchemy import delete, insert, select

from services.engagement.adapters.db import SqlWork
from services.engagement.adapters.http import build_api
from services.engagement.application.apply_flag_state import apply_flag_state
from services.engagement.application.apply_staff_state import apply_staff_state
from services.engagement.application.ports import Surroundings
from services.engagement.application.replan import replan
from services.engagement.application.show_due_reminders import show_due_reminders
from services.engagement.domain.support.carer import Carer
from services.engagement.domain.team import Colleague
from services.engagement.main import SCHEMA
from shared.api import support as api
from shared.api.identity import Role
from shared.runtime import clock, tables
from shared.runtime.auth import StaticKeys, issue_signature
from shared.runtime.db import Database
from tests.support.callers import KEY, Answer, Caller, Site, site
from tests.support.databases import Databases
from tests.support.engagement import (
    CONTENT,
    LEAD,
    NOW,
    NURSE,
    PATIENT,
    PRESCRIBER,
    STRANGER,
    a_flag,
    into_care,
    named,
)
from tests.support.sentinel import FAMILY, GIVEN
from tests.support.support import DEPUTY, FACILITATOR, SUPPORTERS

SISTER, NEIGHBOUR = STRANGER, DEPUTY
PLAN: dict[str, Any] = {
    "kind": "facilitated-participation",
    "facilitator_id": str(FACILITATOR),
    "deputy_id": str(DEPUTY),
    "activity": "Singing in the choir",
    "rungs": [{"ordinal": 1, "what": "Walk past the hall"}],
}


@dataclass(slots=True)
class Ward:
    """A served clinic with one person in care, and its clock."""

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

    @property
    def femi(self) -> Caller:
        return self.site.caller(FACILITATOR, Role.FACILITATOR)

    @property
    def lena(self) -> Caller:
        return self.site.caller(LEAD, Role.LEAD)

    async def start(self, **changes: Any) -> Answer:
        """Start a programme as the facilitator."""
        return await self.femi.post(f"patients/{PATIENT}/programmes", PLAN | changes)

    async def programme(self) -> dict[str, Any]:
        """The one programme."""
        found = (await self.femi.get(f"patients/{PATIENT}/support")).json["programmes"]
        return dict(found[0])

    async def contact(self, days: float = 0, **changes: Any) -> Answer:
        """Record a contact as the facilitator, so many days after the start."""
        at = NOW + timedelta(days=days)
        body = {
            "purpose": "programme",
            "mode": "face-to-face",
            "outcome": "took-place",
            "at": at.isoformat(),
            "minutes": 50,
        } | changes
        if body["purpose"] == "programme" and "programme_id" not in body:
            body["programme_id"] = (await self.programme())["programme_id"]
        return await self.femi.post(f"patients/{PATIENT}/contacts", body)

    async def owed(self) -> set[str]:
        """Kinds on the team's list now."""
        page = await self.site.caller(NURSE, Role.NURSE).get("worklist")
        return {item["key"]["kind"] for item in page.json["items"]}

    async def owed_after(self, span: timedelta) -> set[str]:
        """Kinds on the team's list that long after the start."""
        await self.travel(NOW + span)
        return await self.owed()

    async def agree_to_nobody(self) -> None:
        """The person takes back what carers may receive, as assessment tells it."""
        async with self.db.transaction(actor="service:engagement") as tx:
            work = SqlWork(tx, CONTENT)
            around = await work.support.surroundings.get(PATIENT)
            assert around is not None
            alone = tuple(replace(carer, scopes=()) for carer in around.carers)
            await work.support.surroundings.put(replace(around, carers=alone))
            await replan(work, patient_id=PATIENT, rules=CONTENT, now=tx.now)

    async def told(self) -> list[str]:
        """The types of everything published, in order."""
        query = select(tables.outbox.c.type).order_by(tables.outbox.c.created_at)
        async with self.db.reading() as tx:
            return list((await tx.session.execute(query)).scalars())


@asynccontextmanager
async def ward_on(databases: Databases) -> AsyncIterator[Ward]:
    """A person in the care of a nurse and a prescriber, two facilitators in the team."""
    db = Database.open(
        await databases.migrated(SCHEMA), source="engagement", person_keys=databases.person_keys
    )
    async with db.transaction(actor="service:engagement", at=NOW) as tx:
        work = SqlWork(tx, CONTENT)
        for colleague in SUPPORTERS:
            await apply_staff_state(work, colleague=colleague, rules=CONTENT, now=NOW)
        await into_care(work)
        await named(work)
        await work.support.surroundings.put(
            Surroundings(
                patient_id=PATIENT,
                language="en",
                neutral_wording=True,
                carers=(
                    Carer(carer_id=SISTER, name="S", relationship="sister", scopes=("support",)),
                    Carer(carer_id=NEIGHBOUR, name="N", relationship="neighbour"),
                ),
            )
        )
    api_ = build_api(CONTENT, StaticKeys(KeySet([KEY])))
    async with site(api_, db) as served:
        found = Ward(db, served)
        await found.travel(NOW)
        yield found
    await db.close()


@pytest.fixture
async def ward(databases: Databases) -> AsyncIterator[Ward]:
    async with ward_on(databases) as opened:
        yield opened


def signed(by: Any, hash_: str, meaning: str) -> str:
    """What the portal issues after the password was given again."""
    return issue_signature(KEY, staff_id=by, hash_=hash_, meaning=meaning, audience="engagement")


async def test_a_programme_starts_with_its_first_meeting_owed(ward: Ward) -> None:
    answer = await ward.start()

    assert answer.status == 200, answer.json
    body = api.SupportBody.model_validate(answer.json, strict=False)
    (one,) = body.programmes
    assert (one.month, one.months, one.every_days) == (1, 12, 7)
    assert one.next_contact_on == (NOW + timedelta(days=7)).date()
    assert one.pending == "pending human review"
    assert "care.engagement.programme.started.v1" in await ward.told()
    await ward.travel(NOW + timedelta(days=7))
    assert "programme-contact" in await ward.owed()


REFUSED = [
    ("without a facilitator", {"facilitator_id": None}, "facilitator-missing", "R-11"),
    ("without a deputy", {"deputy_id": None}, "deputy-missing", "R-11"),
    ("somebody of another team", {"facilitator_id": str(STRANGER)}, "facilitator-not-here", "R-11"),
    ("a prescriber facilitates", {"facilitator_id": str(PRESCRIBER)}, "not-a-facilitator", "R-11"),
    ("without an activity", {"activity": ""}, "activity-missing", "R-11"),
    ("in the clinic", {"setting": "clinic"}, "not-in-the-community", "R-11"),
    ("a group alone", {"form": "group"}, "group-only", "R-32"),
    ("encouragement alone", {"company": "encouragement-only"}, "encouragement-only", "R-12"),
    ("one meeting", {"rhythm": [{"until_day": 7, "every_days": 7}]}, "brief-only", "R-13"),
    (
        "hardly a meeting",
        {"rhythm": [{"until_day": 365, "every_days": 30}]},
        "brief-only",
        "R-13",
    ),
    (
        "a ladder that begins alone",
        {"rungs": [{"ordinal": 1, "what": "Walk past the hall", "together": False}]},
        "ladder-begins-alone",
        "6.3",
    ),
    ("an unknown kind", {"kind": "pep-talk"}, "kind-unknown", ""),
    ("another person's course", {"serves_course_id": str(PATIENT)}, "course-unknown", "R-22"),
]


@pytest.mark.parametrize(
    ("changes", "code", "rule"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
async def test_what_is_no_programme_is_refused_with_its_rule(
    ward: Ward, changes: dict[str, Any], code: str, rule: str
) -> None:
    answer = await ward.start(**changes)

    assert (answer.status, answer.json["code"]) == (422, code)
    assert rule in answer.json["detail"]
    assert (await ward.femi.get(f"patients/{PATIENT}/support")).json["programmes"] == []


CHANGED = [
    ("hardly a meeting", {"rhythm": [{"until_day": 365, "every_days": 30}]}, "rhythm", "R-13"),
    (
        "a ladder that begins alone",
        {"rungs": [{"ordinal": 1, "what": "Walk past the hall", "together": False}]},
        "rungs",
        "6.3",
    ),
]


@pytest.mark.parametrize(
    ("changes", "field", "rule"), [row[1:] for row in CHANGED], ids=[row[0] for row in CHANGED]
)
async def test_no_change_makes_it_what_could_not_start(
    ward: Ward, changes: dict[str, Any], field: str, rule: str
) -> None:
    await ward.start()
    one = await ward.programme()

    path = f"programmes/{one['programme_id']}/changes"
    answer = await ward.femi.post(path, changes, version=one["version"])

    assert answer.status == 422
    assert answer.json["errors"][0]["pointer"].removeprefix("/body/") == field
    assert rule in answer.json["detail"]
    assert (await ward.programme())["version"] == one["version"]


async def test_a_step_done_together_may_be_done_alone(ward: Ward) -> None:
    await ward.start()
    await ward.travel(NOW + timedelta(days=7))
    await ward.contact(6, together=True, step=1)
    one = await ward.programme()

    answer = await ward.femi.post(
        f"programmes/{one['programme_id']}/changes",
        {"rungs": [{"ordinal": 1, "what": "Walk past the hall", "together": False}]},
        version=one["version"],
    )

    assert answer.status == 200, answer.json
    assert not answer.json["programmes"][0]["rungs"][0]["together"]


async def test_cbt_closed_early_says_that_sessions_are_missing(ward: Ward) -> None:
    await ward.start(kind="cbt", rungs=[])
    one = await ward.programme()
    before = one["delivered"]["warnings"]

    closed = await ward.femi.post(
        f"programmes/{one['programme_id']}/closing", {"reason": "person-decided"}, version=1
    )

    assert closed.status == 200, closed.json
    (after,) = closed.json["programmes"]
    assert after["status"] == "closed", "R-25, 5.5: it is bounded; no supervisor is asked"
    assert "below-dose" not in before
    assert "below-dose" in after["delivered"]["warnings"]


async def test_a_facilitator_who_left_is_refused(ward: Ward) -> None:
    await disable(ward, FACILITATOR)

    answer = await ward.start()

    assert (answer.status, answer.json["code"]) == (422, "facilitator-not-here")


async def test_a_guard_is_answered_by_a_signed_coded_reason(ward: Ward) -> None:
    plan = PLAN | {"form": "group", "reasons": {"group-only": "prefers-group"}}
    checked = (await ward.femi.post(f"patients/{PATIENT}/programmes/check", plan)).json

    unsigned = await ward.start(**plan)
    forged = await ward.start(**plan, signature=signed(LEAD, checked["hash"], checked["meaning"]))
    other = await ward.start(**plan, signature=signed(FACILITATOR, "0" * 64, checked["meaning"]))
    answer = await ward.start(
        **plan, signature=signed(FACILITATOR, checked["hash"], checked["meaning"])
    )

    assert [guard["rule"] for guard in checked["guards"]] == ["R-32"]
    for refused in (unsigned, forged, other):
        assert (refused.status, refused.json["code"]) == (422, "signature-mismatch")
    assert answer.status == 200
    (override,) = answer.json["programmes"][0]["overrides"]
    assert (override["guard"], override["by"]) == ("group-only", str(FACILITATOR))


async def test_encouragement_alone_never_counts(ward: Ward) -> None:
    plan = PLAN | {
        "company": "encouragement-only",
        "reasons": {"encouragement-only": "person-declines-company"},
    }
    checked = (await ward.femi.post(f"patients/{PATIENT}/programmes/check", plan)).json
    answer = await ward.start(
        **plan, signature=signed(FACILITATOR, checked["hash"], checked["meaning"])
    )

    assert answer.json["programmes"][0]["counts"] is False


BAD_CONTACTS = [
    ("no length", {"minutes": 0}, "minutes-out-of-range"),
    ("ten hours", {"minutes": 600}, "minutes-out-of-range"),
    ("tomorrow", {"at": (NOW + timedelta(days=1)).isoformat()}, "contact-in-the-future"),
    ("before the start", {"at": (NOW - timedelta(days=2)).isoformat()}, "before-the-start"),
    ("a letter as a meeting", {"mode": "letter"}, "written-is-no-meeting"),
    (
        "a letter as a talk",
        {"mode": "letter", "purpose": "outreach", "programme_id": None},
        "written-is-no-talk",
    ),
    ("an unknown way", {"mode": "pigeon"}, "mode-unknown"),
    ("by telephone, without a reason", {"mode": "telephone"}, "mode-needs-reason"),
    ("a step the ladder has not", {"step": 9}, "rung-unknown"),
    ("another's programme", {"programme_id": str(PATIENT)}, "programme-unknown"),
    ("a rating of 11", {"anxiety_before": 11}, "rating-out-of-range"),
    ("minutes of a miss", {"outcome": "missed"}, "minutes-without-contact"),
    ("the next one before this one", {"next_on": "2026-05-01"}, "next-before-this"),
    (
        "a carer without consent",
        {"purpose": "carer", "carer_id": str(NEIGHBOUR), "carer_support": ["education"]},
        "carer-without-consent",
    ),
    (
        "a call agreed with a carer without consent",
        {"purpose": "carer", "carer_id": str(NEIGHBOUR), "next_on": "2027-05-01"},
        "carer-without-consent",
    ),
    (
        "a carer nobody named",
        {"purpose": "carer", "carer_id": str(NURSE), "carer_support": []},
        "carer-unknown",
    ),
]


@pytest.mark.parametrize(
    ("changes", "code"), [row[1:] for row in BAD_CONTACTS], ids=[row[0] for row in BAD_CONTACTS]
)
async def test_a_contact_that_cannot_be_is_refused(
    ward: Ward, changes: dict[str, Any], code: str
) -> None:
    await ward.start()

    answer = await ward.contact(**changes)

    assert (answer.status, answer.json["code"]) == (422, code), answer.json
    assert answer.json["errors"][0]["pointer"].startswith("/body/")
    assert (await ward.programme())["meetings"] == 0


async def _contact(ward: Ward, **changes: Any) -> Answer:
    await ward.start()
    return await ward.contact(**changes)


async def _start_with_who_left(ward: Ward) -> Answer:
    await disable(ward, FACILITATOR)
    return await ward.start()


async def _hand_to_who_left(ward: Ward) -> Answer:
    await ward.start()
    await disable(ward, DEPUTY)
    who = {"facilitator_id": str(DEPUTY), "deputy_id": str(FACILITATOR)}
    one = await ward.programme()
    path = f"programmes/{one['programme_id']}/facilitator"
    return await ward.femi.post(path, who, version=one["version"])


async def _close_at_week_6(ward: Ward, **changes: Any) -> Answer:
    await ward.start()
    await ward.travel(NOW + timedelta(weeks=6))
    path = f"programmes/{(await ward.programme())['programme_id']}/closing"
    return await ward.femi.post(path, {"reason": "person-decided"} | changes, version=1)


async def _import(ward: Ward, text: str) -> Answer:
    return await ward.femi.post("activities/import", {"format": "csv", "text": text})


Act = Callable[[Ward], Awaitable[Answer]]
_TOLD: dict[str, Any] = {"purpose": "carer", "carer_id": str(NEIGHBOUR)}
_TOMORROW = (NOW + timedelta(days=1)).isoformat()
BAD_INPUT: list[tuple[str, Act, str, str]] = [
    ("no facilitator", lambda w: w.start(facilitator_id=None), "facilitator_id", "R-11"),
    ("a facilitator who left starts", _start_with_who_left, "facilitator_id", "R-11"),
    ("a facilitator who left takes over", _hand_to_who_left, "facilitator_id", "R-11"),
    ("0 minutes", lambda w: _contact(w, minutes=0), "minutes", "PD-01"),
    ("241 minutes", lambda w: _contact(w, minutes=241), "minutes", "PD-01"),
    ("600 minutes", lambda w: _contact(w, minutes=600), "minutes", "PD-01"),
    ("tomorrow", lambda w: _contact(w, at=_TOMORROW), "at", "PD-02"),
    ("closing at week 6, unsigned", _close_at_week_6, "signature", "R-31"),
    ("closing, no reason", lambda w: _close_at_week_6(w, reason="because"), "reason", "R-25"),
    ("group only", lambda w: w.start(form="group"), "reasons.group-only", "R-32"),
    (
        "a carer without consent is told something",
        lambda w: _contact(w, **_TOLD, carer_support=["education"]),
        "carer_support",
        "R-39",
    ),
    (
        "a carer without consent is promised a call",
        lambda w: _contact(w, **_TOLD, next_on="2027-05-01"),
        "next_on",
        "R-39",
    ),
    ("a directory without its heading", lambda w: _import(w, "a,b\n1,2"), "text", "PD-03"),
]
"""What must not get in, the field that is named, and the rule: of the evidence pack, or ours."""


@pytest.mark.parametrize(
    ("act", "field", "rule"), [row[1:] for row in BAD_INPUT], ids=[row[0] for row in BAD_INPUT]
)
async def test_bad_input_is_refused_with_its_field_and_the_id_of_its_rule(
    ward: Ward, act: Act, field: str, rule: str
) -> None:
    answer = await act(ward)

    assert answer.status == 422, answer.json
    assert f"({rule})" in answer.json["detail"]
    assert answer.json["errors"][0]["pointer"].removeprefix("/body/") == field


@pytest.mark.parametrize("minutes", [1, 240])
async def test_the_shortest_and_the_longest_contact_are_taken(ward: Ward, minutes: int) -> None:
    assert (await _contact(ward, minutes=minutes)).status == 200


async def test_a_contact_of_this_moment_is_taken(ward: Ward) -> None:
    assert (await _contact(ward, at=NOW.isoformat())).status == 200


async def test_a_meeting_is_counted_and_the_next_one_is_owed(ward: Ward) -> None:
    await ward.start()
    await ward.travel(NOW + timedelta(days=7, hours=2))

    answer = await ward.contact(7, step=1, anxiety_before=7, anxiety_after=4, together=True)

    assert answer.status == 200, answer.json
    one = answer.json["programmes"][0]
    assert (one["meetings"], one["minutes"], one["modes"]) == (1, 50, {"face-to-face": 1})
    assert one["next_contact_on"] == (NOW + timedelta(days=14)).date().isoformat()
    assert one["rungs"][0]["times"] == 1
    assert (one["rungs"][0]["anxiety_before"], one["rungs"][0]["anxiety_after"]) == (7, 4)
    assert one["doses"][0]["minutes"] == 50
    assert "programme-contact" not in await ward.owed()
    assert (await ward.told()).count("care.engagement.contact.recorded.v1") == 1


async def test_a_miss_with_an_open_flag_is_acted_on_at_once(ward: Ward) -> None:
    await ward.start()
    await ward.travel(NOW + timedelta(days=40))
    async with ward.db.transaction(actor="service:engagement") as tx:
        flag = a_flag(raised_at=tx.now, due_at=tx.now + timedelta(hours=4), changed_at=tx.now)
        await apply_flag_state(SqlWork(tx, CONTENT), flag=flag, rules=CONTENT, now=tx.now)

    answer = await ward.contact(40, outcome="missed", minutes=0)

    assert answer.json["run"]["urgent_because"] == ["open-flag"]
    await ward.travel(NOW + timedelta(days=40, minutes=5))
    assert "missed-contact-urgent" in await ward.owed()
    assert "care.engagement.contact.missed.v1" in await ward.told()


async def test_nobody_is_lost_by_silence(ward: Ward) -> None:
    await ward.start()
    await ward.travel(NOW + timedelta(days=40, hours=1))
    await ward.contact(40, outcome="missed", minutes=0)
    await ward.travel(NOW + timedelta(days=90))

    body = (await ward.femi.get(f"patients/{PATIENT}/support")).json

    assert body["programmes"][0]["status"] == "active"
    assert "attempt-1" in body["run"]["left"]
    assert {"missed-contact", "missed-letter", "missed-prescriber"} <= await ward.owed()

    await ward.contact(89, purpose="outreach", mode="telephone", outcome="took-place", minutes=5)
    assert (await ward.femi.get(f"patients/{PATIENT}/support")).json["run"] is None
    assert not {"missed-contact", "missed-letter", "missed-prescriber"} & await ward.owed()


async def test_two_missed_in_a_row_bring_words_for_the_call(ward: Ward) -> None:
    await ward.start()
    await ward.travel(NOW + timedelta(days=40, hours=1))
    once = (await ward.contact(33, outcome="missed", minutes=0)).json["run"]
    twice = (await ward.contact(40, outcome="missed", minutes=0)).json["run"]

    assert (once["misses"], once["script"]) == (1, [])
    assert twice["misses"] == 2
    assert all(line["when"] and line["say"] for line in twice["script"])
    assert (twice["script_source"] != "", twice["script_grade"]) == (True, "PD")


async def test_a_carer_is_called_every_week_while_the_person_agrees(ward: Ward) -> None:
    form = (await ward.femi.get("support-form")).json
    next_on = (NOW + timedelta(days=form["carer_call_every_days"])).date()
    told = await ward.contact(
        purpose="carer",
        mode="telephone",
        carer_id=str(SISTER),
        carer_support=["education", "practical", "emotional"],
        next_on=next_on.isoformat(),
    )
    sister, neighbour = told.json["carers"]

    assert sister["next_call_on"] == next_on.isoformat()
    kinds = {one["code"]: one["gives"] for one in form["carer_guidance"]}
    assert {kinds[code] for code in sister["guidance"]} == {"education", "practical", "emotional"}
    assert (neighbour["guidance"], neighbour["next_call_on"]) == ([], None)
    assert "carer-call" not in await ward.owed()
    assert "carer-call" in await ward.owed_after(timedelta(days=7, hours=3))

    await ward.agree_to_nobody()
    assert "carer-call" not in await ward.owed()


async def test_the_form_says_which_ways_are_written(ward: Ward) -> None:
    form = (await ward.femi.get("support-form")).json

    assert {one["code"] for one in form["modes"] if one["written"]} == {"letter", "text", "email"}


async def test_closing_at_week_6_needs_a_reason_a_signature_and_a_supervisor(ward: Ward) -> None:
    await ward.start()
    await ward.travel(NOW + timedelta(weeks=6))
    one = await ward.programme()
    path = f"programmes/{one['programme_id']}"
    signing = dict(one["closing_signing"])["person-decided"]

    without_reason = await ward.femi.post(f"{path}/closing", {"reason": "because"}, version=1)
    unsigned = await ward.femi.post(f"{path}/closing", {"reason": "person-decided"}, version=1)
    asked = await ward.femi.post(
        f"{path}/closing",
        {
            "reason": "person-decided",
            "signature": signed(FACILITATOR, signing["hash"], signing["meaning"]),
        },
        version=1,
    )

    assert one["closing_guarded"] is True
    assert (without_reason.status, without_reason.json["code"]) == (422, "reason-missing")
    assert (unsigned.status, unsigned.json["code"]) == (422, "signature-mismatch")
    assert asked.json["programmes"][0]["status"] == "closing-requested"
    assert "confirm-closing" in await ward.owed_after(timedelta(weeks=6, minutes=1))
    itself = await ward.femi.post(f"{path}/closing-decision", {"confirmed": True}, version=2)
    assert itself.status == 403, "a facilitator is no supervisor"

    seen = (await ward.lena.get(f"patients/{PATIENT}/support")).json["programmes"][0]
    assert "decide-closing" in seen["actions"]
    done = await ward.lena.post(
        f"{path}/closing-decision",
        {
            "confirmed": True,
            "signature": signed(
                LEAD, seen["confirm_signing"]["hash"], seen["confirm_signing"]["meaning"]
            ),
        },
        version=2,
    )

    assert done.json["programmes"][0]["status"] == "closed"
    assert done.json["programmes"][0]["closing"]["confirmed_by"] == str(LEAD)
    assert "programme-contact" not in await ward.owed()
    assert "care.engagement.programme.closed.v1" in await ward.told()


async def test_closing_after_the_weekly_phase_needs_a_reason_alone(ward: Ward) -> None:
    await ward.start()
    await ward.travel(NOW + timedelta(days=85))
    one = await ward.programme()

    done = await ward.femi.post(
        f"programmes/{one['programme_id']}/closing", {"reason": "completed-brief"}, version=1
    )

    assert done.json["programmes"][0]["status"] == "closed"
    assert done.json["programmes"][0]["closing"]["warns"] == "R-31"


async def test_a_relapse_plan_is_owed_after_an_early_end_until_it_is_written(ward: Ward) -> None:
    await ward.start()
    await ward.travel(NOW + timedelta(days=85))
    one = await ward.programme()
    before = await ward.owed()

    closed = await ward.femi.post(
        f"programmes/{one['programme_id']}/closing", {"reason": "person-decided"}, version=1
    )
    after = await ward.owed_after(timedelta(days=86))
    page = await ward.femi.get("worklist", scope="mine")
    words = {"warning_signs": "No sleep", "what_helps": "Walks", "whom_to_call": "Sister"}
    await ward.femi.put(f"patients/{PATIENT}/relapse-plan", words | {"agreed": True}, version=0)

    assert closed.json["programmes"][0]["status"] == "closed", "it waits for no plan"
    assert "relapse-plan" not in before
    assert "relapse-plan" in after
    (mine,) = [row for row in page.json["items"] if row["key"]["kind"] == "relapse-plan"]
    assert (mine["owner_id"], mine["action"]) == (str(FACILITATOR), "write-relapse-plan")
    assert "relapse-plan" not in await ward.owed()


async def test_a_facilitator_who_leaves_opens_a_gap_that_escalates(ward: Ward) -> None:
    await ward.start()
    await ward.travel(NOW + timedelta(days=1))
    await disable(ward, FACILITATOR)

    one = (await ward.lena.get(f"patients/{PATIENT}/support")).json["programmes"][0]
    assert one["facilitator_id"] is None
    assert one["gap_since"] == (NOW + timedelta(days=1)).date().isoformat()
    assert "care.engagement.programme.facilitation-gap.v1" in await ward.told()
    await ward.travel(NOW + timedelta(days=7))
    assert "facilitator-gap" not in await ward.owed()
    await ward.travel(NOW + timedelta(days=8))
    assert "facilitator-gap" in await ward.owed()
    assert "facilitator-gap-long" not in await ward.owed()
    await ward.travel(NOW + timedelta(days=15))
    assert "facilitator-gap-long" in await ward.owed()

    named = await ward.lena.post(
        f"programmes/{one['programme_id']}/facilitator",
        {"facilitator_id": str(DEPUTY), "deputy_id": str(NURSE)},
        version=one["version"],
    )

    assert named.json["programmes"][0]["gap_since"] is None
    assert not {"facilitator-gap", "facilitator-gap-long"} & await ward.owed()


async def test_a_facilitator_who_changes_team_opens_a_gap_and_closes_it_on_return(
    ward: Ward,
) -> None:
    await ward.start()
    await ward.travel(NOW + timedelta(days=1))
    await move(ward, FACILITATOR, "hill")
    await move(ward, DEPUTY, "hill")

    one = (await ward.lena.get(f"patients/{PATIENT}/support")).json["programmes"][0]
    since = (NOW + timedelta(days=1)).date().isoformat()
    assert (one["gap_since"], one["deputy_gap_since"]) == (since, since)
    assert "care.engagement.programme.facilitation-gap.v1" in await ward.told()
    warnings = (await ward.lena.get("support-caseload")).json["items"][0]["warnings"]
    assert {"facilitator-gap", "no-deputy"} <= set(warnings)
    gaps = {"facilitator-gap", "facilitator-gap-long", "deputy-gap"}
    for days, told in (
        (7, set()),
        (8, {"facilitator-gap", "deputy-gap"}),
        (14, {"facilitator-gap", "deputy-gap"}),
        (15, gaps),
    ):
        assert await ward.owed_after(timedelta(days=days)) & gaps == told, days

    await move(ward, DEPUTY, "harbour")
    assert await ward.owed() & gaps == {"facilitator-gap", "facilitator-gap-long"}
    await move(ward, FACILITATOR, "harbour")
    assert not await ward.owed() & gaps
    assert (await ward.programme())["facilitator_id"] == str(FACILITATOR)


async def test_a_life_event_opens_a_contact_and_speaking_settles_it(ward: Ward) -> None:
    told = await ward.femi.post(
        f"patients/{PATIENT}/life-events", {"kind": "move", "happened_on": "2026-06-01"}
    )
    (event,) = told.json["life_events"]
    assert (event["contact_by"], event["no_new_step_before"]) == ("2026-06-08", "2026-06-16")
    assert event["no_new_step_from"] == "2026-05-18"
    await ward.travel(NOW + timedelta(hours=1))
    assert "life-event-contact" in await ward.owed()

    await ward.contact(0, purpose="life-event", life_event_id=event["life_event_id"])

    assert "life-event-contact" not in await ward.owed()
    assert "care.engagement.life-event.followed-up.v1" in await ward.told()


@pytest.mark.parametrize("purpose", ["outreach", "life-event"])
@pytest.mark.parametrize(
    ("field", "code"),
    [
        ("life_event_id", "life-event-unknown"),
        ("carer_id", "carer-unknown"),
        ("programme_id", "programme-unknown"),
    ],
)
async def test_what_a_contact_cites_is_the_same_persons(
    ward: Ward, purpose: str, field: str, code: str
) -> None:
    answer = await ward.contact(purpose=purpose, **{field: str(clock.new_id())})

    assert (answer.status, answer.json["code"]) == (422, code)
    assert answer.json["errors"][0]["pointer"] == f"/body/{field}"


async def test_an_event_of_no_known_kind_is_refused(ward: Ward) -> None:
    answer = await ward.femi.post(
        f"patients/{PATIENT}/life-events", {"kind": "weather", "happened_on": "2026-06-01"}
    )

    assert (answer.status, answer.json["code"]) == (422, "life-event-unknown")


async def test_the_relapse_plan_is_written_once_at_a_time(ward: Ward) -> None:
    words = {"warning_signs": "No sleep", "what_helps": "Walks", "whom_to_call": "Sister"}
    path = f"patients/{PATIENT}/relapse-plan"

    empty = await ward.femi.put(path, words | {"what_helps": " ", "agreed": True}, version=0)
    written = await ward.femi.put(path, words | {"agreed": True}, version=0)
    stale = await ward.femi.put(path, words | {"agreed": True}, version=0)

    assert (empty.status, empty.json["code"]) == (422, "part-missing")
    assert written.json["relapse_plan"]["version"] == 1
    assert written.json["relapse_plan"]["holds"] is True
    assert stale.status == 412
    assert "care.engagement.relapse-plan.written.v1" in await ward.told()


async def test_a_relapse_plan_nobody_agreed_to_does_not_hold(ward: Ward) -> None:
    words = {"warning_signs": "No sleep", "what_helps": "Walks", "whom_to_call": "Sister"}

    written = await ward.femi.put(
        f"patients/{PATIENT}/relapse-plan", words | {"agreed": False}, version=0
    )

    assert written.json["relapse_plan"]["holds"] is False


async def test_what_others_could_see_is_shown_before_anything_is_kept(ward: Ward) -> None:
    path = f"patients/{PATIENT}/message-preview"
    wish = {"stigma_concern": True, "privacy": ["neutral-wording"], "subject": "Your Tuesday"}

    seen = await ward.femi.post(path, wish)
    telling = await ward.femi.post(path, wish | {"sender": "Depression clinic"})
    without = await ward.femi.post(path, {"stigma_concern": True})

    assert seen.json == {
        "sender": "Appointments",
        "address": "",
        "subject": "Your Tuesday",
        "screen": "Appointments: Your Tuesday",
        "envelope": "No sender on the envelope",
        "text": "Please expect a call today.\n",
        "neutral": True,
    }
    assert (telling.status, telling.json["code"]) == (422, "wording-not-neutral")
    assert (without.status, without.json["code"]) == (422, "privacy-missing")
    kept = (await ward.femi.get(f"patients/{PATIENT}/support")).json["profile"]
    assert (kept["version"], kept["subject"]) == (0, "")


async def test_a_profile_is_adapted_to_and_previewed(ward: Ward) -> None:
    saved = await ward.femi.put(
        f"patients/{PATIENT}/support-profile",
        {
            "interests": ["singing"],
            "stigma_concern": True,
            "privacy": ["neutral-wording"],
            "adaptations": [{"barrier": "transport", "answer": "Bus pass"}],
        },
        version=0,
    )
    telling = await ward.femi.put(
        f"patients/{PATIENT}/support-profile",
        {"stigma_concern": True, "privacy": ["neutral-wording"], "sender": "Depression clinic"},
        version=1,
    )

    assert saved.json["profile"]["preview"]["screen"] == "Appointments: A reminder for you"
    assert (telling.status, telling.json["code"]) == (422, "wording-not-neutral")


CSV = """id,name,organization,interests,cost,distance_km,access
a1,Harbour choir,Town,singing;music,0,1.2,step-free
,No id,Town,,,,
a2,Chess club,Town,games,free,2,
a3,Walking group,Town,walking,0,3,step-free
a1,Harbour choir again,Town,,,,
"""


async def test_a_directory_keeps_the_good_rows_and_names_the_others(ward: Ward) -> None:
    report = await ward.femi.post("activities/import", {"format": "csv", "text": CSV})

    assert report.json["taken"] == 2
    assert [(bad["row"], bad["field"]) for bad in report.json["refused"]] == [
        (2, "id"),
        (3, "cost"),
        (5, "id"),
    ]
    assert {bad["rule"] for bad in report.json["refused"]} == {"PD-03"}
    await ward.femi.put(
        f"patients/{PATIENT}/support-profile",
        {"interests": ["Walking"], "within_km": 5, "access_needs": ["step-free"]},
        version=0,
    )
    matches = (await ward.femi.get(f"patients/{PATIENT}/activities")).json["items"]
    assert [match["activity"]["name"] for match in matches] == ["Walking group", "Harbour choir"]
    assert matches[0]["fits"] == ["interest", "step-free", "distance"]
    assert matches[1]["against"] == ["interest"]


@pytest.mark.parametrize(
    ("find", "names"),
    [("CHOIR harb", ["Harbour choir"]), ("walking", ["Walking group"]), ("chess", [])],
)
async def test_an_activity_is_found_by_words_of_its_name(
    ward: Ward, find: str, names: list[str]
) -> None:
    await ward.femi.post("activities/import", {"format": "csv", "text": CSV})

    found = (await ward.femi.get(f"patients/{PATIENT}/activities", find=find)).json

    assert [one["activity"]["name"] for one in found["items"]] == names
    assert found["total"] == len(names)


async def test_a_file_that_is_no_directory_is_refused(ward: Ward) -> None:
    for text in ("{}", "nonsense", '{"services": 3}'):
        answer = await ward.femi.post("activities/import", {"format": "json", "text": text})
        assert (answer.status, answer.json["code"]) == (422, "directory-unreadable")


async def test_hsds_json_is_read(ward: Ward) -> None:
    text = (
        '{"contents": [{"id": "s1", "name": "Garden", "organization": {"name": "Allotments"},'
        ' "attributes": [{"taxonomy_term": {"name": "Gardening"}}],'
        ' "cost_options": [{"amount": 2.5}], "schedules": [{"description": "Saturdays"}]}, 7]}'
    )

    report = await ward.femi.post("activities/import", {"format": "json", "text": text})

    assert (report.json["taken"], report.json["refused"][0]["row"]) == (1, 2)
    (match,) = (await ward.femi.get(f"patients/{PATIENT}/activities")).json["items"]
    assert match["activity"]["interests"] == ["gardening"]
    assert match["activity"]["cost"] == "2.5"
    assert match["activity"]["currency"] == "GBP", "the clinic's own, where the file names none"


CURRENCIES = [
    ('"currency": "EUR"', "EUR"),
    ('"currency": "eur"', "EUR"),
    ('"currency": ""', "GBP"),
    ('"currency": "Euro"', None),
    ('"currency": 978', None),
    ('"currency": ["EUR"]', None),
]


@pytest.mark.parametrize(("said", "expected"), CURRENCIES)
async def test_a_price_keeps_the_currency_of_its_file(
    ward: Ward, said: str, expected: str | None
) -> None:
    option = f'[{{"amount": 12, {said}}}]'
    text = f'[{{"id": "s1", "name": "Garden", "cost_options": {option}}}]'

    report = await ward.femi.post("activities/import", {"format": "json", "text": text})
    found = (await ward.femi.get(f"patients/{PATIENT}/activities")).json["items"]

    refused = [bad["field"] for bad in report.json["refused"]]
    assert refused == ([] if expected else ["currency"])
    assert [one["activity"]["currency"] for one in found] == ([expected] if expected else [])


async def test_the_caseload_names_what_is_pressing(ward: Ward) -> None:
    await ward.start()
    await ward.travel(NOW + timedelta(days=9))

    (row,) = (await ward.femi.get("support-caseload")).json["items"]

    assert (row["month"], row["months"]) == (1, 12)
    assert (row["meetings"], row["expected"], row["late"]) == (0, 1, True)
    assert row["why"] == "overdue-contact"
    assert row["patient_name"] == f"{GIVEN} {FAMILY}"


async def test_the_caseload_comes_in_pages_in_an_order_and_in_parts(ward: Ward) -> None:
    await ward.start()
    await ward.start(kind="cbt", deputy_id=str(FACILITATOR), facilitator_id=str(DEPUTY))
    await ward.travel(NOW + timedelta(days=9))

    first = (await ward.femi.get("support-caseload", sort="name", limit="1")).json
    second = (
        await ward.femi.get("support-caseload", sort="name", limit="1", cursor=first["next"])
    ).json
    whole = (await ward.femi.get("support-caseload", sort="-name")).json

    kinds = [page["items"][0]["programme_id"] for page in (first, second)]
    assert len(set(kinds)) == 2
    assert second["next"] is None
    assert [row["programme_id"] for row in whole["items"]] == kinds[::-1]
    assert (whole["mine"], whole["team"]) == (2, 2)


@pytest.mark.parametrize(("why", "found"), [("overdue-contact", 1), ("steady", 0)])
async def test_the_caseload_can_be_narrowed_to_a_reason(ward: Ward, why: str, found: int) -> None:
    await ward.start()
    await ward.travel(NOW + timedelta(days=9))

    answer = await ward.femi.get("support-caseload", why=why)

    assert len(answer.json["items"]) == found
    assert answer.json["team"] == 1


async def test_what_a_colleague_looks_after_is_theirs_alone(ward: Ward) -> None:
    await ward.start()

    of_lena = (await ward.lena.get("support-caseload", scope="mine")).json
    of_team = (await ward.lena.get("support-caseload")).json

    assert (of_lena["items"], of_lena["mine"], of_lena["team"]) == ([], 0, 1)
    assert len(of_team["items"]) == 1


async def test_an_order_that_there_is_not_is_refused(ward: Ward) -> None:
    assert (await ward.femi.get("support-caseload", sort="fate")).status == 422
    assert (await ward.femi.get("support-caseload", cursor="what")).status == 422


async def test_a_stranger_finds_nothing(ward: Ward) -> None:
    await ward.start()
    one = await ward.programme()
    stranger = ward.site.caller(STRANGER, Role.NURSE, teams=("hill",))

    assert (await stranger.get(f"patients/{PATIENT}/support")).status == 404
    assert (await stranger.get("support-caseload")).json["items"] == []
    answer = await stranger.post(
        f"programmes/{one['programme_id']}/reviews",
        {"serves_goal": True, "mode_still_right": True},
        version=1,
    )
    assert answer.status == 404


async def move(ward: Ward, staff_id: Any, team: str) -> None:
    """The facilitator works in this team from now on."""
    async with ward.db.transaction(actor="service:engagement") as tx:
        colleague = Colleague(
            staff_id=staff_id, role="facilitator", teams=frozenset({team}), active=True
        )
        await apply_staff_state(
            SqlWork(tx, CONTENT), colleague=colleague, rules=CONTENT, now=tx.now
        )


async def disable(ward: Ward, staff_id: Any) -> None:
    """The colleague's account is closed."""
    async with ward.db.transaction(actor="service:engagement") as tx:
        colleague = Colleague(
            staff_id=staff_id, role="facilitator", teams=frozenset({"harbour"}), active=False
        )
        await apply_staff_state(
            SqlWork(tx, CONTENT), colleague=colleague, rules=CONTENT, now=tx.now
        )
