"""Correct recorded answers. The earlier version is kept, and no flag is taken back.

The answers stay those to the version of the instrument that took them, retired or not.
"""

from datetime import datetime
from uuid import UUID

from services.assessment.application.finding import known, living
from services.assessment.application.follow_trajectory import follow_trajectory
from services.assessment.application.ports import Work
from services.assessment.application.raise_flags import raise_flags
from services.assessment.application.telling import tell_assessment
from services.assessment.domain.assessment import Answers, Assessment, amended
from services.assessment.domain.content import Content
from services.assessment.domain.instrument import Instrument
from services.assessment.domain.refusals import Conflict
from services.assessment.domain.safety import Flag, most_urgent, not_yet_raised, triggered
from services.assessment.domain.scoring import check_answers, score
from shared.events.assessment import AssessmentAmended


async def amend_assessment(
    work: Work,
    content: Content,
    *,
    assessment_id: UUID,
    answers: Answers,
    reason: str,
    expected: int,
    now: datetime,
) -> tuple[Assessment, tuple[Flag, ...]]:
    """Replace the answers, raising whatever they call for that was not raised yet.

    Raises:
        Unknown, StaleVersion, Conflict, RuleViolation: nothing was changed.
    """
    before = known(await work.assessments.get(assessment_id), expected=expected)
    patient = await living(work, before.patient_id)
    used = _taken_with(content, before)
    excused = frozenset(answers.not_applicable)
    check_answers(used, answers.by_item, not_applicable=excused)

    earlier = await work.flags.of(patient.patient_id)
    pulled, standing = (
        most_urgent(content.safety, triggered(used, a.by_item, intent_stated=a.intent_stated))
        for a in (answers, before.answers)
    )
    flags = await raise_flags(
        work,
        content,
        not_yet_raised(pulled, earlier, assessment_id=assessment_id, standing=standing),
        patient=patient,
        earlier=earlier,
        assessment_id=assessment_id,
        now=now,
    )
    assessment = amended(
        before,
        answers=answers,
        score=score(used, answers.by_item, not_applicable=excused),
        reason=reason,
        recorded_at=now,
        recorded_by=work.actor,
    )
    await work.assessments.save(assessment)
    tell_assessment(work, AssessmentAmended, assessment)
    await follow_trajectory(work, content, patient_id=patient.patient_id)
    return assessment, flags


def _taken_with(content: Content, taken: Assessment) -> Instrument:
    used = content.taken_with(taken.instrument, taken.instrument_version)
    if used is None:
        sentence = (
            f"Version {taken.instrument_version}, which took these answers, is not kept here."
        )
        raise Conflict("version-not-kept", sentence)
    return used
