"""Acts that need two people: giving a parked event up, and applying one that may change a plan."""

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import delete, insert, select

from shared.api.identity import Role
from shared.runtime import clock, four_eyes
from shared.runtime.db import Database
from shared.runtime.tables import audit, parked, runtime
from shared.runtime.tables import clock as clock_table
from tests.support.callers import Caller, Site
from tests.support.databases import Databases
from tests.support.operated import NoBroker, operated

OPERATOR, SECOND, LEAD = UUID(int=1), UUID(int=2), UUID(int=3)
WHY = {"reason": "superseded"}


@pytest.fixture
async def urls(databases: Databases) -> str:
    return await databases.with_tables(runtime)


async def opened(url: str, service: str) -> Database:
    return Database.open(url, source=service)


async def park(db: Database, *, about_somebody: bool = True) -> UUID:
    which = clock.new_id()
    async with db.housekeeping() as tx:
        row = {
            "id": which,
            "type": "care.assessment.flag.raised.v1",
            "subject": str(UUID(int=9)) if about_somebody else None,
            "body": b"{}",
            "reason": "undecodable",
            "error": "test",
            "tries": 8,
            "parked_at": tx.now,
        }
        await tx.session.execute(insert(parked).values(row))
    return which


async def status(db: Database, which: UUID) -> str:
    async with db.reading() as tx:
        query = select(parked.c.status).where(parked.c.id == which)
        return str((await tx.session.execute(query)).scalar_one())


@pytest.fixture
async def db(urls: str) -> AsyncIterator[Database]:
    db = await opened(urls, "treatment")
    yield db
    await db.close()


@pytest.fixture
def link() -> NoBroker:
    return NoBroker()


@pytest.fixture
async def there(db: Database, link: NoBroker) -> AsyncIterator[Site]:
    async with operated(db, link=link) as site:
        yield site


def operator(there: Site, staff_id: UUID = OPERATOR) -> Caller:
    return there.caller(staff_id, Role.OPERATIONS, teams=())


async def test_one_person_proposes_and_another_gives_up(db: Database, there: Site) -> None:
    which = await park(db)
    path = f"parked/{which}/discard"

    first = await operator(there).post(path, WHY)
    assert (first.status, first.json["status"]) == (200, "parked")
    assert (first.json["proposed"], first.json["proposed_by"]) == (
        "discard",
        f"staff:{OPERATOR}",
    )
    (listed,) = (await operator(there, SECOND).get("parked")).json["items"]
    assert (listed["proposed"], listed["proposed_by"]) == ("discard", f"staff:{OPERATOR}")

    again = await operator(there).post(path, WHY)
    assert (again.status, again.json["code"]) == (403, "four-eyes")
    assert await status(db, which) == "parked"

    second = await there.caller(LEAD, Role.LEAD).post(path, WHY)
    assert (second.status, second.json["status"], second.json["proposed"]) == (
        200,
        "discarded",
        None,
    )
    async with db.reading() as tx:
        rows = await tx.session.execute(
            select(audit.c.actor, audit.c.action).where(audit.c.object == f"parked:{which}")
        )
        assert [tuple(row) for row in rows] == [
            (f"staff:{OPERATOR}", "parked.discard-proposed"),
            (f"staff:{LEAD}", "parked.discarded"),
        ]


async def test_the_same_person_in_another_role_is_no_second_person(
    db: Database, there: Site
) -> None:
    which = await park(db)
    await operator(there).post(f"parked/{which}/discard", WHY)

    other_hat = there.caller(OPERATOR, Role.LEAD)

    assert (await other_hat.post(f"parked/{which}/discard", WHY)).status == 403
    assert await status(db, which) == "parked"


async def test_a_proposal_is_for_one_act_and_one_event(
    db: Database, there: Site, link: NoBroker
) -> None:
    which, another = await park(db), await park(db)
    await operator(there).post(f"parked/{which}/discard", WHY)

    elsewhere = await operator(there, SECOND).post(f"parked/{another}/discard", WHY)
    otherwise = await operator(there, SECOND).post(f"parked/{which}/replay", WHY)

    assert [elsewhere.json["status"], otherwise.json["status"]] == ["parked", "parked"]
    assert otherwise.json["proposed"] == "replay"
    assert link.replayed == []


async def test_a_proposal_counts_for_a_day(db: Database, there: Site) -> None:
    which = await park(db)
    await operator(there).post(f"parked/{which}/discard", WHY)
    async with db.housekeeping() as tx:
        away = int(timedelta(hours=24, seconds=1).total_seconds())
        await tx.session.execute(delete(clock_table))
        await tx.session.execute(insert(clock_table).values(id=1, offset_seconds=away))

    late = await operator(there, SECOND).post(f"parked/{which}/discard", WHY)

    assert (late.json["status"], late.json["proposed_by"]) == ("parked", f"staff:{SECOND}")


async def asked(db: Database, by: UUID, *, does: bool = True) -> bool:
    """Whether this person may make the tea; who may, does."""
    async with db.transaction(actor=f"staff:{by}") as tx:
        agreed = await four_eyes.agreed(tx, "tea.make", about="tea:1", reason="thirst")
        if agreed and does:
            tx.audit(four_eyes.carried_out("tea.make"), object="tea:1")
        return agreed


async def test_a_proposal_is_used_up_by_whoever_does_it(db: Database) -> None:
    assert not await asked(db, OPERATOR)
    assert await asked(db, SECOND)

    assert not await asked(db, SECOND)
    with pytest.raises(four_eyes.FourEyes):
        await asked(db, SECOND)
    assert await asked(db, OPERATOR)


async def test_what_failed_may_be_tried_again_on_the_same_proposal(db: Database) -> None:
    assert not await asked(db, OPERATOR)

    assert await asked(db, SECOND, does=False)
    assert await asked(db, SECOND)


def test_what_was_carried_out_has_a_name() -> None:
    done = [four_eyes.carried_out(act) for act in ("parked.discard", "patient.erase")]
    assert done == ["parked.discarded", "patient.erased"]


async def test_what_may_change_a_plan_is_applied_by_two(
    db: Database, there: Site, link: NoBroker
) -> None:
    which = await park(db)

    first = await operator(there).post(f"parked/{which}/replay", WHY)
    assert (first.json["proposed"], link.replayed) == ("replay", [])
    assert (await operator(there).post(f"parked/{which}/replay", WHY)).status == 403
    await operator(there, SECOND).post(f"parked/{which}/replay", WHY)

    assert link.replayed == [(which, f"staff:{SECOND}")]


async def test_what_is_about_nobody_is_applied_by_one(
    db: Database, there: Site, link: NoBroker
) -> None:
    which = await park(db, about_somebody=False)

    await operator(there).post(f"parked/{which}/replay", WHY)

    assert link.replayed == [(which, f"staff:{OPERATOR}")]


async def test_elsewhere_than_where_plans_are_one_person_applies(urls: str) -> None:
    db, link = await opened(urls, "engagement"), NoBroker()
    which = await park(db)
    async with operated(db, link=link) as there:
        await operator(there).post(f"parked/{which}/replay", WHY)
        nurse = await there.caller(SECOND, Role.NURSE).post(f"parked/{which}/replay", WHY)

    await db.close()
    assert link.replayed == [(which, f"staff:{OPERATOR}")]
    assert nurse.status == 403
