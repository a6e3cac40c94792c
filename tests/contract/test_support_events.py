"""What support hears: scores, courses and carers off the wire; the report equals a recount."""

import json
import random
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from joserfc.jwk import KeySet
from sqlalchemy import select

from services.engagement.adapters.db import SqlWork
from services.engagement.adapters.events import subscriptions
from services.engagement.adapters.http import build_api
from services.engagement.application.record_contact import record_contact
from services.engagement.domain.support.contact import Contact, Purpose
from services.engagement.domain.support.contact import Outcome as Happened
from services.engagement.main import SCHEMA
from shared.api.identity import Role
from shared.events import assessment, engagement, treatment
from shared.events.envelope import Event, Fact
from shared.runtime import clock, tables
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


async def start(db: Database, patient_id: UUID, looked_at: Sequence[int] = ()) -> None:
    """A course that began, and was reviewed on these days of it."""
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
    done: list[treatment.ReviewState] = []
    for ordinal, number in enumerate(looked_at, start=1):
        on = START + timedelta(days=number)
        done.append(
            treatment.ReviewState(
                ordinal=ordinal,
                kind="response",
                due_on=on,
                for_role="prescriber",
                rule="R-24",
                done_at=datetime.combine(on, time(11), UTC),
            )
        )
        reviewed = treatment.ResponseReviewed(
            course=state.model_copy(update={"reviews": tuple(done)}), response="partial"
        )
        await hear(db, reviewed, f"course:{course_id}", ordinal + 1, subject=patient_id, on=on)


async def speak(db: Database, patient_id: UUID, number: int, how: tuple[str, str, str]) -> None:
    """A contact on that day of the treatment, recorded in the same hour."""
    purpose, mode, outcome = how
    at = datetime.combine(START + timedelta(days=number), time(10), UTC)
    now = at + timedelta(hours=1)
    contact = Contact(
        contact_id=clock.new_id(),
        patient_id=patient_id,
        purpose=Purpose(purpose),
        mode=mode,
        outcome=Happened(outcome),
        at=at,
        on=at.date(),
        minutes=20 if outcome == "took-place" else 0,
        by=NURSE,
        recorded_at=now,
    )
    async with db.transaction(actor="service:engagement", at=now) as tx:
        await record_contact(SqlWork(tx, CONTENT), contact=contact, rules=CONTENT, now=now)


async def sent(db: Database) -> list[dict[str, Any]]:
    """The contacts engagement told the others, as they lie in its outbox."""
    told = (engagement.ContactRecorded.TYPE, engagement.ContactMissed.TYPE)
    query = select(tables.outbox.c.body).where(tables.outbox.c.type.in_(told))
    async with db.reading() as tx:
        return [
            json.loads(body)["data"]["contact"]
            for body in (await tx.session.execute(query)).scalars()
        ]


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


KINDS_OF_CONTACT = [
    ("other", "telephone", "took-place"),
    ("other", "email", "took-place"),
    ("outreach", "telephone", "not-reached"),
    ("outreach", "letter", "not-reached"),
    ("other", "telephone", "missed"),
]
"""Only the first of these is somebody who spoke with the person."""


async def test_the_report_equals_a_recount_from_raw_events(db: Database) -> None:
    chance = random.Random(20260105)
    raw: dict[UUID, list[tuple[int, int]]] = {}
    looked_at: dict[UUID, list[int]] = {}
    for number in range(1, PEOPLE + 1):
        patient_id = UUID(int=number)
        await enrol(db, patient_id)
        looked_at[patient_id] = sorted(chance.sample(range(40, 100), chance.randint(0, 2)))
        await start(db, patient_id, looked_at[patient_id])
        for day in sorted(chance.sample(range(60), chance.randint(0, 2))):
            await speak(db, patient_id, day, chance.choice(KINDS_OF_CONTACT))
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
            assert found["response"]["median_days"] == _median_days_to_response(raw, as_of)
            assert _told(found["contact-4-weeks"]) == _contacted(await sent(db), as_of)
            assert _told(found["case-review"]) == _reviewed(raw, looked_at, as_of)
            rows = (await lead.get("outcomes/rows", as_of=day)).json
            assert len(rows["rows"]) == report["people"] == PEOPLE
        counted = ("response", "remission", "contact-4-weeks", "case-review")
        assert all(0 < found[one]["numerator"] < found[one]["denominator"] for one in counted)


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


def _median_days_to_response(raw: dict[UUID, list[tuple[int, int]]], as_of: int) -> int | None:
    first = [
        next((day for day, total in s[1:] if 2 * total <= s[0][1]), None)
        for s in _cases(raw, as_of)
    ]
    days = sorted(day for day in first if day is not None)
    if not days:
        return None
    half = len(days) // 2
    return round(days[half] if len(days) % 2 else (days[half - 1] + days[half]) / 2)


def _contacted(contacts: list[dict[str, Any]], as_of: int) -> tuple[int, int]:
    """Who was spoken with by day 28, of those and of everybody whose day 28 is over."""
    known = [
        ((datetime.fromisoformat(one["at"]).date() - START).days, one)
        for one in contacts
        if one["outcome"] == "took-place" and one["mode"] == "telephone"
    ]
    spoken = {one["patient_id"] for day, one in known if day <= min(28, as_of)}
    return len(spoken), PEOPLE if as_of >= 28 else len(spoken)


def _reviewed(
    raw: dict[UUID, list[tuple[int, int]]], looked_at: dict[UUID, list[int]], as_of: int
) -> tuple[int, int]:
    """Of those with a first score, a later one by day 56 and no improvement by then."""
    due = []
    for patient_id, scores in raw.items():
        by_week_8 = [one for one in scores if one[0] <= 56]
        if as_of < 84 or len(by_week_8) < 2 or by_week_8[0][0] != 0:
            continue
        (_day, first), (_on, last) = by_week_8[0], by_week_8[-1]
        if last >= 10 and 2 * last > first:
            due.append(patient_id)
    seen = [one for one in due if any(56 <= day <= 84 for day in looked_at[one])]
    return len(seen), len(due)


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
