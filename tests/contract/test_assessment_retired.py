"""A questionnaire got a new version: nobody is asked the old one, and its answers stay readable."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from services.assessment.adapters.http import build_api
from services.assessment.domain.content import Content
from services.assessment.domain.instrument import Instrument
from shared.api.identity import Role
from tests.support.assessment import CONTENT, NURSE, Clinic, answers, clinic_on
from tests.support.callers import Caller, site
from tests.support.databases import Databases

SECRET = "s" * 43
SHA256_OF_SECRET = hashlib.sha256(SECRET.encode()).hexdigest()


def renewed(content: Content) -> Content:
    """The same content with a second version of the depression questionnaire, whose words and
    bands are others."""
    older = content.instruments["phq-9"]
    mood = replace(older.items[1], label="Low mood, in newer words")
    newer = replace(older, version="2", items=(older.items[0], mood, *older.items[2:]))
    return replace(
        content,
        instruments={**content.instruments, "phq-9": newer},
        retired={("phq-9", "1"): older},
    )


@pytest.fixture
async def clinic(databases: Databases) -> AsyncIterator[Clinic]:
    async with clinic_on(databases) as opened:
        yield opened


@pytest.fixture
async def nurse(clinic: Clinic) -> AsyncIterator[Caller]:
    """The nurse after the new version was installed."""
    async with site(build_api(renewed(CONTENT)), clinic.db) as served:
        yield served.caller(NURSE, Role.NURSE)


def label(instrument: Instrument, code: str) -> str:
    found = instrument.item(code)
    assert found is not None
    return found.label


async def test_nobody_is_asked_a_retired_version(clinic: Clinic, nurse: Caller) -> None:
    body = {"instrument": "phq-9", "answers": answers("phq-9", 7)}

    old = await nurse.post(f"{clinic.path}/assessments", body | {"instrument_version": "1"})
    new = await nurse.post(f"{clinic.path}/assessments", body | {"instrument_version": "2"})

    assert (old.status, old.json["code"]) == (422, "retired-version")
    assert old.json["errors"][0]["pointer"] == "/body/instrument_version"
    assert (new.status, new.json["instrument_version"]) == (201, "2")


async def test_old_answers_are_read_under_the_version_that_took_them(
    clinic: Clinic, nurse: Caller
) -> None:
    listed = (await nurse.get("instruments")).json
    then = (await nurse.get("instruments/phq-9", version="1")).json
    now = (await nurse.get("instruments/phq-9")).json
    never = await nurse.get("instruments/phq-9", version="7")

    assert [(one["code"], one["version"]) for one in listed["retired"]] == [("phq-9", "1")]
    assert "1" not in {one["version"] for one in listed["items"] if one["code"] == "phq-9"}
    assert (then["retired"], then["enabled"], then["by_link"]) == (True, False, False)
    assert then["items"][1]["label"] == label(CONTENT.instruments["phq-9"], "mood")
    assert (now["version"], now["items"][1]["label"]) == ("2", "Low mood, in newer words")
    assert never.status == 404


async def test_old_answers_are_corrected_under_the_version_that_took_them(
    clinic: Clinic, nurse: Caller
) -> None:
    taken = await clinic.take("phq-9", 7)
    path = f"assessments/{taken['assessment_id']}"
    changed = {"answers": answers("phq-9", 6) | {"self-harm": 1}, "reason": "Misheard"}

    corrected = await nurse.post(f"{path}/amend", changed, version=1)

    assert (corrected.status, corrected.json["instrument_version"]) == (200, "1")
    assert corrected.json["total"] == 7
    assert [flag["level"] for flag in corrected.json["flags"]] == [3]


async def test_answers_of_a_version_whose_file_is_gone_are_read_and_not_corrected(
    clinic: Clinic,
) -> None:
    taken = await clinic.take("phq-9", 7)
    path = f"assessments/{taken['assessment_id']}"
    lost = replace(renewed(CONTENT), retired={})
    async with site(build_api(lost), clinic.db) as served:
        nurse = served.caller(NURSE, Role.NURSE)
        read = await nurse.get(path)
        refused = await nurse.post(
            f"{path}/amend", {"answers": answers("phq-9", 6), "reason": "Misheard"}, version=1
        )

    assert (read.json["total"], read.json["instrument_version"]) == (7, "1")
    assert (refused.status, refused.json["code"]) == (409, "version-not-kept")


async def test_a_link_to_a_version_that_was_retired_meanwhile_has_ended(clinic: Clinic) -> None:
    link = {"instrument": "phq-9", "channel": "in-person", "secret_sha256": SHA256_OF_SECRET}
    await clinic.nurse.post(f"{clinic.path}/invitations", link)
    async with site(build_api(renewed(CONTENT)), clinic.db) as served:
        portal = served.caller(clinic.patient_id, Role.SERVICE, teams=())
        opened = await portal.post("invitations/open", {"secret": SECRET})

    assert opened.status == 410
