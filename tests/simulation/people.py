"""People in care, as the other services know them: what is true, and how it changes."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID, uuid5

from services.engagement.adapters.events.courses import course_of
from services.engagement.domain.flag import Flag, FlagStatus
from services.engagement.domain.team import CareStatus
from shared.events.assessment import PatientDetails, PatientState, SafetyFlagState
from shared.events.treatment import CourseState, SurveillanceState, TaperState, TaperStepState
from tests.support.engagement import LEAD, NURSE, PRESCRIBER
from tests.support.owed import What, owed
from tests.support.sentinel import FAMILY, GIVEN

ZONES = (
    "Europe/London",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/Santiago",
    "Africa/Cairo",
)
_PEOPLE = UUID("0d6b0f0e-9a3c-4c8a-8d29-5b1f2f7c0001")
_DAY = timedelta(days=1)


@dataclass(slots=True, eq=False)
class Person:
    """One person, their course and their flag. Whoever changes something holds ``lock``."""

    number: int
    zone: str
    interval: timedelta
    step_count: int
    care: CareStatus = CareStatus.ACTIVE
    course: CourseState | None = None
    flag: SafetyFlagState | None = None
    versions: Counter[str] = field(default_factory=Counter)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    allowed: dict[What, dict[datetime, datetime]] = field(default_factory=dict)
    """Every instant at which each obligation was ever to show, by each zone they lived in, and
    since when that was so."""
    zones: set[str] = field(default_factory=lambda: {"Europe/London"})
    """The clinic's own, until theirs is known."""
    told: list[CourseState] = field(default_factory=list)
    """Every state of the course so far."""

    @property
    def patient_id(self) -> UUID:
        return uuid5(_PEOPLE, f"patient {self.number}")

    @property
    def course_id(self) -> UUID:
        return uuid5(_PEOPLE, f"course {self.number}")

    @property
    def plan_id(self) -> UUID:
        return uuid5(_PEOPLE, f"plan {self.number}")

    @property
    def flag_id(self) -> UUID:
        return uuid5(_PEOPLE, f"flag {self.number}")

    def next_version(self, aggregate: str) -> int:
        """The number of the next fact about it."""
        self.versions[aggregate] += 1
        return self.versions[aggregate]

    def owed(self) -> dict[What, datetime]:
        """What is owed by what is true now."""
        return self._owed(self.course, care=self.care, zone=self.zone)

    def changed(self, at: datetime) -> None:
        """Remember when what is owed now is to show, to whoever has not heard all of it yet: the
        newest course and not where they live now, or that and not yet the newest course."""
        if self.course is not None and self.course not in self.told[-1:]:
            self.told.append(self.course)
        heard = [(self.course, zone) for zone in self.zones]
        if self.zone not in self.zones:
            self.zones.add(self.zone)
            heard += [(course, self.zone) for course in (*self.told, self.course)]
        for course, zone in heard:
            found = self._owed(course, care=CareStatus.ACTIVE, zone=zone)
            for what, instant in found.items():
                self.allowed.setdefault(what, {}).setdefault(instant, at)

    def earliest(self, what: What, by: datetime) -> datetime | None:
        """The first instant at which it may show, by all that was told until then; None if
        nothing told of it."""
        known = [one for one, since in self.allowed.get(what, {}).items() if since <= by]
        return min(known, default=None)

    def _owed(
        self, course: CourseState | None, *, care: CareStatus, zone: str
    ) -> dict[What, datetime]:
        return owed(
            course=None if course is None else course_of(course),
            flag=_flag_of(self.flag),
            care=care,
            zone=zone,
        )

    def patient(self) -> PatientState:
        return PatientState(
            patient_id=self.patient_id,
            status=self.care.value,
            team="harbour",
            care_team=(NURSE, PRESCRIBER, LEAD),
            enrolled_on=date(2026, 1, 1),
        )

    def details(self, zone: str) -> PatientDetails:
        return PatientDetails(
            patient_id=self.patient_id,
            given_name=GIVEN,
            family_name=FAMILY,
            birth_date=date(1984, 2, 29),
            time_zone=zone,
            language="en",
        )

    def first_course(self, start: date) -> CourseState:
        """The course with its plan signed: the first step in a week."""
        return CourseState(
            course_id=self.course_id,
            patient_id=self.patient_id,
            phase="taper-active",
            drug="a-drug",
            indication="depression",
            dose_mg=Decimal(50),
            dose_text="one 50 mg tablet",
            prescriber_id=PRESCRIBER,
            started_on=start,
            remission_on=start,
            decision_review_on=start,
            reviews=(),
            taper=TaperState(
                plan_id=self.plan_id,
                plan_version=1,
                policy="a-policy",
                status="active",
                steps=(self.step(1, start + 7 * _DAY),),
                step_count=self.step_count,
            ),
        )

    def step(self, ordinal: int, change_on: date) -> TaperStepState:
        return TaperStepState(
            ordinal=ordinal,
            change_on=change_on,
            previous_dose_mg=Decimal(50),
            previous_dose_text="one 50 mg tablet",
            dose_mg=Decimal(25),
            dose_text="half a 50 mg tablet",
            supply_text="7 tablets of 50 mg",
            check_in_early_on=change_on + 4 * _DAY,
            check_in_gate_on=change_on + self.interval - _DAY,
        )


def tapered(course: CourseState, **changes: Any) -> CourseState:
    """The course with its taper changed."""
    taper = course.taper
    assert taper is not None
    return course.model_copy(update={"taper": taper.model_copy(update=changes)})


def held(person: Person, course: CourseState, days: int) -> CourseState:
    """A newer version of the plan: what is not taken yet comes later."""
    taper = course.taper
    assert taper is not None
    steps = tuple(
        step if step.taken_at else person.step(step.ordinal, step.change_on + timedelta(days=days))
        for step in taper.steps
    )
    return tapered(course, steps=steps, plan_version=taper.plan_version + 1, status="hold")


def recorded(person: Person, course: CourseState, kind: str, ordinal: int, at: datetime) -> Any:
    """The course once that duty is done; None when it is not to be done now."""
    taper = course.taper
    assert taper is not None
    if kind == "surveillance":
        looks = tuple(
            look.model_copy(update={"done_at": at}) if look.ordinal == ordinal else look
            for look in taper.surveillance
        )
        done = tapered(course, surveillance=looks)
        is_over = all(look.done_at for look in looks)
        return done.model_copy(update={"phase": "closed"}) if is_over else done
    last = taper.steps[-1]
    if ordinal != last.ordinal or taper.status not in {"active", "hold"}:
        return None
    names = {
        "prepare-supply": "supply_confirmed_at",
        "change-day": "taken_at",
        "check-in-early": "early_check_in_at",
        "check-in-gate": "gate_check_in_at",
    }
    if kind not in names:
        return None
    step = last.model_copy(update={names[kind]: at})
    if kind != "check-in-gate":
        return tapered(course, steps=(*taper.steps[:-1], step))
    step = step.model_copy(update={"taken_at": step.taken_at or at})
    steps = (*taper.steps[:-1], step)
    if ordinal < taper.step_count:
        following = person.step(
            ordinal + 1, max(last.change_on + person.interval, at.date() + _DAY)
        )
        return tapered(course, steps=(*steps, following), status="active")
    return watched(course, at.date(), status="completed", steps=steps)


def watched(course: CourseState, today: date, **changes: Any) -> CourseState:
    """The plan is over, well or not: the person is looked after."""
    looks = tuple(
        SurveillanceState(ordinal=number, due_on=today + number * 14 * _DAY) for number in (1, 2)
    )
    return tapered(course, surveillance=looks, **changes).model_copy(
        update={"phase": "stopped-watch"}
    )


def a_flag(person: Person, now: datetime, severity: int) -> SafetyFlagState:
    """Something an answer raised."""
    return SafetyFlagState(
        flag_id=person.flag_id,
        patient_id=person.patient_id,
        kind="suicidal-thoughts",
        level=severity,
        rule="I-09",
        raised_at=now,
        due_at=now + timedelta(hours=4),
        status="open",
    )


def newcomer(number: int, dice: Random) -> Person:
    """Somebody whose plan has two or three steps."""
    return Person(
        number=number,
        zone=dice.choice(ZONES),
        interval=timedelta(days=dice.choice((14, 21, 28))),
        step_count=dice.randint(2, 3),
    )


def _flag_of(state: SafetyFlagState | None) -> Flag | None:
    if state is None:
        return None
    return Flag(
        flag_id=state.flag_id,
        patient_id=state.patient_id,
        kind=state.kind,
        severity=state.level,
        rule=state.rule,
        raised_at=state.raised_at,
        due_at=state.due_at,
        status=FlagStatus(state.status),
        changed_at=state.raised_at,
    )
