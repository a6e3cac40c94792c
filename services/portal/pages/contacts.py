"""Contacts of one person: the log, the way back after a miss, and recording one."""

from aiohttp import web

from services.portal.pages.support_records import Support, change, read_support, support_page
from services.portal.pages.visit import Visit
from services.portal.presenters import contact_form, contact_log, doses, support
from services.portal.presenters.drafts import Draft
from shared.api.support import NewContact, OutreachDecision, SupportBody


async def show_contacts(visit: Visit) -> web.StreamResponse:
    """Everything that took place, was missed, or was tried."""
    return await _contacts(visit, visit.draft())


async def show_new_contact(visit: Visit) -> web.StreamResponse:
    """The form for one contact."""
    read = await read_support(visit)
    return await _new(visit, read, None, visit.request.query.get("about", ""))


async def record_contact(visit: Visit) -> web.StreamResponse:
    """Keep a contact, or that the person did not come."""
    draft = visit.sent()
    patient_id = visit.id("patient_id")
    read = await read_support(visit)
    about = contact_form.chosen(read.body, visit.one("about"))
    form = contact_form.form_about(read.body, read.form, about)
    try:
        data = contact_form.sent(draft, form, visit.setting)
    except contact_form.Unreadable:
        return await _new(visit, read, draft.refused([contact_form.unreadable()]), about)

    async def send() -> SupportBody:
        body = NewContact.model_validate(data)
        path = f"/patients/{patient_id}/contacts"
        return await visit.care.engagement.post(path, body, SupportBody, key=draft.key)

    return await change(
        draft,
        send,
        back=lambda refused: _new(visit, read, refused, about),
        to=support.place(patient_id, "contacts"),
        notice="contact",
    )


async def decide(visit: Visit) -> web.StreamResponse:
    """Go on trying, or lost to follow-up for now."""
    draft = visit.sent()
    patient_id = visit.id("patient_id")

    async def send() -> SupportBody:
        body = OutreachDecision.model_validate(visit.fields("decision", "note"))
        path = f"/patients/{patient_id}/outreach-decisions"
        return await visit.care.engagement.post(path, body, SupportBody, key=draft.key)

    return await change(
        draft,
        send,
        back=lambda refused: _contacts(visit, refused),
        to=support.place(patient_id, "contacts"),
        notice="decision",
    )


async def _contacts(visit: Visit, draft: Draft) -> web.StreamResponse:
    read = await read_support(visit)
    listed = contact_log.listed(
        read.body,
        read.form,
        visit.request.query,
        path=support.place(visit.id("patient_id"), "contacts"),
    )
    return await support_page(
        visit,
        "contacts.html",
        read,
        draft=draft,
        ladder=contact_log.ladder(read.body, read.form, visit.setting),
        listed=listed,
        log=contact_log.entries(listed.rows, read.body, read.form, visit.setting),
        chart=doses.all_support(read.body.doses, visit.setting.today, support.modes(read.form)),
    )


async def _new(visit: Visit, read: Support, sent: Draft | None, wish: str) -> web.StreamResponse:
    about = contact_form.chosen(read.body, wish)
    form = contact_form.form_about(read.body, read.form, about)
    carer = visit.request.query.get("carer", "")
    draft = sent or visit.draft(**contact_form.usual(read.body, form, visit.setting, carer=carer))
    return await support_page(
        visit,
        "contact_new.html",
        read,
        draft=draft,
        form=form,
        abouts=contact_form.abouts(read.body, about),
        ladder=contact_log.ladder(read.body, read.form, visit.setting),
    )
