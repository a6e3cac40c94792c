"""What a safety rule has to say, the gravest first."""

from collections.abc import Iterable
from dataclasses import dataclass

from services.portal.presenters import words
from services.portal.presenters.language import mark, said
from shared.api.treatment import FindingBody

_TONES = {"block": "danger", "strong-warn": "danger", "warn": "warn", "inform": "calm"}
"""By weight, the gravest first."""
_TITLES = said(
    {
        "block": mark("This stops it"),
        "strong-warn": mark("Strong warning"),
        "warn": mark("Warning"),
        "inform": mark("Good to know"),
    }
)
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
    for_two: bool = False
    """Two prescribers have to sign to go past it."""


def findings(items: Iterable[FindingBody]) -> tuple[Finding, ...]:
    """Rules in the order of their weight."""
    weights = list(_TONES)
    ordered = sorted(items, key=lambda item: weights.index(item.level))
    return tuple(
        Finding(
            rule=item.rule,
            tone=_TONES[item.level],
            title=_TITLES[item.level],
            detail=words.spoken(item.detail),
            source=item.source,
            grade=item.grade,
            needs_reason=item.level in _ANSWERABLE,
            for_two=item.second_signature,
        )
        for item in ordered
    )
