"""Opening a record in an emergency, judging such looks, and who looked at a record at all."""

from collections.abc import Mapping

from aiohttp import web

from services.portal.clients import Refused, or_missing
from services.portal.pages.forms import attempt, signature
from services.portal.pages.records import read_record, record_page
from services.portal.pages.together import all_of, together
from services.portal.pages.visit import Visit
from services.portal.presenters import listing, looks, places
from services.portal.presenters.drafts import Draft
from shared.api.body import Page
from shared.api.emergency import (
    MEANING,
    EmergencyAccess,
    EmergencyLook,
    EmergencyWish,
    ReviewLook,
)
from shared.api.identity import Role
from shared.api.operations import LookBody

_WISH = ("given_name", "family_name", "birth_date", "number", "reason", "words")
_MOST = {"limit": "200"}
"""Looks of one service. Those of all services are shown as far back as each of them reaches."""


async def show_emergency(visit: Visit) -> web.StreamResponse:
    """The form, and what it means to send it."""
    return _form(visit, visit.draft())


async def open_in_emergency(visit: Visit) -> web.StreamResponse:
    """Open one record to read, for an hour, once the password was given again."""
    draft = visit.sent()

    async def send() -> EmergencyLook:
        wish = EmergencyWish.model_validate(visit.fields(*_WISH))
        signed = await signature(
            visit, hash_=wish.signing_hash(), meaning=MEANING, audience="assessment"
        )
        body = EmergencyAccess(**wish.model_dump(), signature=signed)
        return await visit.care.assessment.post(
            "/emergency-looks", body, EmergencyLook, key=draft.key
        )

    try:
        outcome = await attempt(draft, send)
    except Refused as refused:
        if refused.problem.code != "nobody-found":
            raise
        return _form(visit, draft.refused([looks.nobody_found()], status=404))
    if isinstance(outcome, Draft):
        return _form(visit, outcome)
    raise web.HTTPSeeOther(f"{places.patient(outcome.patient_id)}?done=emergency")


async def show_looks(visit: Visit) -> web.StreamResponse:
    """Records opened in an emergency that a second person still has to judge, or all."""
    return await _list(visit, visit.draft(), "")


async def judge(visit: Visit) -> web.StreamResponse:
    """Say whether a look was justified."""
    draft, grant_id = visit.sent(), visit.id("grant_id")

    async def send() -> EmergencyLook:
        body = ReviewLook.model_validate(visit.fields("judgement", "words"))
        path = f"/emergency-looks/{grant_id}/review"
        return await visit.care.assessment.post(path, body, EmergencyLook, key=draft.key)

    outcome = await attempt(draft, send)
    if isinstance(outcome, Draft):
        return await _list(visit, outcome, str(grant_id))
    raise web.HTTPSeeOther("/emergency-looks?done=judged")


async def show_record_looks(visit: Visit) -> web.StreamResponse:
    """Who looked at this record, day by day, and who opened it in an emergency."""
    patient_id = visit.id("patient_id")
    path = f"/patients/{patient_id}"
    asked = visit.request.query
    until = looks.until(asked)
    read, emergencies, kept = await together(
        read_record(visit, patient_id),
        visit.care.assessment.get(f"{path}/emergency-looks", Page[EmergencyLook], _from(visit)),
        all_of(*(_kept(visit, caller.service, path, until) for caller in visit.care.everyone)),
    )
    shown, older = looks.as_far_as_all_reach([page for page in kept if page is not None])
    return await record_page(
        visit,
        "record_looks.html",
        read,
        tab="Details",
        emergencies=looks.openings(emergencies.items, visit.setting, visit.draft(), refused={}),
        pages=_pages(visit, emergencies, kept=until),
        days=looks.by_day(shown, visit.setting),
        stretch=listing.stretch(visit.request.path, until, older=older, shown=len(shown)),
    )


async def _kept(
    visit: Visit, service: str, path: str, until: Mapping[str, str]
) -> Page[LookBody] | None:
    """One service's trail of this record; the portal itself keeps none, and a role that may not
    read courses does not read who read them."""
    if service == "portal":
        return None
    query = _MOST | ({"until": until[listing.OLDER]} if until else {})
    call = visit.care.service(service).get(f"{path}/looks", Page[LookBody], query)
    try:
        return await or_missing(call, missing=visit.missing)
    except Refused as refused:
        if refused.problem.status in {403, 404, 409}:
            return None
        raise


async def _list(visit: Visit, draft: Draft, refused: str) -> web.Response:
    waiting = visit.request.query.get("which", "waiting") != "all"
    query = {"waiting": "true" if waiting else "false"} | _from(visit)
    page = await visit.care.assessment.get("/emergency-looks", Page[EmergencyLook], query)
    refusals = {refused: draft} if refused else {}
    return visit.page(
        "emergency_looks.html",
        status=draft.status,
        shown=draft,
        waiting=waiting,
        looks=looks.openings(page.items, visit.setting, visit.draft(), refused=refusals),
        links=visit.visitor.staff.role is not Role.AUDITOR,
        judgements=looks.judgements(),
        pages=_pages(visit, page, kept={} if waiting else {"which": "all"}),
    )


def _from(visit: Visit) -> dict[str, str]:
    """Where the address wants the openings to begin; without it with the newest."""
    cursor = visit.request.query.get("cursor")
    return {"cursor": cursor} if cursor else {}


def _pages(visit: Visit, page: Page[EmergencyLook], *, kept: Mapping[str, str]) -> listing.Pages:
    """The foot of the openings. ``kept`` is what else the address asks."""
    return listing.pages(
        visit.request.path,
        dict(kept) | _from(visit),
        next_cursor=page.next,
        shown=len(page.items),
        of=None,
    )


def _form(visit: Visit, draft: Draft) -> web.Response:
    return visit.page("emergency.html", status=draft.status, draft=draft, reasons=looks.reasons())
