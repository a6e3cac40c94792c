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
    """Who signed what, as the portal attests it; ``proof`` is with what that can be verified
    later."""

    token_id: str
    staff_id: UUID
    hash: str
    meaning: str
    proof: str


@dataclass(frozen=True, slots=True)
class Document:
    """What is signed: its meaning, and everything it says in one canonical form."""

    meaning: str
    text: str

    @property
    def hash(self) -> str:
        """What the signature binds."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def document(meaning: str, said: Mapping[str, object]) -> Document:
    """A document for one meaning. Values are plain: text, numbers, lists."""
    canonical = json.dumps(
        {"meaning": meaning, **said}, sort_keys=True, separators=(",", ":"), default=str
    )
    return Document(meaning, canonical)


def check_signature(signed: Signed | None, *, by: UUID, of: Document, rule: str) -> Signed:
    """The signature; what is not signed by this person over exactly this is refused. ``rule`` asks
    for it.

    Raises:
        SignatureMismatch: nothing was signed, or something else, or by somebody else.
    """
    expected = (by, of.meaning, of.hash)
    if signed is None or (signed.staff_id, signed.meaning, signed.hash) != expected:
        raise SignatureMismatch(rule)
    return signed
