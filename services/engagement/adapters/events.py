"""What other services tell us, as the use cases' own values."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from services.engagement.adapters.db import SqlWork
from services.engagement.application.apply_course_state import apply_course_state
from services.engagement.application.apply_flag_state import apply_flag_state
from services.engagement.application.apply_patient_details import apply_patient_details
from services.engagement.application.apply_patient_state import apply_patient_state
from services.engagement.application.apply_staff_state import apply_staff_state
from services.engagement.application.ports import Identity
from services.engagement.domain.course import Course, Review, Step, Surveillance, Taper
from services.engagement.domain.errors import UnknownZone
from services.engagement.domain.flag import Flag, FlagStatus
from services.engagement.domain.local_time import zone_named
from services.engagement.domain.rules import Rules
from services.engagement.domain.team import CareStatus, Colleague
from shared.events import FACTS
from shared.events.assessment import (
    CareTeamChanged,
    PatientDetailsChanged,
    PatientEnrolled,
    PatientLeftCare,
    SafetyFlagAcknowledged,
    SafetyFlagClosed,
    SafetyFlagFact,
    SafetyFlagRaised,
)
from shared.events.assessment import PatientFact as PlacedFact
from shared.events.envelope import Event, Fact
from shared.events.portal import StaffAdded, StaffDisabled, StaffFact, StaffRoleChanged
from shared.events.treatment import CourseFact, CourseState, ReviewState, TaperState, TaperStepState
from shared.runtime.db import Transaction
from shared.runtime.inbox import Handler, Unacceptable


def subscriptions(rules: Rules) -> Mapping[type[Fact], Handler]:
    """The facts this service listens to and what it does about each."""

    async def on_course(tx: Transaction, event: Event[CourseFact]) -> None:
        course = course_of(event.data.course)
        _require_about(event, course.patient_id)
        if course.phase not in rules.phases:
            raise Unacceptable("unknown-phase")
        await apply_course_state(SqlWork(tx, rules), course=course, rules=rules, now=tx.now)

    async def on_flag(tx: Transaction, event: Event[SafetyFlagFact]) -> None:
        flag = flag_of(event)
        _require_about(event, flag.patient_id)
        await apply_flag_state(SqlWork(tx, rules), flag=flag, rules=rules, now=tx.now)

    async def on_patient(tx: Transaction, event: Event[PlacedFact]) -> None:
        patient = event.data.patient
        _require_about(event, patient.patient_id)
        await apply_patient_state(
            SqlWork(tx, rules),
            patient_id=patient.patient_id,
            status=CareStatus(patient.status),
            team=patient.team,
            care_team=patient.care_team,
            rules=rules,
            now=tx.now,
        )

    async def on_details(tx: Transaction, event: Event[PatientDetailsChanged]) -> None:
        details = event.data.details
        _require_about(event, details.patient_id)
        _require_zone(details.time_zone)
        await apply_patient_details(
            SqlWork(tx, rules),
            patient_id=details.patient_id,
            identity=Identity(
                given_name=details.given_name,
                family_name=details.family_name,
                birth_date=details.birth_date,
                zone=details.time_zone,
            ),
            rules=rules,
            now=tx.now,
        )

    async def on_staff(tx: Transaction, event: Event[StaffFact]) -> None:
        staff = event.data.staff
        _require_about(event, staff.staff_id)
        colleague = Colleague(
            staff_id=staff.staff_id,
            role=staff.role,
            teams=frozenset(staff.teams),
            active=staff.active,
        )
        await apply_staff_state(SqlWork(tx, rules), colleague=colleague, rules=rules, now=tx.now)

    courses = [fact for fact in FACTS if issubclass(fact, CourseFact)]
    flags = [SafetyFlagRaised, SafetyFlagAcknowledged, SafetyFlagClosed]
    patients = [PatientEnrolled, CareTeamChanged, PatientLeftCare]
    staff = [StaffAdded, StaffRoleChanged, StaffDisabled]
    return {
        **dict.fromkeys(courses, on_course),
        **dict.fromkeys(flags, on_flag),
        **dict.fromkeys(patients, on_patient),
        **dict.fromkeys(staff, on_staff),
        PatientDetailsChanged: on_details,
    }


def course_of(state: CourseState) -> Course:
    """Treatment's course as far as obligations depend on it."""
    return Course(
        course_id=state.course_id,
        patient_id=state.patient_id,
        phase=state.phase,
        drug=state.drug,
        dose_text=state.dose_text,
        prescriber_id=state.prescriber_id,
        reviews=tuple(_review(review) for review in state.reviews),
        taper=None if state.taper is None else _taper(state.taper),
    )


def flag_of(event: Event[SafetyFlagFact]) -> Flag:
    """Assessment's flag; it became what it is when the event says."""
    state = event.data.flag
    return Flag(
        flag_id=state.flag_id,
        patient_id=state.patient_id,
        kind=state.kind,
        severity=state.level,
        rule=state.rule,
        raised_at=state.raised_at,
        due_at=state.due_at,
        status=FlagStatus(state.status),
        changed_at=event.time,
        acknowledged_by=state.acknowledged_by,
    )


def _review(state: ReviewState) -> Review:
    return Review(**_fields(state, Review))


def _taper(state: TaperState) -> Taper:
    return Taper(
        plan_id=state.plan_id,
        plan_version=state.plan_version,
        status=state.status,
        steps=tuple(_step(step) for step in state.steps),
        step_count=state.step_count,
        surveillance=tuple(
            Surveillance(**_fields(look, Surveillance)) for look in state.surveillance
        ),
    )


def _step(state: TaperStepState) -> Step:
    return Step(**_fields(state, Step))


def _fields(state: Any, of: type[Any]) -> dict[str, Any]:
    """The fields that both sides call alike."""
    return {name: getattr(state, name) for name in of.__dataclass_fields__}


def _require_about(event: Event[Any], subject: UUID) -> None:
    """An event about one person that speaks of another is never applied (H-09)."""
    if event.subject != str(subject):
        raise Unacceptable("wrong-subject")


def _require_zone(name: str) -> None:
    try:
        zone_named(name)
    except UnknownZone as unknown:
        raise Unacceptable(UnknownZone.code) from unknown
