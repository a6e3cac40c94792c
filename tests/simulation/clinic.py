"""A clinic's time under a virtual clock: people, nurses, faults, and what must always hold."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

from services.engagement.adapters.db import SqlWork
from services.engagement.application.record_outcome import record_outcome
from services.engagement.domain.acts import Act
from services.engagement.domain.errors import Refusal
from services.engagement.domain.team import CareStatus
from shared.events.assessment import (
    CareTeamChanged,
    PatientDetailsChanged,
    PatientEnrolled,
    PatientLeftCare,
    SafetyFlagAcknowledged,
    SafetyFlagClosed,
    SafetyFlagRaised,
)
from shared.events.portal import StaffAdded, StaffState
from shared.events.treatment import CourseState, TaperStepScheduled
from shared.runtime import clock
from shared.runtime.bus import consumer, relay
from tests.simulation.broker import Broker
from tests.simulation.people import (
    ZONES,
    Person,
    a_flag,
    held,
    newcomer,
    recorded,
    watched,
)
from tests.simulation.process import Process
from tests.simulation.services import HEARD, Engagement, Speaker
from tests.simulation.store import Store
from tests.simulation.verdict import Verdict, judge
from tests.simulation.virtual_time import BEGIN, VirtualLoop, clocks_and_ids, now, until
from tests.support.engagement import CONTENT, NURSE, STAFF

Back = Callable[[], Coroutine[Any, Any, None]]
"""What ends again what has just begun."""
DAY = timedelta(days=1)
SETTLED_WITHIN = timedelta(minutes=30)
DAILY_KILLS = (3, 3, 4)
HOURS = 3600.0


@dataclass(frozen=True, slots=True)
class Size:
    """How many people, for how long, and how often the faults stop to look closely."""

    people: int
    days: int
    look_every: int = 30


@dataclass(slots=True)
class Report:
    """What happened, for whoever reads the log; and what must not have."""

    seed: int
    size: Size
    counts: Counter[str] = field(default_factory=Counter)
    deaths: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        said = ", ".join(f"{name} {count}" for name, count in sorted(self.counts.items()))
        deaths = ", ".join(f"{name} {count}" for name, count in self.deaths.items())
        title = f"seed {self.seed}: {self.size.people} courses, {self.size.days} days"
        return f"{title}; killed: {deaths}; {said}"


def live(seed: int, size: Size, *, templates: "Templates", disk: Path | None = None) -> Report:
    """Live that long and report. The same seed is the same life."""
    random.seed(seed)
    dice = Random(seed)
    loop = VirtualLoop()
    patience = (consumer.KEEP_ALIVE_S, relay.POLL_S)
    consumer.KEEP_ALIVE_S, relay.POLL_S = 100 * HOURS, 100 * HOURS  # woken instead of asking
    try:
        with clocks_and_ids(dice):
            return loop.run_until_complete(Clinic(seed, size, dice, templates, disk).live())
    finally:
        consumer.KEEP_ALIVE_S, relay.POLL_S = patience
        loop.close()


@dataclass(frozen=True, slots=True)
class Templates:
    """Empty databases at the newest schema, to copy."""

    engagement: Path
    speaker: Path


class Clinic:
    """Three services that speak, two processes of engagement on one database, one broker."""

    def __init__(
        self, seed: int, size: Size, dice: Random, templates: Templates, disk: Path | None
    ) -> None:
        self.report = Report(seed, size)
        self.size, self.dice = size, dice
        self.broker = Broker(dice)
        for owner in HEARD:
            self.broker.hears("engagement", owner)
        self.speakers = {
            owner: Speaker(owner, Store(templates.speaker), self.broker, dice) for owner in HEARD
        }
        where = None if disk is None else disk / f"engagement-{seed}.db"
        self.store = Store(templates.engagement, disk=where)
        self.engines = [
            Engagement(name, self.store, self.broker, CONTENT, dice) for name in ("one", "two")
        ]
        self.people = [newcomer(number, dice) for number in range(size.people)]
        self.by_patient = {person.patient_id.hex: person for person in self.people}
        self.verdict = Verdict()
        self._open = asyncio.Event()
        self._acting = 0

    @property
    def processes(self) -> list[Process]:
        return [one.process for one in (*self.speakers.values(), *self.engines)]

    async def live(self) -> Report:
        for process in self.processes:
            await process.start()
        self._open.set()
        for one in STAFF:
            await self._hire(one.staff_id, one.role, one.teams)
        world = [asyncio.create_task(each) for each in self._world()]
        try:
            end = BEGIN + self.size.days * DAY
            while now() < end:
                waking = asyncio.create_task(until(min(now() + self.size.look_every * DAY, end)))
                await asyncio.wait({waking, *world}, return_when=asyncio.FIRST_COMPLETED)
                _raise_first(world)
                await waking
                await self._look_closely()
        finally:
            for task in world:
                task.cancel()
            await asyncio.wait(world)
            for process in self.processes:
                await process.stop()
                self.report.deaths[process.name] = process.deaths - 1
            for store in (self.store, *(one.store for one in self.speakers.values())):
                store.close()
        self.report.counts += self.broker.counts
        self.report.counts += self.verdict.counts
        return self.report

    def _world(self) -> list[Coroutine[Any, Any, None]]:
        return [
            *(self._life(person) for person in self.people),
            *(self._kill_daily(process) for process in self.processes),
            self._nurse(),
            self._break_broker(),
            self._break_engines(),
        ]

    # What happens to people

    async def _life(self, person: Person) -> None:
        """From enrolment to the end of the year."""
        dice = self.dice
        latest = max(1.0, self.size.days * 0.75)
        await until(BEGIN + dice.uniform(0.1, latest) * DAY)
        async with self._act():
            await self._tell_patient(person, PatientEnrolled)
            await self._tell_details(person, person.zone)
            await self._tell_course(person, person.first_course(now().date()))
        happenings = {
            self._hold: 30,
            self._move_house: 25,
            self._flag: 25,
            self._suspend: 10,
            self._stop: 5,
            self._leave: 5,
        }
        while True:
            await asyncio.sleep(dice.expovariate(1 / (25 * 24 * HOURS)))
            if person.course is not None and person.course.phase == "closed":
                await asyncio.Event().wait()  # nothing more is owed for it
            async with self._act():
                for happens in dice.choices(
                    list(happenings), list(happenings.values()), k=dice.choice((1, 1, 2))
                ):  # often more than one thing within a minute
                    back = await happens(person)
                    await asyncio.sleep(dice.uniform(0, 20))
            if back is not None:
                await asyncio.sleep(dice.uniform(1, 20) * 24 * HOURS)
                async with self._act():
                    await back()

    async def _hold(self, person: Person) -> None:
        days = self.dice.randint(1, 14)
        await self._change(person, lambda course: held(person, course, days))

    async def _move_house(self, person: Person) -> None:
        await self._tell_details(person, self.dice.choice(ZONES))

    async def _suspend(self, person: Person) -> Back:
        await self._phase(person, "taper-active", "suspended")
        return partial(self._phase, person, "suspended", "taper-active")

    async def _stop(self, person: Person) -> None:
        today = now().date()
        await self._change(person, lambda course: watched(course, today, status="stopped"))

    async def _leave(self, person: Person) -> Back:
        await self._place(person, CareStatus.LEFT_CARE, PatientLeftCare)
        return partial(self._place, person, CareStatus.ACTIVE, CareTeamChanged)

    async def _place(self, person: Person, care: CareStatus, fact: Any) -> None:
        person.care = care
        await self._tell_patient(person, fact)

    async def _phase(self, person: Person, before: str, after: str) -> None:
        def move(course: CourseState) -> CourseState | None:
            return course.model_copy(update={"phase": after}) if course.phase == before else None

        await self._change(person, move)

    async def _change(self, person: Person, change: Any) -> None:
        """Treatment records a change of a course that is not over."""
        async with person.lock:
            course = person.course
            if course is None or course.phase in {"closed", "stopped-watch"}:
                return
            if (after := change(course)) is not None:
                await self._say_course(person, after)

    async def _flag(self, person: Person) -> None:
        """An answer raises a flag, unless one is open; or a closed one is raised again."""
        async with person.lock:
            if person.flag is None:
                person.flag = a_flag(person, now(), self.dice.randint(0, 3))
                person.changed(now())
                await self._say_flag(person, SafetyFlagRaised)

    # What the others say

    async def _tell_patient(self, person: Person, fact: Any) -> None:
        async with person.lock:
            aggregate = f"patient:{person.patient_id}"
            version = person.next_version(aggregate)
            person.changed(now())
            await self._say(
                "assessment", fact(patient=person.patient()), person, aggregate, version
            )

    async def _tell_details(self, person: Person, zone: str) -> None:
        async with person.lock:
            aggregate = f"patient-details:{person.patient_id}"
            version = person.next_version(aggregate)
            person.zone = zone
            person.changed(now())
            fact = PatientDetailsChanged(details=person.details(zone))
            await self._say("assessment", fact, person, aggregate, version)

    async def _tell_course(self, person: Person, course: CourseState) -> None:
        async with person.lock:
            await self._say_course(person, course)

    async def _say_course(self, person: Person, course: CourseState) -> None:
        aggregate = f"course:{person.course_id}"
        version = person.next_version(aggregate)
        person.course = course
        person.changed(now())
        fact = TaperStepScheduled(course=course)
        await self._say("treatment", fact, person, aggregate, version)

    async def _say_flag(self, person: Person, fact: Any) -> None:
        aggregate = f"flag:{person.flag_id}"
        version = person.next_version(aggregate)
        await self._say("assessment", fact(flag=person.flag), person, aggregate, version)

    async def _say(
        self, owner: str, fact: Any, person: Person, aggregate: str, version: int
    ) -> None:
        self.report.counts[f"facts of {owner}"] += 1
        speaker = self.speakers[owner]
        await speaker.say(fact, subject=person.patient_id, aggregate=aggregate, version=version)

    async def _hire(self, staff_id: UUID, role: str, teams: frozenset[str]) -> None:
        state = StaffState(
            staff_id=staff_id, display_name="x", role=role, teams=tuple(teams), active=True
        )
        await self.speakers["portal"].say(
            StaffAdded(staff=state), subject=staff_id, aggregate=f"staff:{staff_id}", version=1
        )

    # What the nurse does: what is on the list, and nothing else

    async def _nurse(self) -> None:
        """Every day, some time, the list; some of it is left for tomorrow."""
        query = (
            "SELECT reminder_id, patient_id, subject_version, kind, ordinal, version, visible_at"
            " FROM reminder INDEXED BY ix_reminder_due"
            " WHERE level = 0 AND is_open = 1 AND state <> 'planned'"
            " ORDER BY reminder_id"
        )
        while True:
            today = BEGIN + (now() - BEGIN) // DAY * DAY
            await until(today + DAY + self.dice.uniform(10, 16) * timedelta(hours=1))
            async with self.store.lock:
                rows = self.store.ask(query)
            for row in rows:
                async with self._act():
                    if self.dice.random() < 0.75:
                        await self._do(*row)

    async def _do(
        self, id_: str, patient: str, plan: int, kind: str, ordinal: int, version: int, _: str
    ) -> None:
        person = self.by_patient[patient]
        if self.dice.random() < 0.08:
            await self._try_later(person, UUID(id_), (plan, kind, ordinal), version)
            return
        async with person.lock:
            if kind in {"safety", "safety-limit"}:
                await self._answer(person)
                return
            course = person.course
            if course is None or course.taper is None or course.taper.plan_version != plan:
                return  # the page says that this plan was replaced
            if course.phase in {"suspended", "closed"}:
                return
            if (after := recorded(person, course, kind, ordinal, now())) is not None:
                await self._say_course(person, after)

    async def _answer(self, person: Person) -> None:
        """The flag is acknowledged, then closed with an outcome."""
        if person.flag is None or person.flag.status == "closed":
            return
        if person.flag.status == "open":
            changes = {"status": "acknowledged", "acknowledged_by": NURSE}
            person.flag = person.flag.model_copy(update=changes)
            await self._say_flag(person, SafetyFlagAcknowledged)
            return
        changes = {"status": "closed", "closed_by": NURSE, "outcome": "seen"}
        person.flag = person.flag.model_copy(update=changes)
        await self._say_flag(person, SafetyFlagClosed)

    async def _try_later(
        self, person: Person, reminder_id: UUID, what: tuple[int, str, int], version: int
    ) -> None:
        """Nobody answers, or the person asks to be called another time."""
        act = self.dice.choice((Act.NO_ANSWER, Act.CALL_BACK, Act.ESCALATE))
        until_ = now() + timedelta(hours=self.dice.uniform(1, 71))
        engine = self.dice.choice(self.engines)

        async def record() -> None:
            async with engine.database.transaction(actor=f"staff:{NURSE}") as tx:
                await record_outcome(
                    SqlWork(tx, CONTENT),
                    reminder_id=reminder_id,
                    seen_version=version,
                    by=NURSE,
                    act=act,
                    at=until_ if act is Act.CALL_BACK else None,
                    to=None,
                    note=None,
                    rules=CONTENT,
                    now=tx.now,
                    real_now=clock.real_now(),
                )

        try:
            lived = await engine.process.run(record())
        except Refusal as refusal:
            self.report.counts[f"refused {type(refusal).__name__}"] += 1
            return
        self.report.counts[f"{act} {'kept' if lived else 'unanswered'}"] += 1

    # What breaks

    async def _kill_daily(self, process: Process) -> None:
        """Three or four times a day, mostly in the middle of something."""
        while True:
            kills = self.dice.choice(DAILY_KILLS)
            for _ in range(kills):
                await asyncio.sleep(self.dice.uniform(0.0, 4.0) * HOURS)
                await self._open.wait()
                await process.kill(
                    within=self.dice.randint(1, 150),
                    patience_s=self.dice.uniform(0.1, 3.5) * HOURS,
                    away_s=self.dice.choice((1.0, 5.0, 60.0, 600.0)),
                )
            tomorrow = BEGIN + ((now() - BEGIN) // DAY + 1) * DAY
            await until(tomorrow)

    async def _break_broker(self) -> None:
        """The broker is away for hours, six times a year."""
        while True:
            await asyncio.sleep(self.dice.uniform(20, 90) * 24 * HOURS)
            await self._open.wait()
            self.broker.is_away = True
            await asyncio.sleep(self.dice.uniform(0.5, 10) * HOURS)
            self.broker.is_away = False

    async def _break_engines(self) -> None:
        """All of engagement is away for up to two days, a few times a year."""
        while True:
            await asyncio.sleep(self.dice.uniform(40, 120) * 24 * HOURS)
            await self._open.wait()
            away_s = self.dice.uniform(6, 48) * HOURS
            self.report.counts["outages of engagement"] += 1
            for one in self.engines:
                one.outage_until = now() + timedelta(seconds=away_s)

    # What must hold

    @asynccontextmanager
    async def _act(self) -> AsyncIterator[None]:
        """Nobody acts while everything is looked at."""
        await self._open.wait()
        self._acting += 1
        try:
            yield
        finally:
            self._acting -= 1

    async def _look_closely(self) -> None:
        """The faults stop; soon everything that is true is known and what is due is shown."""
        self._open.clear()
        losses, self.broker.losses = self.broker.losses, None
        self.broker.is_away = False
        for one in self.engines:
            one.outage_until = BEGIN
        began = now()
        while not await self._is_settled():
            await asyncio.sleep(20)
            if now() - began > SETTLED_WITHIN + timedelta(hours=8):
                raise AssertionError("what was said never arrived")
        self.report.wrong += judge(self.store, self.broker, self.people, self.verdict, now())
        for process in self.processes:
            process.check()
        if self.report.wrong:
            raise AssertionError("\n".join(self.report.wrong[:20]))
        self.report.counts["close looks"] += 1
        self.broker.losses = losses
        self._open.set()

    async def _is_settled(self) -> bool:
        if any(process.is_dead for process in self.processes):
            return False
        if self._acting or self.broker.pending():
            return False
        return not any(self._unsent(one) for one in (*self.speakers.values(), *self.engines))

    def _unsent(self, one: Speaker | Engagement) -> int:
        store = one.store
        if store.holder is not None:
            return 1
        return int(store.ask("SELECT count(*) FROM outbox WHERE published_at IS NULL")[0][0])


def _raise_first(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        if task.done():
            task.result()
