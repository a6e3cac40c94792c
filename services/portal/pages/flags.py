"""Safety flags: raise one, take one in hand, close one with what was found."""

from aiohttp import web

from services.portal.clients import or_missing
from services.portal.pages.forms import attempt
from services.portal.pages.records import read_record, record_page
from services.portal.pages.together import together
from services.portal.pages.visit import Visit
from services.portal.presenters import courses, on_call, places, record, words
from services.portal.presenters.drafts import Draft
from services.portal.presenters.language import gettext as _
from shared.api.assessment import (
    AcknowledgeFlag,
    CloseFlag,
    FlagBody,
    RaiseFlag,
    SafetyRules,
)
from shared.api.body import Page
from shared.api.on_call import TeamOnCall

_TAB = "Overview"


async def show_flag(visit: Visit) -> web.StreamResponse:
    """One flag: what is wrong, what to do, and what was done."""
    return await _flag(visit, visit.draft())


async def acknowledge(visit: Visit) -> web.StreamResponse:
    """The person signed in takes it in hand; the escalation stops."""
    draft = visit.sent()
    path = f"/flags/{visit.id('flag_id')}/acknowledge"

    async def send() -> FlagBody:
        return await visit.care.assessment.post(
            path, AcknowledgeFlag(), FlagBody, key=draft.part("take")
        )

    outcome = await attempt(draft, send)
    if isinstance(outcome, Draft):
        return await _flag(visit, outcome)
    raise web.HTTPSeeOther(f"{_place(visit)}?done=flag-taken")


async def close(visit: Visit) -> web.StreamResponse:
    """Close it, naming what was found and done."""
    draft = visit.sent()
    path = f"/flags/{visit.id('flag_id')}/close"

    async def send() -> FlagBody:
        body = CloseFlag.model_validate(visit.fields("outcome", "note"))
        return await visit.care.assessment.post(path, body, FlagBody, key=draft.part("close"))

    outcome = await attempt(draft, send)
    if isinstance(outcome, Draft):
        return await _flag(visit, outcome)
    raise web.HTTPSeeOther(f"{_place(visit)}?done=flag-closed")


async def show_raising(visit: Visit) -> web.StreamResponse:
    """The form to raise a flag by hand."""
    return await _raising(visit, visit.draft())


async def raise_flag(visit: Visit) -> web.StreamResponse:
    """Raise a flag for what somebody saw or heard."""
    draft = visit.sent()
    patient_id = visit.id("patient_id")

    async def send() -> FlagBody:
        body = RaiseFlag.model_validate(visit.fields("trigger", "note"))
        path = f"/patients/{patient_id}/flags"
        return await visit.care.assessment.post(path, body, FlagBody, key=draft.key)

    outcome = await attempt(draft, send)
    if isinstance(outcome, Draft):
        return await _raising(visit, outcome)
    place = places.patient(patient_id, "flags", outcome.flag_id)
    raise web.HTTPSeeOther(f"{place}?done=flag-raised")


async def _flag(visit: Visit, draft: Draft) -> web.StreamResponse:
    patient_id, flag_id = visit.id("patient_id"), visit.id("flag_id")
    care = visit.care.assessment
    query = {"patient_id": str(patient_id), "status": "closed", "flag_id": str(flag_id)}
    read, rules, closed, calls = await together(
        read_record(visit, patient_id),
        care.get("/safety-rules", SafetyRules),
        care.get("/flags", Page[FlagBody], query),
        or_missing(visit.care.engagement.get("/on-call", Page[TeamOnCall]), missing=visit.missing),
    )
    flag = next((one for one in (*read.flags, *closed.items) if one.flag_id == flag_id), None)
    if flag is None:
        raise web.HTTPNotFound
    outcomes = [(choice.code, choice.label) for choice in rules.outcomes]
    return await record_page(
        visit,
        "flag.html",
        record.without_flag(read, flag_id),
        tab=_TAB,
        status=draft.status,
        draft=draft,
        flag=flag,
        mine=flag.acknowledged_by == visit.visitor.staff.staff_id,
        banner=record.flag_banner(flag, visit.setting),
        outcomes=outcomes,
        facts=(
            (_("Raised"), courses.moment(flag.raised_at, visit.setting)),
            (_("In hand"), words.who(flag.acknowledged_by, visit.setting.staff)),
            (_("Since"), courses.moment(flag.acknowledged_at, visit.setting) or _("not yet")),
            *on_call.fact(calls.items if calls else (), read.patient.team, visit.setting),
            *_ending(flag, dict(outcomes), visit),
        ),
    )


def _ending(flag: FlagBody, outcomes: dict[str, str], visit: Visit) -> tuple[tuple[str, str], ...]:
    if flag.closed_at is None:
        return ()
    return (
        (_("Closed"), courses.moment(flag.closed_at, visit.setting)),
        (_("By"), words.who(flag.closed_by, visit.setting.staff)),
        (_("Found and done"), outcomes.get(flag.outcome or "", "")),
        (_("Note"), flag.note or _("none")),
    )


async def _raising(visit: Visit, draft: Draft) -> web.StreamResponse:
    read, rules = await together(
        read_record(visit, visit.id("patient_id")),
        visit.care.assessment.get("/safety-rules", SafetyRules),
    )
    return await record_page(
        visit,
        "raise_flag.html",
        read,
        tab=_TAB,
        status=draft.status,
        draft=draft,
        triggers=[(trigger.code, trigger.title) for trigger in rules.triggers],
    )


def _place(visit: Visit) -> str:
    return places.patient(visit.id("patient_id"), "flags", visit.id("flag_id"))
