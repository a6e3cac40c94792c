"""Record the answers to the intake questions, raising a flag where one calls for it."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from services.assessment.application.finding import in_care, known
from services.assessment.application.ports import Intake, Work
from services.assessment.application.raise_flags import raise_flags
from services.assessment.domain.content import Content
from services.assessment.domain.intake import check_choices, pulled_triggers
from services.assessment.domain.rules import RuleSet
from services.assessment.domain.safety import Flag, most_urgent


async def record_intake(
    work: Work,
    content: Content,
    *,
    patient_id: UUID,
    answers: Mapping[str, str],
    expected: int,
    now: datetime,
) -> tuple[Intake, tuple[Flag, ...]]:
    """Keep the next version of the answers beside the earlier ones.

    Raises:
        Unknown, StaleVersion, Conflict, RuleViolation: nothing was kept.
    """
    patient = await in_care(work, patient_id)
    check_choices(content.pathway.intake, answers, field="answers")
    before = known(await work.intakes.latest(patient_id), expected=expected)
    flags = await raise_flags(
        work,
        content,
        most_urgent(content.safety, _news(content.pathway, before.answers, answers)),
        patient=patient,
        earlier=await work.flags.of(patient_id),
        assessment_id=None,
        now=now,
    )
    intake = Intake(
        patient_id=patient_id,
        version=before.version + 1,
        answers=dict(answers),
        recorded_at=now,
        recorded_by=work.actor,
    )
    await work.intakes.add(intake)
    work.audit(
        "intake.recorded",
        object=f"intake:{patient_id}",
        subject=patient_id,
        version=intake.version,
    )
    return intake, flags


def _news(rules: RuleSet, before: Mapping[str, str], answers: Mapping[str, str]) -> tuple[str, ...]:
    """Triggers of the answers that were given now; one that merely stands raises nothing again."""
    given = {code: answer for code, answer in answers.items() if before.get(code) != answer}
    return pulled_triggers(rules.intake, given)
