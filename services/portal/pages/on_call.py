"""Who is on call this week and the next; a lead or operations sets it."""

from aiohttp import web

from services.portal.pages.forms import attempt
from services.portal.pages.visit import Visit
from services.portal.presenters import on_call, overview, words
from services.portal.presenters.drafts import Draft
from shared.api.absences import NoBody
from shared.api.body import Page
from shared.api.identity import Role
from shared.api.on_call import NewShift, ShiftBody, TeamOnCall

_FIELDS = ("team", "staff_id", "starts_on", "starts_at", "ends_on", "ends_at")
_MAY_BE_CALLED = frozenset({Role.PRESCRIBER, Role.NURSE, Role.LEAD})


async def show_on_call(visit: Visit) -> web.StreamResponse:
    """The reader's teams, and the form for whoever may set their rota."""
    return await _page(visit, visit.draft())


async def put_on_call(visit: Visit) -> web.StreamResponse:
    """Somebody is on call for a team."""
    draft = visit.sent()

    async def send() -> ShiftBody:
        body = NewShift.model_validate(visit.fields(*_FIELDS))
        return await visit.care.engagement.post(
            "/on-call", body, ShiftBody, key=draft.part("on-call")
        )

    return await _after(visit, await attempt(draft, send), done="on-call")


async def end(visit: Visit) -> web.StreamResponse:
    """No longer on call."""
    draft = visit.sent()

    async def send() -> ShiftBody:
        path = f"/on-call/{visit.id('shift_id')}/end"
        return await visit.care.engagement.post(path, NoBody(), ShiftBody, key=draft.part("end"))

    return await _after(visit, await attempt(draft, send), done="on-call-ended")


async def _after(visit: Visit, outcome: ShiftBody | Draft, *, done: str) -> web.StreamResponse:
    if isinstance(outcome, Draft):
        return await _page(visit, outcome)
    raise web.HTTPSeeOther(f"/on-call?done={done}")


async def _page(visit: Visit, draft: Draft) -> web.StreamResponse:
    found = await visit.care.engagement.get("/on-call", Page[TeamOnCall])
    teams = on_call.teams(found.items, visit.setting)
    return visit.page(
        "on_call.html",
        status=draft.status,
        draft=draft,
        teams=teams,
        choices=[(one.name, words.plain(one.name)) for one in teams if one.may_add],
        colleagues=[
            (str(one.staff_id), overview.colleague(one.display_name, one.role))
            for one in visit.people.values()
            if one.active and one.role in _MAY_BE_CALLED
        ],
    )
