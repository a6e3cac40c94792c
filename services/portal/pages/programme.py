"""One programme: its dose of support, its ladder, and what can be decided about it."""

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from services.portal.pages.forms import attempt, is_stale, overtaken_meanwhile
from services.portal.pages.support_records import (
    Support,
    engagement_signature,
    facilitators,
    read_support,
    support_page,
)
from services.portal.pages.visit import Visit
from services.portal.presenters import contact_log, doses, programme, programme_form, support
from services.portal.presenters.drafts import Draft
from shared.api.body import Body
from shared.api.support import (
    ClosingDecision,
    Facilitator,
    NewClosing,
    NewReview,
    ProgrammeBody,
    ProgrammeChanges,
    SupportBody,
)

Made = Callable[[Visit, ProgrammeBody], Awaitable[Body]]


async def show_programme(visit: Visit) -> web.StreamResponse:
    """How it goes, and what may be done now."""
    return await _programme(visit, await read_support(visit), None)


async def act(visit: Visit) -> web.StreamResponse:
    """Name a facilitator, change, review, close, or decide about a closing."""
    what = visit.request.match_info["act"]
    if what not in _ACTS:
        raise web.HTTPNotFound
    draft = visit.sent()
    read = await read_support(visit)
    one = _one(visit, read)

    async def send() -> SupportBody:
        body = await _ACTS[what](visit, one)
        return await visit.care.engagement.post(
            f"/programmes/{one.programme_id}/{what}",
            body,
            SupportBody,
            key=draft.part(what),
            version=visit.version(),
        )

    outcome = await attempt(draft, send)
    if isinstance(outcome, Draft):
        moved = overtaken_meanwhile(outcome, visit, read=one.version)
        return await _programme(visit, await read_support(visit) if moved else read, outcome)
    patient_id = visit.id("patient_id")
    there = support.place(patient_id, "programmes", one.programme_id)
    raise web.HTTPSeeOther(f"{there}?done={_NOTICES[what]}")


async def _facilitator(visit: Visit, _: ProgrammeBody) -> Body:
    return Facilitator.model_validate(visit.fields("facilitator_id", "deputy_id"))


async def _changes(visit: Visit, one: ProgrammeBody) -> Body:
    return ProgrammeChanges.model_validate(programme_form.changed(visit.sent(), one))


async def _review(visit: Visit, _: ProgrammeBody) -> Body:
    return NewReview.model_validate(visit.fields("serves_goal", "mode_still_right", "note"))


async def _closing(visit: Visit, one: ProgrammeBody) -> Body:
    data: dict[str, Any] = visit.fields("reason", "note")
    signing = dict(one.closing_signing).get(visit.one("reason"))
    if signing is not None and "reason" in data:
        data["signature"] = await engagement_signature(visit, signing.hash, signing.meaning)
    return NewClosing.model_validate(data)


async def _decision(visit: Visit, one: ProgrammeBody) -> Body:
    data: dict[str, Any] = visit.fields("confirmed")
    signing = one.confirm_signing
    if signing is not None and data.get("confirmed") == "true":
        data["signature"] = await engagement_signature(visit, signing.hash, signing.meaning)
    return ClosingDecision.model_validate(data)


_ACTS: dict[str, Made] = {
    "facilitator": _facilitator,
    "changes": _changes,
    "reviews": _review,
    "closing": _closing,
    "closing-decision": _decision,
}
_NOTICES = {
    "facilitator": "facilitator",
    "changes": "programme",
    "reviews": "review",
    "closing": "closing",
    "closing-decision": "decision",
}


def _one(visit: Visit, read: Support) -> ProgrammeBody:
    wanted = visit.id("programme_id")
    found = next((one for one in read.body.programmes if one.programme_id == wanted), None)
    if found is None:
        raise web.HTTPNotFound
    return found


async def _programme(visit: Visit, read: Support, sent: Draft | None) -> web.StreamResponse:
    one = _one(visit, read)
    setting = visit.setting
    lines = programme.lines(one, setting)
    draft = sent or visit.draft(**programme_form.typed(one))
    if is_stale(draft):
        draft = draft.overtaken(lines)
    own = programme.only(read.body, one)
    place = support.place(own.patient_id, "programmes", one.programme_id)
    listed = contact_log.listed(own, read.form, visit.request.query, path=place)
    return await support_page(
        visit,
        "programme.html",
        read,
        draft=draft,
        blank=visit.draft(**programme_form.typed(one)),
        one=one,
        seen=lines,
        card=support.card(one, read.body.patient_id, setting),
        about=programme.about(one, setting),
        rungs=programme.rungs(one),
        ladder_missing=programme.ladder_missing(one, read.form),
        brief=programme_form.brief_said(read.form, one.kind),
        delivered=programme.delivered(one, read.form),
        looks=programme.looks(one, setting),
        overrides=programme.overrides(one, setting),
        closing=programme.closing(one, setting),
        reasons=[(reason.code, reason.label) for reason in read.form.closing_reasons],
        plan=read.body.relapse_plan,
        guard=programme.closing_guard(one, read.form),
        chart=doses.of_programme(one.doses, one.label, setting.today, support.modes(read.form)),
        listed=listed,
        log=contact_log.entries(listed.rows, own, read.form, setting),
        beats=range(1, programme_form.BEATS + 1),
        facilitators=facilitators(visit, read.form),
        courses=programme_form.courses(read.record.courses),
    )
