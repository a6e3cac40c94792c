"""Signing in and out."""

from urllib.parse import urlsplit

from aiohttp import web

from services.portal.identity.front_door import TooManyTries, WrongPassword
from services.portal.pages.desk import Desk, desk_key
from services.portal.pages.visit import Visit, is_same_origin, read_form, render
from services.portal.presenters import frame, words
from services.portal.presenters.drafts import Draft, Fault

_SESSION_S = 10 * 60 * 60


async def show_sign_in(request: web.Request) -> web.StreamResponse:
    """The sign-in form."""
    return await _form(request, Draft("", {"then": (request.query.get("then", "/"),)}))


async def sign_in(request: web.Request) -> web.StreamResponse:
    """A new session with a new secret, whatever cookie came with the request."""
    desk = request.app[desk_key]
    form = await read_form(request)
    draft = Draft("", {name: value for name, value in form.items() if name != "password"})
    if not is_same_origin(request, origin=desk.manner.origin):
        fault = Fault("", "This form came from another site. Sign in here.")
        return await _form(request, draft.refused([fault], status=403))
    try:
        visitor = await desk.front_door.sign_in(
            draft.value("username")[:64],
            form.get("password", ("",))[0][:256],
            address=request.remote or "",
        )
    except WrongPassword:
        fault = Fault("password", "The user name and the password do not fit. Please try again.")
        return await _form(request, draft.refused([fault], status=401))
    except TooManyTries as wait:
        text = f"Too many tries. Please wait {words.count(wait.seconds, 'second')} and try again."
        return await _form(request, draft.refused([Fault("", text)], status=429))
    response = web.Response(status=303, headers={"Location": _inside(draft.value("then"))})
    response.set_cookie(
        desk.manner.cookie,
        visitor.secret,
        max_age=_SESSION_S,
        path="/",
        httponly=True,
        secure=desk.manner.secure,
        samesite="Strict",
    )
    return response


async def sign_out(visit: Visit) -> web.StreamResponse:
    """End this session here and in the database."""
    await visit.desk.front_door.sign_out(visit.visitor)
    response = web.Response(status=303, headers={"Location": "/sign-in"})
    response.del_cookie(
        visit.desk.manner.cookie,
        path="/",
        httponly=True,
        secure=visit.desk.manner.secure,
        samesite="Strict",
    )
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


async def _form(request: web.Request, draft: Draft) -> web.Response:
    desk = request.app[desk_key]
    return render(
        desk,
        "sign_in.html",
        status=draft.status,
        frame=frame.outside(demo=desk.manner.demo),
        csrf="",
        draft=draft,
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


def _inside(address: str) -> str:
    """Where to go after signing in: a page of ours, never another site."""
    parts = urlsplit(address)
    foreign = parts.scheme or parts.netloc or not address.startswith("/")
    odd = address.startswith(("//", "/\\")) or not address.isprintable()
    return "/" if foreign or odd else parts.path
