"""A candidate version of the rules beside the active one: run on the same facts, shown to nobody
who decides, and compared. It changes nothing."""

from dataclasses import dataclass

from services.assessment.domain.pathway import Fired, Proposal


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One rule that did something else; None where a version does not have it."""

    rule: str
    active: Fired | None
    shadow: Fired | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What both versions made of the same facts. ``agrees`` is about what is offered and asked
    for, in its order: rules may differ and come to the same."""

    active_version: str
    shadow_version: str
    active_arms: tuple[str, ...]
    shadow_arms: tuple[str, ...]
    agrees: bool
    differences: tuple[Difference, ...]


def compare(active: Proposal, shadow: Proposal) -> Comparison:
    """How a shadow proposal differs from the active one."""
    did = {line.rule.id: line.outcome for line in active.trace}
    would = {line.rule.id: line.outcome for line in shadow.trace}
    return Comparison(
        active_version=active.ruleset_version,
        shadow_version=shadow.ruleset_version,
        active_arms=_arms(active),
        shadow_arms=_arms(shadow),
        agrees=(_arms(active), active.needs) == (_arms(shadow), shadow.needs),
        differences=tuple(
            Difference(rule=rule, active=did.get(rule), shadow=would.get(rule))
            for rule in dict.fromkeys((*did, *would))
            if did.get(rule) is not would.get(rule)
        ),
    )


def _arms(proposal: Proposal) -> tuple[str, ...]:
    return tuple(offered.arm.code for offered in proposal.arms)
