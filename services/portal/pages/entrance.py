"""Signing in and out."""

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlsplit

from aiohttp import web
from yarl import URL

from services.portal.identity import sessions
from services.portal.identity.front_door import (
    Entry,
    Locked,
    TooManyTries,
    WrongCode,
    WrongPassword,
)
from services.portal.identity.restored import Held
from services.portal.pages.desk import Desk, Manner, desk_key
from services.portal.pages.visit import MET, Visit, is_same_origin, read_form, render
from services.portal.presenters import frame, interrupted, words
from services.portal.presenters.drafts import Draft, Fault
from services.portal.presenters.language import gettext as _

_SESSION_S = 24 * 60 * 60
"""Longer than any session: what is sent after its end comes with it, and so can be told to be
theirs who had typed it."""
_DEVICE_S = 90 * 24 * 60 * 60


async def show_sign_in(request: web.Request) -> web.StreamResponse:
    """The sign-in form."""
    return await _form(request, Draft("", {"then": (request.query.get("then", "/"),)}))


async def interrupted_form(request: web.Request, *, kept: bool) -> web.StreamResponse:
    """The sign-in form for somebody whose session ended while they were typing."""
    if not kept:
        text = _("You have been signed out. Nothing was saved.")
        draft = Draft("", {"then": ("/",)})
        return await _form(request, draft.refused([Fault("", text)], status=401))
    typed = interrupted.packed(await read_form(request))
    text = _("You have been signed out. What you typed is kept: sign in and go on with it.")
    draft = Draft("", {"then": (request.path_qs,)} | dict(typed))
    return await _form(request, draft.refused([Fault("", text)], status=401))


async def sign_in(request: web.Request) -> web.StreamResponse:
    """A new session with a new secret, whatever cookie came with the request."""
    desk = request.app[desk_key]
    form = await read_form(request)
    draft = Draft("", {name: value for name, value in form.items() if name != "password"})
    if not is_same_origin(request, origin=desk.manner.origin):
        fault = Fault("", _("This form came from another site. Sign in here."))
        return await _form(request, draft.refused([fault], status=403))
    if not desk.manner.local:
        raise web.HTTPNotFound
    try:
        entry = await desk.front_door.sign_in(
            draft.value("username")[:64],
            form.get("password", ("",))[0][:256],
            address=desk.manner.address(request),
            device=desk.manner.device(request),
        )
    except (WrongPassword, Locked, Held, TooManyTries) as refusal:
        fault, status = _why(refusal)
        return await _form(request, draft.refused([fault], status=status))
    if entry.awaits_code:
        return admitted(desk, entry, _to_code(request, entry, draft))
    return admitted(desk, entry, _onward(request, entry, draft))


async def show_code(request: web.Request) -> web.StreamResponse:
    """Where the one-time code is asked for, after the password."""
    then = inside(request.query.get("then", "/"))
    return _code_form(request, Draft("", {"then": (then,)}))


async def send_code(request: web.Request) -> web.StreamResponse:
    """The code: a new session with a new secret, or the form again."""
    desk = request.app[desk_key]
    form = await read_form(request)
    draft = Draft("", {name: value for name, value in form.items() if name != "code"})
    if not is_same_origin(request, origin=desk.manner.origin):
        fault = Fault("", _("This form came from another site. Sign in here."))
        return _code_form(request, draft.refused([fault], status=403))
    try:
        entry = await desk.front_door.show_code(
            request.cookies.get(desk.manner.cookie, ""),
            form.get("code", ("",))[0],
            address=desk.manner.address(request),
        )
    except WrongCode:
        text = _("This code is not right any more. Wait for the next one, or sign in again.")
        return _code_form(request, draft.refused([Fault("code", text)], status=401))
    except TooManyTries as wait:
        return _code_form(request, draft.refused([Fault("code", _wait(wait))], status=429))
    return admitted(desk, entry, _onward(request, entry, draft))


def _onward(request: web.Request, entry: Entry, draft: Draft) -> web.Response:
    """Where to go after signing in: on with the form that was interrupted, to whoever typed it,
    or to the page that was asked for."""
    desk, there = request.app[desk_key], inside(draft.value("then", "/"))
    if not _is_theirs(request, entry, draft):
        return web.Response(status=303, headers={"Location": there})
    return render(
        desk,
        "signed_in_again.html",
        frame=frame.outside(demo=desk.manner.demo),
        csrf=entry.visitor.csrf_token,
        onward=there,
        mark=interrupted.IS_BACK,
        kept=_fields(interrupted.unpacked(draft.values)),
    )


def _is_theirs(request: web.Request, entry: Entry, draft: Draft) -> bool:
    """Whether whoever signed in now is who had typed the form, in this browser."""
    manner, whose = request.app[desk_key].manner, entry.visitor.staff.staff_id
    token = interrupted.whose(draft.values)
    return any(
        sessions.is_csrf_token(token, secret=secret, staff_id=whose)
        for name in (manner.cookie, manner.before_cookie)
        if (secret := request.cookies.get(name, ""))
    )


def _to_code(request: web.Request, entry: Entry, draft: Draft) -> web.Response:
    """To where the one-time code is asked for; an interrupted form goes the same way."""
    if _is_theirs(request, entry, draft):
        return _code_form(request, _handed_on(draft, entry))
    onward = str(URL("/sign-in/code").with_query(then=inside(draft.value("then"))))
    return web.Response(status=303, headers={"Location": onward})


def _handed_on(draft: Draft, entry: Entry) -> Draft:
    """The form under the token of the session that awaits its one-time code."""
    token = {interrupted.WHOSE: (entry.visitor.csrf_token,)}
    return replace(draft, values=dict(draft.values) | token)


def _fields(form: Mapping[str, tuple[str, ...]]) -> list[tuple[str, str]]:
    return [(name, value) for name, values in form.items() for value in values]


def ended(request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
    """The answer to somebody whose session is over, with a cookie that goes on saying whose it was:
    a sign-in somewhere else puts another in the place of the session's own."""
    manner = request.app[desk_key].manner
    if secret := request.cookies.get(manner.cookie, ""):
        _give(response, manner, manner.before_cookie, secret, lasts_s=_SESSION_S)
    return response


def admitted(desk: Desk, entry: Entry, response: web.Response) -> web.Response:
    """The answer with the cookies of whoever was let in."""
    manner = desk.manner
    _give(response, manner, manner.cookie, entry.visitor.secret, lasts_s=_SESSION_S)
    if entry.device:
        _give(response, manner, manner.device_cookie, entry.device, lasts_s=_DEVICE_S)
    return response


def _give(
    response: web.StreamResponse, manner: Manner, name: str, secret: str, *, lasts_s: int
) -> None:
    """A cookie for this site alone, which no script reads."""
    response.set_cookie(
        name,
        secret,
        max_age=lasts_s,
        path="/",
        httponly=True,
        secure=manner.secure,
        samesite="Strict",
    )


async def sign_out(visit: Visit) -> web.StreamResponse:
    """End this session here and in the database."""
    await visit.desk.front_door.sign_out(visit.visitor)
    response = web.Response(status=303, headers={"Location": "/sign-in"})
    manner = visit.desk.manner
    for cookie in (manner.cookie, manner.before_cookie):
        response.del_cookie(
            cookie, path="/", httponly=True, secure=manner.secure, samesite="Strict"
        )
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


async def met(_visit: Visit) -> web.StreamResponse:
    """What this is has been read: do not show it in this browser again."""
    response = web.Response(status=303, headers={"Location": "/"})
    response.set_cookie(MET, "yes", max_age=_DEVICE_S, path="/", httponly=True, samesite="Strict")
    return response


def _why(refusal: WrongPassword | Locked | Held | TooManyTries) -> tuple[Fault, int]:
    """What to say to somebody who was not let in, and the status that goes with it."""
    match refusal:
        case WrongPassword():
            text = _("The user name and the password do not fit. Please try again.")
            return Fault("password", text), 401
        case Locked():
            text = _("This account is locked. A lead or operations can unlock it.")
            return Fault("", text), 403
        case Held():
            return Fault("", held()), 403
        case TooManyTries():
            return Fault("", _wait(refusal)), 429


def held() -> str:
    """Why somebody who proved who they are has to wait all the same."""
    return _(
        "This copy was brought back from a backup. It opens once two people (operations or leads)"
        " have looked at it and released it. Until then work as you do when Mooring is away."
    )


async def _form(request: web.Request, draft: Draft) -> web.Response:
    desk = request.app[desk_key]
    kept = interrupted.travelling(draft.values)
    return render(
        desk,
        "sign_in.html",
        status=draft.status,
        frame=frame.outside(demo=desk.manner.demo),
        csrf="",
        draft=draft,
        kept=_fields(kept),
        typed=_fields(interrupted.restored(kept)),
        onward=inside(draft.value("then", "/")),
        local=desk.manner.local,
        elsewhere=desk.provider is not None,
        people=await _demo_people(desk),
        demo_password=desk.manner.demo_password if desk.manner.demo else "",
    )


async def _demo_people(desk: Desk) -> list[tuple[str, str, str]]:
    if not desk.manner.demo:
        return []
    people = (await desk.directory.people()).values()
    return [
        (person.username, person.display_name, words.ROLES[person.role.value])
        for person in sorted(people, key=lambda person: list(words.ROLES).index(person.role.value))
        if person.active
    ]


def _code_form(request: web.Request, draft: Draft) -> web.Response:
    desk = request.app[desk_key]
    return render(
        desk,
        "sign_in_code.html",
        status=draft.status,
        frame=frame.outside(demo=desk.manner.demo),
        csrf="",
        draft=draft,
        kept=_fields(interrupted.travelling(draft.values)),
    )


def _wait(wait: TooManyTries) -> str:
    seconds = words.count(wait.seconds, "second")
    return _("Too many tries. Please wait %(seconds)s and try again.", seconds=seconds)


def inside(address: str) -> str:
    """Where to go after signing in: a page of ours, never another site."""
    parts = urlsplit(address)
    foreign = parts.scheme or parts.netloc or not address.startswith("/")
    odd = address.startswith(("//", "/\\")) or not address.isprintable()
    if foreign or odd:
        return "/"
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
