"""The relapse-prevention plan, written with the person."""

from aiohttp import web

from services.portal.pages.forms import attempt, is_stale
from services.portal.pages.records import read_record, record_page
from services.portal.pages.together import together
from services.portal.pages.visit import Visit
from services.portal.presenters import places
from services.portal.presenters.drafts import Draft
from shared.api.support import RelapsePlanWords, SupportBody

_WORDS = ("warning_signs", "what_helps", "whom_to_call", "events_ahead")


async def show_relapse_plan(visit: Visit) -> web.StreamResponse:
    """The plan as it is, to be written or written anew."""
    return await _plan(visit, None)


async def write_relapse_plan(visit: Visit) -> web.StreamResponse:
    """Keep what was written together."""
    draft, patient_id = visit.sent(), visit.id("patient_id")
    data = {name: visit.one(name) for name in _WORDS} | {"agreed": visit.one("agreed") == "true"}

    async def send() -> SupportBody:
        body = RelapsePlanWords.model_validate(data)
        path = f"/patients/{patient_id}/relapse-plan"
        return await visit.care.engagement.put(path, body, SupportBody, version=visit.version())

    outcome = await attempt(draft, send)
    if isinstance(outcome, Draft):
        return await _plan(visit, outcome)
    raise web.HTTPSeeOther(f"{places.patient(patient_id, 'reminders')}?done=details")


async def _plan(visit: Visit, sent: Draft | None) -> web.StreamResponse:
    patient_id = visit.id("patient_id")
    read, support = await together(
        read_record(visit, patient_id),
        visit.care.engagement.get(f"/patients/{patient_id}/support", SupportBody),
    )
    plan = support.relapse_plan
    lines = tuple(getattr(plan, name) for name in _WORDS) if plan else ()
    typed = {name: getattr(plan, name) for name in _WORDS} if plan else {}
    draft = sent or visit.draft(**typed, agreed="true" if plan and plan.agreed else "")
    if is_stale(draft):
        draft = draft.overtaken(lines)
    return await record_page(
        visit,
        "relapse_plan.html",
        read,
        tab="Reminders",
        status=draft.status,
        draft=draft,
        seen=lines,
        version=plan.version if plan else 0,
    )
