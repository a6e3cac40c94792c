"""The gate before every page: signed in, in the right role, sent from our own form.

A refusal or a silent service becomes a page that says what to do; never a stack trace, and
never a word about somebody one may not see.
"""

import asyncio
from collections.abc import Awaitable, Callable
from urllib.parse import quote

from aiohttp import web

from services.portal.clients import Refused, Unreachable
from services.portal.identity.front_door import Visitor
from services.portal.pages import entrance
from services.portal.pages.desk import Desk, desk_key
from services.portal.pages.tongues import listen
from services.portal.pages.visit import (
    Visit,
    is_from_our_form,
    is_of_session_before,
    is_same_origin,
    open_visit,
    render,
)
from services.portal.presenters import frame, trouble
from shared.api.identity import Role
from shared.runtime.http.problems import ApiError
from shared.runtime.logs import get_logger

Page = Callable[[Visit], Awaitable[web.StreamResponse]]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

log = get_logger()

_TYPED_ANEW = ("/account", "/staff", "/operations", "/sign-out")
"""Where a form is short, or signs for itself: it does not travel through a sign-in."""


def guarded(page: Page, *, roles: frozenset[Role]) -> Handler:
    """The handler of a page only these roles may open."""

    async def handle(request: web.Request) -> web.StreamResponse:
        listen(request)
        desk = request.app[desk_key]
        visitor = await visitor_of(request, desk, noting=not _refreshes_itself(request))
        if visitor is None:
            return entrance.ended(request, await _to_sign_in(request, desk))
        desk.callers.require(str(visitor.staff.staff_id), whose="caller")
        visit = await open_visit(request, desk, visitor)
        if visitor.staff.role not in roles:
            return _trouble(visit, trouble.wrong_role())
        if _must_set_up(visit):
            return web.Response(status=303, headers={"Location": "/account"})
        if request.method == "POST" and not _is_ours(visit):
            return _trouble(visit, trouble.not_our_form())
        return await _answer(page, visit)

    return handle


def unguarded(page: Handler) -> Handler:
    """The handler of a page for people who are not signed in."""

    async def handle(request: web.Request) -> web.StreamResponse:
        listen(request)
        try:
            return await page(request)
        except ApiError as error:
            return outside(request.app[desk_key], trouble.of_status(error.status))

    return handle


async def visitor_of(request: web.Request, desk: Desk, *, noting: bool) -> Visitor | None:
    """Whoever the session cookie belongs to; ``noting`` counts this as a use of it."""
    secret = request.cookies.get(desk.manner.cookie, "")
    return await desk.front_door.resume(secret, noting=noting) if secret else None


def outside(desk: Desk, said: trouble.Trouble) -> web.Response:
    """A page for somebody who is not signed in."""
    return render(
        desk,
        "trouble.html",
        status=said.status,
        frame=frame.outside(demo=desk.manner.demo),
        csrf="",
        trouble=said,
    )


async def _answer(page: Page, visit: Visit) -> web.StreamResponse:
    try:
        return _counted(await page(visit), visit)
    except Refused as refused:
        return _trouble(visit, trouble.of_problem(refused.problem))
    except Unreachable as silent:
        return _trouble(visit, trouble.of_silence(silent.service))
    except web.HTTPSeeOther as onward:
        return web.Response(status=303, headers={"Location": onward.headers["Location"]})
    except web.HTTPException as error:
        return _trouble(visit, trouble.of_status(error.status))
    except asyncio.CancelledError:
        raise
    except Exception as error:
        log.exception("page_failed", error=type(error).__name__)
        return _trouble(visit, trouble.of_status(500))


def _counted(answer: web.StreamResponse, visit: Visit) -> web.StreamResponse:
    """The answer with the number of calls to services that it took, and how many of them were to
    change something."""
    if not answer.prepared:
        calls, changes = visit.care.calls, visit.care.changes
        answer.headers["Server-Timing"] = f'calls;desc="{calls}", changes;desc="{changes}"'
    return answer


def _must_set_up(visit: Visit) -> bool:
    """Whether nothing else opens before one-time codes are set up."""
    if visit.visitor.has_code or not visit.desk.manner.second_factor:
        return False
    return not visit.request.path.startswith(("/account", "/sign-out"))


def _refreshes_itself(request: web.Request) -> bool:
    return "HX-Request" in request.headers or "text/event-stream" in request.headers.get(
        "Accept", ""
    )


def _is_ours(visit: Visit) -> bool:
    request, form, visitor = visit.request, visit.form, visit.visitor
    if is_from_our_form(request, form, visitor=visitor, origin=visit.desk.manner.origin):
        return True
    before = is_of_session_before(request, form, visitor=visitor, desk=visit.desk)
    return before and not request.path.startswith(_TYPED_ANEW)


async def _to_sign_in(request: web.Request, desk: Desk) -> web.StreamResponse:
    """Back to the page that was asked for, after signing in; what was typed comes along."""
    if request.method == "POST":
        if not is_same_origin(request, origin=desk.manner.origin):
            return outside(desk, trouble.not_our_form())
        kept = not request.path.startswith(_TYPED_ANEW)
        return await entrance.interrupted_form(request, kept=kept)
    if _refreshes_itself(request):
        return web.Response(status=204, headers={"HX-Redirect": "/sign-in"})
    there = quote(request.path_qs if request.path.startswith("/") else "/", safe="/")
    return web.Response(status=303, headers={"Location": f"/sign-in?then={there}"})


def _trouble(visit: Visit, said: trouble.Trouble) -> web.Response:
    return visit.page("trouble.html", status=said.status, trouble=said)
