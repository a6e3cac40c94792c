"""Two prescribers where a warning is marked so: a first signature, and a second by somebody else.

The first one gives the reasons and is kept for a day; nothing is in force before the second. It is
of exactly the same version, and by another person, in whatever role or session.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from services.treatment.domain.errors import Refusal
from services.treatment.domain.findings import Finding, Level

COUNTS_FOR = timedelta(hours=24)
"""A first signature older than this counts no more (reliability 4a)."""

SECOND_SIGNATURE = "second-signature"
"""What the second person states with theirs."""


class FourEyes(Refusal):
    """The person who signed first wants to sign second too."""

    code = "four-eyes"


class FirstSignatureGone(Refusal):
    """A second signature without a first one that still counts."""

    code = "first-signature-gone"


@dataclass(frozen=True, slots=True)
class FirstSignature:
    """Who signed first, exactly what, and why each warning did not stop them."""

    by: UUID
    at: datetime
    hash: str
    reasons: Mapping[str, str]

    @property
    def counts_until(self) -> datetime:
        return self.at + COUNTS_FOR


def rules_for_two(findings: Iterable[Finding], marked: frozenset[str]) -> frozenset[str]:
    """The rules among these that one prescriber alone may not go past."""
    return frozenset(
        finding.rule
        for finding in findings
        if finding.level is Level.STRONG_WARN and finding.rule in marked
    )


def still_counts(
    first: FirstSignature | None, *, hash_: str, needed: frozenset[str], now: datetime
) -> FirstSignature | None:
    """The first signature while it waits for a second: not too old, of this version, and with a
    reason for every warning there is now. None otherwise, and where one signature is enough."""
    if first is None or not needed:
        return None
    fits = first.hash == hash_ and needed <= first.reasons.keys()
    return first if fits and now < first.counts_until else None


def require_somebody_else(first: FirstSignature, signer: UUID) -> None:
    """Raises: FourEyes."""
    if first.by == signer:
        raise FourEyes(
            "You signed this first: a second prescriber has to sign it too.", field="signature"
        )
