"""Safety flags, as assessment tells of them."""

from collections.abc import Mapping

from services.engagement.adapters.db import SqlWork
from services.engagement.adapters.events.about import require_about
from services.engagement.application.apply_flag_state import apply_flag_state
from services.engagement.domain.flag import Flag, FlagStatus
from services.engagement.domain.rules import Rules
from shared.events.assessment import (
    SafetyFlagAcknowledged,
    SafetyFlagClosed,
    SafetyFlagFact,
    SafetyFlagRaised,
)
from shared.events.envelope import Event, Fact
from shared.runtime.db import Transaction
from shared.runtime.inbox import Handler


def on_flags(rules: Rules) -> Mapping[type[Fact], Handler]:
    """The facts of this file and what is done about each."""

    async def on_flag(tx: Transaction, event: Event[SafetyFlagFact]) -> None:
        flag = flag_of(event)
        require_about(event, flag.patient_id)
        await apply_flag_state(SqlWork(tx, rules), flag=flag, rules=rules, now=tx.now)

    return dict.fromkeys((SafetyFlagRaised, SafetyFlagAcknowledged, SafetyFlagClosed), on_flag)


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
