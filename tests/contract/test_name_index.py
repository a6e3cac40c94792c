"""The index of names finds whom opening everybody finds, whatever state it is in, and keeps nothing
that a guessed name can be tried on once a key of a person was destroyed. On both databases."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from services.assessment.adapters import keeping_keys, sealing
from services.assessment.adapters.db import SqlWork
from services.assessment.adapters.index_key import IndexKey
from services.assessment.adapters.name_index import NameIndex, index_names, index_of
from services.assessment.adapters.names import people
from services.assessment.adapters.tables import PATIENT
from services.assessment.domain.patient import Details, Patient
from services.assessment.main import SCHEMA, SEALED_FROM
from shared.runtime.db import Database
from shared.runtime.person_keys import PersonKeys
from tests.support.databases import Databases

GIVEN = ("Ines", "INÉS", "Zoë", "Zoe", "Ann Marie", "Ann")
FAMILY = ("Heron", "Marie Heron", "Öresund", "heron")
BORN = (date(1970, 5, 1), date(1970, 1, 5), date(1984, 2, 29))
INES = UUID(int=70)


@pytest.fixture
def keys(tmp_path: Path) -> PersonKeys:
    """A folder of each test's own: some people of these tests are erased in others."""
    return PersonKeys(tmp_path / "keys")


@pytest.fixture
async def db(databases: Databases, keys: PersonKeys) -> AsyncIterator[Database]:
    opened = opened_at(await databases.migrated(SCHEMA), keys)
    yield opened
    await opened.close()


def opened_at(url: str, keys: PersonKeys) -> Database:
    return Database.open(url, source="assessment", person_keys=keys, sealed_from=SEALED_FROM)


def person(number: UUID, given: str, family: str, born: date) -> Patient:
    return Patient(
        patient_id=number,
        details=Details(
            given_name=given,
            family_name=family,
            birth_date=born,
            time_zone="Europe/London",
            language="en",
        ),
        team="harbour",
        care_team=(),
        enrolled_on=date(2026, 1, 5),
    )


async def added(db: Database, *patients: Patient) -> None:
    async with db.transaction(actor="rule:test@1") as tx:
        for one in patients:
            await SqlWork(tx).patients.add(one, duplicate_reason=None)
        tx.audit("patient.added", object="patients")


async def alike(db: Database, details: Details) -> Sequence[UUID]:
    async with db.reading() as tx:
        patients = SqlWork(tx).patients
        return await patients.alike(identity=details.identity, birth_date=details.birth_date)


async def opened_all(db: Database, details: Details) -> Sequence[UUID]:
    """What was said before there was an index."""
    async with db.reading() as tx:
        return tuple(
            number
            for number, who in await people(tx, PATIENT.c.erased_on.is_(None))
            if (who.identity, who.birth_date) == (details.identity, details.birth_date)
        )


async def lacking(db: Database) -> int:
    """How many the index lacks."""
    async with db.reading() as tx:
        query = select(func.count()).select_from(PATIENT).where(index_of(tx).lacks)
        return int((await tx.session.execute(query)).scalar_one())


async def put(db: Database, these: Iterable[UUID], **values: object) -> None:
    async with db.housekeeping() as tx:
        change = update(PATIENT).where(PATIENT.c.patient_id.in_(tuple(these)))
        await tx.session.execute(change.values(values))


@pytest.mark.parametrize("seed", range(3))
async def test_it_finds_whom_opening_everybody_finds(
    db: Database, keys: PersonKeys, seed: int
) -> None:
    """Some are in it, some not yet, some under another key; some lost theirs, some were erased."""
    chance = random.Random(seed)
    asked = [person(INES, g, f, b).details for g in GIVEN for f in FAMILY for b in BORN]
    base = 1000 * (seed + 1)
    everybody = [UUID(int=base + number) for number in range(60)]
    for number in everybody:
        details = chance.choice(asked)
        await added(db, person(number, details.given_name, details.family_name, details.birth_date))
    chance.shuffle(everybody)
    other = NameIndex(b"another key".ljust(32))
    await put(db, everybody[:10], name_digest=None)
    await put(db, everybody[10:20], name_digest=other.digest("ines heron", BORN[0]))
    await put(db, everybody[20:25], erased_on=date(2026, 2, 1))
    for number in everybody[25:30]:
        keys.destroy(number)
    await put(db, everybody[25:27], name_digest=None)
    wrong = index_digest(db, "ines heron", BORN[0])
    await put(db, everybody[30:33], name_digest=wrong)  # found by it, opened, and not believed
    truly = {one for one in everybody if one not in everybody[30:33]}

    for when in ("as it is", "whole"):
        for details in asked:
            found = await alike(db, details)
            expected = await opened_all(db, details)
            assert [one for one in found if one in truly] == [
                one for one in expected if one in truly
            ], when
            assert set(found) <= set(expected), when
        await index_names(db)
    assert await lacking(db) == 2, "whose key was destroyed before"


def index_digest(db: Database, identity: str, born: date) -> bytes:
    assert db.person_keys is not None
    return NameIndex(IndexKey(db.person_keys.folder).get()).digest(identity, born)


async def test_nobody_else_is_opened_to_find_one(db: Database) -> None:
    born = date(1950, 1, 1)
    await added(
        db, *(person(UUID(int=n), "Ann", f"Reed{n}", born + timedelta(n)) for n in range(1, 40))
    )

    async with db.reading() as tx:
        which = index_of(tx).finds("ann reed7", born + timedelta(7))
        found = (await tx.session.scalars(select(PATIENT.c.patient_id).where(which))).all()

    assert found == [UUID(int=7)]


async def test_a_changed_name_is_found_by_the_new_one_alone(db: Database) -> None:
    before = person(INES, "Ines", "Heron", BORN[0])
    await added(db, before)
    async with db.transaction(actor="rule:test@1") as tx:
        patients = SqlWork(tx).patients
        held = await patients.hold(INES)
        assert held is not None
        after = person(INES, "Ines", "Teal", BORN[0])
        await patients.save(
            Patient(**{**vars_of(held), "details": after.details, "version": held.version + 1})
        )
        tx.audit("patient.amended", object="patient")

    assert await alike(db, before.details) == ()
    assert await alike(db, after.details) == (INES,)
    assert await lacking(db) == 0


def vars_of(patient: Patient) -> dict[str, object]:
    return {name: getattr(patient, name) for name in Patient.__dataclass_fields__}


async def test_two_who_enrol_different_people_do_not_wait_for_each_other(
    db: Database,
) -> None:
    """On SQLite whoever writes waits for whoever writes, and for nothing else."""
    if db.dialect == "sqlite":
        return
    one, other = person(INES, *GIVEN[:1], FAMILY[0], BORN[0]), person(INES, "Bo", "Teal", BORN[0])
    async with db.reading() as first:
        await asyncio.wait_for(look(SqlWork(first), one), 1)
        await asyncio.wait_for(alike(db, other.details), 1)
        same = asyncio.create_task(alike(db, one.details))
        done, _ = await asyncio.wait({same}, timeout=0.3)
        assert not done, "the same person is waited for"
    await same


async def look(work: SqlWork, patient: Patient) -> None:
    details = patient.details
    await work.patients.alike(identity=details.identity, birth_date=details.birth_date)


async def test_with_a_person_s_key_the_index_s_own_is_replaced(
    db: Database, keys: PersonKeys
) -> None:
    ines, anna = (
        person(INES, "Ines", "Heron", BORN[0]),
        person(UUID(int=71), "Ann", "Teal", BORN[1]),
    )
    await added(db, ines, anna)
    key = IndexKey(keys.folder)
    before = key.get()
    await put(db, [INES], erased_on=date(2026, 2, 1))

    assert await keeping_keys.destroy_keys(db) == 1

    assert key.get() != before
    assert await lacking(db) == 1, "whoever is left is not in the index of the new key yet"
    assert await alike(db, anna.details) == (anna.patient_id,), "and is found all the same"
    assert await index_names(db) == 1
    assert await lacking(db) == 0
    assert await alike(db, anna.details) == (anna.patient_id,)
    assert await index_names(db) == 0


async def test_it_begins_when_every_release_keeps_it(
    databases: Databases, keys: PersonKeys
) -> None:
    """The release before changes a name and leaves the digest: it is trusted after its end."""
    url = await databases.empty()
    await asyncio.to_thread(SCHEMA.upgrade, url, "0015")
    db = opened_at(url, keys)
    try:
        ines = person(INES, "Ines", "Heron", BORN[0])
        await added(db, ines)
        assert await index_names(db) == 0
        assert await alike(db, ines.details) == (INES,)
        await put(db, [INES], name_digest=index_digest(db, "somebody else", BORN[0]))

        await SCHEMA.upgrade_async(url)

        assert await lacking(db) == 1
        assert await alike(db, ines.details) == (INES,)
        assert await index_names(db) == 1
        assert await alike(db, ines.details) == (INES,)
    finally:
        await db.close()


async def test_whoever_is_sealed_later_is_indexed_later(db: Database) -> None:
    ines = person(INES, "Ines", "Heron", BORN[0])
    await added(db, ines)
    plain = {
        "given_name": "Ines",
        "family_name": "Heron",
        "birth_date": BORN[0],
        "identity": "ines heron",
    }
    await put(db, [INES], who=None, name_digest=None, **plain)
    assert await index_names(db) == 0

    assert await sealing.seal_some(db) == 1

    assert await index_names(db) == 1
    assert await alike(db, ines.details) == (INES,)
