"""Record one completed instrument: flags first, then the score, then where the scores stand."""

from datetime import datetime

from services.assessment.application.follow_trajectory import follow_trajectory
from services.assessment.application.ports import Work
from services.assessment.application.raise_flags import raise_flags
from services.assessment.application.telling import tell_assessment
from services.assessment.domain.assessment import Answers, Assessment, Mode, day_taken
from services.assessment.domain.content import Content
from services.assessment.domain.patient import Patient
from services.assessment.domain.refusals import Conflict, RuleViolation
from services.assessment.domain.safety import Flag, most_urgent, triggered
from services.assessment.domain.scoring import check_answers, score
from shared.events.assessment import AssessmentCompleted


async def record_assessment(
    work: Work,
    content: Content,
    *,
    patient: Patient,
    instrument: str,
    instrument_version: str | None,
    answers: Answers,
    taken_at: datetime,
    mode: Mode,
    answered_by: str | None = None,
    now: datetime,
) -> tuple[Assessment, tuple[Flag, ...]]:
    """Keep the answers, raise what they call for, and score them here. The caller holds the
    ``patient``, a living person.

    Raises:
        Unknown, Conflict, RuleViolation: nothing was kept.
    """
    patient_id = patient.patient_id
    if answered_by is not None and mode is not Mode.PROXY:
        sentence = "Only a proxy answers in the person's place."
        raise RuleViolation("not-a-proxy", sentence, field="answered_by")
    used = content.usable(instrument, instrument_version)
    excused = frozenset(answers.not_applicable)
    check_answers(used, answers.by_item, not_applicable=excused)
    taken_on = day_taken(taken_at, details=patient.details, now=now)
    if await work.assessments.exists(patient_id, instrument=used.code, taken_at=taken_at):
        sentence = "This instrument was recorded for that time already; amend it instead."
        raise Conflict("already-recorded", sentence, field="taken_at")

    assessment_id = work.new_id()
    codes = triggered(used, answers.by_item, intent_stated=answers.intent_stated)
    calls_for = most_urgent(content.safety, codes)
    flags = await raise_flags(
        work,
        content,
        calls_for,
        patient=patient,
        earlier=await work.flags.of(patient_id) if calls_for else (),
        assessment_id=assessment_id,
        now=now,
    )
    assessment = Assessment(
        assessment_id=assessment_id,
        patient_id=patient_id,
        instrument=used.code,
        instrument_version=used.version,
        taken_at=taken_at,
        taken_on=taken_on,
        mode=mode,
        answers=answers,
        score=score(used, answers.by_item, not_applicable=excused),
        recorded_at=now,
        recorded_by=work.actor,
        answered_by=answered_by,
    )
    await work.assessments.add(assessment)
    tell_assessment(work, AssessmentCompleted, assessment)
    await follow_trajectory(work, content, patient_id=patient_id)
    return assessment, flags
