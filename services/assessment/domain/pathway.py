"""Facts to a proposal, with the full trace of why. It proposes; a person decides."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from services.assessment.domain.conditions import Facts
from services.assessment.domain.rules import Arm, GuardEffect, Rule, RuleSet, Stage


class Fired(StrEnum):
    """What became of a rule. ``unknown``: it hangs on a fact that is missing."""

    YES = "fired"
    NO = "not-fired"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class FactUsed:
    """A fact as a rule saw it, None when it was not known."""

    code: str
    label: str
    value: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceLine:
    """What one rule did and why."""

    rule: Rule
    outcome: Fired
    condition: str
    facts: tuple[FactUsed, ...]
    effect: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedArm:
    """An arm and the rules that offered it."""

    arm: Arm
    rules: tuple[Rule, ...]

    @property
    def is_pending(self) -> bool:
        """Whether a clinician still has to confirm a rule behind it."""
        return any(rule.is_pending for rule in self.rules)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """``arms`` best first; none while ``needs`` names facts that must be recorded first."""

    ruleset_version: str
    arms: tuple[ProposedArm, ...]
    advice: tuple[Rule, ...]
    guards: tuple[Rule, ...]
    needs: tuple[str, ...]
    trace: tuple[TraceLine, ...]
    facts: Mapping[str, str]

    @property
    def is_pending(self) -> bool:
        return any(arm.is_pending for arm in self.arms)


def propose(rules: RuleSet, facts: Facts) -> Proposal:
    """What the rules say about these facts."""
    trace, known = run(rules, rules.stage(Stage.PROPOSE), facts)
    fired = [line.rule for line in trace if line.outcome is Fired.YES]
    needs = tuple(dict.fromkeys(code for r in fired for code in r.needs_known if code not in known))
    arms = _arms(rules, fired, complete=not needs)
    offered = {arm.arm.code for arm in arms}
    return Proposal(
        ruleset_version=rules.version,
        arms=arms,
        advice=tuple(rule for rule in fired if rule.advice),
        guards=tuple(r for r in rules.stage(Stage.PLAN) if r.guard and _concerns(r, offered)),
        needs=needs,
        trace=trace,
        facts={code: str(value) for code, value in known.items()},
    )


def tripped(rules: RuleSet, facts: Facts) -> tuple[tuple[Rule, GuardEffect], ...]:
    """The guards that a plan with these facts trips."""
    trace, _known = run(rules, rules.stage(Stage.PLAN), facts)
    return tuple(
        (line.rule, line.rule.guard)
        for line in trace
        if line.outcome is Fired.YES and line.rule.guard
    )


def run(
    rules: RuleSet, chosen: tuple[Rule, ...], facts: Facts
) -> tuple[tuple[TraceLine, ...], Facts]:
    """Ask each rule in the order of the file; a later one sees what an earlier one concluded."""
    known = dict(facts)
    labels = rules.labels
    lines = []
    for rule in chosen:
        verdict = rule.holds(known)
        seen = dict.fromkeys(condition.fact for condition in rule.conditions)
        lines.append(
            TraceLine(
                rule=rule,
                outcome=_outcome(verdict),
                condition=rules.words(rule),
                facts=tuple(_used(code, labels[code], known) for code in seen),
                effect=effect_words(rules, rule),
            )
        )
        if rule.derives and verdict is not None:
            value = rule.derives.value if verdict else rule.derives.otherwise
            if value is not None:
                known[rule.derives.fact] = value
    return tuple(lines), known


def effect_words(rules: RuleSet, rule: Rule) -> str:
    """What a rule does when it fires."""
    labels = {arm.code: arm.label for arm in rules.arms}
    parts = []
    if rule.derives:
        parts.append(f"concludes: {rule.derives.label} is {rule.derives.value}")
    parts += [f"offers {'only ' * offer.alone}{labels[offer.arm]}" for offer in rule.offers]
    if rule.not_first:
        parts.append(f"not first: {', '.join(labels[arm] for arm in rule.not_first)}")
    if rule.needs_known:
        wanted = ", ".join(rules.labels[code] for code in rule.needs_known)
        parts.append(f"must be recorded: {wanted}")
    if rule.guard:
        parts.append(f"{'blocks' if rule.guard.blocks else 'needs a reason'}: {rule.guard.text}")
    if rule.advice:
        parts.append(rule.advice)
    return "; ".join(parts)


def _arms(rules: RuleSet, fired: list[Rule], *, complete: bool) -> tuple[ProposedArm, ...]:
    offers = [(offer, rule) for rule in fired for offer in rule.offers]
    alone = [(offer, rule) for offer, rule in offers if offer.alone]
    if alone:
        best = min(offer.rank for offer, _rule in alone)
        offers = [(offer, rule) for offer, rule in alone if offer.rank == best]
    elif not complete:
        return ()
    last = {arm for rule in fired for arm in rule.not_first}
    ranks: dict[str, int] = {}
    behind: dict[str, list[Rule]] = {}
    for offer, rule in offers:
        ranks[offer.arm] = min(offer.rank, ranks.get(offer.arm, offer.rank))
        behind.setdefault(offer.arm, []).append(rule)
    order = sorted(ranks, key=lambda arm: (arm in last, ranks[arm]))
    return tuple(
        ProposedArm(arm=arm, rules=tuple(behind[code]))
        for code in order
        if (arm := rules.arm(code)) is not None
    )


def _concerns(rule: Rule, offered: set[str]) -> bool:
    """Whether a guard is about one of these arms; one that names none is about all."""
    named = [c.one_of for c in rule.all_of if c.fact == "arm"]
    return not named or any(set(arms) & offered for arms in named)


def _outcome(verdict: bool | None) -> Fired:  # noqa: FBT001 - three values, not a switch
    if verdict is None:
        return Fired.UNKNOWN
    return Fired.YES if verdict else Fired.NO


def _used(code: str, label: str, known: Facts) -> FactUsed:
    value = known.get(code)
    return FactUsed(code=code, label=label, value=None if value is None else str(value))
