"""Who a person is, sealed on its way and where treatment and engagement keep a copy. On both
databases."""

import asyncio
import shutil
from base64 import b64decode
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from services.engagement.adapters.db import SqlWork as EngagementWork
from services.engagement.adapters.events import subscriptions as engagement_hears
from services.engagement.adapters.sealing import sealing_names as sealing_in_engagement
from services.engagement.application.ports import Digest
from services.engagement.main import SCHEMA as ENGAGEMENT
from services.engagement.main import SEALED_FROM as ENGAGEMENT_FROM
from services.treatment.adapters.db import SqlWork as TreatmentWork
from services.treatment.adapters.events import subscriptions as treatment_hears
from services.treatment.adapters.names import named_in
from services.treatment.adapters.sealing import sealing_names as sealing_in_treatment
from services.treatment.adapters.tables import PatientRow as TreatmentPatient
from services.treatment.main import SCHEMA as TREATMENT
from services.treatment.main import SEALED_FROM as TREATMENT_FROM
from shared.events.assessment import Carer, PatientDetailsChanged
from shared.runtime.db import Database
from shared.runtime.inbox import Inbox, Outcome, Subscriptions
from shared.runtime.person_keys import KeyMissing, PersonKeys
from shared.runtime.schema import Phase, Schema
from shared.runtime.sealed_details import Birth, birth_of, opened, sealed
from shared.runtime.ticker import Tick
from tests.support.databases import Databases
from tests.support.engagement import CONTENT, NURSE
from tests.support.heard import details_of, off_the_wire
from tests.support.sentinel import FAMILY, GIVEN
from tests.support.stored import everything
from tests.support.treatment import BOOK
from tests.support.treatment import CONTENT as FORMULARY

PERSON = UUID(int=0x51)
MAIL = "plover@example.org"
CARER = "Avocet Sandpiper"
BORN = date(1984, 2, 29)
SECRETS = (GIVEN, FAMILY, MAIL, CARER, BORN.isoformat())
TOLD = details_of(
    PERSON,
    birth_date=BORN,
    email=MAIL,
    phone="+44 20 7946 0555",
    postal_address="7 Curlew Row",
    carers=(Carer(carer_id=UUID(int=1), name=CARER, relationship="sister"),),
)

ERASED_FACT = details_of(
    PERSON,
    given_name="Erased",
    family_name="on 2026-01-06",
    birth_date=date(1984, 1, 1),
    erased_on=date(2026, 1, 6),
)


async def known_to_treatment(db: Database) -> tuple[str | None, date | None]:
    async with db.reading() as tx:
        found = await TreatmentWork(tx, supply_working_days=2).patients.get(PERSON)
        assert found is not None
        return found.name, found.birth_date


async def known_to_engagement(db: Database) -> tuple[str | None, date | None]:
    async with db.reading() as tx:
        work = EngagementWork(tx, CONTENT)
        name, birth = (await work.patients.names([PERSON])).get(PERSON, (None, Birth()))
        return name, birth.counts_from


async def born_by_treatment(db: Database) -> Birth:
    async with db.reading() as tx:
        row = await tx.session.get(TreatmentPatient, PERSON)
        assert row is not None
        return named_in(row.id, row.name, row.birth_date, row.who, tx).birth


async def born_by_engagement(db: Database) -> Birth:
    async with db.reading() as tx:
        (_name, birth) = (await EngagementWork(tx, CONTENT).patients.names([PERSON]))[PERSON]
        return birth


@dataclass(frozen=True)
class Copy:
    """A service that keeps a copy."""

    schema: Schema
    sealed_from: str
    before: str
    """The schema of the release before names were sealed."""
    hears: Subscriptions
    sealing: Callable[[Database], Tick]
    known: Callable[[Database], Awaitable[tuple[str | None, date | None]]]
    born: Callable[[Database], Awaitable[Birth]]
    unreadable: str | None

    @property
    def beside_old(self) -> str:
        """The newest schema that the release before gets on with."""
        return [name for name, phase in self.schema.phases if phase is Phase.PRE][-1]


COPIES = {
    "treatment": Copy(
        TREATMENT,
        TREATMENT_FROM,
        "0009",
        treatment_hears(BOOK, FORMULARY),
        sealing_in_treatment,
        known_to_treatment,
        born_by_treatment,
        None,
    ),
    "engagement": Copy(
        ENGAGEMENT,
        ENGAGEMENT_FROM,
        "0011",
        engagement_hears(CONTENT),
        sealing_in_engagement,
        known_to_engagement,
        born_by_engagement,
        "(name cannot be read)",
    ),
}


@pytest.fixture(params=sorted(COPIES))
def copy(request: pytest.FixtureRequest) -> Copy:
    return COPIES[request.param]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the keys are."""
    return tmp_path / "person-keys"


@pytest.fixture
def owner(folder: Path) -> PersonKeys:
    """The keys as their owner has them."""
    return PersonKeys(folder)


@pytest.fixture
def readers(folder: Path) -> PersonKeys:
    """The same folder as whoever keeps a copy has it."""
    return PersonKeys(folder, makes=False)


@pytest.fixture
async def db(databases: Databases, copy: Copy, readers: PersonKeys) -> AsyncIterator[Database]:
    opened_ = Database.open(
        await databases.migrated(copy.schema),
        source=copy.schema.service,
        person_keys=readers,
        sealed_from=copy.sealed_from,
    )
    yield opened_
    await opened_.close()


async def hear(db: Database, copy: Copy, fact: PatientDetailsChanged, version: int = 1) -> Outcome:
    body = off_the_wire(
        fact,
        f"patient-details:{PERSON}",
        version,
        subject=PERSON,
        at=datetime(2026, 1, 5, 12, tzinfo=UTC),
    )
    inbox = Inbox(db, copy.hears)
    return await inbox.apply(inbox.read(fact.TYPE, body), body)


def locked(owner: PersonKeys, fact: PatientDetailsChanged = TOLD) -> PatientDetailsChanged:
    return PatientDetailsChanged(details=sealed(fact.details, owner))


@pytest.mark.parametrize("erased", [True, False])
def test_the_first_day_of_all_is_nobodys(*, erased: bool) -> None:
    assert birth_of(date.min, erased=erased) == birth_of(None, erased=erased) == Birth()
    assert Birth().counts_from is None


def test_a_told_fact_names_nobody_and_is_opened_whole(owner: PersonKeys) -> None:
    fact = locked(owner)
    written = fact.model_dump_json()

    assert not [one for one in (*SECRETS, "7946", "Curlew") if one in written]
    assert fact.details.time_zone == "Europe/London"
    assert fact.details.sealed is not None
    assert GIVEN.encode() not in b64decode(fact.details.sealed)

    class Tx:
        keys = owner

    whole: Any = Tx()
    assert opened(fact.details, whole) == TOLD.details
    assert opened(TOLD.details, whole) == TOLD.details


async def test_a_copy_is_read_and_lies_sealed(db: Database, copy: Copy, owner: PersonKeys) -> None:
    assert await hear(db, copy, locked(owner)) is Outcome.APPLIED

    assert await copy.known(db) == (f"{GIVEN} {FAMILY}", BORN)
    kept = await everything(db, copy.schema.metadata)
    assert not [one for one in SECRETS if one in kept]
    if copy.schema is ENGAGEMENT:
        async with db.reading() as tx:
            work = EngagementWork(tx, CONTENT)
            around = await work.support.surroundings.get(PERSON)
            owed = (await work.on_record(PERSON)).surroundings
            reach = (await work.notices.reachable([PERSON]))[PERSON]
        assert around is not None
        assert [one.name for one in around.carers] == [CARER]
        assert [one.carer_id for one in owed[0].carers] == [UUID(int=1)]
        assert reach.email == MAIL


async def test_a_fact_from_before_is_understood_and_kept_sealed(
    db: Database, copy: Copy, owner: PersonKeys
) -> None:
    owner.seal(PERSON, "contact", b"")  # the key is older than the copy

    await hear(db, copy, TOLD)

    assert await copy.known(db) == (f"{GIVEN} {FAMILY}", BORN)
    kept = await everything(db, copy.schema.metadata)
    assert not [one for one in SECRETS if one in kept]


async def test_what_an_older_release_kept_is_sealed_while_serving(
    databases: Databases, copy: Copy, owner: PersonKeys, readers: PersonKeys
) -> None:
    """Not before that release is gone, and only where there is a key."""
    url = await databases.empty()
    await asyncio.to_thread(copy.schema.upgrade, url, copy.beside_old)
    db = Database.open(
        url,
        source=copy.schema.service,
        person_keys=readers,
        sealed_from=copy.sealed_from,
    )
    try:
        await hear(db, copy, TOLD)
        assert await copy.sealing(db).run() == 0
        assert FAMILY in await everything(db, copy.schema.metadata)

        await copy.schema.upgrade_async(url)
        assert await copy.sealing(db).run() == 0  # nobody has made a key yet
        assert await copy.known(db) == (f"{GIVEN} {FAMILY}", BORN)
        owner.seal(PERSON, "contact", b"")
        assert await copy.sealing(db).run() == 1
        assert await copy.sealing(db).run() == 0

        assert await copy.known(db) == (f"{GIVEN} {FAMILY}", BORN)
        kept = await everything(db, copy.schema.metadata)
        assert not [one for one in SECRETS if one in kept]
    finally:
        await db.close()


async def test_what_two_releases_write_side_by_side_is_read_and_sealed_when_one_is_left(
    databases: Databases, copy: Copy, owner: PersonKeys, readers: PersonKeys
) -> None:
    """From the rows and the schema of the release before names were sealed, as an upgrade goes."""
    owner.seal(PERSON, "contact", b"")
    url = await databases.empty()
    await asyncio.to_thread(copy.schema.upgrade, url, copy.beside_old)

    def opened_() -> Database:
        return Database.open(
            url, source=copy.schema.service, person_keys=readers, sealed_from=copy.sealed_from
        )

    db = opened_()
    await hear(db, copy, TOLD)
    await db.close()
    await asyncio.to_thread(copy.schema.downgrade, url, copy.before)
    assert (await asyncio.to_thread(copy.schema.current, url)) == copy.before
    left = await asyncio.to_thread(copy.schema.upgrade_beside_old, url)
    assert left[0][1] is Phase.POST  # and behind it only what waits with it
    assert {phase for _, phase in left} <= {Phase.POST, Phase.CATCH_UP}

    db = opened_()
    try:
        await copy.schema.require_head(db)
        assert await copy.known(db) == (f"{GIVEN} {FAMILY}", BORN), "an old row, read by the new"
        await in_the_old_release(db, copy, "Whimbrel")
        assert await copy.sealing(db).run() == 0, "the old one still works here"
        assert await copy.known(db) == ("Whimbrel Red", BORN), "its change, read by the new"
        renamed = details_of(PERSON, given_name="Dunlin", birth_date=BORN, email=MAIL)
        await hear(db, copy, renamed, version=2)
        assert "Dunlin" in await everything(db, copy.schema.metadata), "which the old one can read"
        await in_the_old_release(db, copy, "Whimbrel")

        await copy.schema.upgrade_async(url)
        assert await copy.known(db) == ("Whimbrel Red", BORN)
        assert await copy.sealing(db).run() == 1
        assert await copy.sealing(db).run() == 0
        assert await copy.known(db) == ("Whimbrel Red", BORN)
        kept = await everything(db, copy.schema.metadata)
        assert not [one for one in (*SECRETS, "Whimbrel", "Dunlin") if one in kept]
    finally:
        await db.close()


async def in_the_old_release(db: Database, copy: Copy, name: str) -> None:
    """It writes a name into the columns it knows."""
    patient = copy.schema.metadata.tables["patient"]
    named = (
        {"name": f"{name} Red"}
        if "name" in patient.c
        else {"given_name": name, "family_name": "Red"}
    )
    async with db.housekeeping() as tx:
        await tx.session.execute(update(patient).values(named))


async def test_once_the_key_is_destroyed_neither_copy_nor_backup_names_anybody(
    db: Database, copy: Copy, owner: PersonKeys
) -> None:
    await hear(db, copy, locked(owner))
    assert (await copy.known(db))[1] == BORN  # and remembered

    owner.destroy(PERSON)

    name, born = await copy.known(db)
    assert (born, GIVEN in (name or ""), FAMILY in (name or "")) == (None, False, False)


async def test_a_fact_told_before_an_erasure_says_nothing_after_it(
    db: Database, copy: Copy, owner: PersonKeys
) -> None:
    late = locked(owner)
    owner.destroy(PERSON)

    assert await hear(db, copy, late) is Outcome.APPLIED
    assert await hear(db, copy, ERASED_FACT, version=2) is Outcome.APPLIED
    assert await copy.sealing(db).run() == 0

    assert await copy.known(db) == ("Erased on 2026-01-06", date(1984, 1, 1))
    assert await copy.born(db) == Birth(day=None, year=1984), "ages are counted, no day is told"


async def test_a_missing_key_loses_no_fact(
    db: Database, copy: Copy, owner: PersonKeys, folder: Path
) -> None:
    fact = locked(owner)
    moved = shutil.move(folder, folder.with_name("elsewhere"))
    try:
        with pytest.raises(KeyMissing):
            await hear(db, copy, fact)
    finally:
        shutil.move(moved, folder)

    assert await hear(db, copy, fact) is Outcome.APPLIED
    assert await copy.known(db) == (f"{GIVEN} {FAMILY}", BORN)


async def test_without_the_keys_a_copy_is_unreadable_and_comes_back(
    db: Database, copy: Copy, owner: PersonKeys, folder: Path
) -> None:
    await hear(db, copy, locked(owner))
    moved = shutil.move(folder, folder.with_name("elsewhere"))
    try:
        assert await copy.known(db) == (copy.unreadable, None)
    finally:
        shutil.move(moved, folder)

    assert await copy.known(db) == (f"{GIVEN} {FAMILY}", BORN)


@pytest.mark.parametrize("copy", [COPIES["engagement"]], ids=["engagement"])
async def test_a_morning_s_list_is_kept_without_names_and_read_with_them(
    db: Database, copy: Copy, owner: PersonKeys
) -> None:
    await hear(db, copy, locked(owner))
    day = date(2026, 1, 6)
    item = {
        "patient_id": str(PERSON),
        "patient_name": f"{GIVEN} {FAMILY}",
        "birth_date": BORN.isoformat(),
    }
    made = Digest(
        staff_id=NURSE, day=day, made_at=datetime(2026, 1, 6, 6, tzinfo=UTC), items=[item]
    )
    async with db.transaction(actor="rule:test@1") as tx:
        await EngagementWork(tx, CONTENT).notices.keep_digest(made)
        tx.audit("test.kept", object="digest")

    kept = await everything(db, copy.schema.metadata)
    assert not [one for one in SECRETS if one in kept]
    async with db.reading() as tx:
        read = await EngagementWork(tx, CONTENT).notices.digest(NURSE, day)
    assert read is not None
    assert read.items == [item | {"birth_year": None}]
    await hear(db, copy, ERASED_FACT, version=2)
    async with db.reading() as tx:
        read = await EngagementWork(tx, CONTENT).notices.digest(NURSE, day)
    assert read is not None
    nobody = {"patient_name": "Erased on 2026-01-06", "birth_date": None, "birth_year": 1984}
    assert read.items == [item | nobody]


async def test_a_copy_that_was_written_in_the_clear_is_still_read(
    db: Database, copy: Copy, owner: PersonKeys
) -> None:
    """One replica may have sealed a row that another has not seen yet, and the other way round."""
    await hear(db, copy, locked(owner))
    patient = copy.schema.metadata.tables["patient"]
    plain: dict[str, Any] = {"who": None, "birth_date": BORN}
    if copy.schema is ENGAGEMENT:
        plain |= {"given_name": GIVEN, "family_name": FAMILY}
    else:
        plain |= {"name": f"{GIVEN} {FAMILY}"}
    async with db.housekeeping() as tx:
        await tx.session.execute(update(patient).values(plain))

    assert await copy.known(db) == (f"{GIVEN} {FAMILY}", BORN)
    assert await copy.sealing(db).run() == 1
    assert await copy.known(db) == (f"{GIVEN} {FAMILY}", BORN)
