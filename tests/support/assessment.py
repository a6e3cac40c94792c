"""A served assessment service with one person in care, on either database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from joserfc.jwk import KeySet
from sqlalchemy import delete, insert, select

from services.assessment.adapters.content import load
from services.assessment.adapters.db import SqlWork
from services.assessment.adapters.events import subscriptions
from services.assessment.adapters.http import build_api
from services.assessment.application.learn_colleague import learn_colleague
from services.assessment.application.ports import Colleague
from services.assessment.domain.content import Content
from services.assessment.main import SCHEMA, SEALED_FROM
from shared.api.identity import Role
from shared.events import decode
from shared.events.assessment import PatientDetailsChanged
from shared.events.envelope import AnyEvent, Fact
from shared.events.treatment import CourseConfirmed, CourseState
from shared.runtime import clock, tables
from shared.runtime.auth import StaticKeys, issue_signature
from shared.runtime.db import Database, Transaction
from shared.runtime.sealed_details import opened
from tests.support.callers import KEY, Answer, Caller, Site, site
from tests.support.databases import Databases

CONTENT = load()
NURSE = UUID(int=1)
PRESCRIBER = UUID(int=2)
FACILITATOR = UUID(int=3)
STRANGER = UUID(int=4)
LEFT = UUID(int=5)
COURSE = UUID(int=900)

PERSON = {
    "given_name": "Zoë",
    "family_name": "Markerson",
    "birth_date": "1984-02-29",
    "time_zone": "Europe/London",
    "language": "en",
    "team": "harbour",
    "care_team": [str(NURSE), str(PRESCRIBER)],
    "phone": "+44 20 7946 0000",
}
INTAKE = {
    "isolation-chosen": "yes",
    "distress-blocks": "yes",
    "suicidal-thoughts": "no",
    "severe-mental-disorder": "no",
    "psychosis": "no",
    "cognitive-impairment": "no",
    "preference": "combined",
}


def scored_items(instrument: str) -> list[str]:
    """The items of an instrument that count, in order."""
    return [item.code for item in CONTENT.instruments[instrument].items if item.scored]


def answers(instrument: str, total: int) -> dict[str, int]:
    """Answers from 0 to 3 that add up to a total, the last item last."""
    found = dict.fromkeys(scored_items(instrument), 0)
    for item in found:
        found[item] = min(3, total - sum(found.values()))
    return found


@dataclass(slots=True)
class Clinic:
    """A served service, its database, and one person in its care."""

    db: Database
    site: Site
    patient: dict[str, Any]

    @property
    def patient_id(self) -> UUID:
        return UUID(self.patient["patient_id"])

    @property
    def path(self) -> str:
        """Where the person is."""
        return f"patients/{self.patient_id}"

    @property
    def nurse(self) -> Caller:
        return self.site.caller(NURSE, Role.NURSE)

    @property
    def lead(self) -> Caller:
        """A lead of another team."""
        return self.site.caller(STRANGER, Role.LEAD, teams=("hill",))

    @property
    def portal(self) -> Caller:
        """The portal, for somebody without an account."""
        return self.site.caller(UUID(int=0), Role.SERVICE, teams=())

    @property
    def prescriber(self) -> Caller:
        return self.site.caller(PRESCRIBER, Role.PRESCRIBER)

    async def take(self, instrument: str, total: int, **more: Any) -> dict[str, Any]:
        """Record a complete instrument and return it."""
        body = {"instrument": instrument, "answers": answers(instrument, total)} | more
        answer = await self.nurse.post(f"{self.path}/assessments", body)
        assert answer.status == 201, answer.json
        return dict(answer.json)

    async def ready_to_propose(self) -> None:
        """Everything a proposal needs is recorded."""
        await self.take("phq-9", 18)
        await self.take("gad-7", 12)
        answer = await self.nurse.put(f"{self.path}/intake", {"answers": INTAKE}, version=0)
        assert answer.status == 200, answer.json

    async def decide(
        self, made: dict[str, Any], *, signed_by: UUID | None = None, **body: Any
    ) -> Answer:
        """The prescriber decides; ``signed_by`` signs exactly what is decided."""
        path = f"pathway-proposals/{made['proposal_id']}"
        if signed_by is not None:
            checked = await self.prescriber.post(f"{path}/check", body)
            assert checked.status == 200, checked.json
            body["signature"] = self.signature(checked.json, by=signed_by)
        return await self.prescriber.post(f"{path}/decision", body, version=made["version"])

    def signature(self, signing: dict[str, Any], *, by: UUID = PRESCRIBER) -> str:
        """What the portal would issue over this hash and meaning."""
        return issue_signature(
            KEY,
            staff_id=by,
            hash_=signing["hash"],
            meaning=signing["meaning"],
            audience="assessment",
        )

    async def travel(self, to: datetime) -> None:
        """Move the demo clock to this instant."""
        away = int((to - clock.real_now()).total_seconds()) + 1
        async with self.db.housekeeping() as tx:
            await tx.session.execute(delete(tables.clock))
            await tx.session.execute(insert(tables.clock).values(id=1, offset_seconds=away))

    async def later(self, **delta: float) -> datetime:
        """Move the demo clock on, and say where it is."""
        async with self.db.reading() as tx:
            now = tx.now
        await self.travel(now + timedelta(**delta))
        return now + timedelta(**delta)

    async def hear(self, fact: Fact, *, version: int = 1) -> None:
        """A fact of another service arrived."""
        handler = subscriptions(CONTENT)[type(fact)]
        async with self.db.transaction(actor="service:assessment") as tx:
            event = AnyEvent(
                id=clock.new_id(),
                source="/mooring/treatment",
                type=fact.TYPE,
                subject=str(self.patient_id),
                time=tx.now,
                dataschema=f"urn:mooring:{fact.TYPE}",
                recordedby="staff:2",
                aggregate="course:1",
                version=version,
                correlationid="test",
                data=fact,
            )
            await handler(tx, event)

    async def start_course(self, *, on: date | None = None) -> None:
        """Treatment confirmed a course for depression."""
        await self.hear(CourseConfirmed(course=self.course(on)))

    def course(self, on: date | None = None) -> CourseState:
        """The course as treatment tells it."""
        return CourseState(
            course_id=COURSE,
            patient_id=self.patient_id,
            phase="titration",
            drug="a-drug",
            indication="depression",
            dose_mg=50,
            dose_text="one tablet",
            prescriber_id=PRESCRIBER,
            started_on=on,
            remission_on=None,
            decision_review_on=None,
            reviews=(),
        )

    async def told(self) -> list[AnyEvent]:
        """Every fact published so far, in order; who somebody is, as its readers open it."""
        async with self.db.reading() as tx:
            rows = await tx.session.execute(select(tables.outbox).order_by(tables.outbox.c.seq))
            return [_opened(decode(row.type, row.body), tx) for row in rows]

    async def kinds_told(self) -> list[str]:
        """The last words of their types."""
        return [event.type.split(".")[-2] for event in await self.told()]


def _opened(event: AnyEvent, tx: Transaction) -> AnyEvent:
    if not isinstance(event.data, PatientDetailsChanged):
        return event
    details = opened(event.data.details, tx)
    return event.model_copy(update={"data": PatientDetailsChanged(details=details)})


@asynccontextmanager
async def clinic_on(
    databases: Databases,
    content: Content = CONTENT,
    *,
    url: str | None = None,
    enrols: bool = True,
) -> AsyncIterator[Clinic]:
    """Serve a fresh database, or the one at ``url``, with the staff known and one person enrolled
    unless that was done before."""
    db = Database.open(
        url or await databases.migrated(SCHEMA),
        source="assessment",
        person_keys=databases.person_keys,
        sealed_from=SEALED_FROM,
    )
    async with db.transaction(actor="service:assessment") as tx:
        for staff_id, role in (
            (NURSE, Role.NURSE),
            (PRESCRIBER, Role.PRESCRIBER),
            (FACILITATOR, Role.FACILITATOR),
            (LEFT, Role.NURSE),
        ):
            teams = frozenset({"hill" if staff_id == FACILITATOR else "harbour"})
            colleague = Colleague(
                staff_id=staff_id, role=role.value, active=staff_id != LEFT, teams=teams
            )
            await learn_colleague(SqlWork(tx), colleague)
    async with site(build_api(content, keys=StaticKeys(KeySet([KEY]))), db) as served:
        nurse = served.caller(NURSE, Role.NURSE)
        person: dict[str, Any] = {}
        if enrols:
            answer = await nurse.post("patients", PERSON)
            assert answer.status == 201, answer.json
            person = answer.json
        yield Clinic(db, served, person)
    await db.close()
