"""Assessment's routes on both databases: what is kept, what is told, what is refused."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from services.assessment.adapters.tables import metadata
from shared.api import assessment as bodies
from shared.api.identity import Role
from shared.events.treatment import CheckInState, CourseClosed, TaperCheckInRecorded
from shared.runtime import audit_check, tables
from shared.runtime.anchors import Anchors
from tests.support.assessment import (
    FACILITATOR,
    INTAKE,
    LEFT,
    NURSE,
    PERSON,
    PRESCRIBER,
    STRANGER,
    Clinic,
    answers,
    clinic_on,
)
from tests.support.databases import Databases


@pytest.fixture
async def clinic(databases: Databases) -> AsyncIterator[Clinic]:
    async with clinic_on(databases) as opened:
        yield opened


# Patients


async def test_enrolment_tells_the_place_in_care_and_the_name_apart(clinic: Clinic) -> None:
    enrolled, details = await clinic.told()

    assert enrolled.aggregate == f"patient:{clinic.patient_id}"
    assert "Markerson" not in enrolled.model_dump_json()
    assert details.aggregate == f"patient-details:{clinic.patient_id}"
    assert details.data.details.family_name == "Markerson"


async def test_a_possible_duplicate_is_shown_by_id_only_and_needs_a_reason(clinic: Clinic) -> None:
    alike = PERSON | {"given_name": "zoe", "family_name": "MARKERSON"}

    refused = await clinic.nurse.post("patients", alike)
    enrolled = await clinic.nurse.post("patients", alike | {"duplicate_reason": "A cousin"})

    assert (refused.status, refused.json["code"]) == (409, "possible-duplicate")
    assert refused.json["context"] == {"candidates": [str(clinic.patient_id)]}
    assert "arkerson" not in str(refused.json)
    assert enrolled.status == 201


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"birth_date": "2199-01-01"}, "birth_date", "birth-date-in-future"),
        ({"birth_date": "1801-01-01"}, "birth_date", "birth-date-too-early"),
        ({"time_zone": "Europe/Atlantis"}, "time_zone", "unknown-time-zone"),
        ({"time_zone": "../../etc/passwd"}, "time_zone", "unknown-time-zone"),
        ({"care_team": [str(NURSE), str(STRANGER)]}, "care_team/1", "unknown-colleague"),
        ({"care_team": [str(LEFT)]}, "care_team/0", "unknown-colleague"),
        ({"given_name": "\ufdfa" * 100}, "family_name", "name-too-long"),
        ({"given_name": " "}, "given_name", "string-pattern-mismatch"),
        ({"nickname": "Zo"}, "nickname", "extra-forbidden"),
        ({"birth_date": "1984-02-30"}, "birth_date", "date-parsing"),
    ],
)
async def test_a_person_who_cannot_be_is_refused_and_not_stored(
    clinic: Clinic, change: dict[str, Any], field: str, code: str
) -> None:
    answer = await clinic.nurse.post("patients", PERSON | {"family_name": "Other"} | change)

    assert answer.status == 422
    assert [(e["pointer"], e["code"]) for e in answer.json["errors"]] == [(f"/body/{field}", code)]
    assert len(await clinic.told()) == 2


async def test_amending_changes_only_what_was_sent(clinic: Clinic) -> None:
    answer = await clinic.nurse.patch(clinic.path, {"phone": None, "language": "cy"}, version=1)

    assert answer.status == 200
    assert (answer.json["phone"], answer.json["language"]) == (None, "cy")
    assert (answer.json["given_name"], answer.json["version"]) == ("Zoë", 2)
    assert (await clinic.kinds_told())[2:] == ["details-changed"]


@pytest.mark.parametrize(
    ("body", "version", "status", "code"),
    [
        ({"language": "cy"}, 7, 412, "stale-version"),
        ({"given_name": None}, 1, 422, "required"),
        ({}, 1, 422, "nothing-to-change"),
        ({"status": "deceased"}, 1, 422, "invalid"),
    ],
)
async def test_an_amendment_that_does_not_fit_changes_nothing(
    clinic: Clinic, body: dict[str, Any], version: int, status: int, code: str
) -> None:
    answer = await clinic.nurse.patch(clinic.path, body, version=version)

    assert (answer.status, answer.json["code"]) == (status, code)
    assert (await clinic.nurse.get(clinic.path)).json["version"] == 1


async def test_the_care_team_decides_who_sees_the_person(clinic: Clinic) -> None:
    far_away = clinic.site.caller(FACILITATOR, Role.FACILITATOR, teams=("hill",))
    before = await far_away.get(clinic.path)

    await clinic.nurse.put(
        f"{clinic.path}/care-team",
        {"team": "harbour", "care_team": [str(NURSE), str(FACILITATOR)]},
        version=1,
    )

    after = await far_away.get(clinic.path)
    listed = await far_away.get("patients")
    assert (before.status, after.status) == (404, 200)
    assert [item["patient_id"] for item in listed.json["items"]] == [str(clinic.patient_id)]
    assert (await clinic.kinds_told())[2:] == ["care-team-changed"]


async def test_leaving_care_is_told_and_ends_proposals_but_not_flags(clinic: Clinic) -> None:
    left = await clinic.nurse.post(
        f"{clinic.path}/leave-care",
        {"status": "left-care", "on": clinic.patient["enrolled_on"], "reason": "Moved away"},
        version=1,
    )
    proposal = await clinic.nurse.post(f"{clinic.path}/pathway-proposals", {})
    late = await clinic.take("phq-9", 27)

    assert (left.json["status"], left.json["left_on"]) == (
        "left-care",
        clinic.patient["enrolled_on"],
    )
    assert (proposal.status, proposal.json["code"]) == (409, "not-in-care")
    assert [flag["level"] for flag in late["flags"]] == [2]
    assert (await clinic.kinds_told())[2] == "left-care"


async def test_nothing_is_recorded_of_a_person_who_has_died(clinic: Clinic) -> None:
    on = clinic.patient["enrolled_on"]
    await clinic.nurse.post(
        f"{clinic.path}/leave-care", {"status": "deceased", "on": on, "reason": "x"}, version=1
    )

    answer = await clinic.nurse.post(
        f"{clinic.path}/assessments", {"instrument": "phq-9", "answers": {"mood": 1}}
    )

    assert (answer.status, answer.json["code"]) == (409, "deceased")


@pytest.mark.parametrize(
    ("on", "code"),
    [("1984-02-28", "date-before-birth"), ("2999-01-01", "date-in-future")],
)
async def test_an_end_of_care_that_cannot_be_is_refused(clinic: Clinic, on: str, code: str) -> None:
    answer = await clinic.nurse.post(
        f"{clinic.path}/leave-care", {"status": "deceased", "on": on, "reason": "x"}, version=1
    )

    assert (answer.status, answer.json["code"]) == (422, code)


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({"name": "mark"}, 1),
        ({"name": "ZOE"}, 1),
        ({"name": "zoë markerson"}, 1),
        ({"name": "arkerson"}, 0),
        ({"name": "%a"}, 0),
        ({"name": "m_rk"}, 0),
        ({"birth_date": "1984-02-29"}, 1),
        ({"name": "mark", "birth_date": "1984-02-28"}, 0),
    ],
)
async def test_people_are_found_by_the_start_of_a_name_or_by_birth_date(
    clinic: Clinic, body: dict[str, str], found: int
) -> None:
    answer = await clinic.nurse.post("patients/search", body)

    assert answer.status == 200
    assert len(answer.json["items"]) == found


@pytest.mark.parametrize("body", [{}, {"name": "   "}])
async def test_a_search_for_nothing_is_refused(clinic: Clinic, body: dict[str, str]) -> None:
    answer = await clinic.nurse.post("patients/search", body)

    assert (answer.status, answer.json["code"]) == (422, "empty-search")


async def test_the_list_pages_by_name_without_names_in_the_cursor(clinic: Clinic) -> None:
    for family_name in ("Abel", "Zander"):
        await clinic.nurse.post("patients", PERSON | {"family_name": family_name})

    first = await clinic.nurse.get("patients", limit="2")
    second = await clinic.nurse.get("patients", limit="2", cursor=first.json["next"])

    names = [item["family_name"] for page in (first, second) for item in page.json["items"]]
    assert names == ["Abel", "Markerson", "Zander"]
    assert second.json["next"] is None


# Assessments and flags


async def test_the_list_runs_both_ways_and_narrows_to_open_flags(clinic: Clinic) -> None:
    for name, born in (("Abel", "1990-01-01"), ("Zora", "1950-01-01")):
        await clinic.nurse.post("patients", PERSON | {"family_name": name, "birth_date": born})
    await clinic.take("phq-9", 27)

    async def names(**query: str) -> list[str]:
        found, cursor = [], {}
        while True:
            page = (await clinic.nurse.get("patients", limit="2", **query, **cursor)).json
            found += [person["family_name"] for person in page["items"]]
            if page["next"] is None:
                return found
            cursor = {"cursor": page["next"]}

    upwards = await names(sort="born")
    assert upwards[0] == "Zora"
    assert await names(sort="-born") == upwards[::-1]
    assert await names(sort="-name") == ["Zora", "Markerson", "Abel"]
    assert await names(flagged="true") == ["Markerson"]


async def test_a_person_is_found_by_the_number_pages_show(clinic: Clinic) -> None:
    number = clinic.patient_id.hex[:8].upper()

    for said in (number, f"{number[:4]} {number[4:]}", number.lower()):
        found = await clinic.nurse.post("patients/search", {"number": said})
        assert [one["patient_id"] for one in found.json["items"]] == [str(clinic.patient_id)]
    assert (await clinic.nurse.post("patients/search", {"number": "12"})).status == 422


async def test_whose_record_was_opened_last_comes_first(clinic: Clinic) -> None:
    other = (await clinic.nurse.post("patients", PERSON | {"family_name": "Abel"})).json
    for patient_id in (clinic.patient["patient_id"], other["patient_id"], UUID(int=9)):
        await clinic.nurse.get(f"patients/{patient_id}")

    recent = (await clinic.nurse.get("recent-patients")).json["items"]
    anothers = (await clinic.prescriber.get("recent-patients")).json["items"]

    assert [one["family_name"] for one in recent] == ["Abel", "Markerson"]
    assert anothers == []


@pytest.mark.parametrize("who", ["nurse", "lead"])
async def test_the_counts_of_people_are_as_long_as_their_lists(clinic: Clinic, who: str) -> None:
    await clinic.take("phq-9", 27)
    caller = getattr(clinic, who)

    counts = (await caller.get("patient-counts")).json

    for kind, count in counts.items():
        listed = (await caller.get("patients", **{kind: "true"})).json["items"]
        assert len(listed) == count, kind
    assert counts["flagged"] == (who == "nurse")  # the lead of another team sees none of them


async def test_a_flag_on_a_list_says_whose_it_is(clinic: Clinic) -> None:
    await clinic.take("phq-9", 27)

    (flag,) = (await clinic.nurse.get("flags")).json["items"]

    assert flag["patient"]["patient_id"] == flag["patient_id"]
    assert flag["patient"]["family_name"] == "Markerson"


async def test_the_timeline_tells_readings_flags_and_decisions_as_known_then(
    clinic: Clinic,
) -> None:
    taken = await clinic.take("phq-9", 27)
    flag = taken["flags"][0]
    before = taken["recorded_at"]
    await clinic.nurse.post(f"flags/{flag['flag_id']}/close", {"outcome": "safety-plan-agreed"})

    now = (await clinic.nurse.get(f"{clinic.path}/timeline")).json["items"]
    then = (await clinic.nurse.get(f"{clinic.path}/timeline", as_of=before)).json["items"]

    kinds = ["enrolled", "assessment", "safety-flag-raised", "safety-flag-closed"]
    assert sorted(one["kind"] for one in now) == sorted(kinds)
    reading = next(one for one in now if one["kind"] == "assessment")
    assert (reading["instrument"], reading["total"], reading["highest"]) == ("phq-9", 27, 27)
    assert "safety-flag-closed" not in {one["kind"] for one in then}
    stranger = await clinic.site.caller(STRANGER, Role.NURSE, teams=("hill",)).get(
        f"{clinic.path}/timeline"
    )
    assert stranger.status == 404


async def test_an_assessment_is_scored_here_and_told_without_its_answers(clinic: Clinic) -> None:
    found = await clinic.take("phq-9", 18)

    told = (await clinic.told())[-1]
    assert (found["total"], found["band"], found["highest"]) == (18, "moderately-severe", 27)
    assert found["missing"] == []
    assert told.data.assessment.total == 18
    assert "self-harm" not in told.model_dump_json()


async def test_a_wrong_total_is_kept_and_flagged_and_not_used(clinic: Clinic) -> None:
    found = await clinic.take("phq-9", 18, submitted_total=4)

    assert (found["total"], found["submitted_total"]) == (18, 4)
    assert found["submitted_total_differs"] is True
    assert any("not used" in sentence for sentence in found["findings"])


async def test_the_last_item_flags_in_the_same_answer_although_others_are_missing(
    clinic: Clinic,
) -> None:
    answer = await clinic.nurse.post(
        f"{clinic.path}/assessments", {"instrument": "phq-9", "answers": {"self-harm": 1}}
    )

    assert answer.json["total"] is None
    (flag,) = answer.json["flags"]
    assert (flag["level"], flag["status"]) == (3, "open")
    assert "asks" in flag["act"]
    assert (await clinic.kinds_told())[2:] == ["raised", "completed"]
    listed = await clinic.nurse.get("flags")
    assert [item["flag_id"] for item in listed.json["items"]] == [flag["flag_id"]]


async def test_the_second_flag_of_a_kind_has_three_days_and_the_first_only_the_day(
    clinic: Clinic,
) -> None:
    first = await clinic.take("phq-9", 25)
    again = await clinic.take("phq-9", 25, intent_stated=False, mode="telephone")

    (sooner,), (later,) = first["flags"], again["flags"]
    assert sooner["due_at"] <= later["due_at"]
    assert sooner["flag_id"] != later["flag_id"]


async def test_a_later_low_score_lowers_no_flag(clinic: Clinic) -> None:
    await clinic.take("phq-9", 27)
    await clinic.take("phq-9", 0)

    listed = await clinic.nurse.get("flags", patient_id=str(clinic.patient_id))

    assert [(f["level"], f["status"]) for f in listed.json["items"]] == [(2, "open")]


@pytest.mark.parametrize("step", ["acknowledge", "close"])
async def test_a_flag_is_unknown_under_the_name_of_somebody_else(clinic: Clinic, step: str) -> None:
    (flag,) = (await clinic.take("phq-9", 27))["flags"]
    path = f"flags/{flag['flag_id']}/{step}"
    said = {"outcome": "safety-plan-agreed"} if step == "close" else {}

    refused = await clinic.prescriber.post(path, said | {"patient_id": str(UUID(int=1))})
    stands = (await clinic.nurse.get("flags")).json["items"]
    done = await clinic.prescriber.post(path, said | {"patient_id": str(clinic.patient_id)})

    assert (refused.status, refused.json["code"]) == (404, "not-found")
    assert [one["status"] for one in stands] == ["open"]
    assert done.status == 200


async def test_a_flag_is_taken_on_and_ends_by_a_named_person_with_an_outcome(
    clinic: Clinic,
) -> None:
    (flag,) = (await clinic.take("phq-9", 27))["flags"]
    path = f"flags/{flag['flag_id']}"

    taken = await clinic.nurse.post(f"{path}/acknowledge", {})
    closed = await clinic.prescriber.post(
        f"{path}/close", {"outcome": "safety-plan-agreed", "note": "Agreed by telephone"}
    )
    again = await clinic.nurse.post(f"{path}/acknowledge", {})

    assert (taken.json["status"], taken.json["acknowledged_by"]) == ("acknowledged", str(NURSE))
    assert (closed.json["status"], closed.json["outcome"]) == ("closed", "safety-plan-agreed")
    assert closed.json["actions"] == []
    assert (again.status, again.json["code"]) == (409, "flag-closed")
    assert (await clinic.kinds_told())[-2:] == ["acknowledged", "closed"]
    assert "telephone" not in str([event.to_bytes() for event in await clinic.told()])
    assert (await clinic.nurse.get("flags")).json["items"] == []


async def test_a_flag_does_not_end_with_an_outcome_nobody_defined(clinic: Clinic) -> None:
    (flag,) = (await clinic.take("phq-9", 27))["flags"]

    answer = await clinic.nurse.post(f"flags/{flag['flag_id']}/close", {"outcome": "fine"})

    assert (answer.status, answer.json["code"]) == (422, "unknown-outcome")


async def test_staff_report_what_they_saw(clinic: Clinic) -> None:
    raised = await clinic.nurse.post(
        f"{clinic.path}/flags", {"trigger": "overdose", "note": "Tablets on the table"}
    )
    refused = await clinic.nurse.post(f"{clinic.path}/flags", {"trigger": "self-harm-item-1"})

    assert (raised.status, raised.json["level"]) == (201, 0)
    assert raised.json["due_at"] == raised.json["raised_at"]
    assert (refused.status, refused.json["code"]) == (422, "unknown-trigger")


def said_at_check_in(
    clinic: Clinic,
    *dangers: str,
    flag_ids: tuple[UUID, ...] = (),
    scored_in: tuple[UUID, ...] = (),
) -> TaperCheckInRecorded:
    """A check-in as treatment tells it."""
    said = CheckInState(
        check_in_id=UUID(int=77), dangers=dangers, flag_ids=flag_ids, scored_in=scored_in
    )
    return TaperCheckInRecorded(course=clinic.course(), check_in=said)


async def test_a_danger_said_at_a_check_in_raises_its_flag_whoever_recorded_it(
    clinic: Clinic,
) -> None:
    await clinic.hear(said_at_check_in(clinic, "suicidal-thoughts", "mania-signs"))

    flags = (await clinic.nurse.get("flags")).json["items"]
    assert {flag["rule"].partition("@")[0] for flag in flags} == {"asked-thoughts", "mania-signs"}
    assert (await clinic.kinds_told()).count("raised") == 2


async def test_a_danger_reported_before_its_check_in_raises_no_second_flag(clinic: Clinic) -> None:
    reported = await clinic.nurse.post(f"{clinic.path}/flags", {"trigger": "asked-thoughts"})
    cited = (UUID(reported.json["flag_id"]),)
    await clinic.hear(
        said_at_check_in(clinic, "suicidal-thoughts", "marked-agitation", flag_ids=cited)
    )

    flags = (await clinic.nurse.get("flags")).json["items"]
    assert sorted(flag["rule"].partition("@")[0] for flag in flags) == [
        "asked-thoughts",
        "marked-agitation",
    ]


async def test_an_older_flag_that_is_not_cited_keeps_no_new_danger_quiet(clinic: Clinic) -> None:
    older = await clinic.nurse.post(f"{clinic.path}/flags", {"trigger": "asked-thoughts"})
    await clinic.hear(said_at_check_in(clinic, "suicidal-thoughts"))

    flags = (await clinic.nurse.get("flags")).json["items"]
    assert len(flags) == 2
    assert older.json["flag_id"] in {flag["flag_id"] for flag in flags}


@pytest.mark.parametrize(
    ("cited", "flags_raised"),
    [
        ("their own, flagged", 1),
        ("their own, its flag closed", 2),
        ("their own, without a flag", 1),
        ("nobody's", 1),
    ],
)
async def test_a_cited_questionnaire_keeps_a_danger_quiet_only_with_an_open_flag_of_its_own(
    clinic: Clinic, cited: str, flags_raised: int
) -> None:
    """An id in a request is not what silences a suicidal answer."""
    scored_in = UUID(int=404)
    if cited != "nobody's":
        taken = await clinic.take("phq-9", 0 if "without" in cited else 27)
        scored_in = UUID(taken["assessment_id"])
        if "closed" in cited:
            (flag,) = taken["flags"]
            ended = {"outcome": "safety-plan-agreed", "note": "Spoke with them"}
            answer = await clinic.nurse.post(f"flags/{flag['flag_id']}/close", ended)
            assert answer.status == 200, answer.json
    await clinic.hear(said_at_check_in(clinic, "suicidal-thoughts", scored_in=(scored_in,)))

    assert (await clinic.kinds_told()).count("raised") == flags_raised


async def test_a_check_in_without_danger_raises_nothing(clinic: Clinic) -> None:
    await clinic.hear(said_at_check_in(clinic))
    await clinic.hear(TaperCheckInRecorded(course=clinic.course()))

    assert (await clinic.nurse.get("flags")).json["items"] == []


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"instrument": "phq-8", "answers": {"mood": 1}}, 422, "unknown-instrument"),
        ({"instrument": "phq-9", "answers": {"joy": 1}}, 422, "unknown-item"),
        ({"instrument": "phq-9", "answers": {"mood": 4}}, 422, "answer-out-of-range"),
        ({"instrument": "phq-9", "answers": {"mood": True}}, 422, "invalid"),
        ({"instrument": "phq-9", "answers": {"mood": "1"}}, 422, "invalid"),
        ({"instrument": "phq-9", "answers": {}}, 422, "no-answers"),
        (
            {"instrument": "phq-9", "instrument_version": "0", "answers": {"mood": 1}},
            422,
            "unknown-version",
        ),
        (
            {"instrument": "phq-9", "answers": {"mood": 1}, "taken_at": "2199-01-01T00:00:00Z"},
            422,
            "taken-in-future",
        ),
        (
            {"instrument": "phq-9", "answers": {"mood": 1}, "taken_at": "1984-02-28T23:59:59Z"},
            422,
            "taken-before-birth",
        ),
        (
            {
                "instrument": "phq-9",
                "answers": {"mood": 1},
                "taken_at": "0001-01-01T00:00:00+14:00",
            },
            422,
            "taken-before-birth",
        ),
    ],
)
async def test_answers_that_do_not_fit_are_refused_and_nothing_is_kept(
    clinic: Clinic, body: dict[str, Any], status: int, code: str
) -> None:
    answer = await clinic.nurse.post(f"{clinic.path}/assessments", body)

    assert (answer.status, answer.json["code"]) == (status, code)
    assert len(await clinic.told()) == 2


async def test_the_same_sheet_is_recorded_once(clinic: Clinic) -> None:
    found = await clinic.take("phq-9", 9)
    body = {
        "instrument": "phq-9",
        "answers": answers("phq-9", 9),
        "taken_at": found["taken_at"],
    }

    again = await clinic.nurse.post(f"{clinic.path}/assessments", body)

    assert (again.status, again.json["code"]) == (409, "already-recorded")


async def test_an_amendment_keeps_the_earlier_version_and_takes_no_flag_back(
    clinic: Clinic,
) -> None:
    found = await clinic.take("phq-9", 25)
    path = f"assessments/{found['assessment_id']}"

    amended = await clinic.nurse.post(
        f"{path}/amend",
        {"answers": answers("phq-9", 24), "reason": "Read the sheet wrongly"},
        version=1,
    )
    history = await clinic.nurse.get(f"{path}/history")

    assert (amended.json["total"], amended.json["version"], amended.json["amended"]) == (
        24,
        2,
        True,
    )
    assert [(v["version"], v["total"]) for v in history.json["versions"]] == [(1, 25), (2, 24)]
    assert history.json["versions"][1]["reason"] == "Read the sheet wrongly"
    assert [flag["status"] for flag in amended.json["flags"]] == ["open"]
    assert (await clinic.kinds_told())[-1] == "amended"


async def test_an_amendment_that_worries_more_raises_a_flag_of_its_own(clinic: Clinic) -> None:
    found = await clinic.take("phq-9", 25)
    path = f"assessments/{found['assessment_id']}/amend"
    worse = {"answers": answers("phq-9", 27), "reason": "Second page was missed"}

    amended = await clinic.nurse.post(path, worse, version=1)
    again = await clinic.nurse.post(path, worse, version=2)

    assert [flag["level"] for flag in amended.json["flags"]] == [3, 2]
    assert len(again.json["flags"]) == 2


async def test_an_amendment_of_another_version_is_refused(clinic: Clinic) -> None:
    found = await clinic.take("phq-9", 9)
    path = f"assessments/{found['assessment_id']}/amend"
    body = {"answers": answers("phq-9", 8), "reason": "x"}

    stale = await clinic.nurse.post(path, body, version=3)
    blind = await clinic.nurse.post(path, body)

    assert (stale.status, blind.status) == (412, 428)


async def test_assessments_run_back_in_time(clinic: Clinic) -> None:
    for total in (1, 2, 3):
        await clinic.take("phq-9", total)
    await clinic.take("gad-7", 4)

    first = await clinic.nurse.get(f"{clinic.path}/assessments", limit="2", instrument="phq-9")
    second = await clinic.nurse.get(
        f"{clinic.path}/assessments", limit="2", instrument="phq-9", cursor=first.json["next"]
    )

    assert [a["total"] for page in (first, second) for a in page.json["items"]] == [3, 2, 1]


# Intake and pathway


async def test_the_intake_is_empty_at_version_0_and_keeps_every_version(clinic: Clinic) -> None:
    empty = await clinic.nurse.get(f"{clinic.path}/intake")
    first = await clinic.nurse.put(f"{clinic.path}/intake", {"answers": INTAKE}, version=0)
    second = await clinic.nurse.put(
        f"{clinic.path}/intake",
        {"answers": INTAKE | {"distress-blocks": "unsure"}},
        version=1,
    )

    assert (empty.json["version"], empty.json["answers"]) == (0, {})
    assert "distress-blocks" in empty.json["missing"]
    assert (first.json["version"], first.json["missing"]) == (1, [])
    assert second.json["ask_again_on"] is not None


async def test_saying_to_intend_to_act_raises_a_flag_in_the_same_answer(clinic: Clinic) -> None:
    worrying = INTAKE | {"suicidal-thoughts": "intent"}

    first = await clinic.nurse.put(f"{clinic.path}/intake", {"answers": worrying}, version=0)
    again = await clinic.nurse.put(f"{clinic.path}/intake", {"answers": worrying}, version=1)

    assert [flag["level"] for flag in first.json["flags"]] == [1]
    assert again.json["flags"] == []


@pytest.mark.parametrize(
    ("given", "version", "status", "code"),
    [
        ({"distress-blocks": "maybe"}, 0, 422, "not-a-choice"),
        ({"shoe-size": "yes"}, 0, 422, "unknown-question"),
        (INTAKE, 4, 412, "stale-version"),
    ],
)
async def test_intake_answers_that_do_not_fit_are_refused(
    clinic: Clinic, given: dict[str, str], version: int, status: int, code: str
) -> None:
    answer = await clinic.nurse.put(f"{clinic.path}/intake", {"answers": given}, version=version)

    assert (answer.status, answer.json["code"]) == (status, code)
    assert (await clinic.nurse.get(f"{clinic.path}/intake")).json["version"] == 0


async def test_without_the_facts_a_proposal_says_what_it_needs(clinic: Clinic) -> None:
    made = await clinic.nurse.post(f"{clinic.path}/pathway-proposals", {})

    assert made.status == 201
    assert made.json["arms"] == []
    assert {need["code"] for need in made.json["needs"]} >= {"phq-9.total", "distress-blocks"}


async def test_a_proposal_carries_its_reasons_and_is_decided_by_a_prescriber(
    clinic: Clinic,
) -> None:
    await clinic.ready_to_propose()
    made = (await clinic.nurse.post(f"{clinic.path}/pathway-proposals", {})).json
    path = f"pathway-proposals/{made['proposal_id']}"
    body = {
        "decision": "accepted",
        "arm": "combined",
        "plan": {"plan-format": "individual", "support-length": "prolonged", "follow-on": "yes"},
    }

    forbidden = await clinic.nurse.post(f"{path}/decision", body, version=1)
    decided = await clinic.prescriber.post(f"{path}/decision", body, version=1)
    again = await clinic.prescriber.post(f"{path}/decision", body, version=2)

    assert made["arms"][0]["code"] == "combined"
    assert made["pending_human_review"] is True
    fired = {line["rule"] for line in made["trace"] if line["outcome"] == "fired"}
    assert "R-23" in fired
    assert all(line["source"] and line["grade"] for line in made["trace"])
    assert forbidden.status == 403
    assert (decided.json["decision"], decided.json["decided_arm"]) == ("accepted", "combined")
    assert (again.status, again.json["code"]) == (409, "already-decided")
    assert (await clinic.kinds_told())[-2:] == ["proposed", "decided"]
    stored = await clinic.nurse.get(path)
    assert stored.json["trace"] == made["trace"]


async def test_a_proposal_waits_on_the_list_until_it_is_decided_or_overtaken(
    clinic: Clinic,
) -> None:
    nothing_to_decide = (await clinic.nurse.post(f"{clinic.path}/pathway-proposals", {})).json
    assert nothing_to_decide["arms"] == []
    assert (await clinic.prescriber.get("pathway-proposals")).json["items"] == []

    await clinic.ready_to_propose()
    overtaken = (await clinic.nurse.post(f"{clinic.path}/pathway-proposals", {})).json
    newest = (await clinic.nurse.post(f"{clinic.path}/pathway-proposals", {})).json
    (waiting,) = (await clinic.prescriber.get("pathway-proposals")).json["items"]
    assert waiting["proposal_id"] == newest["proposal_id"] != overtaken["proposal_id"]
    assert waiting["arms"][0] == newest["arms"][0]["label"]
    assert waiting["patient"]["patient_id"] == newest["patient_id"]

    await clinic.prescriber.post(
        f"pathway-proposals/{newest['proposal_id']}/decision",
        {"decision": "declined", "reason": "clinical-judgement"},
        version=1,
    )
    assert (await clinic.prescriber.get("pathway-proposals")).json["items"] == []


async def test_who_waits_longest_for_a_decision_is_first(clinic: Clinic) -> None:
    waits_longest = clinic.patient_id
    for given_name in (None, "Jackdaw", "Dunnock"):
        if given_name:
            await clinic.later(days=1)
            made = await clinic.nurse.post("patients", PERSON | {"given_name": given_name})
            clinic.patient = made.json
        await clinic.ready_to_propose()
        await clinic.nurse.post(f"{clinic.path}/pathway-proposals", {})

    read, cursor = [], {}
    while True:
        page = await clinic.prescriber.get("pathway-proposals", limit="1", **cursor)
        read += page.json["items"]
        if not page.json["next"]:
            break
        cursor = {"cursor": page.json["next"]}

    assert read[0]["patient"]["patient_id"] == str(waits_longest)
    assert [one["proposed_at"] for one in read] == sorted(one["proposed_at"] for one in read)
    assert len(read) == 3


async def test_what_has_nothing_to_decide_takes_no_place_on_the_list(clinic: Clinic) -> None:
    """It would stay for good at the front of a list that begins with who waits longest."""
    await clinic.nurse.post(f"{clinic.path}/pathway-proposals", {})
    made = await clinic.nurse.post("patients", PERSON | {"given_name": "Jackdaw"})
    clinic.patient = made.json
    await clinic.ready_to_propose()
    await clinic.nurse.post(f"{clinic.path}/pathway-proposals", {})

    page = await clinic.prescriber.get("pathway-proposals", limit="1")

    assert [one["patient"]["patient_id"] for one in page.json["items"]] == [str(clinic.patient_id)]
    assert page.json["next"] is None


async def test_no_plan_starts_while_a_safety_flag_is_open(clinic: Clinic) -> None:
    await clinic.ready_to_propose()
    made = (await clinic.nurse.post(f"{clinic.path}/pathway-proposals", {})).json
    await clinic.nurse.post(f"{clinic.path}/flags", {"trigger": "marked-agitation"})

    answer = await clinic.prescriber.post(
        f"pathway-proposals/{made['proposal_id']}/decision",
        {"decision": "accepted", "arm": "medication"},
        version=1,
    )

    assert (answer.status, answer.json["code"]) == (409, "open-safety-flag")


WHOLE_PLAN = {"plan-format": "individual", "support-length": "prolonged", "follow-on": "yes"}
FACILITATED = {
    "facilitator-named": "yes",
    "community-activity": "yes",
    "plan-content": "facilitated",
}
PAST_A_GUARD = {
    "decision": "accepted",
    "arm": "cbt",
    "plan": WHOLE_PLAN | {"plan-format": "group"},
    "guard_reasons": {"group-only": "patient-choice-after-information"},
}


async def test_a_guarded_plan_needs_its_coded_reason_and_a_signature(clinic: Clinic) -> None:
    await clinic.ready_to_propose()
    made = (await clinic.nurse.post(f"{clinic.path}/pathway-proposals", {})).json
    checked = await clinic.prescriber.post(
        f"pathway-proposals/{made['proposal_id']}/check", PAST_A_GUARD
    )

    without_reason = await clinic.decide(made, **PAST_A_GUARD | {"guard_reasons": {}})
    unsigned = await clinic.decide(made, **PAST_A_GUARD)
    decided = await clinic.decide(made, signed_by=PRESCRIBER, **PAST_A_GUARD)

    assert [guard["code"] for guard in checked.json["guards"]] == ["group-only"]
    assert without_reason.json["errors"][0]["pointer"] == "/body/guard_reasons/group-only"
    assert [(e["pointer"], e["code"]) for e in unsigned.json["errors"]] == [
        ("/body/signature", "signature-required")
    ]
    assert decided.json["guard_reasons"] == PAST_A_GUARD["guard_reasons"]
    assert decided.json["signed_at"] == decided.json["decided_at"] is not None
    async with clinic.db.reading() as tx:
        rows = await tx.session.execute(select(tables.audit.c.action, tables.audit.c.reason))
        assert ("guard.overridden", "group-only:patient-choice-after-information") in [
            tuple(row) for row in rows
        ]


@pytest.mark.parametrize(
    ("arm", "change", "guard"),
    [
        ("cbt", {"support-length": "brief"}, "brief-only"),
        ("cbt", {"follow-on": "no"}, "brief-only"),
        ("cbt", {"plan-format": "group"}, "group-only"),
        (
            "facilitated-participation",
            {"plan-content": "encouragement-only"},
            "encouragement-only",
        ),
    ],
)
async def test_each_pitfall_is_gone_past_by_a_signed_reason_alone(
    clinic: Clinic, arm: str, change: dict[str, str], guard: str
) -> None:
    await clinic.ready_to_propose()
    made = (await clinic.nurse.post(f"{clinic.path}/pathway-proposals", {})).json
    proposed = arm in {one["code"] for one in made["arms"]}
    body = {
        "decision": "accepted" if proposed else "changed",
        "arm": arm,
        "reason": None if proposed else "clinical-judgement",
        "plan": FACILITATED | WHOLE_PLAN | change if "facilitated" in arm else WHOLE_PLAN | change,
        "guard_reasons": {guard: "first-part-of-a-longer-plan"},
    }

    unsigned = await clinic.decide(made, **body)
    signed = await clinic.decide(made, signed_by=PRESCRIBER, **body)

    assert [e["code"] for e in unsigned.json["errors"]] == ["signature-required"]
    assert (signed.status, signed.json["decided_arm"]) == (200, arm), signed.json


async def test_a_signature_binds_one_person_to_one_decision(clinic: Clinic) -> None:
    await clinic.ready_to_propose()
    made = (await clinic.nurse.post(f"{clinic.path}/pathway-proposals", {})).json
    path = f"pathway-proposals/{made['proposal_id']}"
    checked = (await clinic.prescriber.post(f"{path}/check", PAST_A_GUARD)).json
    other_plan = PAST_A_GUARD | {"plan": WHOLE_PLAN | {"plan-format": "group", "follow-on": "no"}}
    other_reason = PAST_A_GUARD | {"guard_reasons": {"group-only": "nothing-else-available-yet"}}
    wrong = {
        "somebody else's": PAST_A_GUARD | {"signature": clinic.signature(checked, by=NURSE)},
        "of another plan": other_plan | {"signature": clinic.signature(checked)},
        "of another reason": other_reason | {"signature": clinic.signature(checked)},
        "of another meaning": PAST_A_GUARD
        | {"signature": clinic.signature(checked | {"meaning": "sign-taper-plan"})},
        "forged": PAST_A_GUARD | {"signature": "x.y.z"},
    }

    answers = {name: (await clinic.decide(made, **body)) for name, body in wrong.items()}

    assert {answer.status for answer in answers.values()} == {422}
    still = (await clinic.prescriber.get(path)).json
    assert (still["decision"], still["version"]) == ("pending", 1)


async def test_a_plan_that_trips_no_guard_needs_no_signature(clinic: Clinic) -> None:
    await clinic.ready_to_propose()
    made = (await clinic.nurse.post(f"{clinic.path}/pathway-proposals", {})).json
    untripped = {"group-only": "patient-choice-after-information"}

    decided = await clinic.decide(
        made, decision="accepted", arm="combined", plan=WHOLE_PLAN, guard_reasons=untripped
    )

    assert decided.status == 200, decided.json
    assert (decided.json["guard_reasons"], decided.json["signed_at"]) == ({}, None)


async def test_an_old_reading_is_not_a_fact_any_more(clinic: Clinic) -> None:
    await clinic.ready_to_propose()
    await clinic.later(days=29)

    made = (await clinic.nurse.post(f"{clinic.path}/pathway-proposals", {})).json

    assert {need["code"] for need in made["needs"]} == {"phq-9.total", "gad-7.total"}


# Trajectory


async def test_remission_lost_and_relapse_are_told_when_they_turn(clinic: Clinic) -> None:
    await clinic.take("phq-9", 20)
    await clinic.start_course()
    for days, total in ((60, 4), (14, 3), (30, 5), (30, 12), (8, 12)):
        await clinic.later(days=days)
        await clinic.take("phq-9", total)

    found = (await clinic.nurse.get(f"{clinic.path}/trajectory")).json
    told = [event for event in await clinic.told() if ".trajectory." in event.type]
    assert [event.type.split(".")[-2] for event in told] == [
        "response-changed",
        "response-changed",
        "remission-criteria-met",
        "response-changed",
        "remission-criteria-lost",
        "response-changed",
        "relapse-criteria-met",
    ]
    assert [event.version for event in told] == [1, 2, 3, 4, 5, 6, 7]
    states = [event.data.trajectory for event in told]
    assert [state.response for state in states] == [
        "response",
        "remission",
        "remission",
        "response",
        "response",
        "partial",
        "partial",
    ]
    assert (states[2].baseline_total, states[2].latest_total) == (20, 3)
    assert (states[5].relapse_confirmed_on, states[6].relapse_confirmed_on) == (
        None,
        states[6].latest_on,
    )
    primary = found["instruments"][0]
    assert (primary["instrument"], primary["primary"]) == ("phq-9", True)
    assert (primary["baseline_total"], primary["latest_total"]) == (20, 12)
    assert primary["relapse_confirmed_on"] is not None
    assert len(primary["readings"]) == 6


async def test_a_course_heard_of_twice_is_measured_from_the_first_time(clinic: Clinic) -> None:
    await clinic.take("phq-9", 20)
    await clinic.start_course()
    await clinic.later(days=5)
    await clinic.take("phq-9", 10)
    await clinic.start_course()

    found = (await clinic.nurse.get(f"{clinic.path}/trajectory")).json["instruments"][0]

    assert (found["baseline_total"], found["response"]) == (20, "response")


async def test_correcting_the_baselines_answers_corrects_the_baseline(clinic: Clinic) -> None:
    first = await clinic.take("phq-9", 20)
    await clinic.start_course()

    await clinic.nurse.post(
        f"assessments/{first['assessment_id']}/amend",
        {"answers": answers("phq-9", 16), "reason": "Added up wrongly"},
        version=1,
    )

    found = (await clinic.nurse.get(f"{clinic.path}/trajectory")).json["instruments"][0]
    assert found["baseline_total"] == 16


async def test_a_closed_course_is_no_longer_judged(clinic: Clinic) -> None:
    await clinic.take("phq-9", 20)
    await clinic.start_course()
    await clinic.hear(CourseClosed(course=clinic.course()), version=2)

    for days in (60, 14):
        await clinic.later(days=days)
        await clinic.take("phq-9", 3)

    assert not [event for event in await clinic.told() if ".trajectory." in event.type]


async def test_without_a_course_the_readings_are_shown_and_nothing_is_judged(
    clinic: Clinic,
) -> None:
    await clinic.take("phq-9", 12)

    found = (await clinic.nurse.get(f"{clinic.path}/trajectory")).json

    first = next(i for i in found["instruments"] if i["instrument"] == "phq-9")
    assert (found["course_id"], first["response"], first["latest_total"]) == (None, "unknown", 12)


# Everything


async def test_a_stranger_learns_nothing_and_the_attempt_is_kept(clinic: Clinic) -> None:
    found = await clinic.take("phq-9", 27)
    await clinic.ready_to_propose()
    made = (await clinic.nurse.post(f"{clinic.path}/pathway-proposals", {})).json
    stranger = clinic.site.caller(STRANGER, Role.PRESCRIBER, teams=("hill",))
    paths = [
        clinic.path,
        f"{clinic.path}/assessments",
        f"{clinic.path}/intake",
        f"{clinic.path}/trajectory",
        f"{clinic.path}/pathway-proposals",
        f"assessments/{found['assessment_id']}",
        f"assessments/{found['assessment_id']}/history",
        f"pathway-proposals/{made['proposal_id']}",
    ]

    refused = [await stranger.get(path) for path in paths]
    refused.append(await stranger.post(f"flags/{found['flags'][0]['flag_id']}/acknowledge", {}))
    refused.append(await stranger.patch(clinic.path, {"language": "cy"}, version=1))

    assert {(answer.status, answer.json["code"]) for answer in refused} == {(404, "not-found")}
    assert (await stranger.get("flags")).json["items"] == []
    assert (await stranger.get("patients")).json["items"] == []
    assert (await stranger.post("patients/search", {"name": "mark"})).json["items"] == []
    async with clinic.db.reading() as tx:
        denied = select(func.count()).where(tables.audit.c.action == "access.denied")
        assert (await tx.session.execute(denied)).scalar_one() == len(refused)


@pytest.mark.parametrize("role", [Role.OPERATIONS, Role.AUDITOR])
async def test_operations_and_auditors_see_no_clinical_data(clinic: Clinic, role: Role) -> None:
    outsider = clinic.site.caller(UUID(int=77), role)

    for path in ("patients", clinic.path, "flags", f"{clinic.path}/trajectory"):
        assert (await outsider.get(path)).status == 403


async def test_an_unknown_person_is_not_found(clinic: Clinic) -> None:
    answer = await clinic.nurse.get(f"patients/{UUID(int=12345)}")

    assert (answer.status, answer.json["code"]) == (404, "not-found")


async def test_every_look_leaves_its_entry_and_the_chain_holds(clinic: Clinic) -> None:
    await clinic.nurse.get(clinic.path)
    await clinic.nurse.get(f"{clinic.path}/intake")

    async with clinic.db.reading() as tx:
        looks = await tx.session.execute(
            select(tables.audit.c.action).where(tables.audit.c.action.like("%.read"))
        )
        assert {row.action for row in looks} == {"patient.read", "intake.read"}
    assert not (await audit_check.check(clinic.db, anchors=Anchors("test", None))).broken


async def test_no_name_reaches_the_audit_trail(clinic: Clinic) -> None:
    await clinic.nurse.patch(clinic.path, {"family_name": "Marker-Two"}, version=1)
    await clinic.nurse.post("patients/search", {"name": "marker"})

    async with clinic.db.reading() as tx:
        rows = (await tx.session.execute(select(metadata.tables["audit"]))).all()

    assert rows
    assert "arker" not in str(rows)


async def test_the_content_a_page_needs_is_served(clinic: Clinic) -> None:
    pages = {
        "instruments": bodies.InstrumentList,
        "instruments/phq-9": bodies.InstrumentBody,
        "intake-form": bodies.IntakeForm,
        "safety-rules": bodies.SafetyRules,
        "pathway": bodies.PathwayContent,
    }

    for path, body in pages.items():
        answer = await clinic.nurse.get(path)
        assert answer.status == 200
        assert body.model_validate(answer.json, strict=False)
    assert (await clinic.nurse.get("instruments/none")).status == 404


async def test_a_repeated_request_is_answered_alike_and_done_once(clinic: Clinic) -> None:
    body = {"instrument": "phq-9", "answers": answers("phq-9", 27)}
    key = "the-same-key-twice"

    first = await clinic.nurse.post(f"{clinic.path}/assessments", body, key=key)
    again = await clinic.nurse.post(f"{clinic.path}/assessments", body, key=key)
    other = await clinic.nurse.post(f"{clinic.path}/assessments", body | {"mode": "proxy"}, key=key)

    assert first.json == again.json
    assert other.status == 422
    assert (await clinic.kinds_told()).count("raised") == 1


async def test_flags_page_by_when_they_are_due(clinic: Clinic) -> None:
    for trigger in ("marked-agitation", "overdose", "asked-intent"):
        await clinic.nurse.post(f"{clinic.path}/flags", {"trigger": trigger})

    first = await clinic.nurse.get("flags", limit="2")
    second = await clinic.nurse.get("flags", limit="2", cursor=first.json["next"])

    levels = [flag["level"] for page in (first, second) for flag in page.json["items"]]
    assert levels == [0, 1, 2]


async def test_one_closed_flag_is_found_among_however_many(clinic: Clinic) -> None:
    raised = [
        (await clinic.nurse.post(f"{clinic.path}/flags", {"trigger": trigger})).json
        for trigger in ("marked-agitation", "overdose", "asked-intent")
    ]
    for flag in raised:
        await clinic.nurse.post(f"flags/{flag['flag_id']}/acknowledge", {})
        await clinic.prescriber.post(
            f"flags/{flag['flag_id']}/close", {"outcome": "safety-plan-agreed", "note": "Agreed"}
        )

    for flag in raised:
        narrowed = {"status": "closed", "flag_id": flag["flag_id"], "limit": "1"}
        (found,) = (await clinic.nurse.get("flags", **narrowed)).json["items"]
        assert found["flag_id"] == flag["flag_id"]
    stranger = clinic.site.caller(STRANGER, Role.NURSE, teams=("hill",))
    hidden = await stranger.get("flags", status="closed", flag_id=raised[0]["flag_id"])
    assert hidden.json["items"] == []


async def test_the_same_day_limit_ends_with_the_persons_own_day(clinic: Clinic) -> None:
    (flag,) = (await clinic.take("phq-9", 25))["flags"]

    raised = bodies.FlagBody.model_validate(flag, strict=False)
    assert timedelta() <= raised.due_at - raised.raised_at <= timedelta(hours=25)
