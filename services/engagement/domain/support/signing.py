"""What a signature about support binds: the SHA-256 of exactly what was sent, in one form."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from services.engagement.domain.support.refusals import SignatureMismatch

OVERRIDE_GUARD = "override-guard"
CLOSE_EARLY = "close-early"
CONFIRM_CLOSING = "confirm-closing"


@dataclass(frozen=True, slots=True)
class Signed:
    """Who signed what, as the portal attests it."""

    staff_id: UUID
    hash: str
    meaning: str


def document_hash(meaning: str, document: Mapping[str, object]) -> str:
    """The hash of a document for one meaning. Values are plain: text, numbers, lists."""
    canonical = json.dumps(
        {"meaning": meaning, **document}, sort_keys=True, separators=(",", ":"), default=str
    )
    return hashlib.sha256(canonical.encode()).hexdigest()


def check_signature(
    signed: Signed | None, *, by: UUID, meaning: str, expected: str, rule: str
) -> None:
    """Refuse what is not signed by this person over exactly this. ``rule`` asks for it.

    Raises:
        SignatureMismatch: nothing was signed, or something else, or by somebody else.
    """
    if signed is None or (signed.staff_id, signed.meaning, signed.hash) != (by, meaning, expected):
        raise SignatureMismatch(rule)
