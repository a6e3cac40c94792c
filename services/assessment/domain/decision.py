"""A person's answer to a proposal: accept, change or decline, with a coded reason."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.assessment.domain.intake import check_choices
from services.assessment.domain.pathway import Proposal, tripped
from services.assessment.domain.refusals import Conflict, RuleViolation
from services.assessment.domain.rules import ARM, Arm, GuardEffect, Rule, RuleSet


class Verdict(StrEnum):
    ACCEPTED = "accepted"
    CHANGED = "changed"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a named person decided. ``guard_reasons`` answers each tripped guard by its code;
    whoever goes past one has signed it, at ``signed_at``."""

    verdict: Verdict
    by: UUID
    at: datetime
    arm: str | None = None
    reason: str | None = None
    note: str | None = None
    plan: Mapping[str, str] = field(default_factory=dict)
    guard_reasons: Mapping[str, str] = field(default_factory=dict)
    signed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleVerdict:
    """What a decision said about one rule. ``part``: the rule offered help, or guards a plan.

    A rule that offered is overridden when none of the arms it offered was chosen; a guard when a
    reason was given to go on in spite of it.
    """

    rule: str
    version: int
    part: str
    overridden: bool
    reason: str | None
    at: datetime


def verdicts(proposal: Proposal, decision: Decision) -> tuple[RuleVerdict, ...]:
    """What a decision said about each rule behind a proposal, and each guard its plan met."""
    offered: dict[Rule, set[str]] = {}
    for arm in proposal.arms:
        for rule in arm.rules:
            offered.setdefault(rule, set()).add(arm.arm.code)
    return (
        *(
            RuleVerdict(
                rule=rule.id,
                version=rule.version,
                part="offer",
                overridden=decision.arm not in arms,
                reason=decision.reason,
                at=decision.at,
            )
            for rule, arms in offered.items()
        ),
        *(
            RuleVerdict(
                rule=rule.id,
                version=rule.version,
                part="guard",
                overridden=rule.guard.code in decision.guard_reasons,
                reason=decision.guard_reasons.get(rule.guard.code),
                at=decision.at,
            )
            for rule in proposal.guards
            if rule.guard and decision.arm is not None
        ),
    )


def check_decision(
    rules: RuleSet,
    decision: Decision,
    *,
    proposed: tuple[str, ...],
    facts: Mapping[str, str],
) -> None:
    """Refuse a decision that does not say enough, or a plan that no rule lets start.

    Raises:
        RuleViolation: naming the field.
    """
    _check_reason(rules, decision)
    if decision.verdict is Verdict.DECLINED:
        if decision.arm is not None:
            raise RuleViolation("arm-not-expected", "Declining names no help.", field="arm")
        return
    arm = _chosen_arm(rules, decision, proposed)
    _check_plan(rules, decision, arm)
    for rule, guard in guards_met(rules, decision, facts=facts):
        _check_guard(rules, decision, rule, guard)


def guards_met(
    rules: RuleSet, decision: Decision, *, facts: Mapping[str, str]
) -> tuple[tuple[Rule, GuardEffect], ...]:
    """The guards that the plan of this decision trips; declining has no plan."""
    if decision.arm is None:
        return ()
    return tripped(rules, {**facts, **decision.plan, ARM: decision.arm})


def to_the_point(rules: RuleSet, decision: Decision, *, facts: Mapping[str, str]) -> Decision:
    """The decision with reasons for those guards alone that its plan trips."""
    met = {guard.code for _, guard in guards_met(rules, decision, facts=facts)}
    kept = {code: why for code, why in decision.guard_reasons.items() if code in met}
    return replace(decision, guard_reasons=kept)


def check_no_open_flag(arm: Arm | None, *, live_flags: int) -> None:
    """A safety flag comes before any plan (R-03), except the plan to hand over to a specialist.

    Raises:
        Conflict: a flag is not closed yet.
    """
    if live_flags and arm is not None and not arm.despite_flag:
        sentence = "A safety flag is open: close it with an outcome before a plan starts."
        raise Conflict("open-safety-flag", sentence)


def _check_reason(rules: RuleSet, decision: Decision) -> None:
    known = {choice.code for choice in rules.decision_reasons}
    if decision.reason is None and decision.verdict is not Verdict.ACCEPTED:
        raise RuleViolation("reason-required", "Say why, with a coded reason.", field="reason")
    if decision.reason is not None and decision.reason not in known:
        raise RuleViolation("unknown-reason", "There is no such reason.", field="reason")


def _chosen_arm(rules: RuleSet, decision: Decision, proposed: tuple[str, ...]) -> Arm:
    arm = rules.arm(decision.arm or "")
    if arm is None:
        raise RuleViolation("unknown-arm", "Name the help that was chosen.", field="arm")
    if decision.verdict is Verdict.ACCEPTED and arm.code not in proposed:
        sentence = "That help was not proposed: record it as a change, with a reason."
        raise RuleViolation("not-proposed", sentence, field="arm")
    if decision.verdict is Verdict.CHANGED and arm.code in proposed:
        raise RuleViolation("proposed", "That help was proposed: accept it.", field="arm")
    return arm


def _check_plan(rules: RuleSet, decision: Decision, arm: Arm) -> None:
    check_choices(rules.plan, decision.plan, field="plan")
    for code in arm.needs:
        if code not in decision.plan:
            question = rules.labels[code]
            raise RuleViolation(
                "plan-incomplete", f"The plan does not say: {question}.", field=f"plan/{code}"
            )


def _check_guard(rules: RuleSet, decision: Decision, rule: Rule, guard: GuardEffect) -> None:
    if guard.blocks:
        raise RuleViolation("plan-not-valid", f"{guard.text} ({rule.id})", field="plan")
    reason = decision.guard_reasons.get(guard.code)
    if reason is None:
        sentence = f"{guard.text} A coded reason is needed to go on ({rule.id})."
        raise RuleViolation("guard-reason-required", sentence, field=f"guard_reasons/{guard.code}")
    if reason not in {choice.code for choice in rules.guard_reasons}:
        raise RuleViolation(
            "unknown-reason", "There is no such reason.", field=f"guard_reasons/{guard.code}"
        )
