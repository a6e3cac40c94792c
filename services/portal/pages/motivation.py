"""Motivation of one person: the ruler, and the talk when it falls."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from aiohttp import web

from services.portal.pages.support_records import change, read_support, support_page
from services.portal.pages.visit import Visit
from services.portal.presenters import contact_form, motivation, questionnaires, support
from services.portal.presenters.chores import instant
from services.portal.presenters.drafts import Draft
from shared.api.support import Dismissal, NewTalk, SupportBody

Send = Callable[[], Awaitable[SupportBody]]
_SAID = ("why_not_lower", "what_would_raise", "smaller_step", "mode", "minutes")


async def show_motivation(visit: Visit) -> web.StreamResponse:
    """The ruler over time and what it asks for."""
    return await _page(visit, None, None)


async def talk(visit: Visit) -> web.StreamResponse:
    """Keep what was said, and the contact it was said in."""
    draft = visit.sent()
    reading_id = visit.id("reading_id")
    at = instant(draft.value("on"), draft.value("at"), visit.setting)
    if at is None:
        return await _page(visit, draft.refused([contact_form.unreadable()]), reading_id)

    async def send() -> SupportBody:
        body = NewTalk.model_validate(visit.fields(*_SAID) | {"at": at})
        return await visit.care.engagement.post(
            f"/motivation/{reading_id}/talk",
            body,
            SupportBody,
            key=draft.key,
            version=visit.version(),
        )

    return await _change(visit, draft, send, reading_id, "talk")


async def dismiss(visit: Visit) -> web.StreamResponse:
    """No talk is needed, and why."""
    draft = visit.sent()
    reading_id = visit.id("reading_id")

    async def send() -> SupportBody:
        return await visit.care.engagement.post(
            f"/motivation/{reading_id}/dismiss",
            Dismissal.model_validate(visit.fields("reason")),
            SupportBody,
            key=draft.key,
            version=visit.version(),
        )

    return await _change(visit, draft, send, reading_id, "outcome")


async def _change(
    visit: Visit, draft: Draft, send: Send, reading_id: UUID, notice: str
) -> web.StreamResponse:
    return await change(
        draft,
        send,
        back=lambda refused: _page(visit, refused, reading_id),
        to=support.place(visit.id("patient_id"), "motivation"),
        notice=notice,
    )


async def _page(visit: Visit, sent: Draft | None, about: UUID | None) -> web.StreamResponse:
    read = await read_support(visit)
    local = visit.setting.now.astimezone(visit.setting.zone)
    usual = {
        "on": local.date().isoformat(),
        "at": f"{local:%H:%M}",
        "mode": read.form.modes[0].code,
    }
    blank = visit.draft(**usual)
    return await support_page(
        visit,
        "motivation.html",
        read,
        draft=sent or blank,
        blank=blank,
        about=about,
        drops=motivation.drops(read.body, visit.setting),
        chart=motivation.chart(read.body, read.form),
        modes=[(one.code, one.label) for one in read.form.modes if not one.written],
        ruler_href=questionnaires.taken_href(read.body.patient_id, read.form.ruler),
    )
