"""What a request cites is the same person's, whichever field it stands in."""

from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from aiohttp.test_utils import TestClient, TestServer
from joserfc.jwk import KeySet

from shared.events.assessment import (
    AssessmentCompleted,
    AssessmentState,
    SafetyFlagRaised,
    SafetyFlagState,
)
from shared.runtime.auth import StaticKeys
from tests.support.databases import Databases
from tests.support.sites import everything
from tests.support.treatment import PATIENT, Clinic, clinic_on

OTHER = UUID(int=0x0DD)
THEIR_SCORE, OWN_SCORE = UUID(int=0xA1), UUID(int=0xA2)
THEIR_FLAG, OWN_FLAG = UUID(int=0xF1), UUID(int=0xF2)
UNHEARD = UUID(int=0xEE)

COMPARED = {
    "acknowledge patient_id",
    "add_contact carer_id",
    "add_contact life_event_id",
    "add_contact programme_id",
    "change serves_course_id",
    "check_new_programme serves_course_id",
    "close patient_id",
    "new_check_in assessment_ids",
    "new_check_in flag_ids",
    "new_review assessment_ids",
    "start_new_programme serves_course_id",
    "suspend flag_id",
}
"""Cited beside the person whose page it is, and held to be theirs."""
NAMES_THE_PERSON = {"new_course patient_id", "open_record patient_id"}
"""Whose record it is about: access decides."""
NARROWS_A_LIST = {"read_known subject_id", "search_worklist patient_id"}
"""Of what the caller sees anyway."""
NOBODY_S = {
    "add_shift staff_id",
    "ask_a_colleague cover_id",
    "ask_a_colleague staff_id",
    "check_new_programme activity_id",
    "check_new_programme deputy_id",
    "check_new_programme facilitator_id",
    "issue_program_token client_id",
    "name_facilitator deputy_id",
    "name_facilitator facilitator_id",
    "refer_somewhere activity_id",
    "start_new_programme activity_id",
    "start_new_programme deputy_id",
    "start_new_programme facilitator_id",
    "take_relation_fact event_id",
    "write_profile coordinator_id",
}
"""A colleague, an activity of the directory, a program, an event: not about anybody in care."""


@pytest.fixture
async def clinic(databases: Databases) -> AsyncIterator[Clinic]:
    """Two people in care, with a score and a flag each."""
    async with clinic_on(databases) as opened:
        await opened.enrol(OTHER)
        for person, score, flag in (
            (OTHER, THEIR_SCORE, THEIR_FLAG),
            (PATIENT, OWN_SCORE, OWN_FLAG),
        ):
            await opened.hear(AssessmentCompleted(assessment=a_score(opened, person, score)))
            await opened.hear(SafetyFlagRaised(flag=a_flag(opened, person, flag)))
        yield opened


def a_score(clinic: Clinic, person: UUID, id_: UUID) -> AssessmentState:
    return AssessmentState(
        assessment_id=id_,
        patient_id=person,
        instrument="phq-9",
        instrument_version="1",
        taken_at=clinic.now,
        taken_on=clinic.today,
        total=18,
        band=None,
    )


def a_flag(clinic: Clinic, person: UUID, id_: UUID) -> SafetyFlagState:
    return SafetyFlagState(
        flag_id=id_,
        patient_id=person,
        kind="overdose",
        level=2,
        rule="S-01",
        raised_at=clinic.now,
        due_at=clinic.now,
        status="closed",
    )


async def test_a_review_cites_the_same_persons_answers(clinic: Clinic) -> None:
    course = await clinic.start_course()
    path = f"courses/{course['course_id']}/reviews"

    theirs = await clinic.nurse.post(path, {"assessment_ids": [str(OWN_SCORE), str(THEIR_SCORE)]})
    own = await clinic.nurse.post(path, {"assessment_ids": [str(OWN_SCORE), str(UNHEARD)]})

    assert refused(theirs) == (422, "other-person", "/body/assessment_ids")
    assert own.status == 200, own.json


async def test_a_suspension_cites_the_same_persons_flag(clinic: Clinic) -> None:
    course = await clinic.start_course()
    path = f"courses/{course['course_id']}/suspend"

    async def suspend(flag: UUID) -> Any:
        body = {"reason": "a red flag", "flag_id": str(flag)}
        return await clinic.prescriber.post(path, body, version=course["version"])

    assert refused(await suspend(THEIR_FLAG)) == (422, "other-person", "/body/flag_id")
    assert (await clinic.course(course["course_id"]))["phase"] != "suspended"
    assert (await suspend(OWN_FLAG)).status == 200


@pytest.mark.parametrize(
    ("field", "theirs", "own"),
    [("assessment_ids", THEIR_SCORE, OWN_SCORE), ("flag_ids", THEIR_FLAG, OWN_FLAG)],
)
async def test_a_check_in_cites_the_same_persons(
    clinic: Clinic, field: str, theirs: UUID, own: UUID
) -> None:
    tapering = await clinic.tapering_course()
    course = await clinic.take_next_step(tapering["course_id"])

    wrong = await clinic.check_in(course, "early", **{field: [str(theirs)]})
    right = await clinic.check_in(course, "early", **{field: [str(own), str(UNHEARD)]})

    assert refused(wrong) == (422, "other-person", f"/body/{field}")
    assert right.status == 200, right.json


def refused(answer: Any) -> tuple[int, str, str]:
    return answer.status, answer.json["code"], answer.json["errors"][0]["pointer"]


def cited(
    schema: Any, schemas: Mapping[str, Any], seen: frozenset[str] = frozenset()
) -> Iterator[str]:
    """The names of all ids that a body can carry."""
    if isinstance(schema, list):
        for one in schema:
            yield from cited(one, schemas, seen)
    if not isinstance(schema, dict):
        return
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    if name and name not in seen:
        yield from cited(schemas[name], schemas, seen | {name})
    for key in ("anyOf", "oneOf", "allOf", "items", "prefixItems", "additionalProperties"):
        yield from cited(schema.get(key), schemas, seen)
    for field, inner in schema.get("properties", {}).items():
        if field.endswith(("_id", "_ids")):
            yield field
        yield from cited(inner, schemas, seen)


async def test_no_other_id_can_be_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new one needs a line above: where it is compared with the person, or why it need not be."""
    found = set()
    async with everything(tmp_path, monkeypatch, StaticKeys(KeySet([]))) as sites:
        for _, app in sites.values():
            async with TestClient(TestServer(app)) as client:
                contract = await (await client.get("/openapi.json")).json()
            for path in contract["paths"].values():
                for operation in path.values():
                    for content in operation.get("requestBody", {}).get("content", {}).values():
                        for field in cited(content["schema"], contract["components"]["schemas"]):
                            found.add(f"{operation['operationId']} {field}")

    assert found == COMPARED | NAMES_THE_PERSON | NARROWS_A_LIST | NOBODY_S
