"""The pathway: what the rules propose, why, and the decision of a prescriber."""

from typing import Any

from aiohttp import web

from services.portal.pages.forms import attempt, is_stale, signature
from services.portal.pages.records import may_prescribe, read_record, record_page
from services.portal.pages.together import together
from services.portal.pages.visit import Visit
from services.portal.presenters import intakes, pathways, places
from services.portal.presenters.drafts import Draft
from shared.api.assessment import (
    DecisionCheck,
    IntakeBody,
    NewProposal,
    PathwayContent,
    PathwayDecision,
    ProposalBody,
)
from shared.api.body import Page

_TAB = "Pathway"


async def show_pathway(visit: Visit) -> web.StreamResponse:
    """The newest proposal, open to its reasons, and the earlier ones."""
    return await _pathway(visit, visit.draft())


async def propose(visit: Visit) -> web.StreamResponse:
    """Have the rules look at what is recorded now."""
    draft = visit.sent()
    patient_id = visit.id("patient_id")

    async def send() -> ProposalBody:
        path = f"/patients/{patient_id}/pathway-proposals"
        return await visit.care.assessment.post(
            path, NewProposal(), ProposalBody, key=draft.part("propose")
        )

    outcome = await attempt(draft, send)
    if isinstance(outcome, Draft):
        return await _pathway(visit, outcome)
    raise web.HTTPSeeOther(places.patient(patient_id, "pathway"))


async def decide(visit: Visit) -> web.StreamResponse:
    """A prescriber accepts, chooses otherwise, or declines with a reason."""
    draft = visit.sent()
    path = f"/pathway-proposals/{visit.id('proposal_id')}"
    data: dict[str, Any] = visit.fields("reason", "note")
    data |= pathways.decision(draft.value("decision"))
    data["plan"] = intakes.answers(draft.values, prefix="plan")
    data["guard_reasons"] = intakes.answers(draft.values, prefix="guard")

    async def send() -> ProposalBody:
        body = PathwayDecision.model_validate(data)
        return await visit.care.assessment.post(
            f"{path}/decision",
            body.model_copy(update={"signature": await _signed(visit, path, body)}),
            ProposalBody,
            key=draft.part("decide"),
            version=visit.version(),
        )

    outcome = await attempt(draft, send)
    if isinstance(outcome, Draft):
        return await _pathway(visit, pathways.at_the_form(outcome))
    raise web.HTTPSeeOther(f"{places.patient(visit.id('patient_id'), 'pathway')}?done=decided")


async def _signed(visit: Visit, path: str, body: PathwayDecision) -> str | None:
    """The signature over a plan that goes against a warning, once a password was typed."""
    if not visit.one("password"):
        return None
    checked = await visit.care.assessment.ask(f"{path}/check", body, DecisionCheck)
    if not checked.guards:
        return None
    return await signature(
        visit, hash_=checked.hash, meaning=checked.meaning, audience="assessment"
    )


async def _pathway(visit: Visit, draft: Draft) -> web.StreamResponse:
    patient_id = visit.id("patient_id")
    care = visit.care.assessment
    read, content, listed, intake = await together(
        read_record(visit, patient_id),
        care.get("/pathway", PathwayContent),
        care.get(f"/patients/{patient_id}/pathway-proposals", Page[ProposalBody]),
        care.get(f"/patients/{patient_id}/intake", IntakeBody),
    )
    proposals = [pathways.proposal(one, content, visit.setting) for one in listed.items]
    newest = proposals[0] if proposals else None
    if newest and is_stale(draft):
        draft = draft.overtaken(newest.lines)
    return await record_page(
        visit,
        "pathway.html",
        read,
        tab=_TAB,
        status=draft.status,
        draft=draft,
        newest=newest,
        earlier=proposals[1:],
        unanswered=len(intake.missing),
        may_prescribe=may_prescribe(visit, read),
        choices=pathways.choices(newest, content) if newest else (),
        questions=pathways.plan_questions(content),
        reasons=[(choice.code, choice.label) for choice in content.decision_reasons],
        guard_reasons=[(choice.code, choice.label) for choice in content.guard_reasons],
    )
