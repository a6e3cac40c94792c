"""Builders for engagement's tests: a plan on its way down, valid unless told otherwise."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from services.engagement.adapters.content import load
from services.engagement.application.apply_patient_details import apply_patient_details
from services.engagement.application.apply_patient_state import apply_patient_state
from services.engagement.application.ports import Identity, Work
from services.engagement.domain.course import Course, Review, Step, Surveillance, Taper
from services.engagement.domain.flag import Flag, FlagStatus
from services.engagement.domain.ladder import Setting
from services.engagement.domain.obligation import Place
from services.engagement.domain.team import CareStatus, Colleague, Patient, Staffing, by_id
from tests.support.sentinel import FAMILY, GIVEN

CONTENT = load()

PATIENT = UUID("00000000-0000-4000-8000-000000000001")
COURSE = UUID("00000000-0000-4000-8000-00000000c001")
PLAN = UUID("00000000-0000-4000-8000-00000000d001")
FLAG = UUID("00000000-0000-4000-8000-00000000f001")
NURSE = UUID("00000000-0000-4000-8000-00000000a001")
OTHER_NURSE = UUID("00000000-0000-4000-8000-00000000a002")
PRESCRIBER = UUID("00000000-0000-4000-8000-00000000a003")
LEAD = UUID("00000000-0000-4000-8000-00000000a004")
STRANGER = UUID("00000000-0000-4000-8000-00000000a005")

CHANGE_ON = date(2026, 6, 12)
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)

STAFF = (
    Colleague(staff_id=NURSE, role="nurse", teams=frozenset({"harbour"}), active=True),
    Colleague(staff_id=OTHER_NURSE, role="nurse", teams=frozenset({"harbour"}), active=True),
    Colleague(staff_id=PRESCRIBER, role="prescriber", teams=frozenset({"harbour"}), active=True),
    Colleague(staff_id=LEAD, role="lead", teams=frozenset({"harbour"}), active=True),
    Colleague(staff_id=STRANGER, role="nurse", teams=frozenset({"hill"}), active=True),
)


def at(text: str) -> datetime:
    """An instant; London summer time unless an offset is given."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=ZoneInfo("Europe/London"))


def a_step(ordinal: int = 1, *, change_on: date = CHANGE_ON, **changes: object) -> Step:
    """A step with both check-ins; nothing done yet."""
    step = Step(
        ordinal=ordinal,
        change_on=change_on,
        previous_dose_text="one 50 mg tablet",
        dose_text="half a 50 mg tablet",
        supply_text="7 tablets of 50 mg",
        check_in_early_on=change_on + timedelta(days=4),
        check_in_gate_on=change_on + timedelta(days=13),
    )
    return replace(step, **changes)  # type: ignore[arg-type]


def a_taper(*steps: Step, version: int = 1, **changes: object) -> Taper:
    """A signed plan of eight steps."""
    taper = Taper(
        plan_id=PLAN,
        plan_version=version,
        status="active",
        steps=steps or (a_step(),),
        step_count=8,
    )
    return replace(taper, **changes)  # type: ignore[arg-type]


def a_course(taper: Taper | None = None, **changes: object) -> Course:
    """A course that is tapering when given a taper."""
    course = Course(
        course_id=COURSE,
        patient_id=PATIENT,
        phase="taper-active" if taper else "continuation",
        drug="a-drug",
        dose_text="one 50 mg tablet",
        prescriber_id=PRESCRIBER,
        taper=taper,
    )
    return replace(course, **changes)  # type: ignore[arg-type]


def a_review(ordinal: int = 1, **changes: object) -> Review:
    """A review the prescriber should do."""
    review = Review(
        ordinal=ordinal,
        kind="decision-review",
        due_on=CHANGE_ON,
        for_role="prescriber",
        rule="C-03",
    )
    return replace(review, **changes)  # type: ignore[arg-type]


def a_look(ordinal: int = 1, **changes: object) -> Surveillance:
    """A look after the last dose."""
    return replace(Surveillance(ordinal=ordinal, due_on=CHANGE_ON), **changes)  # type: ignore[arg-type]


def a_flag(severity: int = 1, **changes: object) -> Flag:
    """An open flag raised at noon."""
    flag = Flag(
        flag_id=FLAG,
        patient_id=PATIENT,
        kind="suicidal-thoughts",
        severity=severity,
        rule="I-09",
        raised_at=NOW,
        due_at=NOW + timedelta(hours=4),
        status=FlagStatus.OPEN,
        changed_at=NOW,
    )
    return replace(flag, **changes)  # type: ignore[arg-type]


def a_place(zone: str = "Europe/London") -> Place:
    """Where the patient lives, with the clinic's own rules."""
    return Place(
        zone=ZoneInfo(zone),
        clinic_time=CONTENT.clinic_time,
        supply_working_days=CONTENT.supply_working_days,
        missed_call_working_days=CONTENT.missed_call_working_days,
        is_working_day=CONTENT.hours.is_working_day,
    )


def a_patient(**changes: object) -> Patient:
    """A person in care with a nurse, a prescriber and a lead around them."""
    patient = Patient(
        patient_id=PATIENT,
        status=CareStatus.ACTIVE,
        team="harbour",
        care_team=(NURSE, PRESCRIBER, LEAD),
        zone="Europe/London",
    )
    return replace(patient, **changes)  # type: ignore[arg-type]


def a_setting(patient: Patient | None = None, staff: tuple[Colleague, ...] = STAFF) -> Setting:
    """The clinic around that patient."""
    return Setting(
        kinds=CONTENT.kinds,
        hours=CONTENT.hours,
        staffing=Staffing(patient or a_patient(), by_id(staff)),
        patience=CONTENT.patience,
    )


async def into_care(work: Work, *, patient_id: UUID = PATIENT, now: datetime = NOW) -> None:
    """The person is in the care of the nurse and the prescriber, as assessment tells it."""
    await apply_patient_state(
        work,
        patient_id=patient_id,
        status=CareStatus.ACTIVE,
        team="harbour",
        care_team=(NURSE, PRESCRIBER),
        rules=CONTENT,
        now=now,
    )


async def named(work: Work, *, now: datetime = NOW) -> None:
    """Who the person is, as assessment tells it."""
    who = Identity(given_name=GIVEN, family_name=FAMILY, birth_date=CHANGE_ON, zone="Europe/London")
    await apply_patient_details(work, patient_id=PATIENT, identity=who, rules=CONTENT, now=now)
