"""Signing in with an identity provider: there, and back; and once more, to sign."""

from aiohttp import web

from services.portal.identity.federation import Arrival, Departure, Federation
from services.portal.identity.provider import ProviderAway, ProviderRefused
from services.portal.identity.restored import Held
from services.portal.identity.step_up import LIFETIME
from services.portal.pages.desk import Desk, desk_key
from services.portal.pages.entrance import admitted, held, inside
from services.portal.pages.visit import Visit, render
from services.portal.presenters import frame, step_up
from services.portal.presenters.language import gettext as _
from services.portal.presenters.language import mark, said
from services.portal.presenters.trouble import Trouble

_FLOW_S = 600
BESIDE = "beside"
_TO_SIGN = said(
    {
        "another-person": mark(
            "Somebody else signed in than the person who is signed in here, so nobody can sign with"
            " it. Go back to your form, and sign in with your own account."
        ),
        "auth-time": mark(
            "Your organisation let you in without asking you again, or it took too long, so you"
            " cannot sign with it. Go back to your form and try once more; if it stays so, tell"
            " operations."
        ),
        "auth-time-missing": mark(
            "Your organisation does not say when you signed in, so you cannot sign with it. Tell"
            " operations: the provider has to send auth_time."
        ),
        "session-over": mark(
            "You were signed out here meanwhile, so nobody can sign with it. Sign in here first."
        ),
    }
)


async def depart(request: web.Request) -> web.StreamResponse:
    """Send the browser to the provider, with a secret of its own to be known again by. In a tab
    beside the one with a form (``BESIDE``) the way back leads nowhere else."""
    desk, asked = request.app[desk_key], request.query
    back_to = "" if BESIDE in asked else inside(asked.get("then", "/"))
    try:
        leaving = await _federation(desk).depart(back_to=back_to)
    except ProviderAway:
        return _trouble(desk, 503, _("Your organisation's sign-in does not answer right now."))
    return _off(desk, leaving)


async def depart_again(visit: Visit) -> web.StreamResponse:
    """Send somebody who is signed in to the provider once more, so that they can sign.

    A link and no form: browsers that follow ``form-action`` do not let a form lead to another
    site. It needs the session's strict cookie, so no other site can begin it.
    """
    if not visit.visitor.by_provider:
        raise web.HTTPNotFound
    back_to = inside(visit.request.query.get("then", "/"))
    try:
        leaving = await _federation(visit.desk).depart(back_to=back_to, again=visit.visitor.secret)
    except ProviderAway:
        text = _(
            "Your organisation's sign-in does not answer right now. Nothing was signed. Go back to"
            " your form and try again in a moment."
        )
        trouble = Trouble(503, _("You cannot sign right now"), text)
        return visit.page("trouble.html", status=503, trouble=trouble)
    return _off(visit.desk, leaving)


async def come_back(request: web.Request) -> web.StreamResponse:
    """The provider sent the browser back: a session with a new secret, a fresh sign-in for the
    session there is, or a refusal.

    The answer is a page and not a redirect: a browser that another site sends through one would
    keep back the session's strict cookie.
    """
    desk = request.app[desk_key]
    browser = request.cookies.get(desk.manner.flow_cookie, "")
    try:
        arrival = await _federation(desk).come_back(request.query, browser=browser)
    except ProviderAway:
        return _trouble(desk, 503, _("Your organisation's sign-in does not answer right now."))
    except ProviderRefused as refused:
        return _refused(desk, refused.code)
    if arrival.again_at is not None:
        return _signed_in_again(desk, arrival)
    desk.directory.forget()  # it may be somebody new, or in another role
    try:
        entry = await desk.front_door.let_in(arrival.person, by="provider")
    except Held:
        return _trouble(desk, 403, held())
    page = render(
        desk,
        "signed_in.html",
        frame=frame.outside(demo=desk.manner.demo),
        csrf="",
        onward=arrival.back_to and inside(arrival.back_to),
    )
    page.del_cookie(desk.manner.flow_cookie, path="/")
    return admitted(desk, entry, page)


def _signed_in_again(desk: Desk, arrival: Arrival) -> web.Response:
    """No new session: the one there is can sign now. Its strict cookie did not come along."""
    back_to = inside(arrival.back_to)
    page = render(
        desk,
        "stepped_up.html",
        frame=frame.outside(demo=desk.manner.demo),
        csrf="",
        again=step_up.again(
            arrival.again_at, lifetime=LIFETIME, back_to=back_to, zone=desk.manner.zone
        ),
        onward=back_to,
    )
    page.del_cookie(desk.manner.flow_cookie, path="/")
    return page


def _off(desk: Desk, leaving: Departure) -> web.Response:
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


def _refused(desk: Desk, code: str) -> web.Response:
    if code in _TO_SIGN:
        return _trouble(desk, 403, _TO_SIGN[code])
    text = _("Nobody was signed in. Please begin again; if it stays so, tell operations.")
    if code == "no-role":
        text = _("You are known, but nothing here is yours to do. Ask operations for a role.")
    return _trouble(desk, 403 if code in {"no-role", "closed"} else 401, text)


def _federation(desk: Desk) -> Federation:
    if desk.provider is None:
        raise web.HTTPNotFound
    return desk.provider


def _trouble(desk: Desk, status: int, text: str) -> web.Response:
    trouble = Trouble(status, _("Sign-in did not work"), text)
    return render(
        desk,
        "trouble.html",
        status=status,
        frame=frame.outside(demo=desk.manner.demo),
        csrf="",
        trouble=trouble,
    )
