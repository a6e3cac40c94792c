"""What speaks against a drug or a dose for this person: rules as data, applied to facts.

A block refuses and cannot be overridden; a warning needs a signed reason; the rest informs
(evidence pack 1.4, 1.6 and 1.7).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from services.treatment.domain.drug import DoseCap, DoseRange, Drug
from services.treatment.domain.errors import Blocked, ReasonNeeded
from services.treatment.domain.findings import Finding, Level
from services.treatment.domain.quantities import plain

URGENCY = {level: place for place, level in enumerate(Level)}
UNASKED = "P-00"
"""The rule that conditions and medicines are asked about before anything is proposed."""

ANSWERABLE = frozenset({Level.STRONG_WARN, Level.WARN})


@dataclass(frozen=True, slots=True)
class Taken:
    """Another medicine. ``last_on`` is the last dose really taken; None: still taking."""

    medicine: str
    last_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything the rules look at, on the day the dose would be taken.

    ``asked`` is False when nobody has asked about conditions and medicines yet.
    """

    on: date
    age: int
    jurisdiction: str
    drug: Drug
    indication: str
    dose_mg: Decimal
    asked: bool
    conditions: frozenset[str] = frozenset()
    medicines: tuple[Taken, ...] = ()
    suicide_concern: bool = False
    other_course: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SafetyRule:
    """One row of the safety content. It speaks when every trigger it states is there.

    ``within_days`` counts from the last dose really taken of one of ``medicines``. ``implies`` is
    the condition of a dose cap that then holds, whether or not anybody recorded it (I-08).
    """

    id: str
    level: Level
    detail: str
    source: str
    grade: str
    drugs: frozenset[str] = frozenset()
    classes: frozenset[str] = frozenset()
    jurisdictions: frozenset[str] = frozenset()
    medicines: frozenset[str] = frozenset()
    within_days: int = 0
    conditions: frozenset[str] = frozenset()
    age_under: int | None = None
    age_from: int | None = None
    when_suicide_concern: bool = False
    implies: str | None = None


def evaluate(facts: Facts, rules: Iterable[SafetyRule]) -> tuple[Finding, ...]:
    """Every finding, the hardest first."""
    speaking = [rule for rule in rules if _speaks(rule, facts)]
    implied = {rule.implies for rule in speaking if rule.implies is not None}
    found = (
        *_unasked(facts),
        *_duplicate(facts),
        *_dose(replace(facts, conditions=facts.conditions | implied)),
        *(Finding(rule.id, rule.level, rule.detail) for rule in speaking),
    )
    return tuple(sorted(found, key=lambda finding: (URGENCY[finding.level], finding.rule)))


def settle(findings: Iterable[Finding], *, reasons: frozenset[str]) -> None:
    """Let findings pass only when nothing blocks and every warning has a reason.

    Raises:
        Blocked: naming the rule.
        ReasonNeeded: naming the warnings without one.
    """
    held = tuple(findings)
    for finding in held:
        if finding.level is Level.BLOCK:
            raise Blocked(f"{finding.rule}: {finding.detail}")
    open_rules = [
        finding.rule
        for finding in held
        if finding.level in ANSWERABLE and finding.rule not in reasons
    ]
    if open_rules:
        raise ReasonNeeded(
            f"A reason is needed for each warning: {', '.join(dict.fromkeys(open_rules))}.",
            field="acknowledgements",
        )


def dose_range(drug: Drug, *, indication: str, jurisdiction: str) -> DoseRange | None:
    """The drug's doses for that indication there, if it has any."""
    for row in drug.doses:
        if jurisdiction in row.jurisdictions and indication in indications(row):
            return row
    return None


def indications(row: DoseRange) -> tuple[str, ...]:
    """The codes of a row that lists several: ``panic, social anxiety``."""
    return tuple(name.strip().replace(" ", "-") for name in row.indication.split(","))


def lowest_cap(facts: Facts) -> DoseCap | None:
    """The lowest ceiling that applies on the dose date; age tests are strict (F-08, F-09)."""
    applying = [cap for cap in facts.drug.caps if _applies(cap, facts)]
    return min(applying, key=lambda cap: cap.maximum_mg, default=None)


def limit_ages(drug: Drug, rules: Iterable[SafetyRule], *, jurisdiction: str) -> tuple[int, ...]:
    """The ages at which a cap or a rule begins to speak about this drug (F-08)."""
    caps = {
        cap.over_age + 1
        for cap in drug.caps
        if cap.over_age is not None and jurisdiction in cap.jurisdictions
    }
    asked = {
        rule.age_from
        for rule in rules
        if rule.age_from is not None and _is_about(rule, drug, jurisdiction)
    }
    return tuple(sorted(caps | asked))


def _applies(cap: DoseCap, facts: Facts) -> bool:
    if facts.jurisdiction not in cap.jurisdictions:
        return False
    if cap.over_age is not None:
        return facts.age > cap.over_age
    return cap.condition in facts.conditions


def _unasked(facts: Facts) -> Iterator[Finding]:
    if not facts.asked:
        yield Finding(
            UNASKED, Level.BLOCK, "Conditions and medicines have not been asked for this person."
        )


def _duplicate(facts: Facts) -> Iterator[Finding]:
    if facts.other_course is not None:
        yield Finding(
            "I-09",
            Level.BLOCK,
            f"A course of {facts.other_course} is running: one antidepressant at a time.",
        )


def _dose(facts: Facts) -> Iterator[Finding]:
    row = dose_range(facts.drug, indication=facts.indication, jurisdiction=facts.jurisdiction)
    if row is None:
        yield Finding(
            "F-09",
            Level.BLOCK,
            f"{facts.drug.name} has no dose for this indication here.",
        )
        return
    cap = lowest_cap(facts)
    ceilings = [(limit, "label") for limit in (row.maximum_mg,) if limit is not None]
    if cap is not None:
        ceilings.append((cap.maximum_mg, cap.condition))
    limit_mg, why = min(ceilings, default=(facts.dose_mg, ""))
    if facts.dose_mg > limit_mg:
        yield Finding(
            "F-09",
            Level.BLOCK,
            f"Over the ceiling of {plain(limit_mg)} mg a day ({why}).",
        )


def _speaks(rule: SafetyRule, facts: Facts) -> bool:
    return _is_about(rule, facts.drug, facts.jurisdiction) and all(_triggers(rule, facts))


def _is_about(rule: SafetyRule, drug: Drug, jurisdiction: str) -> bool:
    return (
        (not rule.drugs or drug.code in rule.drugs)
        and (not rule.classes or drug.drug_class.lower() in rule.classes)
        and (not rule.jurisdictions or jurisdiction in rule.jurisdictions)
    )


def _triggers(rule: SafetyRule, facts: Facts) -> Iterator[bool]:
    if rule.medicines:
        yield any(_takes(rule, taken, facts.on) for taken in facts.medicines)
    if rule.conditions:
        yield bool(rule.conditions & facts.conditions)
    if rule.age_under is not None:
        yield facts.age < rule.age_under
    if rule.age_from is not None:
        yield facts.age >= rule.age_from
    if rule.when_suicide_concern:
        yield facts.suicide_concern


def _takes(rule: SafetyRule, taken: Taken, on: date) -> bool:
    if taken.medicine not in rule.medicines:
        return False
    return taken.last_on is None or (on - taken.last_on).days < rule.within_days
