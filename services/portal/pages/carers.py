"""People near to somebody in care: who they are, and what they may be told."""

from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from services.portal.pages.forms import attempt, is_stale
from services.portal.pages.records import read_record, record_page
from services.portal.pages.together import together
from services.portal.pages.visit import Visit
from services.portal.presenters import contact, listing, places
from services.portal.presenters.drafts import Draft
from shared.api.assessment import EndCarer, NewCarer, PatientBody, PatientHistory

_TAB = "Details"


async def show_carers(visit: Visit) -> web.StreamResponse:
    """Everybody near to them."""
    return await _carers(visit, visit.draft(), {})


async def add_carer(visit: Visit) -> web.StreamResponse:
    """Add somebody."""
    draft = visit.sent()

    async def send() -> PatientBody:
        body = NewCarer.model_validate(contact.carer_sent(draft))
        return await visit.care.assessment.post(
            f"/patients/{visit.id('patient_id')}/carers",
            body,
            PatientBody,
            key=draft.key,
            version=visit.version(),
        )

    return await _changed(visit, draft, send)


async def change_carer(visit: Visit) -> web.StreamResponse:
    """Change what is known of somebody, or what they may be told."""
    draft = visit.sent()

    async def send() -> PatientBody:
        body = NewCarer.model_validate(contact.carer_sent(draft))
        path = f"/patients/{visit.id('patient_id')}/carers/{visit.id('carer_id')}"
        return await visit.care.assessment.put(path, body, PatientBody, version=visit.version())

    return await _changed(visit, draft, send)


async def end_carer(visit: Visit) -> web.StreamResponse:
    """Take somebody off the record."""
    draft = visit.sent()

    async def send() -> PatientBody:
        body = EndCarer.model_validate(visit.fields("reason"))
        path = f"/patients/{visit.id('patient_id')}/carers/{visit.id('carer_id')}/end"
        return await visit.care.assessment.post(
            path, body, PatientBody, key=draft.key, version=visit.version()
        )

    return await _changed(visit, draft, send)


async def show_history(visit: Visit) -> web.StreamResponse:
    """Who changed what of the record, and why."""
    patient_id, asked = visit.id("patient_id"), visit.request.query
    read, found = await together(
        read_record(visit, patient_id),
        visit.care.assessment.get(
            f"/patients/{patient_id}/history", PatientHistory, listing.older(asked)
        ),
    )
    listed = contact.listed(found, asked, path=visit.request.path, setting=visit.setting)
    changes = contact.history(listed.rows, visit.setting)
    return await record_page(
        visit, "record_history.html", read, tab=_TAB, listed=listed, changes=changes
    )


async def _changed(
    visit: Visit, draft: Draft, send: Callable[[], Awaitable[PatientBody]]
) -> web.StreamResponse:
    outcome = await attempt(draft, send)
    if not isinstance(outcome, Draft):
        there = places.patient(visit.id("patient_id"), "carers")
        raise web.HTTPSeeOther(f"{there}?done=carers")
    if (carer_id := visit.request.match_info.get("carer_id")) is None:
        return await _carers(visit, outcome, {})
    return await _carers(visit, visit.draft(), {carer_id: outcome})


async def _carers(visit: Visit, draft: Draft, refused: Mapping[str, Draft]) -> web.Response:
    read = await read_record(visit, visit.id("patient_id"))
    lines = contact.carer_lines(read.patient)
    shown = next(iter(refused.values()), draft)
    if is_stale(shown):
        shown = shown.overtaken(lines)
    return await record_page(
        visit,
        "carers.html",
        read,
        tab=_TAB,
        status=shown.status,
        shown=shown,
        draft=draft,
        seen=lines,
        carers=contact.carers(read.patient, refused, draft),
        scopes=contact.scopes(),
    )
