"""The pathway over HTTP: its content, proposals with their trace, and decisions."""

from uuid import UUID

from services.assessment.adapters import listing
from services.assessment.adapters.access import (
    CARERS,
    DECIDERS,
    looked_at,
    visible_patient,
)
from services.assessment.adapters.bodies import guard_body, pathway_content, proposal_body
from services.assessment.adapters.db import SqlWork
from services.assessment.adapters.rule_report import rule_report
from services.assessment.application.decide_pathway import check_pathway, decide_pathway
from services.assessment.application.finding import known
from services.assessment.application.propose_pathway import propose_pathway
from services.assessment.domain.content import Content
from services.assessment.domain.decision import Decision, Verdict
from services.assessment.domain.refusals import RuleViolation
from services.assessment.domain.signing import OVERRIDE_GUARD, Signed
from shared.api import assessment as bodies
from shared.api.body import Page
from shared.api.identity import CLINICIANS, Role
from shared.runtime.auth import Keys, Unauthenticated, verify_signature
from shared.runtime.http import Api, Call, Mode

AUDIENCE = "assessment"
REPORTED_TO = frozenset({Role.PRESCRIBER, Role.LEAD})


def add(api: Api, content: Content, keys: Keys | None) -> None:
    """The routes of the pathway. Without ``keys`` no signature can be checked."""
    _add_reading(api, content)
    _add_changing(api, content)
    _add_deciding(api, content, keys)


def _add_reading(api: Api, content: Content) -> None:
    shown = pathway_content(content.pathway)

    @api.get("/api/v1/pathway", roles=CLINICIANS)
    async def read_pathway(_call: Call) -> bodies.PathwayContent:
        """Arms, plan questions, reasons, and every rule in words."""
        return shown

    @api.get("/api/v1/pathway/report", roles=REPORTED_TO, raises=(422,))
    async def read_report(call: Call, query: bodies.ReportQuery) -> bodies.RuleReport:
        """How often each rule was overridden, and where shadow rules disagree."""
        return await rule_report(call.tx, content, query)

    @api.get("/api/v1/patients/{patient_id}/pathway-proposals", roles=CLINICIANS, raises=(404, 422))
    async def list_proposals(
        call: Call, patient_id: UUID, query: bodies.ProposalQuery
    ) -> Page[bodies.ProposalBody]:
        """A person's proposals, newest first."""
        await looked_at(call, patient_id, "proposals")
        found, following = await listing.proposals_page(call.tx, patient_id, query)
        items = tuple(proposal_body(made, content, role=call.principal.role) for made in found)
        return Page(items=items, next=following)

    @api.get("/api/v1/pathway-proposals", roles=CLINICIANS, raises=(422,))
    async def list_waiting_proposals(
        call: Call, query: bodies.ProposalQuery
    ) -> Page[bodies.WaitingProposal]:
        """Proposals nobody has decided on yet, longest waiting first."""
        call.tx.audit("proposals.listed", object="decision:pending")
        return await listing.waiting_proposals(call.tx, call.reach, query)

    @api.get("/api/v1/pathway-proposals/{proposal_id}", roles=CLINICIANS, raises=(404,))
    async def read_proposal(call: Call, proposal_id: UUID) -> bodies.ProposalBody:
        """One proposal with its whole trace."""
        made = known(await SqlWork(call.tx).proposals.get(proposal_id))
        await looked_at(call, made.patient_id, "proposal")
        return proposal_body(made, content, role=call.principal.role)


def _add_changing(api: Api, content: Content) -> None:
    @api.post(
        "/api/v1/patients/{patient_id}/pathway-proposals",
        roles=CARERS,
        status=201,
        raises=(404, 409, 422),
    )
    async def propose(
        call: Call,
        patient_id: UUID,
        body: bodies.NewProposal,  # noqa: ARG001 - an empty object, still checked
    ) -> bodies.ProposalBody:
        """Propose from what is recorded now."""
        await visible_patient(call, patient_id)
        made = await propose_pathway(
            SqlWork(call.tx), content, patient_id=patient_id, now=call.tx.now
        )
        return proposal_body(made, content, role=call.principal.role)


def _add_deciding(api: Api, content: Content, keys: Keys | None) -> None:
    @api.post(
        "/api/v1/pathway-proposals/{proposal_id}/check",
        roles=DECIDERS,
        mode=Mode.READS,
        raises=(404, 422),
    )
    async def check(
        call: Call, proposal_id: UUID, body: bodies.PathwayDecision
    ) -> bodies.DecisionCheck:
        """What a decision would run into, and what to sign to go on all the same."""
        made = known(await SqlWork(call.tx).proposals.get(proposal_id))
        await looked_at(call, made.patient_id, "decision-check")
        found = await check_pathway(
            SqlWork(call.tx), content, proposal_id=proposal_id, decision=_decision(call, body)
        )
        return bodies.DecisionCheck(
            guards=tuple(guard_body(rule) for rule in found.guards),
            hash=found.hash,
            meaning=OVERRIDE_GUARD,
        )

    @api.post(
        "/api/v1/pathway-proposals/{proposal_id}/decision",
        roles=DECIDERS,
        raises=(404, 409, 412, 422, 428),
        if_match=True,
    )
    async def decide(
        call: Call, proposal_id: UUID, body: bodies.PathwayDecision
    ) -> bodies.ProposalBody:
        """Accept, change or decline; a plan past a guard with a signature."""
        before = known(await SqlWork(call.tx).proposals.get(proposal_id))
        await visible_patient(call, before.patient_id)
        made = await decide_pathway(
            SqlWork(call.tx),
            content,
            proposal_id=proposal_id,
            decision=_decision(call, body),
            signed=await _signed(body.signature, keys),
            expected=call.if_match,
        )
        return proposal_body(made, content, role=call.principal.role)


def _decision(call: Call, body: bodies.PathwayDecision) -> Decision:
    return Decision(
        verdict=Verdict(body.decision),
        by=call.principal.staff_id,
        at=call.tx.now,
        arm=body.arm,
        reason=body.reason,
        note=body.note,
        plan=dict(body.plan),
        guard_reasons=dict(body.guard_reasons),
    )


async def _signed(token: str | None, keys: Keys | None) -> Signed | None:
    """Who signed what, as the portal's keys prove it.

    Raises:
        RuleViolation: it is expired, forged, or for another service.
    """
    if token is None or keys is None:
        return None
    try:
        proof = await verify_signature(token, keys=keys, audience=AUDIENCE)
    except Unauthenticated as refused:
        sentence = "The signature is not valid any more: sign again."
        raise RuleViolation("signature-mismatch", sentence, field="signature") from refused
    return Signed(
        token_id=proof.token_id,
        staff_id=proof.staff_id,
        hash=proof.hash,
        meaning=proof.meaning,
        signed_at=proof.signed_at,
        proof=proof.proof,
    )
