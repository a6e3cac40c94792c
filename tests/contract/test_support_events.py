"""What support hears: scores, courses and carers off the wire."""

from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal

import pytest

from services.engagement.adapters.db import SqlWork
from services.engagement.main import SCHEMA
from shared.events import assessment
from shared.runtime.db import Database
from tests.support.databases import Databases
from tests.support.engagement import CONTENT, LEAD, NURSE, PATIENT
from tests.support.heard import START, Wire, a_score, details_of


@pytest.fixture
async def wire(databases: Databases) -> AsyncIterator[Wire]:
    """Into an empty database of this service."""
    opened = Database.open(
        await databases.migrated(SCHEMA), source="engagement", person_keys=databases.person_keys
    )
    yield Wire(opened)
    await opened.close()


async def test_a_ruler_that_fell_opens_a_talk(wire: Wire) -> None:
    await wire.enrol(PATIENT)
    for day, importance in ((0, 8), (30, 6)):
        ruler = (
            assessment.ScaleState(code="importance", score=Decimal(importance)),
            assessment.ScaleState(code="confidence", score=Decimal(9)),
        )
        on = START + timedelta(days=day)
        await wire.take(a_score(PATIENT, on, None, instrument="readiness-ruler", subscales=ruler))

    async with wire.db.reading() as tx:
        work = SqlWork(tx, CONTENT)
        (drop,) = await work.support.drops.of_patient(PATIENT)
        said = {
            row.key.kind: row.detail.get("subtype") for row in await work.reminders.about(PATIENT)
        }

    assert (drop.value, drop.previous, drop.because) == (6, 8, ("fell",))
    assert said["motivation-contact"] == "importance 6, was 8"


async def test_a_ruler_is_compared_with_when_it_was_last_asked(wire: Wire) -> None:
    """Confidence falls while importance, the lower one, stays; it was left out in between."""
    await wire.enrol(PATIENT)
    for day, ruler in (
        (0, {"importance": 4, "confidence": 8}),
        (15, {"importance": 4}),
        (30, {"importance": 4, "confidence": 6}),
    ):
        scales = tuple(
            assessment.ScaleState(code=code, score=Decimal(score)) for code, score in ruler.items()
        )
        on = START + timedelta(days=day)
        await wire.take(a_score(PATIENT, on, None, instrument="readiness-ruler", subscales=scales))

    async with wire.db.reading() as tx:
        (drop,) = await SqlWork(tx, CONTENT).support.drops.of_patient(PATIENT)

    assert [(one.ruler, one.value, one.previous) for one in drop.falls] == [("confidence", 6, 8)]


async def test_carers_come_with_their_scopes(wire: Wire) -> None:
    await wire.enrol(PATIENT)
    carers = (
        assessment.Carer(carer_id=NURSE, name="S", relationship="sister", scopes=("support",)),
        assessment.Carer(carer_id=LEAD, name="N", relationship="neighbour", scopes=()),
    )
    fact = details_of(PATIENT, language="de", carers=carers)
    await wire.hear(fact, f"patient-details:{PATIENT}", 1, subject=PATIENT)

    async with wire.db.reading() as tx:
        around = await SqlWork(tx, CONTENT).support.surroundings.get(PATIENT)

    assert around is not None
    assert around.language == "de"
    assert [carer.may_receive for carer in around.carers] == [True, False]
