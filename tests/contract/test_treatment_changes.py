"""Changing a dose, coded reasons, the signature and its end, and two prescribers at once."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.treatment.adapters.ticks import Watch
from shared.api.identity import Role
from shared.events.assessment import PatientDetails, PatientDetailsChanged
from tests.support.callers import Answer
from tests.support.databases import Databases
from tests.support.sentinel import FAMILY, GIVEN
from tests.support.treatment import (
    BOOK,
    CONTENT,
    PATIENT,
    PRESCRIBER,
    START,
    Clinic,
    clinic_on,
)

COLLEAGUE = UUID("00000000-0000-4000-8000-00000000a004")


@pytest.fixture
async def clinic(databases: Databases) -> AsyncIterator[Clinic]:
    async with clinic_on(databases) as open_clinic:
        yield open_clinic


@pytest.fixture(scope="module")
async def steady(sqlite_databases: Databases) -> AsyncIterator[tuple[Clinic, dict[str, Any]]]:
    """One running course for all that is refused, since nothing of it may be stored."""
    async with clinic_on(sqlite_databases) as open_clinic:
        yield open_clinic, await open_clinic.start_course()


async def change(clinic: Clinic, course: dict[str, Any], **changes: Any) -> Answer:
    body = {
        "dose_mg": "75",
        "effective_on": clinic.today.isoformat(),
        "reason": "less than half better",
        "code": "not-enough-effect",
    }
    return await clinic.prescriber.post(
        f"courses/{course['course_id']}/dose-changes", body | changes, version=course["version"]
    )


async def signed_by(clinic: Clinic, proposed: dict[str, Any], who: UUID) -> Answer:
    caller = clinic.site.caller(who, Role.PRESCRIBER)
    return await caller.post(
        f"courses/{proposed['course_id']}/confirm",
        {"signature": clinic.signature(proposed["signing"], by=who), "acknowledgements": []},
        version=proposed["version"],
    )


async def test_of_two_prescribers_at_once_one_wins_and_the_other_sees_why(clinic):
    """Two proposals for one person, signed by two people in the same moment."""
    await clinic.enrol()
    await clinic.ask_profile()
    mine = (await clinic.propose()).json
    hers = (await clinic.propose(drug="escitalopram", start_dose_mg="10", target_dose_mg="10")).json

    one, two = await asyncio.gather(
        signed_by(clinic, mine, PRESCRIBER), signed_by(clinic, hers, COLLEAGUE)
    )

    won, lost = sorted((one, two), key=lambda answer: answer.status)
    assert won.status == 200
    assert (lost.status, lost.json["code"]) in {(409, "other-course"), (422, "blocked-by-rule")}
    assert "one antidepressant" in lost.json["detail"] or "one at a time" in lost.json["detail"]
    courses = (await clinic.prescriber.get(f"patients/{PATIENT}/courses")).json["items"]
    phases = sorted(course["phase"] for course in courses)
    assert phases in (["acute", "draft"], ["draft", "titration"])
    signed = [course for course in courses if course["signature"]]
    assert [course["course_id"] for course in signed] == [won.json["course_id"]]


async def test_one_proposal_is_not_signed_twice(clinic):
    await clinic.enrol()
    await clinic.ask_profile()
    proposed = (await clinic.propose()).json

    one, two = await asyncio.gather(
        signed_by(clinic, proposed, PRESCRIBER), signed_by(clinic, proposed, COLLEAGUE)
    )

    won, lost = sorted((one, two), key=lambda answer: answer.status)
    assert won.status == 200
    assert lost.status in {409, 412}
    assert lost.json["detail"]


async def test_a_later_change_voids_the_signature(clinic):
    course = await clinic.start_course()
    assert course["signature"]["signed_by"] == str(PRESCRIBER)
    assert course["signature"]["void_since"] is None

    changed = await change(clinic, course)

    assert changed.status == 200, changed.json
    assert changed.json["signature"]["void_because"] == "dose-changed"
    assert changed.json["signature"]["void_since"] == clinic.today.isoformat()
    assert changed.json["signature"]["hash"] == course["signature"]["hash"]


async def test_going_up_as_signed_leaves_the_signature_as_it_is(clinic):
    course = await clinic.start_course(target_dose_mg="100")
    await clinic.on(clinic.today + timedelta(days=14))

    changed = await change(clinic, course, dose_mg="100", code="planned-titration")

    assert changed.status == 200, changed.json
    assert changed.json["signature"]["void_since"] is None


async def test_a_reason_is_kept_with_its_code(clinic):
    course = await clinic.start_course()
    assert "not-enough-effect" in course["known_dose_reasons"]

    changed = (await change(clinic, course)).json

    path = f"courses/{course['course_id']}/decisions/{changed['version']}"
    kept = await clinic.nurse.get(path)
    assert kept.json["reason"] == "not-enough-effect: less than half better"


async def test_a_look_at_a_dose_keeps_nothing(clinic):
    course = await clinic.start_course()
    path = f"courses/{course['course_id']}/dose-previews"
    wish = {"dose_mg": "100", "effective_on": clinic.today.isoformat()}

    seen = await clinic.prescriber.post(path, wish)

    assert seen.status == 200, seen.json
    assert (seen.json["from_dose_mg"], seen.json["dose_mg"]) == ("50", "100")
    assert seen.json["dose_text"] == "one 100 mg tablet"
    assert {"serotonin-watch"} <= {review["kind"] for review in seen.json["reviews"]}
    assert (await clinic.course(course["course_id"]))["version"] == course["version"]
    assert (await clinic.nurse.post(path, wish)).status == 403


BAD_CHANGES = [
    ("zero", {"dose_mg": "0"}, "invalid", "/body/dose_mg"),
    ("negative", {"dose_mg": "-25"}, "invalid", "/body/dose_mg"),
    ("not a number", {"dose_mg": "NaN"}, "invalid", "/body/dose_mg"),
    ("1e308", {"dose_mg": "1e308"}, "invalid", "/body/dose_mg"),
    ("with a unit", {"dose_mg": "10 mg"}, "invalid", "/body/dose_mg"),
    ("more decimals than a product allows", {"dose_mg": "75.123"}, "bad-dose", "/body/dose_mg"),
    ("over the cap", {"dose_mg": "200.001"}, "blocked-by-rule", None),
    ("no change", {"dose_mg": "50"}, "bad-dose", "/body/dose_mg"),
    ("before the first dose", {"effective_on": "2026-01-04"}, "bad-date", "/body/effective_on"),
    ("in the future", {"effective_on": "2026-01-06"}, "bad-date", "/body/effective_on"),
    ("a code nobody knows", {"code": "because"}, "bad-reason-code", "/body/code"),
    ("no reason", {"reason": ""}, "invalid", "/body/reason"),
]


@pytest.mark.parametrize(
    ("changes", "code", "pointer"),
    [row[1:] for row in BAD_CHANGES],
    ids=[row[0] for row in BAD_CHANGES],
)
async def test_a_bad_change_is_named_and_stores_nothing(steady, changes, code, pointer):
    clinic, course = steady

    answer = await change(clinic, course, **changes)

    assert (answer.status, answer.json["code"]) == (422, code), answer.json
    assert pointer is None or pointer in {error["pointer"] for error in answer.json["errors"]}
    assert (await clinic.course(course["course_id"]))["version"] == course["version"]


AGES = [
    ("60 and the higher dose", "1966-01-05", "40", 201),
    ("61 and the higher dose", "1965-01-05", "40", 201),
    ("65 and the higher dose", "1961-01-05", "40", 201),
    ("the day before 66", "1960-01-06", "40", 201),
    ("66 and the higher dose", "1960-01-05", "40", 422),
    ("66 and the lower one", "1960-01-05", "20", 201),
]


@pytest.mark.parametrize(
    ("born", "dose", "status"), [row[1:] for row in AGES], ids=[row[0] for row in AGES]
)
async def test_the_age_on_the_first_day_decides(sqlite_databases, born, dose, status):
    """UK rows: over 65 at most 20 mg; from 65 on sodium is warned of, below it is not."""
    async with clinic_on(sqlite_databases) as clinic:
        await clinic.enrol(born=born)
        await clinic.ask_profile()

        answer = await clinic.propose(drug="citalopram", start_dose_mg="20", target_dose_mg=dose)

        assert answer.status == status, answer.json
        courses = await clinic.prescriber.get(f"patients/{PATIENT}/courses")
        assert len(courses.json["items"]) == (status == 201)
        if status == 422:
            assert answer.json["detail"].startswith("F-09")
            assert "20 mg" in answer.json["detail"]
        else:
            warned = {finding["rule"] for finding in answer.json["findings"]}
            assert ("I-15" in warned) == (born < "1961-01-06")


async def test_a_corrected_date_of_birth_moves_the_birthdays(clinic):
    course = await clinic.start_course()
    before = [r["due_on"] for r in course["reviews"] if r["kind"] == "birthday-review"]
    details = PatientDetails(
        patient_id=PATIENT,
        given_name=GIVEN,
        family_name=FAMILY,
        birth_date=clinic.today.replace(year=1961, month=12, day=24),
        time_zone="Europe/London",
        language="en",
    )

    await clinic.hear(PatientDetailsChanged(details=details))

    after = await clinic.course(course["course_id"])
    days = [r["due_on"] for r in after["reviews"] if r["kind"] == "birthday-review"]
    assert before == ["2045-05-05"]
    assert days == ["2026-12-24"]


async def test_once_a_day_time_alone_brings_somebody_to_the_review_list(clinic):
    course = await clinic.start_course()
    watch = Watch(db=clinic.db, formulary=CONTENT, book=BOOK)

    async def asked_on(day: int) -> list[tuple[str, str]]:
        await clinic.on(START.date() + timedelta(days=day))
        await watch.watch()
        found = await clinic.course(course["course_id"])
        return [
            (review["rule"], review["due_on"])
            for review in found["reviews"]
            if review["kind"] == "not-improving-review"
        ]

    assert await asked_on(27) == []
    due_on = (START.date() + timedelta(days=28)).isoformat()
    assert await asked_on(28) == [("R-1.9.1", due_on)]
    assert await asked_on(29) == [("R-1.9.1", due_on)]
    kept = await clinic.nurse.get(f"courses/{course['course_id']}/decisions")
    assert kept.json["items"][0]["kind"] == "not-improving"
    assert kept.json["items"][0]["recorded_by"].startswith("rule:E-01")
