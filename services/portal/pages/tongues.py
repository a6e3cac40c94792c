"""Which language a browser is answered in, and the way to choose another one."""

from urllib.parse import urlsplit

from aiohttp import web

from services.portal.pages.desk import desk_key
from services.portal.pages.visit import is_same_origin, read_form
from services.portal.presenters import language

COOKIE = "language"
_A_YEAR_S = 365 * 24 * 60 * 60


def listen(request: web.Request) -> None:
    """From here on this request is answered in the language chosen, or the browser's own."""
    wish = request.cookies.get(COOKIE, "")
    language.speak(language.chosen(wish, request.headers.get("Accept-Language", "")))


async def choose_language(request: web.Request) -> web.StreamResponse:
    """Remember the language in this browser and go back to where the choice was made. It holds
    nothing about anybody, so it works before signing in too."""
    desk = request.app[desk_key]
    code = (await read_form(request)).get("language", ("",))[0]
    if code not in language.LANGUAGES or not is_same_origin(request, origin=desk.manner.origin):
        raise web.HTTPNotFound
    response = web.Response(status=303, headers={"Location": _back(request)})
    response.set_cookie(
        COOKIE,
        code,
        max_age=_A_YEAR_S,
        path="/",
        httponly=True,
        secure=desk.manner.secure,
        samesite="Lax",
    )
    return response


def _back(request: web.Request) -> str:
    came_from = urlsplit(request.headers.get("Referer", ""))
    if came_from.netloc != request.host or not came_from.path.startswith("/"):
        return "/"
    return came_from.path
