"""The pathway's decision table: rules as data, each with its id, version, source and grade."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from services.assessment.domain.conditions import Condition, Facts, all_hold, any_holds
from services.assessment.domain.intake import Choice, Question

PROVISIONAL = frozenset({"S", "PD", "R-h", "R-m", "R-l"})
"""Grades a clinician has to confirm: the source article alone, our own default, recalled."""

PENDING = "pending human review"
ARM = "arm"


class Stage(StrEnum):
    """When a rule is asked: to propose, over a plan before it starts, during support."""

    PROPOSE = "propose"
    PLAN = "plan"
    SUPPORT = "support"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """One kind of help. ``needs`` are the plan questions a plan of this arm must answer.

    ``despite_flag``: it may be decided on while a safety flag is not closed.
    """

    code: str
    label: str
    summary: str
    needs: tuple[str, ...] = ()
    despite_flag: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FactLabel:
    """A fact that is not the answer to a question, in words."""

    code: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingAge:
    """How old a reading may be and still count as a fact."""

    max_days: int
    source: str
    grade: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Derives:
    """A fact that a rule concludes, and what it concludes when it does not hold."""

    fact: str
    label: str
    value: str
    otherwise: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """An arm a rule offers; a lower rank comes first. ``alone``: nothing else is offered then."""

    arm: str
    rank: int
    alone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardEffect:
    """A plan like this needs a coded reason; ``blocks``: no reason makes it acceptable."""

    code: str
    text: str
    blocks: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One row of the table. It fires when all of ``all_of`` and one of ``any_of`` hold.

    ``needs_known``: facts without which nothing but an ``alone`` offer is proposed.
    """

    id: str
    version: int
    stage: Stage
    title: str
    source: str
    grade: str
    all_of: tuple[Condition, ...] = ()
    any_of: tuple[Condition, ...] = ()
    derives: Derives | None = None
    offers: tuple[Offer, ...] = ()
    not_first: tuple[str, ...] = ()
    needs_known: tuple[str, ...] = ()
    advice: str | None = None
    guard: GuardEffect | None = None
    reviewed_by: str | None = None

    @property
    def name(self) -> str:
        """``<id>@<version>``."""
        return f"{self.id}@{self.version}"

    @property
    def is_pending(self) -> bool:
        """Whether a clinician still has to confirm it."""
        grades = {part.strip() for part in self.grade.split("+")}
        return self.reviewed_by is None and bool(grades & PROVISIONAL)

    @property
    def review(self) -> str:
        if self.reviewed_by is not None:
            return f"reviewed by {self.reviewed_by}"
        return PENDING if self.is_pending else "as published"

    @property
    def conditions(self) -> tuple[Condition, ...]:
        return (*self.all_of, *self.any_of)

    def holds(self, facts: Facts) -> bool | None:
        """Whether the rule fires, None when that hangs on an unknown fact."""
        everything = all_hold(condition.holds(facts) for condition in self.all_of)
        if not self.any_of:
            return everything
        return all_hold((everything, any_holds(c.holds(facts) for c in self.any_of)))


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSet:
    """One version of the whole pathway. Refuses to exist when a name in it leads nowhere."""

    version: str
    reading_age: ReadingAge
    arms: tuple[Arm, ...]
    facts: tuple[FactLabel, ...]
    intake: tuple[Question, ...]
    plan: tuple[Question, ...]
    decision_reasons: tuple[Choice, ...]
    guard_reasons: tuple[Choice, ...]
    rules: tuple[Rule, ...]
    reviewed_by: str | None = None

    def __post_init__(self) -> None:
        for fault in _faults(self):
            raise ValueError(fault)

    def arm(self, code: str) -> Arm | None:
        return next((arm for arm in self.arms if arm.code == code), None)

    def stage(self, stage: Stage) -> tuple[Rule, ...]:
        return tuple(rule for rule in self.rules if rule.stage is stage)

    @property
    def labels(self) -> dict[str, str]:
        """Every fact a rule may ask for, in words."""
        questions = (*self.intake, *self.plan)
        derived = (rule.derives for rule in self.rules if rule.derives)
        return (
            {question.code: question.label.rstrip("?. ") for question in questions}
            | {fact.code: fact.label for fact in self.facts}
            | {fact.fact: fact.label for fact in derived}
            | {ARM: "The chosen help"}
        )

    def words(self, rule: Rule) -> str:
        """A rule's whole condition in words."""
        labels = self.labels
        together = [c.words(labels[c.fact]) for c in rule.all_of]
        either = [c.words(labels[c.fact]) for c in rule.any_of]
        if either:
            together.append(f"({'; or '.join(either)})" if together else "; or ".join(either))
        return "; and ".join(together) or "Always"


def _faults(rules: RuleSet) -> Iterator[str]:
    """What is wrong with a rule set, in words for whoever wrote the file."""
    if len({rule.id for rule in rules.rules}) != len(rules.rules):
        yield "two rules have the same id"
    arms = {arm.code for arm in rules.arms}
    plan = {question.code for question in rules.plan}
    for arm in rules.arms:
        for code in set(arm.needs) - plan:
            yield f"arm {arm.code} needs an unknown plan question: {code}"
    known = {fact.code for fact in rules.facts} | {q.code for q in rules.intake} | plan | {ARM}
    for rule in rules.rules:
        yield from _rule_faults(rule, known=known, arms=arms)
        if rule.derives:
            known.add(rule.derives.fact)
    yield from _choice_faults(rules)


def _rule_faults(rule: Rule, *, known: set[str], arms: set[str]) -> Iterator[str]:
    asked = {condition.fact for condition in rule.conditions} | set(rule.needs_known)
    for fact in sorted(asked - known):
        yield f"rule {rule.id} asks for a fact nothing before it gives: {fact}"
    for arm in sorted(({offer.arm for offer in rule.offers} | set(rule.not_first)) - arms):
        yield f"rule {rule.id} names an unknown arm: {arm}"
    if rule.guard and rule.stage is not Stage.PLAN:
        yield f"rule {rule.id} guards a plan but is not asked of one"


def _choice_faults(rules: RuleSet) -> Iterator[str]:
    """A rule that waits for an answer nobody can give would never fire."""
    questions = {question.code: question for question in (*rules.intake, *rules.plan)}
    for rule in rules.rules:
        for condition in rule.conditions:
            question = questions.get(condition.fact)
            for code in (*condition.one_of, *condition.none_of):
                if question is not None and question.choice(code) is None:
                    yield f"rule {rule.id}: {condition.fact} is never answered with {code}"
