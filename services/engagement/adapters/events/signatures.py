"""Requests for a signature, as treatment tells of them."""

from collections.abc import Mapping

from services.engagement.adapters.db import SqlWork
from services.engagement.adapters.events.about import require_about
from services.engagement.application.apply_signature_state import apply_signature_state
from services.engagement.domain.rules import Rules
from services.engagement.domain.signature import Signature
from shared.events.envelope import Event, Fact
from shared.events.treatment import SignatureFact, SignatureRequested, SignatureSettled
from shared.runtime.db import Transaction
from shared.runtime.inbox import Handler

_BY_A_PERSON = frozenset({"signed", "declined"})


def on_signatures(rules: Rules) -> Mapping[type[Fact], Handler]:
    """The facts of this file and what is done about each."""

    async def on_signature(tx: Transaction, event: Event[SignatureFact]) -> None:
        signature = signature_of(event)
        require_about(event, signature.patient_id)
        work = SqlWork(tx, rules)
        await apply_signature_state(work, signature=signature, rules=rules, now=tx.now)

    return dict.fromkeys((SignatureRequested, SignatureSettled), on_signature)


def signature_of(event: Event[SignatureFact]) -> Signature:
    """Treatment's request; it was settled when the event says."""
    state = event.data.signature
    return Signature(
        request_id=state.request_id,
        what=state.what,
        patient_id=state.patient_id,
        course_id=state.course_id,
        plan_id=state.plan_id,
        plan_version=state.plan_version,
        for_staff_id=state.for_staff_id,
        not_staff_id=state.not_staff_id,
        rule=state.rule,
        asked_at=state.asked_at,
        status=state.status,
        settled_at=event.time if state.status in _BY_A_PERSON else None,
    )
