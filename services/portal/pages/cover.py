"""Being away: a colleague is asked, and says yes or no, person by person."""

from uuid import UUID

from aiohttp import web

from services.portal.pages.forms import attempt
from services.portal.pages.visit import Visit
from services.portal.presenters import cover, listing, overview
from services.portal.presenters.drafts import Draft, Fault
from services.portal.presenters.language import gettext as _
from shared.api.absences import AbsenceBody, CoverAnswers, NewAbsence, NoBody
from shared.api.body import Page
from shared.api.identity import Role

_FIELDS = ("staff_id", "cover_id", "starts_on", "ends_on", "note")


async def show_cover(visit: Visit) -> web.StreamResponse:
    """Absences that concern the reader, and the form for their own."""
    today = visit.setting.today.isoformat()
    return await _page(visit, visit.draft(starts_on=today, ends_on=today))


async def ask_a_colleague(visit: Visit) -> web.StreamResponse:
    """Ask a colleague to look after everybody on a list for some days."""
    draft = visit.sent()

    async def send() -> AbsenceBody:
        body = NewAbsence.model_validate(visit.fields(*_FIELDS))
        return await visit.care.engagement.post(
            "/absences", body, AbsenceBody, key=draft.part("ask")
        )

    return await _after(visit, await attempt(draft, send), done="cover-asked")


async def answer(visit: Visit) -> web.StreamResponse:
    """Yes to everybody, or an answer for each person. Whom nothing is said about stays asked."""
    draft, absence_id = visit.sent(), visit.id("absence_id")
    said = await _said(visit, draft, absence_id)
    if not any(said.values()):
        fault = Fault("", _("Say yes or no to at least one person."))
        return await _page(visit, draft.refused([fault]))

    async def send() -> AbsenceBody:
        body = CoverAnswers(accepted=said["accepted"], declined=said["declined"])
        return await visit.care.engagement.post(
            f"/absences/{absence_id}/answers", body, AbsenceBody, key=draft.part("answers")
        )

    return await _after(visit, await attempt(draft, send), done="cover-answered")


async def withdraw(visit: Visit) -> web.StreamResponse:
    """Not away, or back earlier."""
    draft = visit.sent()

    async def send() -> AbsenceBody:
        path = f"/absences/{visit.id('absence_id')}/withdraw"
        return await visit.care.engagement.post(
            path, NoBody(), AbsenceBody, key=draft.part("withdraw")
        )

    return await _after(visit, await attempt(draft, send), done="cover-withdrawn")


async def _said(visit: Visit, draft: Draft, absence_id: UUID) -> dict[str, tuple[UUID, ...]]:
    """What was ticked, about the people who were really asked about."""
    found = await visit.care.engagement.get("/absences", Page[AbsenceBody])
    people = [
        person.patient_id
        for one in found.items
        if one.absence_id == absence_id
        for person in one.people
    ]
    if draft.value("all"):
        return {"accepted": tuple(people), "declined": ()}
    return {
        word: tuple(one for one in people if draft.value(cover.field_of(one)) == word)
        for word in ("accepted", "declined")
    }


async def _after(visit: Visit, outcome: AbsenceBody | Draft, *, done: str) -> web.StreamResponse:
    if isinstance(outcome, Draft):
        return await _page(visit, outcome)
    raise web.HTTPSeeOther(listing.address("/cover", visit.request.query, done=done))


async def _page(visit: Visit, draft: Draft) -> web.StreamResponse:
    found = await visit.care.engagement.get("/absences", Page[AbsenceBody])
    is_lead = visit.visitor.staff.role is Role.LEAD
    team = _team(visit)
    listed = cover.listed(found.items, visit.request.query)
    return visit.page(
        "cover.html",
        status=draft.status,
        draft=draft,
        listed=listed,
        absences=cover.absences(listed.rows, visit.setting),
        away=team if is_lead else (),
        colleagues=team if is_lead else _peers(visit),
    )


def _team(visit: Visit) -> list[tuple[str, str]]:
    """Whom a lead may speak for, and whom they may ask."""
    return [
        (str(one.staff_id), overview.colleague(one.display_name, one.role))
        for one in visit.people.values()
        if one.active and set(one.teams) & set(visit.visitor.staff.teams)
    ]


def _peers(visit: Visit) -> list[tuple[str, str]]:
    """Who may be asked: an active colleague of the same role and team."""
    me = visit.visitor.staff
    return [
        (str(one.staff_id), one.display_name)
        for one in visit.people.values()
        if one.active
        and one.role is me.role
        and set(one.teams) & set(me.teams)
        and one.staff_id != me.staff_id
    ]
