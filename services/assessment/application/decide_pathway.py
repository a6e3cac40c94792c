"""A prescriber accepts, changes or declines a proposal."""

from uuid import UUID

from services.assessment.application.finding import in_care, known
from services.assessment.application.ports import RecordedProposal, Work
from services.assessment.application.telling import tell_pathway
from services.assessment.domain.content import Content
from services.assessment.domain.decision import (
    Decision,
    check_decision,
    check_no_open_flag,
    verdicts,
)
from services.assessment.domain.refusals import Conflict
from services.assessment.domain.safety import FlagStatus
from shared.events.assessment import PathwayDecided


async def decide_pathway(
    work: Work, content: Content, *, proposal_id: UUID, decision: Decision, expected: int
) -> RecordedProposal:
    """Record the decision.

    Raises:
        Unknown, StaleVersion, Conflict, RuleViolation: nothing was decided.
    """
    before = known(await work.proposals.get(proposal_id), expected=expected)
    await in_care(work, before.patient_id)
    _require_open(content, before)
    check_decision(
        content.pathway,
        decision,
        proposed=tuple(arm.arm.code for arm in before.proposal.arms),
        facts=before.proposal.facts,
    )
    flags = await work.flags.of(before.patient_id)
    check_no_open_flag(
        content.pathway.arm(decision.arm or ""),
        live_flags=sum(flag.status is not FlagStatus.CLOSED for flag in flags),
    )
    made = before.decided(decision)
    await work.proposals.save(made)
    await work.proposals.add_verdicts(made.proposal_id, verdicts(made.proposal, decision))
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
