"""A prescriber accepts, changes or declines a proposal; going past a guard is signed."""

from dataclasses import dataclass, replace
from uuid import UUID

from services.assessment.application.finding import in_care, known
from services.assessment.application.ports import RecordedProposal, Work
from services.assessment.application.telling import tell_pathway
from services.assessment.domain.content import Content
from services.assessment.domain.decision import (
    Decision,
    check_decision,
    check_no_open_flag,
    guards_met,
    to_the_point,
    verdicts,
)
from services.assessment.domain.refusals import Conflict
from services.assessment.domain.rules import Rule
from services.assessment.domain.safety import FlagStatus
from services.assessment.domain.signing import Signed, check_signature, decision_hash
from shared.events.assessment import PathwayDecided


@dataclass(frozen=True, slots=True)
class Checked:
    """The guards a decision runs into, and what has to be signed to go on all the same."""

    guards: tuple[Rule, ...]
    hash: str


async def check_pathway(
    work: Work, content: Content, *, proposal_id: UUID, decision: Decision
) -> Checked:
    """What speaks against a decision, before anything is decided.

    Raises:
        Unknown: there is no such proposal.
    """
    made = known(await work.proposals.get(proposal_id))
    facts = made.proposal.facts
    decision = to_the_point(content.pathway, decision, facts=facts)
    met = guards_met(content.pathway, decision, facts=facts)
    return Checked(
        tuple(rule for rule, _ in met),
        decision_hash(decision, proposal_id=proposal_id, version=made.version),
    )


async def decide_pathway(
    work: Work,
    content: Content,
    *,
    proposal_id: UUID,
    decision: Decision,
    signed: Signed | None = None,
    expected: int,
) -> RecordedProposal:
    """Record the decision.

    Raises:
        Unknown, StaleVersion, Conflict, RuleViolation: nothing was decided.
    """
    before = known(await work.proposals.get(proposal_id), expected=expected)
    await in_care(work, before.patient_id)
    _require_open(content, before)
    facts = before.proposal.facts
    decision = to_the_point(content.pathway, decision, facts=facts)
    check_decision(
        content.pathway,
        decision,
        proposed=tuple(arm.arm.code for arm in before.proposal.arms),
        facts=facts,
    )
    if decision.guard_reasons:
        document = decision_hash(decision, proposal_id=proposal_id, version=before.version)
        signed = check_signature(signed, by=decision.by, expected=document)
        await work.keep_signature(
            signed, of=f"pathway:{before.proposal_id}", subject=before.patient_id
        )
        decision = replace(decision, signed_at=decision.at)
    flags = await work.flags.of(before.patient_id)
    check_no_open_flag(
        content.pathway.arm(decision.arm or ""),
        live_flags=sum(flag.status is not FlagStatus.CLOSED for flag in flags),
    )
    made = before.decided(decision)
    await work.proposals.save(made)
    await work.proposals.add_verdicts(made.proposal_id, verdicts(made.proposal, decision))
    for guard, reason in decision.guard_reasons.items():
        work.audit(
            "guard.overridden",
            object=f"pathway:{made.proposal_id}",
            subject=made.patient_id,
            reason=f"{guard}:{reason}"[:64],
        )
    tell_pathway(work, PathwayDecided, made)
    return made


def _require_open(content: Content, made: RecordedProposal) -> None:
    if made.decision is not None:
        raise Conflict("already-decided", "This proposal has been decided.")
    if made.proposal.ruleset_version != content.pathway.version:
        sentence = "The rules have changed since this was proposed: propose again."
        raise Conflict("rules-changed", sentence)
    if made.proposal.needs and not made.proposal.arms:
        sentence = "Facts are missing: record them and propose again."
        raise Conflict("facts-missing", sentence)
