"""Signing in with an identity provider: there, and back."""

from aiohttp import web

from services.portal.identity.federation import Federation
from services.portal.identity.provider import ProviderAway, ProviderRefused
from services.portal.pages.desk import Desk, desk_key
from services.portal.pages.entrance import admitted, inside
from services.portal.pages.visit import render
from services.portal.presenters import frame
from services.portal.presenters.language import gettext as _
from services.portal.presenters.trouble import Trouble

_FLOW_S = 600


async def depart(request: web.Request) -> web.StreamResponse:
    """Send the browser to the provider, with a secret of its own to be known again by."""
    desk = request.app[desk_key]
    try:
        leaving = await _federation(desk).depart(back_to=inside(request.query.get("then", "/")))
    except ProviderAway:
        return _trouble(desk, 503, _("Your organisation's sign-in does not answer right now."))
    response = web.Response(status=303, headers={"Location": leaving.address})
    response.set_cookie(
        desk.manner.flow_cookie,
        leaving.browser,
        max_age=_FLOW_S,
        path="/",
        httponly=True,
        secure=desk.manner.secure,
        samesite="Lax",  # it has to come along when the provider sends the browser back
    )
    return response


async def come_back(request: web.Request) -> web.StreamResponse:
    """The provider sent the browser back: a session with a new secret, or a refusal.

    The answer is a page and not a redirect: a browser that another site sends through one would
    keep back the session's strict cookie.
    """
    desk = request.app[desk_key]
    browser = request.cookies.get(desk.manner.flow_cookie, "")
    try:
        person, back_to = await _federation(desk).come_back(request.query, browser=browser)
    except ProviderAway:
        return _trouble(desk, 503, _("Your organisation's sign-in does not answer right now."))
    except ProviderRefused as refused:
        said = _("Nobody was signed in. Please begin again; if it stays so, tell operations.")
        if refused.code == "no-role":
            said = _("You are known, but nothing here is yours to do. Ask operations for a role.")
        return _trouble(desk, 403 if refused.code in {"no-role", "closed"} else 401, said)
    entry = await desk.front_door.let_in(person, by="provider")
    page = render(
        desk,
        "signed_in.html",
        frame=frame.outside(demo=desk.manner.demo),
        csrf="",
        onward=inside(back_to),
    )
    page.del_cookie(desk.manner.flow_cookie, path="/")
    return admitted(desk, entry, page)


def _federation(desk: Desk) -> Federation:
    if desk.provider is None:
        raise web.HTTPNotFound
    return desk.provider


def _trouble(desk: Desk, status: int, text: str) -> web.Response:
    said = Trouble(status, _("Sign-in did not work"), text)
    return render(
        desk,
        "trouble.html",
        status=status,
        frame=frame.outside(demo=desk.manner.demo),
        csrf="",
        trouble=said,
    )
