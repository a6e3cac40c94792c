"""How the reader is told outside the portal, and what was sent."""

from collections.abc import Mapping

from aiohttp import web

from services.portal.pages.forms import attempt
from services.portal.pages.together import together
from services.portal.pages.visit import Visit
from services.portal.presenters import notices
from services.portal.presenters.drafts import Draft
from services.portal.presenters.language import gettext as _
from shared.api.body import Page
from shared.api.identity import Role
from shared.api.notices import NoticeBody, PreferenceBody

_PREFERENCES, _NOTICES = "/notice-preferences", "/notices"


async def show_notices(visit: Visit) -> web.StreamResponse:
    """The reader's choice, and what was sent to them."""
    return await _page(visit, None)


async def choose(visit: Visit) -> web.StreamResponse:
    """Keep another choice."""
    draft = visit.sent()

    async def send() -> PreferenceBody:
        return await visit.care.engagement.put(
            _PREFERENCES, notices.wish_of(draft), PreferenceBody, version=visit.version()
        )

    outcome = await attempt(draft, send)
    if isinstance(outcome, Draft):
        return await _page(visit, outcome.renamed({"channels": "first"}))
    raise web.HTTPSeeOther("/account/notices?done=notices")


async def _page(visit: Visit, draft: Draft | None) -> web.StreamResponse:
    call, asked = visit.care.engagement, visit.request.query
    wish, sent, unsent = await together(
        call.get(_PREFERENCES, PreferenceBody),
        call.get(_NOTICES, Page[NoticeBody], {"limit": "20", **_from(asked, "cursor")}),
        _unsent(visit, asked),
    )
    if draft is None:
        draft = visit.draft(**notices.prefilled(wish))
    elif not draft.faults:
        draft = draft.overtaken([_("These choices were changed in another window.")])
    return visit.page(
        "notices.html",
        status=draft.status,
        draft=_without_secret(draft),
        wish=wish,
        channels=tuple(notices.CHANNELS.items()),
        paces=tuple(notices.PACES.items()),
        wordings=tuple(notices.WORDINGS.items()),
        sent=notices.sent(sent.items, visit.setting),
        sent_pages=notices.pages(asked, "cursor", sent.next),
        unsent_pages=notices.pages(asked, "unsent", unsent.next if unsent else None),
        unsent=None if unsent is None else notices.sent(unsent.items, visit.setting),
    )


async def _unsent(visit: Visit, asked: Mapping[str, str]) -> Page[NoticeBody] | None:
    """What could not be sent, for a lead."""
    if visit.visitor.staff.role is not Role.LEAD:
        return None
    query = {"unsent": "true", "limit": "20", **_from(asked, "unsent")}
    return await visit.care.engagement.get(_NOTICES, Page[NoticeBody], query)


def _from(asked: Mapping[str, str], name: str) -> dict[str, str]:
    """Where that list goes on, when the address says so."""
    return {"cursor": asked[name]} if asked.get(name) else {}


def _without_secret(draft: Draft) -> Draft:
    """The form without what nobody should find in a page."""
    values = {name: said for name, said in draft.values.items() if name != "webhook_secret"}
    return Draft(draft.key, values, draft.faults, draft.changed, draft.status)
