"""Erasing a person: their key goes, the record and its trail stay. On both databases."""

import shutil
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import aiohttp
import pytest
from joserfc.jwk import KeySet
from sqlalchemy import func, select, text, update

from services.assessment.adapters import keeping_keys, sealing, stored
from services.assessment.adapters.http import build_api
from services.assessment.adapters.names import UNREADABLE
from services.assessment.adapters.tables import PATIENT, PATIENT_VERSION, metadata
from services.remote import Remote, RemoteError
from shared.api.identity import Role
from shared.runtime import audit_check
from shared.runtime.anchors import Anchors
from shared.runtime.auth import StaticKeys
from shared.runtime.person_keys import KeyDestroyed, KeyMissing, PersonKeys
from shared.runtime.retention_file import Contact, Kept
from shared.runtime.tables import audit
from tests.support.assessment import CONTENT, KEY, PERSON, PRESCRIBER, Clinic, clinic_on
from tests.support.callers import Answer, Caller, site
from tests.support.databases import Databases
from tests.support.stored import everything

LEAD = UUID(int=77)
PHONE, MAIL, STREET = "+44 20 7946 0555", "plover@example.org", "7 Curlew Row, Portside"
CARER = "Avocet Sandpiper"
SECRETS = (PHONE, MAIL, STREET, CARER, PERSON["given_name"], PERSON["family_name"])
ASKED = {"reason": "asked-for"}


@pytest.fixture
async def clinic(databases: Databases) -> AsyncIterator[Clinic]:
    async with clinic_on(databases) as opened:
        yield opened


async def reachable(clinic: Clinic) -> None:
    """Everything a record can say about who somebody is."""
    ways = {"phone": PHONE, "email": MAIL, "postal_address": STREET}
    await ok(clinic.nurse.patch(clinic.path, ways, version=1))
    carer = {"name": CARER, "relationship": "sister", "phone": PHONE}
    await ok(clinic.nurse.post(f"{clinic.path}/carers", carer, version=2))


async def ended(clinic: Clinic) -> int:
    """The person left care; the version of the record."""
    await reachable(clinic)
    body = {"status": "left-care", "on": date(2026, 1, 5).isoformat(), "reason": "moved away"}
    async with clinic.db.housekeeping() as tx:
        await tx.session.execute(update(PATIENT).values(enrolled_on=date(2025, 1, 5)))
    answer = await ok(clinic.nurse.post(f"{clinic.path}/leave-care", body, version=3))
    return int(answer.json["version"])


async def erased(clinic: Clinic) -> Answer:
    """Proposed by one and done by another."""
    version = await ended(clinic)
    await ok(clinic.prescriber.post(f"{clinic.path}/erase", ASKED, version=version))
    answer = await ok(lead(clinic).post(f"{clinic.path}/erase", ASKED, version=version))
    assert await keeping_keys.destroy_keys(clinic.db) == 1
    return answer


def lead(clinic: Clinic) -> Caller:
    """A lead of the person's own team."""
    return clinic.site.caller(LEAD, Role.LEAD)


async def entries(clinic: Clinic, action: str) -> int:
    """How many entries of the trail say this."""
    async with clinic.db.reading() as tx:
        query = select(func.count()).where(audit.c.action == action)
        return int((await tx.session.execute(query)).scalar_one())


async def ok(asked: Any) -> Answer:
    answer: Answer = await asked
    assert answer.status in {200, 201}, answer.json
    return answer


async def test_how_to_reach_somebody_is_in_no_row_in_the_clear(clinic: Clinic) -> None:
    await reachable(clinic)

    kept = await everything(clinic.db, metadata)

    assert not [one for one in (PHONE, MAIL, STREET, CARER) if one in kept]
    shown = (await clinic.nurse.get(clinic.path)).json
    assert (shown["phone"], shown["email"], shown["postal_address"]) == (PHONE, MAIL, STREET)
    assert shown["carers"][0]["name"] == CARER


async def test_what_an_older_release_wrote_is_sealed_while_serving(clinic: Clinic) -> None:
    async with clinic.db.housekeeping() as tx:
        (row,) = (await tx.session.execute(select(PATIENT))).all()
        (kept,) = (await tx.session.execute(select(PATIENT_VERSION))).all()
        whole = stored.version_from(kept, tx.keys)
        old = {"contact": None, "phone": PHONE, "email": MAIL, "postal_address": STREET}
        await tx.session.execute(update(PATIENT).values(old))
        before = update(PATIENT_VERSION).values(record=whole, personal=None)
        await tx.session.execute(before)
        await tx.session.execute(text("DELETE FROM outbox"))
        await tx.session.execute(text("DELETE FROM idempotency"))
        assert row.phone is None
    assert (await clinic.nurse.get(clinic.path)).json["phone"] == PHONE

    assert await sealing.seal_some(clinic.db) == 2
    assert await sealing.seal_some(clinic.db) == 0

    shown = (await clinic.nurse.get(clinic.path)).json
    assert (shown["phone"], shown["email"], shown["postal_address"]) == (PHONE, MAIL, STREET)
    text_of_rows = await everything(clinic.db, metadata)
    assert not [one for one in (PHONE, MAIL, STREET) if one in text_of_rows]
    async with clinic.db.reading() as tx:
        (kept,) = (await tx.session.execute(select(PATIENT_VERSION))).all()
        assert stored.version_from(kept, tx.keys) == whole


async def test_two_people_erase_and_nobody_can_tell_who_it_was(clinic: Clinic) -> None:
    version = await ended(clinic)

    first = await ok(clinic.prescriber.post(f"{clinic.path}/erase", ASKED, version=version))
    assert first.json["erased_on"] is None
    assert first.json["proposed_erasure"]["proposed_by"] == f"staff:{PRESCRIBER}"
    again = await clinic.prescriber.post(f"{clinic.path}/erase", ASKED, version=version)
    assert (again.status, again.json["code"]) == (403, "four-eyes")
    seen = (await lead(clinic).get(clinic.path)).json
    assert seen["proposed_erasure"]["reason"] == "asked-for"
    assert "erase" in seen["actions"]

    done = await ok(lead(clinic).post(f"{clinic.path}/erase", ASKED, version=version))

    today = done.json["erased_on"]
    assert (done.json["given_name"], done.json["family_name"]) == ("Erased", f"on {today}")
    year = int(PERSON["birth_date"][:4])
    assert (done.json["birth_date"], done.json["birth_year"]) == (f"{year}-01-01", year)
    assert seen["birth_year"] is None, "as long as the day is known"
    assert [done.json[name] for name in ("phone", "email", "postal_address")] == [None] * 3
    assert (done.json["carers"], done.json["actions"], done.json["consents"]) == ([], [], {})
    kept = await everything(clinic.db, metadata)
    assert not [one for one in SECRETS if one in kept]
    assert PERSON["birth_date"] not in kept


async def test_the_key_goes_after_the_commit_and_is_not_made_again(
    clinic: Clinic, databases: Databases
) -> None:
    version = await ended(clinic)
    async with clinic.db.reading() as tx:
        (row,) = (await tx.session.execute(select(PATIENT))).all()
    backup, keys = row.contact, databases.person_keys
    for who in (clinic.prescriber, lead(clinic)):
        await ok(who.post(f"{clinic.path}/erase", ASKED, version=version))
    assert PHONE in keys.open(clinic.patient_id, "contact", backup).decode()

    assert await keeping_keys.destroy_keys(clinic.db) == 1
    assert await keeping_keys.destroy_keys(clinic.db) == 0

    for use in (
        lambda: keys.open(clinic.patient_id, "contact", backup),
        lambda: keys.seal(clinic.patient_id, "contact", b""),
    ):
        with pytest.raises(KeyDestroyed):
            use()
    async with clinic.db.reading() as tx:
        (row,) = (await tx.session.execute(select(PATIENT))).all()
        assert row.key_destroyed_at is not None


async def test_a_restored_backup_names_nobody_either(
    clinic: Clinic, databases: Databases, tmp_path: Path
) -> None:
    """A backup from before, put back row by row beside keys from after."""
    version = await ended(clinic)
    async with clinic.db.reading() as tx:
        (before,) = (await tx.session.execute(select(PATIENT))).all()
        versions = (await tx.session.execute(select(PATIENT_VERSION))).all()
    for who in (clinic.prescriber, lead(clinic)):
        await ok(who.post(f"{clinic.path}/erase", ASKED, version=version))
    await keeping_keys.destroy_keys(clinic.db)

    keys = databases.person_keys
    assert stored.contact_from(before, keys) == stored.NOTHING
    for row in versions:
        assert not [one for one in SECRETS if one in str(stored.version_from(row, keys))]
    elsewhere = PersonKeys(tmp_path)
    with pytest.raises(KeyMissing):
        elsewhere.open(clinic.patient_id, "contact", before.contact)


async def test_whom_a_restored_database_brings_back_is_erased_again(
    clinic: Clinic, databases: Databases
) -> None:
    """Even when that backup is from the time of their care."""
    await reachable(clinic)
    await clinic.nurse.post(f"{clinic.path}/flags", {"trigger": "overdose", "note": "x"})
    databases.person_keys.destroy(clinic.patient_id)
    shown = await ok(clinic.nurse.get(clinic.path))
    assert (shown.json["phone"], shown.json["carers"]) == (None, [])

    assert await keeping_keys.erase_restored(clinic.db, databases.person_keys) == 1
    assert await keeping_keys.erase_restored(clinic.db, databases.person_keys) == 0

    gone = await ok(clinic.nurse.get(clinic.path))
    assert (gone.json["status"], gone.json["erased_on"] is not None) == ("left-care", True)
    kept = await everything(clinic.db, metadata)
    assert not [one for one in SECRETS if one in kept]
    assert (await clinic.kinds_told())[-2:] == ["details-changed", "left-care"]


async def test_the_record_and_its_trail_stay(clinic: Clinic, tmp_path: Path) -> None:
    taken = await clinic.take("phq-9", 12)
    done = await erased(clinic)

    kept = await ok(lead(clinic).get(f"assessments/{taken['assessment_id']}"))
    history = await ok(lead(clinic).get(f"{clinic.path}/history"))
    verdict = await audit_check.check(clinic.db, anchors=Anchors("assessment", tmp_path))

    assert kept.json["total"] == 12
    assert len(history.json["versions"]) == done.json["version"]
    assert verdict.broken == ()
    async with clinic.db.reading() as tx:
        query = select(audit.c.action, audit.c.actor, audit.c.reason).order_by(audit.c.seq)
        said = [tuple(row) for row in await tx.session.execute(query)]
    assert ("patient.erase-proposed", f"staff:{PRESCRIBER}", "asked-for") in said
    assert ("patient.erased", f"staff:{LEAD}", "asked-for") in said
    assert ("person-key.destroyed", sealing.SEALER, None) in said


async def test_the_others_are_told_to_forget(clinic: Clinic) -> None:
    await erased(clinic)

    told = [one for one in await clinic.told() if one.type.endswith("details-changed.v1")]

    (last,) = told
    details: Any = last.data
    assert details.details.erased_on is not None
    assert details.details.given_name == "Erased"
    assert (details.details.email, details.details.carers) == (None, ())


async def test_nobody_finds_them_by_name_or_birth_date(clinic: Clinic) -> None:
    await erased(clinic)
    number = str(clinic.patient_id)[:8]

    for asked in (
        {"name": PERSON["family_name"]},
        {"birth_date": PERSON["birth_date"]},
        {"name": "Erased"},
        {"birth_date": PERSON["birth_date"][:4] + "-01-01"},
    ):
        found = await ok(lead(clinic).post("patients/search", asked))
        assert found.json["items"] == [], asked
    by_number = await ok(lead(clinic).post("patients/search", {"number": number}))
    (row,) = by_number.json["items"]
    assert row["erased_on"] is not None
    assert row["birth_year"] == int(PERSON["birth_date"][:4])


async def test_somebody_of_the_same_name_can_be_enrolled(clinic: Clinic) -> None:
    await erased(clinic)

    assert (await clinic.nurse.post("patients", PERSON)).status == 201


async def test_who_is_in_care_or_has_an_open_flag_is_not_erased(clinic: Clinic) -> None:
    in_care = await clinic.prescriber.post(f"{clinic.path}/erase", ASKED, version=1)
    assert (in_care.status, in_care.json["code"]) == (409, "in-care")

    flag = {"trigger": "overdose", "note": "said so"}
    raised = await clinic.nurse.post(f"{clinic.path}/flags", flag)
    assert raised.status == 201, raised.json
    version = await ended(clinic)
    flagged = await clinic.prescriber.post(f"{clinic.path}/erase", ASKED, version=version)
    assert (flagged.status, flagged.json["code"]) == (409, "open-flags")


async def test_an_erased_record_is_not_changed_again(clinic: Clinic) -> None:
    version = (await erased(clinic)).json["version"]
    back = {"reason": "came back"}

    for answer in (
        await lead(clinic).post(f"{clinic.path}/erase", ASKED, version=version),
        await lead(clinic).post(f"{clinic.path}/return-to-care", back, version=version),
        await lead(clinic).patch(clinic.path, {"phone": PHONE}, version=version),
    ):
        assert (answer.status, answer.json["code"]) == (409, "erased")


async def test_a_nurse_or_a_stranger_erases_nobody(clinic: Clinic) -> None:
    version = await ended(clinic)

    assert (await clinic.nurse.post(f"{clinic.path}/erase", ASKED, version=version)).status == 403
    assert (await clinic.lead.post(f"{clinic.path}/erase", ASKED, version=version)).status == 404
    wrong = await lead(clinic).post(f"{clinic.path}/erase", {"reason": "because"}, version=version)
    assert wrong.status == 422


async def test_without_the_keys_the_record_is_read_and_nothing_saved_over_it(
    clinic: Clinic, databases: Databases
) -> None:
    await reachable(clinic)
    folder = databases.folder / "person-keys"
    moved = shutil.move(folder, databases.folder / "elsewhere")
    try:
        answer = await clinic.nurse.get(clinic.path)
        change = {"phone": "+44 20 7946 0001"}
        saved = await clinic.nurse.patch(clinic.path, change, version=3)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.move(moved, folder)

    assert (answer.status, answer.json["contact_readable"]) == (200, False)
    assert (answer.json["phone"], answer.json["family_name"]) == (None, UNREADABLE.family_name)
    assert (saved.status, saved.json["code"]) == (503, "person-key-missing")
    assert (await clinic.nurse.get(clinic.path)).json["phone"] == PHONE


async def another_due(clinic: Clinic) -> None:
    """Somebody else whose time is over by now."""
    other = PERSON | {"given_name": "Wren", "birth_date": "1971-02-03"}
    enrolled = await ok(clinic.nurse.post("patients", other))
    async with clinic.db.housekeeping() as tx:
        gone = {"status": "left-care", "left_on": date(2026, 1, 5)}
        which = PATIENT.c.patient_id == UUID(enrolled.json["patient_id"])
        await tx.session.execute(update(PATIENT).where(which).values(gone))


ONE_YEAR = Kept(contact=Contact(after_care_years=1, source="a rule of this test"))


async def test_what_is_past_its_time_is_listed_and_erased_by_two(
    clinic: Clinic,
) -> None:
    version = await ended(clinic)
    api = build_api(CONTENT, keys=StaticKeys(KeySet([KEY])), kept=ONE_YEAR)
    async with site(api, clinic.db) as there:
        operations = there.caller(UUID(int=5), Role.OPERATIONS, teams=())
        auditor = there.caller(UUID(int=6), Role.AUDITOR, teams=())
        early = await ok(operations.get("retention"))
        assert (early.json["after_care_years"], early.json["due"]) == (1, 0)
        await clinic.later(days=366)

        listed = await ok(auditor.get("retention"))
        assert listed.json["due"] == 1
        assert listed.json["people"] == [
            {
                "patient_id": str(clinic.patient_id),
                "left_on": "2026-01-05",
                "due_on": "2027-01-05",
            }
        ]
        wrong = await operations.post("retention/erase", {"due": 2})
        assert (wrong.status, wrong.json["code"]) == (409, "not-what-was-seen")
        first = await ok(operations.post("retention/erase", {"due": 1}))
        assert (first.json["erased"], first.json["due"]) == (0, 1)
        assert first.json["proposed_by"] == f"staff:{UUID(int=5)}"
        assert (await operations.post("retention/erase", {"due": 1})).status == 403
        second = await ok(there.caller(LEAD, Role.LEAD).post("retention/erase", {"due": 1}))

    assert (second.json["erased"], second.json["due"]) == (1, 0)
    gone = await ok(lead(clinic).get(clinic.path))
    assert (gone.json["erased_on"] is not None, gone.json["version"]) == (True, version + 1)


@pytest.fixture
async def two_of_operations(clinic: Clinic) -> AsyncIterator[tuple[Caller, Caller]]:
    """Who may have the one person erased whose time is over."""
    await ended(clinic)
    api = build_api(CONTENT, keys=StaticKeys(KeySet([KEY])), kept=ONE_YEAR)
    async with site(api, clinic.db) as there:
        first, second = (
            there.caller(UUID(int=number), Role.OPERATIONS, teams=()) for number in (5, 6)
        )
        await clinic.later(days=366)
        yield first, second


async def test_who_becomes_due_later_is_not_erased_on_the_first_proposal(
    clinic: Clinic, two_of_operations: tuple[Caller, Caller]
) -> None:
    first, second = two_of_operations
    await ok(first.post("retention/erase", {"due": 1}))
    await another_due(clinic)

    more = await ok(second.post("retention/erase", {"due": 2}))
    assert (more.json["erased"], more.json["proposed_by"]) == (0, f"staff:{UUID(int=6)}")
    both = await ok(first.post("retention/erase", {"due": 2}))
    assert (both.json["erased"], both.json["due"]) == (2, 0)


async def test_a_proposal_is_for_those_who_were_due(
    clinic: Clinic, two_of_operations: tuple[Caller, Caller]
) -> None:
    first, second = two_of_operations
    await ok(first.post("retention/erase", {"due": 1}))
    assert (await ok(second.post("retention/erase", {"due": 1}))).json["erased"] == 1
    assert await entries(clinic, "retention.erased") == 1  # which uses the proposal up
    await another_due(clinic)

    alone = await ok(second.post("retention/erase", {"due": 1}))
    listed = await ok(second.get("retention"))

    assert (alone.json["erased"], alone.json["proposed_by"]) == (0, f"staff:{UUID(int=6)}")
    assert (listed.json["due"], listed.json["proposed_by"]) == (1, f"staff:{UUID(int=6)}")


async def test_operators_erase_by_their_command_and_the_second_has_to_be_another(
    clinic: Clinic,
) -> None:
    """What ``python -m services retention`` does, on either database."""
    await ended(clinic)
    await clinic.later(days=366)
    api = build_api(CONTENT, keys=StaticKeys(KeySet([KEY])), kept=ONE_YEAR)
    async with site(api, clinic.db) as there, aiohttp.ClientSession() as session:
        commands = Remote(session, {"assessment": str(there.client.make_url("")).rstrip("/")})
        oona = there.caller(UUID(int=5), Role.OPERATIONS, teams=()).token
        other = there.caller(UUID(int=6), Role.OPERATIONS, teams=()).token

        assert (await commands.retention(oona)).due == 1
        assert (await commands.erase_due(oona, due=1)).erased == 0
        with pytest.raises(RemoteError, match="second person"):
            await commands.erase_due(oona, due=1)
        done = await commands.erase_due(other, due=1)

    assert (done.erased, done.due) == (1, 0)
    kept = {one.record: (one.years, one.days) for one in done.classes}
    assert kept["contact"] == (1, None)
    assert kept["clinical"] == kept["audit"] == (None, None)
    assert (await ok(lead(clinic).get(clinic.path))).json["erased_on"]


async def test_without_a_file_nobody_is_ever_due(clinic: Clinic) -> None:
    await ended(clinic)
    await clinic.later(days=365 * 50)

    seen = await ok(clinic.site.caller(LEAD, Role.LEAD).get("retention"))

    assert (seen.json["after_care_years"], seen.json["due"]) == (None, 0)
