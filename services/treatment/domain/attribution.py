"""Withdrawal or relapse: a suggestion, with what speaks for either (3.4, H-13, H-14).

Never a diagnosis, and never a reason to close one of the two routes.
"""

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, Decimal
from enum import StrEnum

from services.treatment.domain.gate import (
    CheckIn,
    CheckInRules,
    Mood,
    Person,
    Severity,
    is_relapse_total,
)


class For(StrEnum):
    WITHDRAWAL = "withdrawal"
    RELAPSE = "relapse"
    NEITHER = "neither"


class Suggestion(StrEnum):
    WITHDRAWAL = "more-like-withdrawal"
    RELAPSE = "more-like-relapse"
    CANNOT_TELL = "cannot-tell"


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributionRules:
    """``usual_onset_days`` after a cut, or ``half_lives`` of the drug where that is longer, is when
    withdrawal begins; from ``gradual_from_days`` on it is late for it. Restarting helps withdrawal
    within ``better_within_days``; reassurance alone is given no longer than
    ``reassure_at_most_days``."""

    usual_onset_days: int
    half_lives: int
    gradual_from_days: int
    better_within_days: int
    reassure_at_most_days: int
    source: str
    grade: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What is known: the last report, the last cut, and whether the dose before was taken again."""

    said: CheckIn | None
    reported_on: date | None
    cut_on: date | None
    reinstated_on: date | None
    half_life_hours: Decimal
    person: Person


@dataclass(frozen=True, slots=True)
class Reason:
    what: str
    speaks_for: For
    detail: str


@dataclass(frozen=True, slots=True)
class Attribution:
    suggestion: Suggestion
    reasons: tuple[Reason, ...]


def attribute(seen: Seen, *, rules: AttributionRules, check_in: CheckInRules) -> Attribution:
    """Each reason by itself; the suggestion only where all that speak say the same."""
    reports = (
        _timing(seen, rules),
        _kind(seen),
        _score(seen, check_in),
        _reinstatement(seen, rules),
    )
    reasons = tuple(reason for reason in reports if reason is not None)
    sides = {reason.speaks_for for reason in reasons} - {For.NEITHER}
    if len(sides) != 1:
        return Attribution(Suggestion.CANNOT_TELL, reasons)
    (side,) = sides
    both = {For.WITHDRAWAL: Suggestion.WITHDRAWAL, For.RELAPSE: Suggestion.RELAPSE}
    return Attribution(both[side], reasons)


def onset_days(half_life_hours: Decimal, rules: AttributionRules) -> int:
    """Until when after a cut withdrawal usually begins, in days."""
    scaled = rules.half_lives * half_life_hours / 24
    return max(rules.usual_onset_days, int(scaled.to_integral_value(rounding=ROUND_CEILING)))


def _timing(seen: Seen, rules: AttributionRules) -> Reason | None:
    if seen.cut_on is None or seen.reported_on is None:
        return None
    days = (seen.reported_on - seen.cut_on).days
    window = onset_days(seen.half_life_hours, rules)
    about = (
        f"Reported {days} days after the last cut; withdrawal of this drug usually begins within"
    )
    if days <= window:
        return Reason("timing", For.WITHDRAWAL, f"{about} {window} days.")
    if days > max(window, rules.gradual_from_days):
        return Reason("timing", For.RELAPSE, f"{about} {window} days; this is weeks later.")
    return Reason("timing", For.NEITHER, f"{about} {window} days; this lies between.")


def _kind(seen: Seen) -> Reason | None:
    said = seen.said
    if said is None:
        return None
    worse = said.symptoms.worse_than(seen.person.baseline) if said.symptoms else ()
    bodily = {"dizziness", "brain_zaps"} & set(worse)
    low = said.mood is not Mood.SAME
    if bodily:
        named = ", ".join(sorted(name.replace("_", " ") for name in bodily))
        also = ", with low mood beside it" if low else ""
        return Reason("kind", For.WITHDRAWAL, f"New bodily symptoms: {named}{also}.")
    if low and said.withdrawal is Severity.NONE and not worse:
        return Reason("kind", For.RELAPSE, "Mood alone is worse, without new bodily symptoms.")
    if worse or low or said.withdrawal:
        return Reason("kind", For.NEITHER, "What is reported fits both.")
    return None


def _score(seen: Seen, rules: CheckInRules) -> Reason | None:
    said = seen.said
    if said is None:
        return None
    if is_relapse_total(said, seen.person, rules):
        detail = f"The score is {said.score_total}; withdrawal alone can raise it too."
        return Reason("score", For.NEITHER, detail)
    if (said.dess_new_or_worse or 0) >= rules.dess_syndrome:
        detail = (
            f"{said.dess_new_or_worse} new or worse signs: a syndrome, but often a false alarm."
        )
        return Reason("score", For.NEITHER, detail)
    return None


def _reinstatement(seen: Seen, rules: AttributionRules) -> Reason | None:
    if seen.reinstated_on is None or seen.said is None or seen.reported_on is None:
        return None
    days = (seen.reported_on - seen.reinstated_on).days
    well = seen.said.tolerable and seen.said.withdrawal <= Severity.MILD
    if well and days <= rules.better_within_days:
        detail = f"Better {days} days after the dose before was taken again."
        return Reason("reinstatement", For.WITHDRAWAL, detail)
    if not well and days > rules.better_within_days:
        detail = f"Not better {days} days after the dose before was taken again."
        return Reason("reinstatement", For.RELAPSE, detail)
    return Reason("reinstatement", For.NEITHER, "Too early after restarting to say.")
