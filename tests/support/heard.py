"""Events of the other services as engagement hears them, and a log of what it heard and told."""

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from services.engagement.adapters.events import subscriptions
from shared.events import assessment
from shared.events.envelope import Event, Fact
from shared.runtime import clock, tables
from shared.runtime.db import Database
from shared.runtime.inbox import Inbox, Outcome
from tests.support.engagement import CONTENT, NURSE, PRESCRIBER
from tests.support.sentinel import FAMILY, GIVEN

START = date(2026, 1, 5)


def day(number: int) -> date:
    """A day counted from the first one."""
    return START + timedelta(days=number)


def off_the_wire(
    fact: Fact,
    aggregate: str,
    version: int,
    *,
    subject: UUID,
    at: datetime,
    event_id: UUID | None = None,
) -> bytes:
    """A fact of its owner's as the broker hands it over, recorded at that instant."""
    sent: Event[Any] = Event[type(fact)](  # type: ignore[misc]
        id=event_id or clock.new_id(),
        source=f"/mooring/{fact.owner()}",
        type=fact.TYPE,
        subject=str(subject),
        time=at,
        dataschema=f"urn:mooring:{fact.TYPE}",
        recordedby="service:test",
        aggregate=aggregate,
        version=version,
        correlationid="test",
        data=fact,
    )
    return sent.to_bytes()


@dataclass(slots=True)
class Wire:
    """What comes off the wire, kept word for word."""

    db: Database
    heard: list[dict[str, Any]] = field(default_factory=list)

    async def hear(
        self,
        fact: Fact,
        aggregate: str,
        version: int,
        *,
        subject: UUID,
        on: date | None = None,
        at: datetime | None = None,
    ) -> Outcome:
        """One event, recorded at that instant, or at noon of that day."""
        moment = at or datetime.combine(on or START, time(12), UTC)
        body = off_the_wire(fact, aggregate, version, subject=subject, at=moment)
        self.heard.append(json.loads(body))
        inbox = Inbox(self.db, subscriptions(CONTENT))
        return await inbox.apply(inbox.read(fact.TYPE, body), body)

    async def told(self) -> list[dict[str, Any]]:
        """Everything engagement told the others, as it lies in its outbox."""
        query = select(tables.outbox.c.body).order_by(tables.outbox.c.created_at)
        async with self.db.reading() as tx:
            return [json.loads(body) for body in (await tx.session.execute(query)).scalars()]

    async def enrol(self, patient_id: UUID, *, on: date = START) -> None:
        """Somebody comes into the team's care on that day."""
        state = assessment.PatientState(
            patient_id=patient_id,
            status="active",
            team="harbour",
            care_team=(NURSE, PRESCRIBER),
            enrolled_on=on,
        )
        fact = assessment.PatientEnrolled(patient=state)
        await self.hear(fact, f"patient:{patient_id}", 1, subject=patient_id, on=on)

    async def take(self, state: assessment.AssessmentState) -> None:
        """A score becomes known on the day it was taken."""
        fact = assessment.AssessmentCompleted(assessment=state)
        name = f"assessment:{state.assessment_id}"
        await self.hear(fact, name, 1, subject=state.patient_id, on=state.taken_on)

    async def amend(self, state: assessment.AssessmentState, *, on: date) -> None:
        """The same reading with other answers, told on a later day."""
        fact = assessment.AssessmentAmended(assessment=state)
        name = f"assessment:{state.assessment_id}"
        await self.hear(fact, name, 2, subject=state.patient_id, on=on)


def a_score(
    patient_id: UUID, on: date, total: int | None, **changes: Any
) -> assessment.AssessmentState:
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


def details_of(patient_id: UUID, **changes: Any) -> assessment.PatientDetailsChanged:
    """Who somebody is, as assessment tells it."""
    made = assessment.PatientDetails(
        patient_id=patient_id,
        given_name=GIVEN,
        family_name=FAMILY,
        birth_date=date(1990, 4, 2),
        time_zone="Europe/London",
        language="en",
    )
    return assessment.PatientDetailsChanged(details=made.model_copy(update=changes))
