"""Where a person's scores stand, as the body that crosses HTTP."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from services.assessment.application.follow_trajectory import judge
from services.assessment.application.ports import Work
from services.assessment.domain.content import Content
from services.assessment.domain.following import FollowedCourse
from services.assessment.domain.instrument import TOTAL, Instrument
from services.assessment.domain.trajectory import OutcomeRules, Reading, Trajectory, meets
from shared.api import assessment as api

NOTHING_YET = Trajectory()


async def trajectory_body(work: Work, content: Content, patient_id: UUID) -> api.TrajectoryBody:
    """Every instrument that outcomes are judged by, the course's own first."""
    course = await work.courses.latest(patient_id)
    milestones = await work.courses.milestones(patient_id)
    primary = course.primary_instrument if course else None
    rules = sorted(content.outcomes.rules, key=lambda rule: rule.instrument != primary)
    return api.TrajectoryBody(
        patient_id=patient_id,
        version=milestones.version if milestones else 0,
        course_id=course.course_id if course else None,
        course_started_on=course.started_on if course else None,
        instruments=tuple([await _instrument(work, content, course, patient_id, r) for r in rules]),
    )


async def _instrument(
    work: Work,
    content: Content,
    course: FollowedCourse | None,
    patient_id: UUID,
    rules: OutcomeRules,
) -> api.InstrumentTrajectory:
    readings = await work.assessments.readings(patient_id, instrument=rules.instrument)
    found = await judge(work, content, course, rules.instrument) if course else None
    found = found or NOTHING_YET
    latest = found.latest or (readings[-1] if readings else None)
    return api.InstrumentTrajectory(
        instrument=rules.instrument,
        primary=course is not None and course.primary_instrument == rules.instrument,
        baseline_total=found.baseline.total if found.baseline else None,
        baseline_on=found.baseline.taken_on if found.baseline else None,
        latest_total=latest.total if latest else None,
        latest_on=latest.taken_on if latest else None,
        response=found.response.value,
        remission_first_on=_day(found.remission_first),
        remission_confirmed_on=_day(found.remission_confirmed),
        relapse_suspected=found.relapse_first is not None,
        relapse_confirmed_on=_day(found.relapse_confirmed),
        definitions=_definitions(rules, found),
        readings=tuple(_reading(content.instruments[rules.instrument], r) for r in readings),
    )


def _definitions(rules: OutcomeRules, found: Trajectory) -> tuple[api.Definition, ...]:
    return tuple(
        api.Definition(
            code=definition.code,
            label=definition.label,
            met=meets(definition, found.baseline, found.latest),
            source=definition.source,
            grade=definition.grade,
        )
        for definition in rules.definitions
    )


def _reading(instrument: Instrument, reading: Reading) -> api.Reading:
    return api.Reading(
        assessment_id=reading.assessment_id,
        taken_on=reading.taken_on,
        total=reading.total,
        band=None if reading.total is None else _band(instrument, Decimal(reading.total)),
    )


def _band(instrument: Instrument, total: Decimal) -> str | None:
    whole = instrument.scale(TOTAL)
    return next((b.code for b in (whole.bands if whole else ()) if b.holds(total)), None)


def _day(reading: Reading | None) -> date | None:
    return reading.taken_on if reading else None
