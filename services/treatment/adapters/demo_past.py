"""The demo cohort's past: a clinic that does everything on its day, through the use cases."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from services.treatment.adapters.content import HERE, Content, load, read
from services.treatment.adapters.content_file import ContentFile, Positive, Section, Text
from services.treatment.adapters.course_content import load_rulebook
from services.treatment.adapters.db import SqlWork
from services.treatment.adapters.demo_duties import do_duty
from services.treatment.application.confirm_course import confirm_course
from services.treatment.application.draft_taper import draft_taper
from services.treatment.application.drafting import Wish as Asked
from services.treatment.application.ports import Signed
from services.treatment.application.propose_course import propose_course
from services.treatment.application.record_health_profile import record_health_profile
from services.treatment.application.record_remission import record_remission
from services.treatment.application.record_review import response_of
from services.treatment.application.sign_taper import sign_taper
from services.treatment.domain.course import Course
from services.treatment.domain.gate import FourSymptoms, Severity
from services.treatment.domain.owed import REVIEW, owed_by
from services.treatment.domain.person import known
from services.treatment.domain.phases import BEFORE_REMISSION, Phase
from services.treatment.domain.plan import Readiness, Wish
from services.treatment.domain.rulebook import Rulebook
from services.treatment.domain.signing import (
    CONFIRM_COURSE,
    SIGN_TAPER,
    course_hash,
    plan_hash,
)
from shared.demo.cohort import (
    COURSE_DAY,
    PATIENTS,
    REMISSION_RECORDED_DAY,
    TAPER_SIGNED_DAY,
    TAPER_STARTS_DAY,
    DemoPatient,
)
from shared.demo.staff import staff_id
from shared.runtime.db import Database, Transaction

OPENS = time(10)
Act = Callable[[SqlWork, datetime], Awaitable[Course]]


class DemoCourse(Section):
    drug: Text
    indication: Text
    instrument: Text
    start_mg: Positive


class DemoTaper(Section):
    policy: Text
    last_dose_mg: Positive
    hold_days: int


class DemoFile(ContentFile):
    course: DemoCourse
    taper: DemoTaper


async def play(db: Database, today: date) -> None:
    """Everyone's course up to yesterday; what is due today is left for whoever tries the demo."""
    content, book = load(), load_rulebook("uk")
    demo = read(HERE / "content" / "demo.toml", DemoFile)
    for patient in PATIENTS:
        if patient.twist != "contented" and patient.has_reached(COURSE_DAY):
            past = Past(db=db, patient=patient, content=content, book=book, demo=demo, today=today)
            await past.play()


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """One invented person's course, played day by day."""

    db: Database
    patient: DemoPatient
    content: Content
    book: Rulebook
    demo: DemoFile
    today: date

    async def play(self) -> None:
        """From the first dose to yesterday, each duty and decision on its day."""
        if not await self._is_in_care():
            return
        course = await self._start()
        while True:
            day, who, act = await self._next(course)
            if day >= self.today:
                return
            course = await self._on(day, act, by=who)

    async def _next(self, course: Course) -> tuple[date, UUID, Act]:
        """What comes first and who does it: something owed, or the prescriber's decision."""
        doctor = self._prescriber
        steps: list[tuple[date, UUID, Act]] = []
        if course.phase is Phase.CONTINUATION:
            steps.append((self._day(TAPER_SIGNED_DAY), doctor, self._taper(course)))
        if course.phase in BEFORE_REMISSION and await self._has_remitted(course):
            steps.append((self._day(REMISSION_RECORDED_DAY), doctor, self._remission(course)))
        for owed in owed_by(course, supply_working_days=self.book.supply_working_days)[:1]:
            hold_days = self.demo.taper.hold_days if self.patient.twist == "hold" else 0
            duty = do_duty(
                course,
                owed,
                formulary=self.content,
                book=self.book,
                hold_days=hold_days,
                is_unwell=self.patient.twist == "unwell",
            )
            who = doctor if owed.kind == REVIEW else staff_id(self.patient.nurse)
            steps.append((owed.due_on, who, duty))
        never = (date.max, doctor, self._propose)
        return min(steps, key=lambda step: step[0], default=never)

    async def _has_remitted(self, course: Course) -> bool:
        if not self.patient.has_reached(REMISSION_RECORDED_DAY):
            return False
        async with self.db.reading() as tx:
            response = await response_of(self._work(tx), course, book=self.book)
        return response.remission_confirmed_on is not None

    async def _start(self) -> Course:
        day, doctor = self._day(COURSE_DAY), self._prescriber
        course = await self._on(day, self._propose, by=doctor)
        return await self._on(day, self._confirmation(course), by=doctor)

    async def _propose(self, work: SqlWork, now: datetime) -> Course:
        chosen = self.demo.course
        await record_health_profile(
            work,
            patient_id=self.patient.patient_id,
            expected=0,
            conditions=frozenset(),
            medicines=(),
            note=None,
            asked_by=self._prescriber,
            book=self.book,
            formulary=self.content,
            now=now,
        )
        return await propose_course(
            work,
            course_id=self.patient.course_id,
            patient_id=self.patient.patient_id,
            wish=Asked(
                drug=chosen.drug,
                indication=chosen.indication,
                start_mg=chosen.start_mg,
                target_mg=chosen.start_mg,
                starts_on=self._day(COURSE_DAY),
                instrument=chosen.instrument,
                suicide_concern=False,
            ),
            note=None,
            proposed_by=self._prescriber,
            book=self.book,
            formulary=self.content,
            now=now,
        )

    def _confirmation(self, course: Course) -> Act:
        async def confirm(work: SqlWork, now: datetime) -> Course:
            return await confirm_course(
                work,
                course_id=course.id,
                expected=course.version,
                signed=self._signed(course_hash(course), CONFIRM_COURSE, now),
                signer=self._prescriber,
                reasons=self._reasons,
                book=self.book,
                formulary=self.content,
                now=now,
            )

        return confirm

    def _remission(self, course: Course) -> Act:
        async def remit(work: SqlWork, now: datetime) -> Course:
            return await record_remission(
                work,
                course_id=course.id,
                expected=course.version,
                remission_on=None,
                episodes=1,
                risk_factors=frozenset({"isolation"}),
                months=None,
                reason=None,
                book=self.book,
                now=now,
            )

        return remit

    def _taper(self, course: Course) -> Act:
        async def taper(work: SqlWork, now: datetime) -> Course:
            plan = await draft_taper(
                work,
                course_id=course.id,
                wish=Wish(
                    policy=self.demo.taper.policy,
                    starts_on=self._day(TAPER_STARTS_DAY),
                    last_dose_mg=self.demo.taper.last_dose_mg,
                ),
                readiness=READY,
                early_reason=None,
                drafted_by=self._prescriber,
                formulary=self.content,
                book=self.book,
                now=now,
            )
            await sign_taper(
                work,
                plan_id=plan.id,
                expected=plan.version,
                signed=self._signed(plan_hash(plan), SIGN_TAPER, now),
                signer=self._prescriber,
                reasons=self._reasons,
                formulary=self.content,
                book=self.book,
                now=now,
            )
            return (await work.courses.of(course.patient_id))[0]

        return taper

    async def _is_in_care(self) -> bool:
        async with self.db.reading() as tx:
            patient = await self._work(tx).patients.get(self.patient.patient_id)
        person = None if patient is None else known(patient)
        return person is not None and person.in_care

    async def _on(self, day: date, act: Act, *, by: UUID) -> Course:
        zone = ZoneInfo(self.patient.time_zone)
        at = datetime.combine(day, OPENS, tzinfo=zone)
        async with self.db.transaction(actor=f"staff:{by}", at=at) as tx:
            return await act(self._work(tx), at)

    def _work(self, tx: Transaction) -> SqlWork:
        return SqlWork(tx, supply_working_days=self.book.supply_working_days)

    def _signed(self, hash_: str, meaning: str, now: datetime) -> Signed:
        return Signed(
            token_id=f"demo:{hash_[:32]}",
            staff_id=self._prescriber,
            hash=hash_,
            meaning=meaning,
            signed_at=now,
        )

    @property
    def _prescriber(self) -> UUID:
        return staff_id(self.patient.prescriber)

    @property
    def _reasons(self) -> dict[str, str]:
        return dict.fromkeys(self.book.citations, "weighed in the demo")

    def _day(self, number: int) -> date:
        return self.patient.day(number, today=self.today)


READY = Readiness(
    baseline_withdrawal="none",
    baseline=FourSymptoms(
        dizziness=Severity.NONE,
        brain_zaps=Severity.NONE,
        irritability=Severity.NONE,
        anxiety=Severity.MILD,
    ),
    crisis_plan_agreed=True,
    supporter_asked=True,
    pace_is_the_patients=True,
)
