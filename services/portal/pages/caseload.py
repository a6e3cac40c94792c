"""The caseload of support: whom to see next, and why."""

from aiohttp import web

from services.portal.pages.together import together
from services.portal.pages.visit import Visit
from services.portal.presenters import caseload, words
from shared.api.identity import Role
from shared.api.support import Caseload, SupportForm


async def show_caseload(visit: Visit) -> web.StreamResponse:
    """A facilitator sees their own programmes first; everybody can see the team's."""
    staff = visit.visitor.staff
    facilitates = staff.role is Role.FACILITATOR
    wanted = caseload.wanted(visit.request.query, usual="mine" if facilitates else "team")
    found, form = await together(
        visit.care.engagement.get("/support-caseload", Caseload, wanted.asked),
        visit.care.engagement.get("/support-form", SupportForm),
    )
    return visit.page(
        "caseload.html",
        rows=caseload.rows(found.items, form, visit.setting),
        scopes=caseload.scopes(wanted, found) if facilitates else (),
        reasons=caseload.reasons(wanted),
        orders=caseload.orders(wanted),
        pages=caseload.pages(wanted, found),
        as_of=words.moment(found.as_of, zone=visit.setting.zone, now=visit.setting.now),
        may_import=staff.role in {Role.LEAD, Role.FACILITATOR},
    )
