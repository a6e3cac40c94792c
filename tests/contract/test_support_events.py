"""What support hears: scores, courses and carers off the wire; the report equals a recount."""

import random
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from joserfc.jwk import KeySet

from services.engagement.adapters.db import SqlWork
from services.engagement.adapters.events import subscriptions
from services.engagement.adapters.http import build_api
from services.engagement.main import SCHEMA
from shared.api.identity import Role
from shared.events import assessment, treatment
from shared.events.envelope import Event, Fact
from shared.runtime import clock
from shared.runtime.auth import StaticKeys
from shared.runtime.db import Database
from shared.runtime.inbox import Inbox, Outcome
from tests.support.callers import KEY, site
from tests.support.databases import Databases
from tests.support.engagement import CONTENT, LEAD, NURSE, PATIENT, PRESCRIBER
from tests.support.sentinel import FAMILY, GIVEN

START = date(2026, 1, 5)
PEOPLE = 30


@pytest.fixture
async def db(databases: Databases) -> AsyncIterator[Database]:
    """An empty database of this service."""
    opened = Database.open(await databases.migrated(SCHEMA), source="engagement")
    yield opened
    await opened.close()


async def hear(
    db: Database, fact: Fact, aggregate: str, version: int, *, subject: UUID, on: date
) -> Outcome:
    """One event off the wire, recorded on that day."""
    sent: Event[Any] = Event[type(fact)](  # type: ignore[misc]
        id=clock.new_id(),
        source=f"/mooring/{fact.owner()}",
        type=fact.TYPE,
        subject=str(subject),
        time=datetime.combine(on, time(12), UTC),
        dataschema=f"urn:mooring:{fact.TYPE}",
        recordedby="service:test",
        aggregate=aggregate,
        version=version,
        correlationid="test",
        data=fact,
    )
    body = sent.to_bytes()
    inbox = Inbox(db, subscriptions(CONTENT))
    return await inbox.apply(inbox.read(fact.TYPE, body), body)


def a_score(patient_id: UUID, on: date, total: int | None, **changes: Any) -> Any:
    """A completed instrument."""
    return assessment.AssessmentState(
        assessment_id=clock.new_id(),
        patient_id=patient_id,
        instrument="phq-9",
        instrument_version="1",
        taken_at=datetime.combine(on, time(9), UTC),
        taken_on=on,
        total=total,
        band=None,
    ).model_copy(update=changes)


async def enrol(db: Database, patient_id: UUID) -> None:
    """Somebody in the team's care."""
    state = assessment.PatientState(
        patient_id=patient_id,
        status="active",
        team="harbour",
        care_team=(NURSE, PRESCRIBER),
        enrolled_on=START,
    )
    fact = assessment.PatientEnrolled(patient=state)
    await hear(db, fact, f"patient:{patient_id}", 1, subject=patient_id, on=START)


async def start(db: Database, patient_id: UUID) -> None:
    """A course that began."""
    course_id = clock.new_id()
    state = treatment.CourseState(
        course_id=course_id,
        patient_id=patient_id,
        phase="acute",
        drug="a-drug",
        indication="depression",
        dose_mg=Decimal(50),
        dose_text="one 50 mg tablet",
        prescriber_id=PRESCRIBER,
        started_on=START,
        remission_on=None,
        decision_review_on=None,
        reviews=(),
    )
    fact = treatment.CourseConfirmed(course=state)
    await hear(db, fact, f"course:{course_id}", 1, subject=patient_id, on=START)


async def take(db: Database, state: Any) -> None:
    """A score becomes known on the day it was taken."""
    fact = assessment.AssessmentCompleted(assessment=state)
    await hear(
        db,
        fact,
        f"assessment:{state.assessment_id}",
        1,
        subject=state.patient_id,
        on=state.taken_on,
    )


async def test_the_report_equals_a_recount_from_raw_events(db: Database) -> None:
    chance = random.Random(20260105)
    raw: dict[UUID, list[tuple[int, int]]] = {}
    for number in range(1, PEOPLE + 1):
        patient_id = UUID(int=number)
        await enrol(db, patient_id)
        await start(db, patient_id)
        days = sorted(chance.sample(range(8, 150), chance.randint(0, 6)))
        first = [(0, chance.randint(6, 22))] if chance.random() < 0.9 else []
        raw[patient_id] = [*first, *((day, chance.randint(0, 18)) for day in days)]
        for day, total in raw[patient_id]:
            await take(db, a_score(patient_id, START + timedelta(days=day), total))

    async with site(build_api(CONTENT, StaticKeys(KeySet([KEY]))), db) as served:
        lead = served.caller(LEAD, Role.LEAD)
        for as_of in (30, 90, 160):
            day = (START + timedelta(days=as_of)).isoformat()
            report = (await lead.get("outcomes", as_of=day)).json
            found = {one["code"]: one for one in report["figures"]}

            assert _told(found["response"]) == _responses(raw, as_of)
            assert _told(found["remission"]) == _remissions(raw, as_of)
            rows = (await lead.get("outcomes/rows", as_of=day)).json
            assert len(rows["rows"]) == report["people"] == PEOPLE


def _told(figure: dict[str, Any]) -> tuple[int, int]:
    return figure["numerator"], figure["denominator"]


def _cases(raw: dict[UUID, list[tuple[int, int]]], as_of: int) -> list[list[tuple[int, int]]]:
    """Counted by hand: a first score of 10 or more on the day of the start, and a later one."""
    known = [[one for one in scores if one[0] <= as_of] for scores in raw.values()]
    return [s for s in known if len(s) > 1 and s[0][0] == 0 and s[0][1] >= 10]


def _responses(raw: dict[UUID, list[tuple[int, int]]], as_of: int) -> tuple[int, int]:
    cases = _cases(raw, as_of)
    halved = [s for s in cases if any(2 * total <= s[0][1] for _day, total in s[1:])]
    return len(halved), len(cases)


def _remissions(raw: dict[UUID, list[tuple[int, int]]], as_of: int) -> tuple[int, int]:
    """Two low scores 14 days apart and every score between them low."""
    cases = _cases(raw, as_of)
    count = 0
    for scores in cases:
        later = scores[1:]
        count += any(
            later[j][0] - later[i][0] >= 14 and all(t < 5 for _d, t in later[i : j + 1])
            for i in range(len(later))
            for j in range(i + 1, len(later))
        )
    return count, len(cases)


async def test_a_ruler_that_fell_opens_a_talk(db: Database) -> None:
    await enrol(db, PATIENT)
    for day, importance in ((0, 8), (30, 6)):
        ruler = (
            assessment.ScaleState(code="importance", score=Decimal(importance)),
            assessment.ScaleState(code="confidence", score=Decimal(9)),
        )
        on = START + timedelta(days=day)
        await take(db, a_score(PATIENT, on, None, instrument="readiness-ruler", subscales=ruler))

    async with db.reading() as tx:
        work = SqlWork(tx, CONTENT)
        (drop,) = await work.support.drops.of_patient(PATIENT)
        kinds = {row.key.kind for row in await work.reminders.about(PATIENT)}

    assert (drop.value, drop.previous, drop.because) == (6, 8, ("fell",))
    assert "motivation-contact" in kinds


async def test_carers_come_with_their_scopes(db: Database) -> None:
    await enrol(db, PATIENT)
    details = assessment.PatientDetails(
        patient_id=PATIENT,
        given_name=GIVEN,
        family_name=FAMILY,
        birth_date=START,
        time_zone="Europe/London",
        language="de",
        carers=(
            assessment.Carer(carer_id=NURSE, name="S", relationship="sister", scopes=("support",)),
            assessment.Carer(carer_id=LEAD, name="N", relationship="neighbour", scopes=()),
        ),
    )
    fact = assessment.PatientDetailsChanged(details=details)
    await hear(db, fact, f"patient-details:{PATIENT}", 1, subject=PATIENT, on=START)

    async with db.reading() as tx:
        around = await SqlWork(tx, CONTENT).support.surroundings.get(PATIENT)

    assert around is not None
    assert around.language == "de"
    assert [carer.may_receive for carer in around.carers] == [True, False]
