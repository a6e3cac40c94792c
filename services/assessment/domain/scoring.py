"""Answers to a score. A missing item never becomes zero; a sender's total is never used."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from services.assessment.domain.instrument import (
    TOTAL,
    Band,
    Instrument,
    Item,
    Scale,
    combine,
)
from services.assessment.domain.refusals import RuleViolation


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleScore:
    """One scale's score, None where too many of its items are missing."""

    code: str
    label: str
    score: Decimal | None
    band: Band | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What the answers come to. ``highest`` is the highest total possible for this person;
    ``positive`` is None for an instrument without a cut-off and for an unknown score."""

    total: int | None
    highest: int | None
    band: Band | None
    subscales: tuple[ScaleScore, ...]
    missing: tuple[str, ...]
    positive: bool | None
    findings: tuple[str, ...]


def score(
    instrument: Instrument,
    answers: Mapping[str, int],
    *,
    not_applicable: frozenset[str] = frozenset(),
) -> Score:
    """Score one completed questionnaire.

    Raises:
        RuleViolation: an answer that the instrument does not have.
    """
    check_answers(instrument, answers, not_applicable=not_applicable)
    scales = tuple(
        _scale_score(instrument, scale, answers, not_applicable) for scale in instrument.scales
    )
    total = next((scale for scale in scales if scale.code == TOTAL), None)
    whole = instrument.scale(TOTAL)
    highest = instrument.bounds(whole, excused=not_applicable)[1] if whole else None
    return Score(
        total=None if total is None or total.score is None else int(total.score),
        highest=None if highest is None else int(highest),
        band=total.band if total else None,
        subscales=tuple(scale for scale in scales if scale.code != TOTAL),
        missing=missing_items(instrument, answers, not_applicable=not_applicable),
        positive=_is_positive(instrument, scales),
        findings=tuple(_findings(instrument, answers, not_applicable)),
    )


def check_answers(
    instrument: Instrument, answers: Mapping[str, int], *, not_applicable: frozenset[str]
) -> None:
    """Refuse what the instrument cannot be answered with.

    Raises:
        RuleViolation: names the item.
    """
    if not answers:
        raise RuleViolation("no-answers", "Nothing was answered.", field="answers")
    for code, value in answers.items():
        item = instrument.item(code)
        if item is None:
            known = ", ".join(item.code for item in instrument.items)
            raise RuleViolation(
                "unknown-item",
                f"{instrument.title} has no item {code}. Its items are {known}.",
                field=f"answers/{code}",
            )
        allowed = [answer.value for answer in instrument.options(item)]
        if value not in allowed:
            raise RuleViolation(
                "answer-out-of-range",
                f"{item.label} can be answered with {_listed(allowed)}.",
                field=f"answers/{code}",
            )
    for code in sorted(not_applicable):
        item = instrument.item(code)
        if item is None or not item.may_not_apply:
            sentence = f"{instrument.title} has no item {code} that may be left out."
            raise RuleViolation("must-apply", sentence, field="not_applicable")
        if code in answers:
            sentence = f"{item.label} is both answered and said not to apply."
            raise RuleViolation("answered-and-excused", sentence, field="not_applicable")


def missing_items(
    instrument: Instrument, answers: Mapping[str, int], *, not_applicable: frozenset[str]
) -> tuple[str, ...]:
    """The items that should have been answered and were not."""
    return tuple(
        item.code
        for item in instrument.items
        if item.scored
        and item.code not in answers
        and item.code not in not_applicable
        and is_asked(item, answers)
    )


def is_asked(item: Item, answers: Mapping[str, int]) -> bool:
    """Whether the earlier answers lead to this item; an unanswered gate leads nowhere."""
    gate = item.asked_if
    return gate is None or answers.get(gate.item, gate.at_least - 1) >= gate.at_least


def _scale_score(
    instrument: Instrument, scale: Scale, answers: Mapping[str, int], excused: frozenset[str]
) -> ScaleScore:
    members = [item for item in instrument.members(scale) if item.code not in excused]
    missing = missing_items(instrument, answers, not_applicable=excused)
    lacking = sum(1 for item in members if item.code in missing or _is_blank(item, answers))
    if lacking > scale.may_miss:
        return ScaleScore(code=scale.code, label=scale.label, score=None, band=None)
    points = [_points(instrument, item, answers) for item in members if item.code in answers]
    value = combine(scale.method, points)
    band = next((band for band in scale.bands if band.holds(value)), None)
    return ScaleScore(code=scale.code, label=scale.label, score=value, band=band)


def _is_blank(item: Item, answers: Mapping[str, int]) -> bool:
    """An unscored item that a scale of its own reads, left out."""
    return not item.scored and item.code not in answers


def _points(instrument: Instrument, item: Item, answers: Mapping[str, int]) -> int:
    chosen = answers[item.code]
    return next(a.counts for a in instrument.options(item) if a.value == chosen)


def _is_positive(instrument: Instrument, scales: tuple[ScaleScore, ...]) -> bool | None:
    """All criteria hold; one that fails decides, whatever is missing elsewhere."""
    if not instrument.positive:
        return None
    scores = {scale.code: scale.score for scale in scales}
    verdicts = [
        None if (value := scores[c.scale]) is None else c.holds(value) for c in instrument.positive
    ]
    if False in verdicts:
        return False
    return None if None in verdicts else True


def _findings(
    instrument: Instrument, answers: Mapping[str, int], excused: frozenset[str]
) -> list[str]:
    found = []
    if missing := missing_items(instrument, answers, not_applicable=excused):
        found.append(f"{len(missing)} not answered: what depends on them has no score.")
    for item in instrument.items:
        if item.code in excused:
            found.append(
                f"{item.label} does not apply: the total is not comparable with one that has it."
            )
        if item.code in answers and not is_asked(item, answers):
            found.append(f"{item.label} was answered although it follows from an earlier no.")
    return found


def _listed(values: list[int]) -> str:
    return ", ".join(str(value) for value in values)
