"""Starting a programme of support: a pitfall is shown before anything is stored."""

from aiohttp import web

from services.portal.pages.forms import attempt
from services.portal.pages.support_records import (
    Support,
    engagement_signature,
    facilitators,
    read_support,
    support_page,
)
from services.portal.pages.together import together
from services.portal.pages.visit import Visit
from services.portal.presenters import programme_form, support
from services.portal.presenters.drafts import Draft
from services.portal.presenters.programme_form import Guard
from shared.api.support import GuardCheck, KindBody, SupportBody


async def show_start(visit: Visit) -> web.StreamResponse:
    """The form, with what is usual for the kind."""
    read = await read_support(visit)
    kind = programme_form.kind_of(read.form, visit.request.query.get("kind", ""))
    draft = visit.draft(
        **programme_form.usual(kind),
        facilitator_id=_me(visit, read.form.facilitator_roles),
    )
    return await _form(visit, read, draft, kind, ())


async def start(visit: Visit) -> web.StreamResponse:
    """Ask what speaks against it; then start it, with a signed reason for each guard."""
    draft = visit.sent()
    patient_id = visit.id("patient_id")
    path = f"/patients/{patient_id}/programmes"
    engagement = visit.care.engagement
    reasons = programme_form.reasons_sent(draft)
    data = programme_form.sent(draft, reasons)

    async def check() -> GuardCheck:
        return await engagement.ask(f"{path}/check", programme_form.body(data, None), GuardCheck)

    checked, read = await together(attempt(draft, check), read_support(visit))
    kind = programme_form.kind_of(read.form, visit.one("kind"))
    if isinstance(checked, Draft):
        return await _form(visit, read, checked, kind, ())
    guards = programme_form.guards(checked.guards)
    faults = list(programme_form.unanswered(guards, reasons))
    if guards and not faults and not visit.one("password"):
        faults.append(programme_form.unsigned())
    if faults:
        return await _form(visit, read, draft.refused(faults), kind, guards)

    async def send() -> SupportBody:
        signed = (
            await engagement_signature(visit, checked.hash, checked.meaning) if guards else None
        )
        body = programme_form.body(data, signed)
        return await engagement.post(path, body, SupportBody, key=draft.key)

    outcome = await attempt(draft, send)
    if isinstance(outcome, Draft):
        return await _form(visit, read, outcome, kind, guards)
    raise web.HTTPSeeOther(f"{_made(outcome, kind)}?done=programme-started")


def _made(body: SupportBody, kind: KindBody) -> str:
    """The page of what was started: the open one of this kind."""
    found = (one for one in body.programmes if one.kind == kind.code and one.status != "closed")
    one = next(found, None)
    parts = ("programmes", one.programme_id) if one else ()
    return support.place(body.patient_id, *parts)


async def _form(
    visit: Visit, read: Support, draft: Draft, kind: KindBody, guards: tuple[Guard, ...]
) -> web.StreamResponse:
    return await support_page(
        visit,
        "programme_new.html",
        read,
        draft=draft,
        kind=kind,
        guards=guards,
        beats=range(1, programme_form.BEATS + 1),
        facilitators=facilitators(visit, read.form),
        forms=programme_form.forms(),
        companies=programme_form.companies(),
        settings=programme_form.settings(),
        courses=programme_form.courses(read.record.courses),
        rhythm=programme_form.rhythm_said(kind.rhythm),
        brief=programme_form.brief_said(read.form, kind.code),
    )


def _me(visit: Visit, roles: tuple[str, ...]) -> str:
    """Whoever is asking, if they facilitate."""
    staff = visit.visitor.staff
    return str(staff.staff_id) if staff.role.value in roles else ""
