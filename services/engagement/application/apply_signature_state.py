"""Treatment asks a prescriber to sign, or says what came of it."""

from datetime import datetime

from services.engagement.application.ports import Work
from services.engagement.application.replan import replan
from services.engagement.domain.rules import Rules
from services.engagement.domain.signature import Signature


async def apply_signature_state(
    work: Work, *, signature: Signature, rules: Rules, now: datetime
) -> None:
    """Remember the state and plan the person anew."""
    await work.signatures.put(signature)
    work.audit(
        "signature.known",
        object=f"signature:{signature.request_id}",
        subject=signature.patient_id,
    )
    await replan(work, patient_id=signature.patient_id, rules=rules, now=now)
