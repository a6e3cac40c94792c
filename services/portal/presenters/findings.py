"""What a safety rule has to say, the gravest first."""

from collections.abc import Iterable
from dataclasses import dataclass

from services.portal.presenters import words
from shared.api.treatment import FindingBody

_TONES = {
    "block": ("danger", "This stops it"),
    "strong-warn": ("danger", "Strong warning"),
    "warn": ("warn", "Warning"),
    "inform": ("calm", "Good to know"),
}
_ANSWERABLE = frozenset({"strong-warn", "warn"})


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule has to say. ``needs_reason``: signing asks why it is right all the same."""

    rule: str
    tone: str
    title: str
    detail: str
    source: str
    grade: str
    needs_reason: bool


def findings(items: Iterable[FindingBody]) -> tuple[Finding, ...]:
    """Rules in the order of their weight."""
    weights = list(_TONES)
    ordered = sorted(items, key=lambda item: weights.index(item.level))
    return tuple(
        Finding(
            rule=item.rule,
            tone=_TONES[item.level][0],
            title=_TONES[item.level][1],
            detail=words.spoken(item.detail),
            source=item.source,
            grade=item.grade,
            needs_reason=item.level in _ANSWERABLE,
        )
        for item in ordered
    )
