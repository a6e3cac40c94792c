"""Erasing people: one whose care has ended, or everybody who has been kept long enough."""

from aiohttp import web

from services.portal.pages.forms import attempt
from services.portal.pages.visit import Visit
from services.portal.presenters import erasing
from services.portal.presenters.drafts import Draft
from shared.api.assessment import EraseDue, RetentionBody
from shared.api.identity import Role

RELEASERS = frozenset({Role.LEAD, Role.OPERATIONS})


async def show_retention(visit: Visit) -> web.StreamResponse:
    """Who is past their time; nothing is changed by looking."""
    return await _page(visit, visit.draft())


async def erase_due(visit: Visit) -> web.StreamResponse:
    """Propose that they be erased, or do it as the second person."""
    draft = visit.sent()

    async def send() -> RetentionBody:
        body = EraseDue.model_validate({"due": draft.value("due")})
        return await visit.care.assessment.post(
            "/retention/erase", body, RetentionBody, key=draft.key
        )

    outcome = await attempt(draft, send)
    if isinstance(outcome, Draft):
        return await _page(visit, outcome)
    done = "erased" if outcome.erased else "proposed-erasure"
    raise web.HTTPSeeOther(f"/retention?done={done}")


async def _page(visit: Visit, draft: Draft) -> web.StreamResponse:
    body = await visit.care.assessment.get("/retention", RetentionBody)
    role = visit.visitor.staff.role
    return visit.page(
        "retention.html",
        status=draft.status,
        draft=draft,
        retention=erasing.retention(body, visit.setting),
        may_release=role in RELEASERS,
        links=role is Role.LEAD,
    )
