"""Completed instruments, as assessment tells of them."""

from collections.abc import Mapping

from services.engagement.adapters.db import SqlWork
from services.engagement.adapters.events.about import require_about
from services.engagement.application.apply_reading import apply_reading
from services.engagement.application.ports import Reading
from services.engagement.domain.rules import Rules
from shared.events.assessment import AssessmentAmended, AssessmentCompleted, AssessmentFact
from shared.events.envelope import Event, Fact
from shared.runtime.db import Transaction
from shared.runtime.inbox import Handler


def on_readings(rules: Rules) -> Mapping[type[Fact], Handler]:
    """The facts of this file and what is done about each."""

    async def on_reading(tx: Transaction, event: Event[AssessmentFact]) -> None:
        reading = reading_of(event)
        require_about(event, reading.patient_id)
        await apply_reading(SqlWork(tx, rules), reading=reading, rules=rules, now=tx.now)

    return dict.fromkeys((AssessmentCompleted, AssessmentAmended), on_reading)


def reading_of(event: Event[AssessmentFact]) -> Reading:
    """The score, without the answers; known since it was recorded."""
    state = event.data.assessment
    return Reading(
        assessment_id=state.assessment_id,
        version=event.version,
        patient_id=state.patient_id,
        instrument=state.instrument,
        taken_on=state.taken_on,
        taken_at=state.taken_at,
        known_at=event.time,
        total=state.total,
        scales={scale.code: scale.score for scale in state.subscales},
    )
