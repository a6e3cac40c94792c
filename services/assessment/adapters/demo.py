"""This service's part of the demo's past: its use cases, run at the moments of each path."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from services.assessment.adapters.content import load
from services.assessment.adapters.db import SqlWork
from services.assessment.application.decide_pathway import decide_pathway
from services.assessment.application.enrol_patient import enrol_patient
from services.assessment.application.finding import known, living
from services.assessment.application.keep_carers import add_carer
from services.assessment.application.leave_care import leave_care
from services.assessment.application.propose_pathway import propose_pathway
from services.assessment.application.record_assessment import record_assessment
from services.assessment.application.record_intake import record_intake
from services.assessment.domain.assessment import Answers, Mode
from services.assessment.domain.contact import Carer, Scope, consents_from
from services.assessment.domain.content import Content
from services.assessment.domain.decision import Decision, Verdict
from services.assessment.domain.patient import Details, PatientStatus
from services.assessment.domain.rules import RuleSet
from shared.demo import demo_id
from shared.demo.cohort import (
    DECISION_DAY,
    INTAKE_DAY,
    PATHWAY_DAY,
    PATIENTS,
    READINGS,
    WORSE,
    DemoPatient,
)
from shared.demo.staff import staff_id
from shared.demo.support import LONELINESS, LONELY_DAYS, RULER, SUPPORTED, DemoSupport
from shared.runtime.db import Database

CONSENTS = consents_from(
    {
        "telephone": ("appointments", "course", "outreach"),
        "email": ("appointments", "course", "questionnaires"),
    }
)
SEEN_AT = time(9, 30)
LEFT_ON_DAY = 120

ORDINARY = {
    "isolation-chosen": "yes",
    "distress-blocks": "yes",
    "solitude": "mixed",
    "needs-met": "no",
    "suicidal-thoughts": "no",
    "severe-mental-disorder": "no",
    "psychosis": "no",
    "cognitive-impairment": "no",
    "bipolar-history": "no",
    "preference": "combined",
    "cbt-access": "face-to-face",
}
CONTENTED = ORDINARY | {
    "distress-blocks": "no",
    "solitude": "self-determined",
    "needs-met": "yes",
    "preference": "no-treatment",
}

Sheets = Sequence[tuple[int, ...]]
"""The answers to each instrument that outcomes are judged by, in the cohort's order."""


@dataclass(frozen=True, slots=True)
class Path:
    """One person's path up to now."""

    db: Database
    content: Content
    person: DemoPatient
    today: date
    now: datetime

    async def play(self) -> None:
        """Everything that has happened to this person, day by day."""
        await self._enrol()
        readings = [row for row in READINGS if self.person.has_reached(row[0])]
        for day, *sheets in readings:
            if self._has_left_by(day):
                break
            await self._assess(day, self._answers(sheets, is_last=day == readings[-1][0]))
            if day == INTAKE_DAY:
                await self._take_in()
                await self._choose()
        await self._rule()
        await self._feel_lonely()
        await self._have_carers()
        if self.person.twist == "left-care":
            await self._leave()

    async def _enrol(self) -> None:
        person = self.person
        async with self._on(INTAKE_DAY, by=person.nurse) as (work, now):
            await enrol_patient(
                work,
                patient_id=person.patient_id,
                details=Details(
                    given_name=person.given_name,
                    family_name=person.family_name,
                    birth_date=person.birth_date,
                    time_zone=person.time_zone,
                    language="en",
                    phone=person.phone,
                    email=person.email,
                    consents=CONSENTS,
                ),
                team=person.team,
                care_team=(staff_id(person.nurse), staff_id(person.prescriber)),
                callers_teams=(person.team,),
                duplicate_reason=None,
                now=now,
            )

    async def _assess(self, day: int, sheets: Sheets) -> None:
        async with self._on(day, by=self.person.nurse) as (work, now):
            for rules, values in zip(self.content.outcomes.rules, sheets, strict=True):
                await self._answer(work, now, rules.instrument, values)

    async def _answer(
        self, work: SqlWork, now: datetime, instrument: str, values: Sequence[int]
    ) -> None:
        """One questionnaire, its scored items in order."""
        scored = [item.code for item in self.content.usable(instrument).items if item.scored]
        await self._record(work, now, instrument, dict(zip(scored, values, strict=True)))

    async def _record(
        self, work: SqlWork, now: datetime, instrument: str, answers: dict[str, int]
    ) -> None:
        await record_assessment(
            work,
            self.content,
            patient=await living(work, self.person.patient_id),
            instrument=instrument,
            instrument_version=None,
            answers=Answers(by_item=answers),
            taken_at=now,
            mode=Mode.IN_PERSON,
            now=now,
        )

    @property
    def _support(self) -> Sequence[DemoSupport]:
        """What the cohort's support tells of this person."""
        return [one for one in SUPPORTED if one.patient.patient_id == self.person.patient_id]

    async def _rule(self) -> None:
        """What somebody said about their own readiness."""
        for story in self._support:
            for days_ago, importance, confidence in story.ruler:
                answers = {"importance": importance, "confidence": confidence}
                day = self.person.enrolled_days_ago - days_ago
                async with self._on(day, by=story.facilitator) as (work, now):
                    await self._record(work, now, RULER, answers)

    async def _feel_lonely(self) -> None:
        """How lonely those are who have support, from before it on."""
        for story in self._support:
            for day, values in zip(LONELY_DAYS, story.lonely, strict=True):
                if self.person.has_reached(day):
                    async with self._on(day, by=self.person.nurse) as (work, now):
                        await self._answer(work, now, LONELINESS, values)

    async def _have_carers(self) -> None:
        """The people near to them, each with what the person agreed to."""
        for story in self._support:
            for one in story.carers:
                async with self._on(INTAKE_DAY, by=self.person.nurse) as (work, _now):
                    patient = known(await work.patients.get(self.person.patient_id))
                    await add_carer(
                        work,
                        patient_id=self.person.patient_id,
                        carer=Carer(
                            carer_id=demo_id("carer", one.name),
                            name=one.name,
                            relationship=one.relationship,
                            phone=one.phone,
                            scopes=tuple(Scope(scope) for scope in one.scopes),
                        ),
                        expected=patient.version,
                    )

    async def _take_in(self) -> None:
        async with self._on(INTAKE_DAY, by=self.person.nurse) as (work, now):
            await record_intake(
                work,
                self.content,
                patient_id=self.person.patient_id,
                answers=CONTENTED if self.person.twist == "contented" else ORDINARY,
                expected=0,
                now=now,
            )

    async def _choose(self) -> None:
        person = self.person
        if not person.has_reached(PATHWAY_DAY):
            return
        async with self._on(PATHWAY_DAY, by=person.prescriber) as (work, now):
            made = await propose_pathway(work, self.content, patient_id=person.patient_id, now=now)
        if not person.has_reached(DECISION_DAY):
            return
        arm = made.proposal.arms[0].arm
        async with self._on(DECISION_DAY, by=person.prescriber) as (work, now):
            await decide_pathway(
                work,
                self.content,
                proposal_id=made.proposal_id,
                decision=Decision(
                    verdict=Verdict.ACCEPTED,
                    by=staff_id(person.prescriber),
                    at=now,
                    arm=arm.code,
                    plan=_whole_plan(self.content.pathway, arm.needs),
                ),
                expected=made.version,
            )

    async def _leave(self) -> None:
        person = self.person
        async with self._on(LEFT_ON_DAY, by=person.nurse) as (work, now):
            patient = known(await work.patients.get(person.patient_id))
            await leave_care(
                work,
                patient_id=person.patient_id,
                status=PatientStatus.LEFT_CARE,
                on=person.day(LEFT_ON_DAY, today=self.today),
                reason="Moved away",
                expected=patient.version,
                now=now,
            )

    def _answers(self, sheets: Sheets, *, is_last: bool) -> Sheets:
        _first_day, *first = READINGS[0]
        _last_day, *well = READINGS[-1]
        match self.person.twist:
            case "item-9" if is_last:
                return (WORSE, *sheets[1:])
            case "no-response":
                return first
            case "contented":
                return well
            case _:
                return sheets

    def _has_left_by(self, day: int) -> bool:
        return self.person.twist == "left-care" and day >= LEFT_ON_DAY

    @asynccontextmanager
    async def _on(self, day: int, *, by: str) -> AsyncIterator[tuple[SqlWork, datetime]]:
        """A transaction on a day of the path, never later than now."""
        local = datetime.combine(
            self.person.day(day, today=self.today), SEEN_AT, tzinfo=ZoneInfo(self.person.time_zone)
        )
        actor = f"staff:{staff_id(by)}"
        async with self.db.transaction(actor=actor, at=min(local, self.now)) as tx:
            yield SqlWork(tx), tx.now


async def play(db: Database, today: date) -> None:
    """Enrol the cohort and bring everyone up to today; people who are there already are left."""
    content = load()
    async with db.reading() as tx:
        now = tx.now
    for person in PATIENTS:
        async with db.reading() as tx:
            enrolled = await SqlWork(tx).patients.get(person.patient_id)
        if enrolled is None:
            await Path(db, content, person, today, now).play()


def _whole_plan(rules: RuleSet, needs: tuple[str, ...]) -> dict[str, str]:
    """The first choice of each question: the content lists the sound answer first."""
    return {q.code: q.choices[0].code for q in rules.plan if q.code in needs}
