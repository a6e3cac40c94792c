"""Going past a guard is signed: the SHA-256 of exactly one decision, in one canonical form."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.assessment.domain.decision import Decision
from services.assessment.domain.refusals import RuleViolation

OVERRIDE_GUARD = "override-guard"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """Who signed what, as the portal attests it after asking for the password; ``proof`` is with
    what that can be verified later."""

    token_id: str
    staff_id: UUID
    hash: str
    meaning: str
    signed_at: datetime
    proof: str


def decision_hash(decision: Decision, *, proposal_id: UUID, version: int) -> str:
    """Everything a prescriber signs when a plan goes on in spite of a guard."""
    document = {
        "meaning": OVERRIDE_GUARD,
        "proposal": str(proposal_id),
        "version": version,
        "decision": decision.verdict.value,
        "arm": decision.arm,
        "reason": decision.reason,
        "note": decision.note,
        "plan": dict(decision.plan),
        "guard_reasons": dict(decision.guard_reasons),
    }
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def check_signature(signed: Signed | None, *, by: UUID, expected: str) -> Signed:
    """The signature; a plan past a guard that this person has not signed exactly as it is is
    refused.

    Raises:
        RuleViolation: nothing was signed, or something else, or by somebody else.
    """
    if signed is None:
        sentence = "This plan goes against a warning: sign it with your password."
        raise RuleViolation("signature-required", sentence, field="signature")
    if (signed.staff_id, signed.meaning, signed.hash) != (by, OVERRIDE_GUARD, expected):
        sentence = "The signature is of something else: look again, then sign again."
        raise RuleViolation("signature-mismatch", sentence, field="signature")
    return signed
