"""Record the answers to the intake questions, raising a flag where one calls for it."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from services.assessment.application.finding import in_care, known
from services.assessment.application.ports import Intake, Work
from services.assessment.application.raise_flags import raise_flags
from services.assessment.domain.content import Content
from services.assessment.domain.intake import check_choices, pulled_triggers
from services.assessment.domain.safety import Flag, Trigger, has_live, most_urgent


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
    earlier = await work.flags.of(patient_id)
    flags = await raise_flags(
        work,
        content,
        _called_for(content, before.answers, answers, earlier),
        patient=patient,
        earlier=earlier,
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


def _called_for(
    content: Content,
    before: Mapping[str, str],
    answers: Mapping[str, str],
    flags: tuple[Flag, ...],
) -> tuple[Trigger, ...]:
    """What the answers call for: anything said now, and anything that still stands while nobody
    has it in hand. A flag that was closed does not make a repeated answer untrue."""
    given = {code: answer for code, answer in answers.items() if before.get(code) != answer}
    news = most_urgent(content.safety, pulled_triggers(content.pathway.intake, given))
    said = most_urgent(content.safety, pulled_triggers(content.pathway.intake, answers))
    standing = [t for t in said if t not in news and not has_live(t, flags)]
    return most_urgent(content.safety, [t.code for t in (*news, *standing)])
