"""The pathway: what the rules propose, why, and the decision of a prescriber."""

from dataclasses import dataclass
from typing import Any

from aiohttp import web

from services.portal.pages.forms import attempt, is_stale, overtaken_meanwhile, signature
from services.portal.pages.records import may_prescribe, read_record, record_page
from services.portal.pages.together import together
from services.portal.pages.visit import Visit
from services.portal.presenters import intakes, pathways, places
from services.portal.presenters.drafts import Draft
from services.portal.presenters.record import Record
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
_MOST = {"limit": "50"}


@dataclass(frozen=True, slots=True)
class _Read:
    """What the page is made from, read side by side."""

    record: Record
    content: PathwayContent
    listed: Page[ProposalBody]
    intake: IntakeBody


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

    async def check() -> DecisionCheck | None:
        """Only what goes against a warning is signed, once a password was typed."""
        if not visit.one("password"):
            return None
        body = PathwayDecision.model_validate(data)
        return await visit.care.assessment.ask(f"{path}/check", body, DecisionCheck)

    read, checked = await together(_read(visit), attempt(draft, check))
    if isinstance(checked, Draft):
        return await _pathway(visit, pathways.at_the_form(checked), read)

    async def send() -> ProposalBody:
        body = PathwayDecision.model_validate(data)
        signed = await _signed(visit, checked) if checked and checked.guards else None
        return await visit.care.assessment.post(
            f"{path}/decision",
            body.model_copy(update={"signature": signed}),
            ProposalBody,
            key=draft.part("decide"),
            version=visit.version(),
        )

    outcome = await attempt(draft, send)
    if isinstance(outcome, Draft):
        newest = next((one.version for one in read.listed.items), 0)
        moved = overtaken_meanwhile(outcome, visit, read=newest)
        return await _pathway(visit, pathways.at_the_form(outcome), None if moved else read)
    raise web.HTTPSeeOther(f"{places.patient(visit.id('patient_id'), 'pathway')}?done=decided")


async def _signed(visit: Visit, checked: DecisionCheck) -> str:
    """The signature over a plan that goes against a warning."""
    return await signature(
        visit, hash_=checked.hash, meaning=checked.meaning, audience="assessment"
    )


async def _read(visit: Visit) -> _Read:
    path, care = f"/patients/{visit.id('patient_id')}", visit.care.assessment
    found = await together(
        read_record(visit, visit.id("patient_id")),
        care.get("/pathway", PathwayContent),
        care.get(f"{path}/pathway-proposals", Page[ProposalBody], _MOST),
        care.get(f"{path}/intake", IntakeBody),
    )
    return _Read(*found)


async def _pathway(visit: Visit, draft: Draft, seen: _Read | None = None) -> web.StreamResponse:
    seen = seen or await _read(visit)
    read, content, listed, intake = seen.record, seen.content, seen.listed, seen.intake
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
        older_proposals=listed.next is not None,
        unanswered=len(intake.missing),
        may_prescribe=may_prescribe(visit, read),
        choices=pathways.choices(newest, content) if newest else (),
        questions=pathways.plan_questions(content),
        reasons=[(choice.code, choice.label) for choice in content.decision_reasons],
        guard_reasons=[(choice.code, choice.label) for choice in content.guard_reasons],
    )
