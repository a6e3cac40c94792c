"""Judge a person's readings again, and tell the others what turned."""

from dataclasses import replace
from uuid import UUID

from services.assessment.application.ports import Work
from services.assessment.application.telling import tell_trajectory
from services.assessment.domain.content import Content
from services.assessment.domain.following import FollowedCourse, Milestones
from services.assessment.domain.trajectory import Trajectory, follow, pick_baseline
from shared.events.assessment import (
    RelapseCriteriaMet,
    RemissionCriteriaLost,
    RemissionCriteriaMet,
    ResponseChanged,
    TrajectoryFact,
)


async def follow_trajectory(work: Work, content: Content, *, patient_id: UUID) -> None:
    """Bring what was published about the running course up to its readings."""
    course = await work.courses.latest(patient_id)
    if course is None or course.closed:
        return
    course = await fix_baselines(work, content, course)
    found = await judge(work, content, course, course.primary_instrument)
    before = await work.courses.milestones(patient_id)
    if before is None or found is None:
        return
    confirmed = found.remission_confirmed
    relapse = found.relapse_confirmed
    after = replace(
        before,
        remission_on=confirmed.taken_on if confirmed else None,
        relapse_on=relapse.taken_on if relapse else None,
        response=found.response,
    )
    for kind in _turned(before, after):
        after = replace(after, version=after.version + 1)
        tell_trajectory(work, kind, instrument=course.primary_instrument, found=found, at=after)
    if after != before:
        await work.courses.put_milestones(after)


async def fix_baselines(work: Work, content: Content, course: FollowedCourse) -> FollowedCourse:
    """Choose each baseline the course still lacks. One that is chosen is never chosen again."""
    chosen = dict(course.baselines)
    for rules in content.outcomes.rules:
        if rules.instrument in chosen:
            continue
        readings = await work.assessments.readings(course.patient_id, instrument=rules.instrument)
        baseline = pick_baseline(content.outcomes, readings, started_on=course.started_on)
        if baseline is not None:
            chosen[rules.instrument] = baseline.assessment_id
    if chosen == course.baselines:
        return course
    fixed = replace(course, baselines=chosen)
    await work.courses.put(fixed)
    return fixed


async def judge(
    work: Work, content: Content, course: FollowedCourse, instrument: str
) -> Trajectory | None:
    """Where one instrument stands in this course; None where no outcome rules are known."""
    rules = content.outcomes.rules_for(instrument)
    if rules is None:
        return None
    readings = await work.assessments.readings(course.patient_id, instrument=instrument)
    chosen = course.baselines.get(instrument)
    baseline = next((reading for reading in readings if reading.assessment_id == chosen), None)
    return follow(rules, readings, baseline=baseline, started_on=course.started_on)


def _turned(before: Milestones, after: Milestones) -> list[type[TrajectoryFact]]:
    turned: list[type[TrajectoryFact]] = []
    if after.response is not before.response:
        turned.append(ResponseChanged)
    if after.remission_on and not before.remission_on:
        turned.append(RemissionCriteriaMet)
    if before.remission_on and not after.remission_on:
        turned.append(RemissionCriteriaLost)
    if after.relapse_on and not before.relapse_on:
        turned.append(RelapseCriteriaMet)
    return turned
