"""Builders for treatment's tests: valid unless told otherwise."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.treatment.adapters.content import load
from services.treatment.adapters.course_content import load_rulebook
from services.treatment.domain.clock import History, Remission
from services.treatment.domain.course import Course, TitrationStep
from services.treatment.domain.gate import CheckIn, FourSymptoms, Mood, Person, Severity
from services.treatment.domain.live_taper import Dose, PlannedStep, Taper, begin
from services.treatment.domain.person import Patient
from services.treatment.domain.phases import Phase
from services.treatment.domain.plan import Outline, Plan, PlanRow, PlanState, Readiness
from services.treatment.domain.tapering import Around

CONTENT = load()
BOOK = load_rulebook("uk")

PATIENT = UUID("00000000-0000-4000-8000-000000000001")
COURSE = UUID("00000000-0000-4000-8000-00000000c001")
PLAN = UUID("00000000-0000-4000-8000-00000000d001")
PRESCRIBER = UUID("00000000-0000-4000-8000-00000000a003")
NURSE = UUID("00000000-0000-4000-8000-00000000a001")
NOW = datetime(2026, 9, 1, 10, tzinfo=UTC)
TODAY = NOW.date()
STARTED_ON = date(2026, 1, 5)

FULL = Dose(Decimal(50), "one 50 mg tablet")
HALF = Dose(Decimal(25), "one 25 mg tablet")
NOTHING = Dose(Decimal(0), "nothing: the drug is stopped")


def a_patient(**changes: Any) -> Patient:
    """A person in care."""
    patient = Patient(
        id=PATIENT,
        status="active",
        team="harbour",
        care_team=(NURSE, PRESCRIBER),
        enrolled_on=date(2026, 1, 2),
        name="Zebrafinch Sentinel",
        birth_date=date(1980, 5, 5),
        time_zone="Europe/London",
    )
    return replace(patient, **changes)


def a_course(phase: Phase = Phase.ACUTE, **changes: Any) -> Course:
    """A course of 50 mg, begun in January."""
    course = Course(
        id=COURSE,
        patient_id=PATIENT,
        version=3,
        phase=phase,
        drug="sertraline",
        indication="depression",
        instrument="phq-9",
        prescriber_id=PRESCRIBER,
        starts_on=STARTED_ON,
        started_on=None if phase is Phase.DRAFT else STARTED_ON,
        suicide_concern=False,
        dose=FULL,
        titration=(TitrationStep(ordinal=1, from_day=0, dose=FULL),),
    )
    return replace(course, **changes)


def remitted(on: date = date(2026, 3, 1), months: int = 6) -> History:
    """A clock that runs."""
    return History(marks=(Remission(on=on, months=months, why="test"),))


PLANNED = (
    PlannedStep(ordinal=1, days=14, dose=HALF, supply_text="14 x 25 mg tablet"),
    PlannedStep(ordinal=2, days=14, dose=NOTHING, supply_text="nothing more"),
)


def a_taper(**changes: Any) -> Taper:
    """A plan signed today: half the dose in a week, then nothing."""
    taper = begin(
        plan_id=PLAN,
        plan_version=1,
        policy="proportional-50",
        planned=PLANNED,
        starts_on=TODAY + timedelta(days=7),
        current=FULL,
    )
    return replace(taper, **changes)


def a_tapering_course(taper: Taper | None = None, **changes: Any) -> Course:
    """A course whose plan is signed and whose first step is not taken."""
    base = a_course(Phase.TAPER_PLANNED, history=remitted(), taper=taper or a_taper())
    return replace(base, **changes)


def a_plan(**changes: Any) -> Plan:
    """A draft of the same plan."""
    rows = tuple(
        PlanRow(
            ordinal=step.ordinal,
            expected_on=TODAY + timedelta(days=7 + 14 * (step.ordinal - 1)),
            days=step.days,
            target_mg=step.dose.mg,
            dose=step.dose,
            supply_text=step.supply_text,
            cut_percent=Decimal("50.0"),
            occupancy_percent=Decimal("70.3"),
            error_mg=Decimal(0),
        )
        for step in PLANNED
    )
    plan = Plan(
        id=PLAN,
        course_id=COURSE,
        patient_id=PATIENT,
        version=1,
        plan_version=1,
        state=PlanState.DRAFT,
        outline=Outline(
            policy="proportional-50",
            policy_name="Proportional (50)",
            policy_source="test",
            start=FULL,
            starts_on=TODAY + timedelta(days=7),
            dispensable=True,
            rows=rows,
            findings=(),
        ),
        readiness=Readiness(
            baseline_withdrawal="none",
            baseline=four_symptoms(),
            crisis_plan_agreed=True,
            supporter_asked=True,
            pace_is_the_patients=True,
        ),
        early_reason=None,
        drafted_by=PRESCRIBER,
        drafted_at=NOW,
        rulebook=BOOK.version,
    )
    return replace(plan, **changes)


def four_symptoms(**changes: Any) -> FourSymptoms:
    """None of the four, unless told otherwise."""
    none = FourSymptoms(
        dizziness=Severity.NONE,
        brain_zaps=Severity.NONE,
        irritability=Severity.NONE,
        anxiety=Severity.NONE,
    )
    return replace(none, **changes)


PERSON = Person(age=46, instrument="phq-9", baseline=four_symptoms())
CALM = Around(person=PERSON)


def said(**changes: Any) -> CheckIn:
    """A check-in with nothing wrong."""
    check_in = CheckIn(
        reached=True,
        withdrawal=Severity.NONE,
        tolerable=True,
        can_work_and_care=True,
        mood=Mood.SAME,
        suicidal_thoughts=False,
        marked_agitation=False,
        emergency_signs=False,
        missed_doses_in_a_row=0,
    )
    return replace(check_in, **changes)
