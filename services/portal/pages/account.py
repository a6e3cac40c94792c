"""One's own account: the password, one-time codes, and being signed in elsewhere."""

import segno
from aiohttp import web
from markupsafe import Markup

from services.portal.identity import one_time
from services.portal.identity.front_door import Locked, TooManyTries, WrongPassword
from services.portal.identity.passwords import faults
from services.portal.pages.visit import Visit
from services.portal.presenters.drafts import Draft, Fault
from services.portal.presenters.language import gettext as _
from shared.api.identity import CLINICIANS


async def show_account(visit: Visit) -> web.StreamResponse:
    """What somebody can do about their own account."""
    return await _page(visit, visit.draft())


async def change_password(visit: Visit) -> web.StreamResponse:
    """A new password ends every session; sign in with it."""
    draft, desk = visit.sent(), visit.desk
    person = visit.visitor.staff
    wanted = visit.one("new")
    refused = [Fault("new", text) for text in faults(wanted, username=person.username)]
    if wanted != visit.one("again"):
        refused.append(Fault("again", _("The two do not match.")))
    if refused:
        return await _page(visit, _bare(draft).refused(refused))
    try:
        await desk.front_door.recognise(
            person.username,
            visit.one("password")[:256],
            address=desk.manner.address(visit.request),
            device=desk.manner.device(visit.request),
        )
    except (WrongPassword, Locked, TooManyTries):
        fault = Fault("password", _("This is not your password, or it was tried too often."))
        return await _page(visit, _bare(draft).refused([fault], status=403))
    await desk.front_door.change_password(person, wanted)
    raise web.HTTPSeeOther("/sign-in")


async def set_up_codes(visit: Visit) -> web.StreamResponse:
    """The first code proves that the app works; the recovery codes are shown this once."""
    draft = visit.sent()
    codes = await visit.desk.front_door.confirm_code(visit.visitor.staff, visit.one("code")[:64])
    if codes is None:
        text = _("This is not the code the app shows now. Scan the picture again and try.")
        return await _page(visit, _bare(draft).refused([Fault("code", text)]))
    return visit.page("recovery.html", codes=[one_time.spaced(code) for code in codes])


async def sign_out_everywhere(visit: Visit) -> web.StreamResponse:
    """End every session of one's own, this one too."""
    await visit.desk.front_door.sign_out_everywhere(visit.visitor.staff)
    raise web.HTTPSeeOther("/sign-in")


async def show_keys(visit: Visit) -> web.StreamResponse:
    """What single keys do."""
    return visit.page("keys.html")


async def _page(visit: Visit, draft: Draft) -> web.StreamResponse:
    person = visit.visitor.staff
    picture = secret = ""
    if not visit.visitor.has_code:
        secret = await visit.desk.front_door.offer_code(person)
        address = one_time.address(secret, username=person.username)
        picture = segno.make(address).svg_inline(scale=5, light="#fff", border=4)
    return visit.page(
        "account.html",
        status=draft.status,
        draft=draft,
        person=person,
        local=visit.desk.manner.local,
        told_outside=person.role in CLINICIANS,
        required=visit.desk.manner.second_factor and not visit.visitor.has_code,
        picture=Markup(picture),  # noqa: S704 - drawn by us from our own text
        secret=one_time.spaced(secret),
    )


def _bare(draft: Draft) -> Draft:
    """The form without what nobody should find in a page."""
    return Draft(draft.key)
