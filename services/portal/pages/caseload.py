"""The caseload of support: whom to see next, and why."""

from aiohttp import web

from services.portal.pages.together import together
from services.portal.pages.visit import Visit
from services.portal.presenters import caseload, words
from shared.api.identity import Role
from shared.api.support import Caseload, SupportForm


async def show_caseload(visit: Visit) -> web.StreamResponse:
    """A facilitator sees their own programmes first; everybody can see the team's."""
    found, form = await together(
        visit.care.engagement.get("/support-caseload", Caseload),
        visit.care.engagement.get("/support-form", SupportForm),
    )
    staff = visit.visitor.staff
    own = caseload.mine(found.items, staff.staff_id)
    narrow = staff.role is Role.FACILITATOR and visit.request.query.get("view") != "team"
    shown = own if narrow else found.items
    return visit.page(
        "caseload.html",
        rows=caseload.rows(shown, form, visit.setting),
        narrow=narrow,
        can_narrow=staff.role is Role.FACILITATOR,
        others=len(found.items) - len(shown),
        as_of=words.moment(found.as_of, zone=visit.setting.zone, now=visit.setting.now),
        may_import=staff.role in {Role.LEAD, Role.FACILITATOR},
    )
