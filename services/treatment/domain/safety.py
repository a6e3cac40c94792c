"""What speaks against a drug or a dose for this person: rules as data, applied to facts.

A block refuses and cannot be overridden; a warning needs a signed reason; the rest informs
(evidence pack 1.4, 1.6 and 1.7).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from services.treatment.domain.drug import DoseCap, DoseRange, Drug
from services.treatment.domain.errors import Blocked, ReasonNeeded
from services.treatment.domain.findings import Finding, Level
from services.treatment.domain.quantities import plain

URGENCY = {level: place for place, level in enumerate(Level)}
UNASKED = "P-00"
"""The rule that conditions and medicines are asked about before anything is proposed."""

PROFILE = "H-39"
"""The course was built with the other jurisdiction's rules."""

ANSWERABLE = frozenset({Level.STRONG_WARN, Level.WARN})


@dataclass(frozen=True, slots=True)
class Taken:
    """Another medicine. ``last_on`` is the last dose really taken; None: still taking.

    ``starts_on`` is set for one that is agreed and not begun: it counts as taken already, except
    for the gap after a monoamine oxidase inhibitor, whose own rule is I-02.
    """

    medicine: str
    last_on: date | None = None
    starts_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything the rules look at, on the day the dose would be taken.

    ``asked`` is False when nobody has asked about conditions and medicines yet. ``replacing`` is
    the drug a switch takes out: it is no duplicate, and still a medicine for every other rule.
    ``last_dose_on`` is set once the drug is not taken any more; then only gaps speak (I-02).
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
    family: str | None = None
    replacing: str | None = None
    last_dose_on: date | None = None

    @property
    def formulation(self) -> str | None:
        """The family of milligrams the dose is counted in."""
        return self.family or self.drug.usual_family(self.jurisdiction)


@dataclass(frozen=True, slots=True, kw_only=True)
class SafetyRule:
    """One row of the safety content. It speaks when every trigger it states is there.

    ``within_days`` counts from the last dose really taken of one of ``medicines``. ``implies`` is
    the condition of a dose cap that then holds, whether or not anybody recorded it (I-08).
    A ``duplicate`` names the same kind of drug a second time. A rule with ``before_maoi`` (the
    drug's own days) or ``after_last_dose_days`` is about what may not begin so soon after the
    drug (I-02, I-04). A ``serotonergic`` one opens a watch when its medicine is new (P-24h).
    ``dose_over_mg`` and ``dose_from_mg`` are of the daily dose.
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
    duplicate: bool = False
    before_maoi: bool = False
    after_last_dose_days: int | None = None
    indications: frozenset[str] = frozenset()
    families: frozenset[str] = frozenset()
    dose_over_mg: Decimal | None = None
    dose_from_mg: Decimal | None = None
    serotonergic: bool = False

    @property
    def is_gap(self) -> bool:
        return self.before_maoi or self.after_last_dose_days is not None

    def gap_days(self, drug: Drug) -> int:
        """Days after the last dose of the drug before one of the medicines may begin."""
        return drug.maoi.before_maoi_days if self.before_maoi else self.after_last_dose_days or 0


def evaluate(facts: Facts, rules: Iterable[SafetyRule]) -> tuple[Finding, ...]:
    """Every finding, the hardest first."""
    held = tuple(rules)
    if facts.last_dose_on is not None:
        return tuple(_gaps(facts, held))
    speaking = [rule for rule in held if not rule.is_gap and _speaks(rule, facts)]
    found = (
        *_unasked(facts),
        *_duplicate(facts),
        *_dose(with_implied(facts, held)),
        *_gaps(facts, held),
        *(Finding(rule.id, rule.level, rule.detail) for rule in speaking),
    )
    return urgent_first(found)


def with_implied(facts: Facts, rules: Iterable[SafetyRule]) -> Facts:
    """The facts with every condition a speaking rule stands for (I-08): its ceiling holds too."""
    implied = {
        rule.implies
        for rule in rules
        if rule.implies is not None and not rule.is_gap and _speaks(rule, facts)
    }
    return replace(facts, conditions=facts.conditions | implied)


def urgent_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The hardest first, each sentence once."""
    once = dict.fromkeys(findings)
    return tuple(sorted(once, key=lambda finding: (URGENCY[finding.level], finding.rule)))


def profile_changed(jurisdiction: str | None, facts: Facts) -> tuple[Finding, ...]:
    """A course that was set up under another profile's figures is judged by this one's (H-39)."""
    if jurisdiction in {None, facts.jurisdiction}:
        return ()
    return (
        Finding(
            PROFILE,
            Level.STRONG_WARN,
            f"Set up under {str(jurisdiction).upper()} rules, judged by "
            f"{facts.jurisdiction.upper()} rules now: look at dose and products again.",
        ),
    )


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


def dose_range(
    drug: Drug, *, indication: str, jurisdiction: str, age: int, family: str | None = None
) -> DoseRange | None:
    """The drug's doses for that indication there, if it has any; a row for an age goes first."""
    formulation = family or drug.usual_family(jurisdiction)
    rows = [
        row
        for row in drug.doses
        if jurisdiction in row.jurisdictions
        and indication in indications(row)
        and row.family in {None, formulation}
        and (row.over_age is None or age > row.over_age)
    ]
    return max(rows, key=lambda row: row.over_age or -1, default=None)


def ingredient(medicine: str, drugs: Iterable[Drug]) -> str:
    """The code of the ingredient a recorded medicine is, under whatever brand (F-05)."""
    wanted = medicine.casefold()
    for drug in drugs:
        if wanted in {drug.code, drug.name.casefold(), *drug.other_names}:
            return drug.code
    return medicine


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
    caps |= {
        row.over_age + 1
        for row in drug.doses
        if row.over_age is not None and jurisdiction in row.jurisdictions
    }
    asked = {
        rule.age_from
        for rule in rules
        if rule.age_from is not None and concerns(rule, drug, jurisdiction)
    }
    return tuple(sorted(caps | asked))


def ceiling_mg(facts: Facts) -> Decimal | None:
    """The most a day for this person: the lowest of the label and every cap that applies."""
    row = dose_range(
        facts.drug,
        indication=facts.indication,
        jurisdiction=facts.jurisdiction,
        age=facts.age,
        family=facts.family,
    )
    return min((limit for limit, _ in _ceilings(facts, row)), default=None)


def _ceilings(facts: Facts, row: DoseRange | None) -> list[tuple[Decimal, str]]:
    cap = lowest_cap(facts)
    found = [(row.maximum_mg, "label")] if row and row.maximum_mg is not None else []
    return [*found, *([(cap.maximum_mg, cap.condition)] if cap else [])]


def _applies(cap: DoseCap, facts: Facts) -> bool:
    if facts.jurisdiction not in cap.jurisdictions:
        return False
    if cap.family not in {None, facts.formulation}:
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
    row = dose_range(
        facts.drug,
        indication=facts.indication,
        jurisdiction=facts.jurisdiction,
        age=facts.age,
        family=facts.family,
    )
    if row is None:
        yield Finding(
            "F-09",
            Level.BLOCK,
            f"{facts.drug.name} has no dose for this indication here.",
        )
        return
    limit_mg, why = min(_ceilings(facts, row), default=(facts.dose_mg, ""))
    if facts.dose_mg > limit_mg:
        yield Finding(
            "F-09",
            Level.BLOCK,
            f"Over the ceiling of {plain(limit_mg)} mg a day ({why}).",
        )
    usual_mg = row.usual_high_mg
    if row.maximum_mg is None and usual_mg is not None and facts.dose_mg > usual_mg:
        yield Finding(
            "F-09-no-maximum",
            Level.STRONG_WARN,
            f"Over {plain(usual_mg)} mg a day, the highest usual dose; no maximum is labelled.",
        )


def _gaps(facts: Facts, rules: Iterable[SafetyRule]) -> Iterator[Finding]:
    """What may not begin yet: counted from the last dose really taken, never a planned end."""
    for rule in rules:
        if not rule.is_gap or not concerns(rule, facts.drug, facts.jurisdiction):
            continue
        days = rule.gap_days(facts.drug)
        for taken in facts.medicines:
            begins = taken.starts_on or (facts.on if taken.last_on is None else None)
            if taken.medicine not in rule.medicines or begins is None:
                continue
            if facts.last_dose_on is None:
                if taken.starts_on is not None:
                    yield Finding(
                        rule.id,
                        rule.level,
                        f"{rule.detail} Not before {days} days after the last dose of "
                        f"{facts.drug.name}, which is still taken.",
                    )
                continue
            free_on = facts.last_dose_on + timedelta(days=days)
            if begins < free_on:
                yield Finding(
                    rule.id, rule.level, f"{rule.detail} Not before {free_on} ({days} days)."
                )


def _speaks(rule: SafetyRule, facts: Facts) -> bool:
    return concerns(rule, facts.drug, facts.jurisdiction) and all(
        (*_triggers(rule, facts), *_dose_triggers(rule, facts))
    )


def concerns(rule: SafetyRule, drug: Drug, jurisdiction: str) -> bool:
    """Whether a rule can speak about this drug here at all."""
    return (
        (not rule.drugs or drug.code in rule.drugs)
        and (not rule.classes or drug.drug_class.lower() in rule.classes)
        and (not rule.jurisdictions or jurisdiction in rule.jurisdictions)
    )


def _triggers(rule: SafetyRule, facts: Facts) -> Iterator[bool]:
    if rule.medicines:
        yield any(
            _takes(rule, taken, facts.on)
            for taken in facts.medicines
            if not (rule.duplicate and taken.medicine == facts.replacing)
        )
    if rule.conditions:
        yield bool(rule.conditions & facts.conditions)
    if rule.age_under is not None:
        yield facts.age < rule.age_under
    if rule.age_from is not None:
        yield facts.age >= rule.age_from
    if rule.when_suicide_concern:
        yield facts.suicide_concern


def _dose_triggers(rule: SafetyRule, facts: Facts) -> Iterator[bool]:
    if rule.indications:
        yield facts.indication in rule.indications
    if rule.families:
        yield facts.formulation in rule.families
    if rule.dose_over_mg is not None:
        yield facts.dose_mg > rule.dose_over_mg
    if rule.dose_from_mg is not None:
        yield facts.dose_mg >= rule.dose_from_mg


def _takes(rule: SafetyRule, taken: Taken, on: date) -> bool:
    if taken.medicine not in rule.medicines:
        return False
    if rule.within_days and taken.starts_on is not None and taken.starts_on > on:
        return False
    return taken.last_on is None or (on - taken.last_on).days < rule.within_days
