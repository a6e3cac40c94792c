"""The person's own calendar: make a secret link in their words, show it once, take it back."""

import hashlib

from aiohttp import web

from services.portal.pages.forms import attempt
from services.portal.pages.records import read_record, record_page
from services.portal.pages.together import together
from services.portal.pages.visit import Visit
from services.portal.presenters import calendars, places
from services.portal.presenters.calendars import Fresh
from services.portal.presenters.drafts import Draft
from services.portal.presenters.language import gettext as _
from shared.api.body import Page
from shared.api.treatment import CalendarLinkBody, NewCalendarLink, RevokeCalendarLink
from shared.runtime import clock


async def show_calendar(visit: Visit) -> web.StreamResponse:
    """The link there is, and the form to make one."""
    draft = visit.draft(
        change_title=_("Reminder"), check_in_title=_("Telephone call"), secret=clock.new_secret()
    )
    return await _calendar(visit, draft)


async def make_link(visit: Visit) -> web.StreamResponse:
    """Make a link and show it, once. Its secret was made with the form: sending the form again
    shows the same link and makes no second one."""
    draft = visit.sent()
    secret = draft.value("secret")
    data = visit.fields("change_title", "check_in_title")
    data["secret_sha256"] = hashlib.sha256(secret.encode()).hexdigest()

    async def send() -> CalendarLinkBody:
        body = NewCalendarLink.model_validate(data)
        path = f"/patients/{visit.id('patient_id')}/calendar-links"
        return await visit.care.treatment.post(path, body, CalendarLinkBody, key=draft.key)

    made = await attempt(draft, send)
    if isinstance(made, Draft):
        return await _calendar(visit, made)
    origin = visit.desk.manner.origin or f"{visit.request.scheme}://{visit.request.host}"
    response = await _calendar(visit, draft, calendars.fresh(origin=origin, secret=secret))
    response.headers["Cache-Control"] = "no-store"
    return response


async def revoke_link(visit: Visit) -> web.StreamResponse:
    """Take the link back."""
    draft = visit.sent()
    path = f"/calendar-links/{visit.id('calendar_link_id')}/revoke"

    async def send() -> CalendarLinkBody:
        return await visit.care.treatment.post(
            path, RevokeCalendarLink(), CalendarLinkBody, key=draft.key
        )

    done = await attempt(draft, send)
    if isinstance(done, Draft):
        return await _calendar(visit, done)
    raise web.HTTPSeeOther(
        f"{places.patient(visit.id('patient_id'), 'calendar')}?done=link-revoked"
    )


async def _calendar(visit: Visit, draft: Draft, fresh: Fresh | None = None) -> web.Response:
    patient_id = visit.id("patient_id")
    path = f"/patients/{patient_id}/calendar-links"
    read, made = await together(
        read_record(visit, patient_id),
        visit.care.treatment.get(path, Page[CalendarLinkBody]),
    )
    links = calendars.links(made.items, visit.setting)
    return await record_page(
        visit,
        "calendar.html",
        read,
        tab="Course",
        status=draft.status,
        draft=draft,
        fresh=fresh,
        links=links,
        in_use=next((link for link in links if link.revoke_href), None),
    )
