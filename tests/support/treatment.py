"""A served treatment service with one person in its care, and its demo clock."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from joserfc.jwk import KeySet
from sqlalchemy import delete, insert

from services.treatment.adapters.content import load
from services.treatment.adapters.course_content import load_rulebook
from services.treatment.adapters.events import subscriptions
from services.treatment.adapters.http.api import build_api
from services.treatment.adapters.http.desk import Desk, Newcomers
from services.treatment.main import SCHEMA
from shared.api.identity import Role
from shared.events.assessment import (
    AssessmentCompleted,
    AssessmentState,
    PatientDetails,
    PatientDetailsChanged,
    PatientEnrolled,
    PatientState,
    RelapseCriteriaMet,
    SafetyFlagRaised,
    SafetyFlagState,
    TrajectoryState,
)
from shared.events.envelope import Event, Fact
from shared.runtime import clock, tables
from shared.runtime.auth import StaticKeys, issue_signature
from shared.runtime.db import Database
from tests.support.callers import KEY, Answer, Caller, Site, site
from tests.support.databases import Databases
from tests.support.sentinel import FAMILY, GIVEN

CONTENT = load()
BOOK = load_rulebook("uk")

PATIENT = UUID("00000000-0000-4000-8000-000000000001")
OTHER_PATIENT = UUID("00000000-0000-4000-8000-000000000002")
PRESCRIBER = UUID("00000000-0000-4000-8000-00000000a003")
NURSE = UUID("00000000-0000-4000-8000-00000000a001")
START = datetime(2026, 1, 5, 10, tzinfo=UTC)
ENROLLED_ON = date(2026, 1, 2)


BASELINE = {"dizziness": "none", "brain_zaps": "none", "irritability": "none", "anxiety": "mild"}


@dataclass(slots=True)
class Clinic:
    """``now`` is the demo clock's instant."""

    db: Database
    site: Site
    now: datetime = START

    async def travel(self, to: datetime) -> None:
        """Move the demo clock to this instant."""
        self.now = to
        away = int((to - clock.real_now()).total_seconds()) + 1
        async with self.db.housekeeping() as tx:
            await tx.session.execute(delete(tables.clock))
            await tx.session.execute(insert(tables.clock).values(id=1, offset_seconds=away))

    async def on(self, day: date | str) -> None:
        """Move to ten in the morning of that day."""
        found = date.fromisoformat(day) if isinstance(day, str) else day
        await self.travel(datetime.combine(found, time(10), tzinfo=UTC))

    @property
    def today(self) -> date:
        return self.now.date()

    @property
    def prescriber(self) -> Caller:
        return self.site.caller(PRESCRIBER, Role.PRESCRIBER)

    @property
    def nurse(self) -> Caller:
        return self.site.caller(NURSE, Role.NURSE)

    @property
    def stranger(self) -> Caller:
        return self.site.caller(clock.new_id(), Role.PRESCRIBER, teams=("elsewhere",))

    async def hear(self, fact: Fact, *, subject: UUID = PATIENT) -> None:
        """A fact arrived from another service."""
        event = Event[Any](
            id=clock.new_id(),
            source=f"/mooring/{fact.owner()}",
            type=fact.TYPE,
            subject=str(subject),
            time=self.now,
            dataschema="urn:test",
            recordedby="service:test",
            aggregate="test:1",
            version=1,
            correlationid="test",
            data=fact,
        )
        handler = subscriptions(BOOK, CONTENT)[type(fact)]
        async with self.db.transaction(actor="service:treatment") as tx:
            await handler(tx, event)
            tx.audit("test.heard", object="test:1")

    async def enrol(self, patient_id: UUID = PATIENT, *, born: str = "1980-05-05") -> None:
        """The person is known here."""
        state = PatientState(
            patient_id=patient_id,
            status="active",
            team="harbour",
            care_team=(PRESCRIBER, NURSE),
            enrolled_on=ENROLLED_ON,
        )
        details = PatientDetails(
            patient_id=patient_id,
            given_name=GIVEN,
            family_name=FAMILY,
            birth_date=date.fromisoformat(born),
            time_zone="Europe/London",
            language="en",
        )
        await self.hear(PatientEnrolled(patient=state), subject=patient_id)
        await self.hear(PatientDetailsChanged(details=details), subject=patient_id)

    async def score(self, total: int | None, *, instrument: str = "phq-9") -> None:
        """A score was taken today."""
        state = AssessmentState(
            assessment_id=clock.new_id(),
            patient_id=PATIENT,
            instrument=instrument,
            instrument_version="1",
            taken_at=self.now,
            taken_on=self.today,
            total=total,
            band=None,
        )
        await self.hear(AssessmentCompleted(assessment=state))

    async def flag(self, flag_id: UUID, *, level: int = 1, status: str = "open") -> None:
        """A safety flag was raised or closed."""
        state = SafetyFlagState(
            flag_id=flag_id,
            patient_id=PATIENT,
            kind="suicidal-thoughts",
            level=level,
            rule="S-01",
            raised_at=self.now,
            due_at=self.now,
            status=status,  # type: ignore[arg-type]
        )
        await self.hear(SafetyFlagRaised(flag=state))

    async def relapse_criteria(self) -> None:
        """The scores look like relapse."""
        state = TrajectoryState(
            patient_id=PATIENT,
            instrument="phq-9",
            baseline_total=18,
            latest_total=12,
            latest_on=self.today,
            response="none",
        )
        await self.hear(RelapseCriteriaMet(trajectory=state))

    async def park_something(self) -> None:
        """An event about the person could not be read and waits for somebody."""
        row = {
            "id": clock.new_id(),
            "event_id": None,
            "type": "care.assessment.assessment.completed.v1",
            "subject": str(PATIENT),
            "body": b"{}",
            "reason": "undecodable",
            "error": "test",
            "tries": 0,
            "parked_at": self.now,
        }
        async with self.db.housekeeping() as tx:
            await tx.session.execute(insert(tables.parked).values(row))

    def signature(self, signing: dict[str, str], *, by: UUID = PRESCRIBER) -> str:
        """What the portal would issue over this hash and meaning."""
        return issue_signature(
            KEY,
            staff_id=by,
            hash_=signing["hash"],
            meaning=signing["meaning"],
            audience="treatment",
        )

    async def ask_profile(self, **facts: Any) -> Answer:
        """Answers about conditions and medicines."""
        path = f"patients/{PATIENT}/health-profile"
        known = await self.nurse.get(path)
        body = {"conditions": [], "medicines": []} | facts
        return await self.nurse.put(path, body, version=known.json["version"])

    async def propose(self, **changes: Any) -> Answer:
        """A sertraline course from today."""
        body = {
            "patient_id": str(PATIENT),
            "drug": "sertraline",
            "indication": "depression",
            "start_dose_mg": "50",
            "starts_on": self.today.isoformat(),
            "primary_instrument": "phq-9",
            "suicide_concern": False,
        }
        return await self.prescriber.post("courses", body | changes)

    async def confirm(self, proposed: dict[str, Any]) -> Answer:
        """The prescriber signs the proposal."""
        return await self.prescriber.post(
            f"courses/{proposed['course_id']}/confirm",
            {
                "signature": self.signature(proposed["signing"]),
                "acknowledgements": [
                    {"rule": finding["rule"], "reason": "seen and weighed"}
                    for finding in proposed["findings"]
                    if finding["level"] in {"warn", "strong-warn"}
                ],
            },
            version=proposed["version"],
        )

    async def start_course(self, **changes: Any) -> dict[str, Any]:
        """An enrolled person with a confirmed course."""
        await self.enrol()
        await self.score(18)
        await self.ask_profile()
        proposed = await self.propose(**changes)
        confirmed = await self.confirm(proposed.json)
        assert confirmed.status == 200, confirmed.json
        return dict(confirmed.json)

    async def course(self, course_id: str) -> dict[str, Any]:
        """The course as the prescriber sees it."""
        answer = await self.prescriber.get(f"courses/{course_id}")
        assert answer.status == 200, answer.json
        return dict(answer.json)

    async def remit(self, course: dict[str, Any]) -> dict[str, Any]:
        """Two low scores, then remission recorded; the course afterwards."""
        course_id = course["course_id"]
        for _ in range(2):
            await self.on(self.today + timedelta(days=28))
            await self.score(3)
        current = await self.course(course_id)
        answer = await self.prescriber.post(
            f"courses/{course_id}/remission", {}, version=current["version"]
        )
        assert answer.status == 200, answer.json
        return dict(answer.json)

    async def draft_taper(self, course: dict[str, Any], **changes: Any) -> Answer:
        """A plan that cuts half of the previous dose each time."""
        body = {
            "policy": "proportional-50",
            "starts_on": (self.today + timedelta(days=7)).isoformat(),
            "last_dose_mg": "12.5",
            "readiness": {
                "baseline_withdrawal": "none",
                "baseline": BASELINE,
                "crisis_plan_agreed": True,
                "supporter_asked": True,
                "pace_is_the_patients": True,
            },
        }
        return await self.prescriber.post(
            f"courses/{course['course_id']}/taper-plans", body | changes
        )

    async def sign_taper(self, draft: dict[str, Any]) -> Answer:
        """The prescriber signs the plan, answering each warning."""
        return await self.prescriber.post(
            f"taper-plans/{draft['plan_id']}/sign",
            {
                "signature": self.signature(draft["signing"]),
                "acknowledgements": [
                    {"rule": finding["rule"], "reason": "seen and weighed"}
                    for finding in draft["findings"]
                    if finding["level"] in {"warn", "strong-warn"}
                ],
            },
            version=draft["version"],
        )

    async def tapering_course(self) -> dict[str, Any]:
        """A course six months after remission with a signed plan."""
        course = await self.remit(await self.start_course())
        await self.on(course["clock"]["minimum_end_on"])
        await self.score(2)
        draft = await self.draft_taper(course)
        assert draft.status == 201, draft.json
        signed = await self.sign_taper(draft.json)
        assert signed.status == 200, signed.json
        return await self.course(course["course_id"])

    async def propose_change(
        self, course: dict[str, Any], kind: str, *, by: Caller | None = None, **wanted: Any
    ) -> Answer:
        """A new version of the live plan, for the reason everybody has in tests."""
        body = {
            "kind": kind,
            "plan_version": course["taper"]["plan_version"],
            "reason": "as agreed on the telephone",
        }
        path = f"courses/{course['course_id']}/plan-changes"
        return await (by or self.nurse).post(path, body | wanted)

    async def sign_change(self, change: dict[str, Any]) -> Answer:
        """The prescriber signs what the prescriber sees, answering each warning."""
        path = f"plan-changes/{change['change_id']}"
        seen = (await self.prescriber.get(path)).json
        return await self.prescriber.post(
            f"{path}/sign",
            {
                "signature": self.signature(seen["signing"]),
                "acknowledgements": [
                    {"rule": finding["rule"], "reason": "seen and weighed"}
                    for finding in seen["findings"]
                    if finding["level"] in {"warn", "strong-warn"}
                ],
            },
            version=seen["version"],
        )

    async def take_next_step(self, course_id: str) -> dict[str, Any]:
        """Confirm supply and take the scheduled step on its day."""
        course = await self.course(course_id)
        taper = course["taper"]
        step = taper["steps"][-1]
        await self.on(max(date.fromisoformat(step["change_on"]), self.today))
        path = f"courses/{course_id}/steps/{step['ordinal']}"
        supply = await self.nurse.post(f"{path}/supply", {"plan_version": taper["plan_version"]})
        assert supply.status == 200, supply.json
        taken = await self.nurse.post(
            f"{path}/taken",
            {"plan_version": taper["plan_version"], "taken_on": self.today.isoformat()},
        )
        assert taken.status == 200, taken.json
        return dict(taken.json)

    async def check_in(self, course: dict[str, Any], kind: str, **said: Any) -> Answer:
        """A check-in that is well tolerated unless told otherwise."""
        taper = course["taper"]
        body = {
            "plan_version": taper["plan_version"],
            "kind": kind,
            "ordinal": taper["steps"][-1]["ordinal"],
            "withdrawal": "mild",
            "tolerable": True,
            "can_work_and_care": True,
            "mood": "same",
            "suicidal_thoughts": False,
            "marked_agitation": False,
            "emergency_signs": False,
        }
        return await self.nurse.post(f"courses/{course['course_id']}/check-ins", body | said)


@asynccontextmanager
async def clinic_on(databases: Databases, *, patience_s: float = 0.0) -> AsyncIterator[Clinic]:
    """A clinic on a fresh database."""
    db = Database.open(
        await databases.migrated(SCHEMA), source="treatment", person_keys=databases.person_keys
    )
    desk = Desk(
        book=BOOK,
        formulary=CONTENT,
        keys=StaticKeys(KeySet([KEY])),
        clinic_time=time(9),
        newcomers=Newcomers(patience_s),
    )
    try:
        async with site(build_api(desk, CONTENT), db) as served:
            clinic = Clinic(db, served)
            await clinic.travel(START)
            yield clinic
    finally:
        await db.close()
