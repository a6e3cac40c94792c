"""One-time links: make one, pass it on, take it back."""

import hashlib

from aiohttp import web

from services.portal.pages.forms import attempt
from services.portal.pages.records import read_record, record_page
from services.portal.pages.together import together
from services.portal.pages.visit import Visit
from services.portal.presenters import links, listing, places, questionnaires
from services.portal.presenters.drafts import Draft
from services.portal.presenters.links import Fresh
from shared.api.assessment import (
    InstrumentList,
    InvitationBody,
    InvitationList,
    NewInvitation,
    PatientBody,
    RevokeInvitation,
)
from shared.runtime import clock


async def show_links(visit: Visit) -> web.StreamResponse:
    """The links of a person, and the form to make one."""
    draft = visit.draft(channel="in-person", lasts_hours="72", secret=clock.new_secret())
    return await _links(visit, draft)


async def make_link(visit: Visit) -> web.StreamResponse:
    """Make a link and show it, once. Its secret was made with the form: sending the form again
    shows the same link and makes no second one."""
    draft = visit.sent()
    secret = draft.value("secret")
    data = visit.fields("instrument", "channel", "lasts_hours")
    data["secret_sha256"] = hashlib.sha256(secret.encode()).hexdigest()

    async def send() -> InvitationBody:
        body = NewInvitation.model_validate(data)
        path = f"/patients/{visit.id('patient_id')}/invitations"
        return await visit.care.assessment.post(path, body, InvitationBody, key=draft.key)

    made = await attempt(draft, send)
    if isinstance(made, Draft):
        return await _links(visit, made)
    response = await _links(visit, draft, made)
    response.headers["Cache-Control"] = "no-store"
    return response


async def revoke_link(visit: Visit) -> web.StreamResponse:
    """Take a link back."""
    draft = visit.sent()
    path = f"/invitations/{visit.id('invitation_id')}/revoke"

    async def send() -> InvitationBody:
        return await visit.care.assessment.post(
            path, RevokeInvitation(), InvitationBody, key=draft.key
        )

    done = await attempt(draft, send)
    if isinstance(done, Draft):
        return await _links(visit, done)
    raise web.HTTPSeeOther(f"{places.patient(visit.id('patient_id'), 'links')}?done=link-revoked")


async def _links(visit: Visit, draft: Draft, new: InvitationBody | None = None) -> web.Response:
    patient_id, asked = visit.id("patient_id"), visit.request.query
    care = visit.care.assessment
    read, instruments, made = await together(
        read_record(visit, patient_id),
        care.get("/instruments", InstrumentList),
        care.get(f"/patients/{patient_id}/invitations", InvitationList, listing.older(asked)),
    )
    titles = questionnaires.titles_of(instruments.items)
    listed = links.listed(made, titles, asked, path=places.patient(patient_id, "links"))
    return await record_page(
        visit,
        "links.html",
        read,
        tab=questionnaires.TAB,
        status=draft.status,
        draft=draft,
        fresh=_fresh(visit, new, read.patient, secret=draft.value("secret")) if new else None,
        listed=listed,
        links=links.links(listed.rows, titles, visit.setting),
        instruments=links.sendable(instruments.items),
        channels=links.channels(read.patient),
        lasting=links.lasting(),
    )


def _fresh(visit: Visit, made: InvitationBody, patient: PatientBody, *, secret: str) -> Fresh:
    origin = visit.desk.manner.origin or f"{visit.request.scheme}://{visit.request.host}"
    return links.fresh(made, patient, origin=origin, secret=secret, setting=visit.setting)
