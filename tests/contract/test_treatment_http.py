"""Treatment's routes on both databases: the life of a course, and everything refused."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import select

from services.treatment.adapters.db import SqlWork
from services.treatment.domain.owed import owed_by
from shared.api.identity import Role
from shared.events import decode
from shared.events.treatment import TaperCheckInRecorded
from shared.runtime import tables
from tests.support.databases import Databases
from tests.support.treatment import BOOK, NURSE, PATIENT, PRESCRIBER, Clinic, clinic_on


@pytest.fixture
async def clinic(databases: Databases) -> AsyncIterator[Clinic]:
    async with clinic_on(databases) as open_clinic:
        yield open_clinic


async def test_a_course_from_proposal_to_close(clinic):
    course = await clinic.remit(await clinic.start_course())
    remission = date.fromisoformat(course["clock"]["remission_on"])
    assert course["phase"] == "continuation"
    assert course["clock"]["minimum_end_on"] == remission.replace(month=9).isoformat()

    await clinic.on(course["clock"]["minimum_end_on"])
    await clinic.score(2)
    draft = await clinic.draft_taper(course)
    signed = await clinic.sign_taper(draft.json)
    assert signed.json["status"] == "signed"
    doses = [step["dose_mg"] for step in draft.json["steps"]]
    assert doses == ["25", "13", "0"]

    for dose in doses:
        taken = await clinic.take_next_step(course["course_id"])
        assert taken["dose_mg"] == dose
        if dose != "0":
            gate_on = taken["taper"]["steps"][-1]["check_in_gate_on"]
            await clinic.on(gate_on)
            opened = await clinic.check_in(taken, "gate")
            assert opened.json["proposal"]["action"] == "next-step"

    assert taken["phase"] == "stopped-watch"
    looks = taken["taper"]["surveillance"]
    assert len(looks) == 7
    for look in looks:
        await clinic.on(look["due_on"])
        seen = await clinic.check_in(taken, "surveillance", ordinal=look["ordinal"])
        assert seen.status == 200, seen.json
    watched = await clinic.course(course["course_id"])
    assert "close" in watched["actions"]
    closed = await clinic.prescriber.post(
        f"courses/{course['course_id']}/close",
        {"reason": "well six months on"},
        version=watched["version"],
    )
    assert closed.json["phase"] == "closed"
    assert closed.json["dose_mg"] == "0"


# Who may see whom


async def test_an_unknown_person_may_be_on_the_way_for_a_moment(databases):
    async with clinic_on(databases, patience_s=60.0) as waiting:
        answer = await waiting.propose()

    assert answer.status == 409
    assert answer.json["code"] == "patient-not-yet-known"
    assert answer.headers["Retry-After"] == "1"


async def test_an_id_nobody_heard_of_does_not_exist(clinic):
    answer = await clinic.propose()

    assert (answer.status, answer.json["code"]) == (404, "not-found")


@pytest.mark.parametrize(
    "path",
    [
        "patients/{patient}/courses",
        "patients/{patient}/health-profile",
        "patients/{patient}/timeline",
        "patients/{patient}/drug-options?indication=depression",
        "courses/{course}",
        "courses/{course}/taper-plans",
    ],
)
async def test_outside_the_relation_nothing_exists(clinic, path):
    course = await clinic.start_course()

    answer = await clinic.stranger.get(path.format(patient=PATIENT, course=course["course_id"]))

    assert answer.status == 404


@pytest.mark.parametrize("role", [Role.OPERATIONS, Role.AUDITOR, Role.FACILITATOR, Role.SERVICE])
async def test_other_roles_see_no_course(clinic, role):
    course = await clinic.start_course()
    caller = clinic.site.caller(PRESCRIBER, role)

    assert (await caller.get(f"courses/{course['course_id']}")).status == 403


async def test_a_nurse_does_not_confirm(clinic):
    await clinic.enrol()
    await clinic.ask_profile()
    proposed = (await clinic.propose()).json

    answer = await clinic.nurse.post(
        f"courses/{proposed['course_id']}/confirm",
        {"signature": clinic.signature(proposed["signing"])},
        version=proposed["version"],
    )

    assert answer.status == 403
    assert (
        "confirm"
        not in (await clinic.nurse.get(f"courses/{proposed['course_id']}")).json["actions"]
    )


# Proposing


async def enrolled(clinic: Clinic) -> None:
    await clinic.enrol()
    await clinic.ask_profile()


@pytest.fixture(scope="module")
async def asked(sqlite_databases: Databases) -> AsyncIterator[Clinic]:
    """One clinic for all that is refused, since nothing of it may be stored."""
    async with clinic_on(sqlite_databases) as open_clinic:
        await enrolled(open_clinic)
        yield open_clinic


BAD_PROPOSALS = [
    ("zero", {"start_dose_mg": "0"}, "invalid"),
    ("negative", {"start_dose_mg": "-5"}, "invalid"),
    ("not a number", {"start_dose_mg": "NaN"}, "invalid"),
    ("infinite", {"start_dose_mg": "Infinity"}, "invalid"),
    ("1e308", {"start_dose_mg": "1e308"}, "invalid"),
    ("with a unit", {"start_dose_mg": "10 mg"}, "invalid"),
    ("a decimal comma", {"start_dose_mg": "1,5"}, "invalid"),
    ("too many decimals", {"start_dose_mg": "0.0000001"}, "invalid"),
    ("null", {"start_dose_mg": None}, "invalid"),
    ("a list", {"start_dose_mg": []}, "invalid"),
    ("more decimals than the shelf makes", {"start_dose_mg": "50.5"}, "bad-dose"),
    ("over the ceiling", {"start_dose_mg": "250"}, "blocked-by-rule"),
    ("a target below the start", {"target_dose_mg": "25"}, "bad-dose"),
    ("a drug nobody knows", {"drug": "placebo"}, "F-01"),
    ("a drug that is not sold here", {"drug": "desvenlafaxine"}, "blocked-by-rule"),
    ("a form that is not sold", {"formulation": "modified-release"}, "blocked-by-rule"),
    ("an indication without a dose", {"indication": "insomnia"}, "blocked-by-rule"),
    ("an instrument that is no clock", {"primary_instrument": "wsas"}, "blocked-by-rule"),
    ("before enrolment", {"starts_on": "2026-01-01"}, "bad-date"),
    ("too far ahead", {"starts_on": "2026-12-01"}, "bad-date"),
    ("no date", {"starts_on": "2026-02-30"}, "invalid"),
    ("an instant", {"starts_on": "2026-02-03T10:00:00Z"}, "invalid"),
    ("an unknown field", {"confirmed": True}, "invalid"),
]


@pytest.mark.parametrize(
    ("changes", "code"), [row[1:] for row in BAD_PROPOSALS], ids=[row[0] for row in BAD_PROPOSALS]
)
async def test_a_bad_proposal_is_named_and_stores_nothing(asked, changes, code):
    answer = await asked.propose(**changes)

    assert (answer.status, answer.json["code"]) == (422, code), answer.json
    # A safety rule weighs the course as a whole; everything else names its field.
    assert answer.json["errors"] or changes.keys() & {"start_dose_mg", "indication"}
    assert (await asked.prescriber.get(f"patients/{PATIENT}/courses")).json["items"] == []


async def test_nobody_starts_before_being_asked(clinic):
    await clinic.enrol()

    answer = await clinic.propose()

    assert answer.json["code"] == "blocked-by-rule"
    assert answer.json["detail"].startswith("P-00")


@pytest.mark.parametrize(("days", "status"), [(13, 422), (14, 201)])
async def test_the_gap_after_an_inhibitor_to_the_day(sqlite_databases, days, status):
    async with clinic_on(sqlite_databases) as clinic:
        await clinic.enrol()
        last = clinic.today - timedelta(days=days)
        await clinic.ask_profile(
            medicines=[{"medicine": "phenelzine", "last_taken_on": last.isoformat()}]
        )

        assert (await clinic.propose()).status == status


async def test_a_condition_no_rule_knows_is_not_recorded(clinic):
    await clinic.enrol()

    answer = await clinic.ask_profile(conditions=["pregnent"])

    assert (answer.status, answer.json["code"]) == (422, "unknown-condition")
    known = await clinic.nurse.get(f"patients/{PATIENT}/health-profile")
    assert known.json["version"] == 0


# Confirming


async def test_a_warning_needs_its_reason(clinic):
    await clinic.enrol()
    await clinic.ask_profile(medicines=[{"medicine": "aspirin"}])
    proposed = (await clinic.propose()).json
    path = f"courses/{proposed['course_id']}/confirm"

    without = await clinic.prescriber.post(
        path, {"signature": clinic.signature(proposed["signing"])}, version=1
    )

    assert (without.status, without.json["code"]) == (422, "reason-needed")
    assert "I-10" in without.json["detail"]
    assert (await clinic.confirm(proposed)).status == 200


async def test_what_became_known_since_the_proposal_counts_at_confirmation(clinic):
    await enrolled(clinic)
    proposed = (await clinic.propose()).json
    await clinic.ask_profile(medicines=[{"medicine": "linezolid"}])

    answer = await clinic.confirm(proposed)

    assert answer.json["code"] == "blocked-by-rule"
    assert answer.json["detail"].startswith("I-01")


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"hash": "0" * 64}, "another version"),
        ({"meaning": "sign-taper-plan"}, "something else"),
        ({"by": NURSE}, "Somebody else"),
    ],
    ids=["hash", "meaning", "person"],
)
async def test_a_signature_binds_person_meaning_and_version(clinic, wrong, sentence):
    await enrolled(clinic)
    proposed = (await clinic.propose()).json
    claims = proposed["signing"] | {k: v for k, v in wrong.items() if k != "by"}
    signature = clinic.signature(claims, by=wrong.get("by", PRESCRIBER))

    answer = await clinic.prescriber.post(
        f"courses/{proposed['course_id']}/confirm", {"signature": signature}, version=1
    )

    assert (answer.status, answer.json["code"]) == (422, "signature-mismatch")
    assert sentence in answer.json["detail"]
    assert (await clinic.course(proposed["course_id"]))["phase"] == "draft"


async def test_a_token_that_is_no_signature_is_refused(clinic):
    await enrolled(clinic)
    proposed = (await clinic.propose()).json

    answer = await clinic.prescriber.post(
        f"courses/{proposed['course_id']}/confirm",
        {"signature": clinic.prescriber.token},
        version=1,
    )

    assert answer.json["code"] == "signature-mismatch"


async def test_the_version_seen_must_be_named_and_current(clinic):
    course = await clinic.start_course()
    path = f"courses/{course['course_id']}/suspend"
    body = {"reason": "a flag was raised"}

    missing = await clinic.prescriber.post(path, body)
    stale = await clinic.prescriber.post(path, body, version=1)

    assert (missing.status, stale.status) == (428, 412)


async def test_of_two_proposals_one_is_confirmed_and_the_other_says_why(clinic):
    await enrolled(clinic)
    first, second = (await clinic.propose()).json, (await clinic.propose()).json
    assert (await clinic.confirm(first)).status == 200

    answer = await clinic.confirm(second)

    assert answer.status == 422
    assert answer.json["detail"].startswith("I-09")


async def test_two_prescribers_confirming_at_once(clinic):
    await enrolled(clinic)
    proposals = [(await clinic.propose()).json for _ in range(4)]

    answers = await asyncio.gather(*(clinic.confirm(each) for each in proposals))

    statuses = sorted(answer.status for answer in answers)
    assert statuses[0] == 200
    assert all(status in {409, 422} for status in statuses[1:])
    courses = (await clinic.prescriber.get(f"patients/{PATIENT}/courses")).json["items"]
    assert [course["phase"] for course in courses].count("acute") == 1


async def test_the_same_key_confirms_once(clinic):
    await enrolled(clinic)
    body = {
        "patient_id": str(PATIENT),
        "drug": "sertraline",
        "indication": "depression",
        "start_dose_mg": "50",
        "starts_on": clinic.today.isoformat(),
        "primary_instrument": "phq-9",
        "suicide_concern": False,
    }

    once = await clinic.prescriber.post("courses", body, key="key-key-key")
    twice = await clinic.prescriber.post("courses", body, key="key-key-key")

    assert once.json == twice.json
    courses = (await clinic.prescriber.get(f"patients/{PATIENT}/courses")).json["items"]
    assert len(courses) == 1


async def test_a_withdrawn_proposal_is_over(clinic):
    await enrolled(clinic)
    proposed = (await clinic.propose()).json

    answer = await clinic.prescriber.post(
        f"courses/{proposed['course_id']}/withdraw", {"reason": "changed her mind"}, version=1
    )

    assert answer.json["phase"] == "withdrawn"
    assert answer.json["actions"] == []


# The clock


async def test_remission_needs_a_second_reading_or_a_reason(clinic):
    course = await clinic.start_course()
    path = f"courses/{course['course_id']}/remission"
    await clinic.on("2026-03-02")
    await clinic.score(3)

    without = await clinic.prescriber.post(path, {}, version=course["version"])
    named = await clinic.prescriber.post(
        path, {"remission_on": "2026-03-01"}, version=course["version"]
    )
    reasoned = await clinic.prescriber.post(
        path,
        {"remission_on": "2026-03-01", "reason": "clear for weeks by her diary"},
        version=course["version"],
    )

    assert (without.status, named.status) == (422, 422)
    assert named.json["code"] == "reason-needed"
    assert reasoned.json["clock"]["minimum_end_on"] == "2026-09-01"


@pytest.mark.parametrize("day", ["2026-01-04", "2027-01-01"], ids=["before the start", "future"])
async def test_remission_lies_between_start_and_today(sqlite_databases, day):
    async with clinic_on(sqlite_databases) as clinic:
        course = await clinic.start_course()
        await clinic.on("2026-03-02")

        answer = await clinic.prescriber.post(
            f"courses/{course['course_id']}/remission",
            {"remission_on": day, "reason": "by her diary"},
            version=course["version"],
        )

        assert (answer.status, answer.json["code"]) == (422, "bad-date")


async def test_an_incomplete_score_is_no_reading(clinic):
    course = await clinic.start_course()
    await clinic.on("2026-03-02")
    await clinic.score(None)

    response = (await clinic.course(course["course_id"]))["response"]

    assert response["category"] == "unknown"
    assert response["latest_total"] is None


async def test_relapse_criteria_ask_a_prescriber_and_freeze_the_taper(clinic):
    course = await clinic.tapering_course()
    await clinic.relapse_criteria()
    step = course["taper"]["steps"][0]
    await clinic.on(step["change_on"])
    path = f"courses/{course['course_id']}/steps/1"
    await clinic.nurse.post(f"{path}/supply", {"plan_version": 1})

    frozen = await clinic.nurse.post(
        f"{path}/taken", {"plan_version": 1, "taken_on": clinic.today.isoformat()}
    )

    assert (frozen.status, frozen.json["code"]) == (409, "taper-frozen")
    assert "relapse-suspected" in frozen.json["detail"]
    now = await clinic.course(course["course_id"])
    ordinal = next(r["ordinal"] for r in now["reviews"] if r["kind"] == "relapse-suspected")
    await clinic.prescriber.post(f"courses/{course['course_id']}/reviews", {"ordinal": ordinal})
    thawed = await clinic.nurse.post(
        f"{path}/taken", {"plan_version": 1, "taken_on": clinic.today.isoformat()}
    )
    assert thawed.status == 200


# Tapers


async def test_a_preview_keeps_nothing(clinic):
    course = await clinic.remit(await clinic.start_course())

    answer = await clinic.prescriber.post(
        f"courses/{course['course_id']}/taper-previews",
        {"policy": "occupancy-10", "starts_on": clinic.today.isoformat()},
    )

    assert answer.json["verdict"] == "ok"
    assert answer.json["steps"][-1]["dose_mg"] == "0"
    plans = await clinic.prescriber.get(f"courses/{course['course_id']}/taper-plans")
    assert plans.json["items"] == []


async def test_a_taper_before_the_minimum_needs_a_reason(clinic):
    course = await clinic.remit(await clinic.start_course())

    without = await clinic.draft_taper(course)
    reasoned = await clinic.draft_taper(course, early_reason="wants a child, asked twice")

    assert (without.status, without.json["code"]) == (422, "reason-needed")
    assert course["clock"]["minimum_end_on"] in without.json["detail"]
    assert reasoned.status == 201


async def test_a_plan_is_not_signed_before_everything_was_asked(clinic):
    course = await clinic.remit(await clinic.start_course())
    await clinic.on(course["clock"]["minimum_end_on"])
    await clinic.score(2)
    draft = (await clinic.draft_taper(course, readiness=None)).json

    answer = await clinic.sign_taper(draft)

    assert answer.json["code"] == "blocked-by-rule"
    assert answer.json["detail"].startswith("T-01")


async def test_an_open_flag_keeps_a_plan_from_being_signed(clinic):
    course = await clinic.remit(await clinic.start_course())
    await clinic.on(course["clock"]["minimum_end_on"])
    await clinic.score(2)
    draft = (await clinic.draft_taper(course)).json
    await clinic.flag(PATIENT, level=1)

    assert (await clinic.sign_taper(draft)).json["code"] == "blocked-by-rule"
    await clinic.flag(PATIENT, level=1, status="closed")
    assert (await clinic.sign_taper(draft)).status == 200


async def test_a_signed_plan_is_never_signed_or_changed_again(clinic):
    course = await clinic.tapering_course()
    plan_id = course["taper"]["plan_id"]
    plan = (await clinic.prescriber.get(f"taper-plans/{plan_id}")).json

    answer = await clinic.prescriber.post(
        f"taper-plans/{plan_id}/sign", {"signature": "x"}, version=plan["version"]
    )

    assert answer.status in {409, 422}
    assert plan["signing"] is None
    assert plan["actions"] == []


async def test_a_missing_piece_of_information_blocks_signing_and_steps(clinic):
    course = await clinic.tapering_course()
    await clinic.park_something()
    step = course["taper"]["steps"][0]
    await clinic.on(step["change_on"])
    path = f"courses/{course['course_id']}/steps/1"
    await clinic.nurse.post(f"{path}/supply", {"plan_version": 1})

    answer = await clinic.nurse.post(
        f"{path}/taken", {"plan_version": 1, "taken_on": clinic.today.isoformat()}
    )

    assert (answer.status, answer.json["code"]) == (409, "information-missing")
    assert (await clinic.course(course["course_id"]))["information_missing"]


async def test_a_step_waits_for_its_supply(clinic):
    course = await clinic.tapering_course()
    await clinic.on(course["taper"]["steps"][0]["change_on"])

    answer = await clinic.nurse.post(
        f"courses/{course['course_id']}/steps/1/taken",
        {"plan_version": 1, "taken_on": clinic.today.isoformat()},
    )

    assert answer.status == 409
    assert answer.json["detail"].startswith("T-19")


async def test_a_hold_is_a_new_version_and_the_old_one_changes_nothing(clinic):
    course = await clinic.tapering_course()
    taken = await clinic.take_next_step(course["course_id"])
    await clinic.on(taken["taper"]["steps"][0]["check_in_gate_on"])
    shut = await clinic.check_in(taken, "gate", tolerable=False)
    assert shut.json["proposal"]["action"] == "hold"
    path = f"courses/{course['course_id']}/hold"
    body = {"plan_version": 1, "days": 7, "reason": "dizzy, cannot drive"}

    too_long = await clinic.nurse.post(path, body | {"days": 8})
    held = await clinic.nurse.post(path, body)
    old = await clinic.check_in(taken, "gate")

    assert (too_long.status, too_long.json["code"]) == (403, "needs-a-prescriber")
    assert held.json["phase"] == "taper-hold"
    assert held.json["taper"]["plan_version"] == 2
    assert (old.status, old.json["code"]) == (409, "plan-superseded")
    await clinic.on(clinic.today + timedelta(days=7))
    opened = await clinic.check_in(held.json, "gate")
    assert opened.json["course"]["phase"] == "taper-active"
    assert len(opened.json["course"]["taper"]["steps"]) == 2


@pytest.mark.parametrize(
    ("self_harm_item", "suicidal_thoughts", "dangers", "cites"),
    [
        (0, False, (), True),
        (1, False, ("suicidal-thoughts",), True),
        (3, False, ("suicidal-thoughts",), True),
        (3, True, ("suicidal-thoughts",), False),
    ],
)
async def test_a_cited_questionnaire_silences_nothing_here(
    clinic: Clinic,
    self_harm_item: int,
    suicidal_thoughts: bool,
    dangers: tuple[str, ...],
    cites: bool,
) -> None:
    """Whose it is, and whether it raised its own flag, only assessment knows."""
    cited = UUID(int=404)
    taken = await clinic.take_next_step((await clinic.tapering_course())["course_id"])
    await clinic.on(taken["taper"]["steps"][0]["check_in_gate_on"])
    answer = await clinic.check_in(
        taken,
        "gate",
        self_harm_item=self_harm_item,
        suicidal_thoughts=suicidal_thoughts,
        assessment_ids=[str(cited)],
    )
    assert answer.status == 200, answer.json

    kind = TaperCheckInRecorded.TYPE
    query = select(tables.outbox.c.body).where(tables.outbox.c.type == kind)
    async with clinic.db.reading() as tx:
        told = decode(kind, (await tx.session.execute(query)).scalars().one()).data.check_in
    assert told.dangers == dangers
    assert told.scored_in == ((cited,) if cites else ())


async def test_a_severe_check_in_leads_back_and_to_a_gentler_plan(clinic):
    course = await clinic.tapering_course()
    taken = await clinic.take_next_step(course["course_id"])
    await clinic.on(clinic.today + timedelta(days=4))
    severe = await clinic.check_in(taken, "early", withdrawal="severe", can_work_and_care=False)
    assert severe.json["proposal"]["action"] == "prescriber-same-day"
    now = severe.json["course"]

    proposed = severe.json["change"]
    assert (proposed["kind"], proposed["rule"]) == ("step-back", "T-08")
    assert proposed["proposed_by"] == "rule:T-08"
    assert (proposed["diff"]["dose_mg_before"], proposed["diff"]["dose_mg_after"]) == ("25", "50")
    assert (now["dose_mg"], now["taper"]["plan_version"]) == (
        "25",
        1,
    )  # nothing before it is signed

    signed = await clinic.sign_change(proposed)

    assert (signed.status, signed.json["state"]) == (200, "signed")
    back = await clinic.course(course["course_id"])
    assert (back["phase"], back["dose_mg"]) == ("taper-active", "50")
    kinds = [review["kind"] for review in back["reviews"] if review["done_at"] is None]
    assert kinds.count("reinstatement-check") == 2
    taper = back["taper"]
    assert taper["plan_version"] == 2
    assert taper["plan_id"] != course["taper"]["plan_id"]
    shown = [(row["on"], row["dose_mg"]) for row in proposed["diff"]["after"]]
    assert [(step["on"], step["dose_mg"]) for step in taper["expected"]] == shown
    assert min(Decimal(dose) for _, dose in shown[:1]) > Decimal(25)  # smaller than the cut before
    assert shown[0][0] == (clinic.today + timedelta(days=28)).isoformat()


async def test_a_harm_stop_is_the_prescribers_with_a_coded_harm(clinic):
    course = await clinic.start_course()
    path = f"courses/{course['course_id']}/harm-stop"
    body = {"harm": "mania", "last_dose_on": clinic.today.isoformat(), "reason": "sleepless"}

    unknown = await clinic.prescriber.post(path, body | {"harm": "bored"}, version=2)
    stopped = await clinic.prescriber.post(path, body, version=2)

    assert unknown.json["code"] == "blocked-by-rule"
    assert (stopped.json["phase"], stopped.json["dose_mg"]) == ("stopped-watch", "0")
    assert "close" not in stopped.json["actions"]


# Lists


async def test_the_due_list_equals_what_the_course_owes(clinic):
    course = await clinic.tapering_course()
    await clinic.take_next_step(course["course_id"])
    await clinic.on(clinic.today + timedelta(days=30))
    async with clinic.db.reading() as tx:
        work = SqlWork(tx, supply_working_days=BOOK.supply_working_days)
        stored = await work.courses.get(UUID(course["course_id"]))
    owed = owed_by(stored, supply_working_days=BOOK.supply_working_days)

    listed = (await clinic.nurse.get("due-steps")).json["items"]

    expected = {(o.kind, o.ordinal, o.due_on.isoformat()) for o in owed if o.due_on <= clinic.today}
    found = {(i["key"]["kind"], i["key"]["ordinal"], i["due_on"]) for i in listed}
    assert found == expected
    assert {"check-in-early", "check-in-gate"} <= {kind for kind, _, _ in found}


async def test_the_due_list_shows_each_persons_own_dose_and_no_stranger(clinic):
    course = await clinic.tapering_course()
    step = course["taper"]["steps"][0]
    await clinic.on(step["change_on"])

    mine = (await clinic.nurse.get("due-steps")).json["items"]
    strangers = (await clinic.stranger.get("due-steps")).json["items"]

    change = next(item for item in mine if item["key"]["kind"] == "change-day")
    assert change["detail"]["dose_text"] == step["dose_text"]
    assert change["due_at"].startswith(f"{step['change_on']}T09:00")
    assert strangers == []


async def test_nothing_is_due_before_the_clinics_time(clinic):
    course = await clinic.tapering_course()
    day = date.fromisoformat(course["taper"]["steps"][0]["change_on"])
    kinds = []
    for hour in (7, 8):  # 09:00 in London is 08:00 UTC in summer
        await clinic.travel(datetime.combine(day, time(hour, 30 if hour == 7 else 0), tzinfo=UTC))
        items = (await clinic.nurse.get("due-steps")).json["items"]
        kinds.append("change-day" in [item["key"]["kind"] for item in items])

    assert kinds == [False, True]


async def test_a_suspension_hides_dose_changes_and_nothing_else(clinic):
    course = await clinic.tapering_course()
    await clinic.on(course["taper"]["steps"][0]["change_on"])
    await clinic.prescriber.post(
        f"courses/{course['course_id']}/suspend", {"reason": "a flag"}, version=course["version"]
    )

    items = (await clinic.nurse.get("due-steps")).json["items"]

    kinds = {item["key"]["kind"] for item in items}
    assert not kinds & {"change-day", "prepare-supply"}
    assert "course-review" in kinds


async def test_the_due_list_pages_without_loss(clinic):
    course = await clinic.start_course()
    await clinic.on("2026-06-01")
    whole = (await clinic.nurse.get("due-steps")).json["items"]
    paged, cursor = [], None
    while True:
        query = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = (await clinic.nurse.get("due-steps", **query)).json
        paged += page["items"]
        cursor = page.get("next")
        if cursor is None:
            break

    soon = [review for review in course["reviews"] if review["kind"] != "birthday-review"]
    assert len(whole) == len(soon) > 2
    assert paged == whole


async def test_the_timeline_tells_what_happened_by_whom(clinic):
    course = await clinic.start_course()

    entries = (await clinic.nurse.get(f"patients/{PATIENT}/timeline")).json["items"]

    assert [entry["kind"] for entry in entries] == ["proposed", "confirmed"]
    assert {entry["recorded_by"] for entry in entries} == {f"staff:{PRESCRIBER}"}
    assert {entry["course_id"] for entry in entries} == {course["course_id"]}


async def test_drugs_are_offered_with_reasons_best_first(clinic):
    await clinic.enrol()

    options = (
        await clinic.prescriber.get(f"patients/{PATIENT}/drug-options", indication="depression")
    ).json["options"]

    assert [option["drug"] for option in options[:3]] == [
        "sertraline",
        "escitalopram",
        "venlafaxine",
    ]
    assert all(option["reasons"] and option["titration"] for option in options)


async def test_instead_of_a_courses_drug_every_other_one_is_offered(clinic):
    await enrolled(clinic)
    course = (await clinic.propose()).json
    path = f"patients/{PATIENT}/drug-options"

    every = (await clinic.prescriber.get(path, indication=course["indication"])).json
    others = (await clinic.prescriber.get(path, instead_of=course["course_id"])).json

    assert others["indication"] == course["indication"]
    assert {one["drug"] for one in every["options"]} - {
        one["drug"] for one in others["options"]
    } == {course["drug"]}


async def test_drugs_are_offered_for_an_illness_or_instead_of_a_persons_own_course(clinic):
    await clinic.enrol()
    path = f"patients/{PATIENT}/drug-options"
    nobodys = "00000000-0000-7000-8000-00000000dead"

    neither = await clinic.prescriber.get(path)
    both = await clinic.prescriber.get(path, indication="depression", instead_of=nobodys)
    unknown = await clinic.prescriber.get(path, instead_of=nobodys)

    assert (neither.status, both.status, unknown.status) == (422, 422, 404)


async def test_every_policy_that_is_listed_can_be_planned(clinic):
    course = await clinic.remit(await clinic.start_course())
    policies = (await clinic.nurse.get("taper-policies")).json["items"]

    for policy in policies:
        body = {"policy": policy["policy"], "starts_on": clinic.today.isoformat()}
        if policy["needs_last_dose"]:
            body["last_dose_mg"] = "5"
        answer = await clinic.nurse.post(f"courses/{course['course_id']}/taper-previews", body)
        assert answer.status in {200, 422}, answer.json
        assert answer.status == 200 or answer.json["code"].startswith(("T-", "F-"))


async def test_facts_go_out_with_the_courses_own_versions(clinic):
    course = await clinic.tapering_course()
    async with clinic.db.reading() as tx:
        rows = (
            await tx.session.execute(
                select(tables.outbox.c.version, tables.outbox.c.body)
                .where(tables.outbox.c.aggregate == f"course:{course['course_id']}")
                .order_by(tables.outbox.c.version)
            )
        ).all()

    assert [version for version, _ in rows] == list(range(1, course["version"] + 1))
    assert all(b"Zebrafinch" not in body and b"Sentinel" not in body for _, body in rows)
    last = decode("care.treatment.taper.planned.v1", rows[-1].body).data.course
    assert last.taper.steps[0].dose_text == course["taper"]["steps"][0]["dose_text"]


FAR_AWAY = ["9999-12-31", "2027-06-01"]


@pytest.mark.parametrize("day", FAR_AWAY)
async def test_nothing_is_planned_too_far_ahead(sqlite_databases, day):
    async with clinic_on(sqlite_databases) as clinic:
        course = await clinic.tapering_course()
        held = await clinic.prescriber.post(
            f"courses/{course['course_id']}/hold",
            {"plan_version": 1, "days": 5, "reason": "a journey"},
        )
        resumed = await clinic.prescriber.post(
            f"courses/{course['course_id']}/resume",
            {"resume_on": day, "reason": "back"},
            version=held.json["version"],
        )

        assert held.status == 200
        assert (resumed.status, resumed.json["code"]) == (422, "bad-date")


@pytest.mark.parametrize("day", ["9999-12-31", "2027-06-01", "2026-01-01"])
async def test_a_taper_starts_neither_far_away_nor_in_the_past(sqlite_databases, day):
    async with clinic_on(sqlite_databases) as clinic:
        course = await clinic.remit(await clinic.start_course())

        answer = await clinic.draft_taper(course, starts_on=day, early_reason="a journey")

        assert answer.status == 422
        assert answer.json["code"] in {"bad-date", "T-01"}


@pytest.mark.parametrize("reached", [True, False])
@pytest.mark.parametrize("kind", ["early", "gate", "surveillance"])
async def test_a_check_in_names_something_that_is_there(begun, kind, reached):
    clinic, course = begun

    answer = await clinic.check_in(course, kind, ordinal=999, reached=reached)

    assert (answer.status, answer.json["code"]) == (404, "no-such-item")


@pytest.fixture(scope="module")
async def begun(sqlite_databases: Databases) -> AsyncIterator[tuple[Clinic, dict[str, object]]]:
    """A person one step down."""
    async with clinic_on(sqlite_databases) as clinic:
        course = await clinic.tapering_course()
        yield clinic, await clinic.take_next_step(str(course["course_id"]))


@pytest.mark.parametrize(
    "query",
    [
        {"until": "0001-01-01T00:00:00+14:00"},
        {"until": "9999-12-31T23:59:59-14:00"},
        {"until": "2026-01-01T00:00:00"},
        {"cursor": "bm9uc2Vuc2U"},
        {"limit": "0"},
    ],
    ids=str,
)
async def test_a_question_that_makes_no_sense(asked, query):
    assert (await asked.nurse.get("due-steps", **query)).status == 422
