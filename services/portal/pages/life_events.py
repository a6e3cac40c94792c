"""Life events of one person."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from services.portal.pages.support_records import change, read_support, support_page
from services.portal.pages.visit import Visit
from services.portal.presenters import life_events, support
from services.portal.presenters.drafts import Draft
from shared.api.support import NewLifeEvent, Nothing, SupportBody

Send = Callable[[], Awaitable[SupportBody]]


async def show_life_events(visit: Visit) -> web.StreamResponse:
    """What happened, and what follows from it."""
    return await _events(visit, visit.draft(happened_on=visit.setting.today.isoformat()))


async def record_life_event(visit: Visit) -> web.StreamResponse:
    """Keep one; it may lie ahead."""
    draft = visit.sent()

    async def send() -> SupportBody:
        body = NewLifeEvent.model_validate(visit.fields("kind", "happened_on", "note"))
        path = f"/patients/{visit.id('patient_id')}/life-events"
        return await visit.care.engagement.post(path, body, SupportBody, key=draft.key)

    return await _change(visit, draft, send, notice="life-event")


async def withdraw_life_event(visit: Visit) -> web.StreamResponse:
    """It was recorded by mistake."""
    draft = visit.sent()

    async def send() -> SupportBody:
        path = f"/life-events/{visit.id('life_event_id')}/withdraw"
        return await visit.care.engagement.post(
            path, Nothing(), SupportBody, key=draft.key, version=visit.version()
        )

    return await _change(visit, draft, send, notice="life-event-withdrawn")


async def _change(visit: Visit, draft: Draft, send: Send, *, notice: str) -> web.StreamResponse:
    return await change(
        draft,
        send,
        back=lambda refused: _events(visit, refused),
        to=support.place(visit.id("patient_id"), "life-events"),
        notice=notice,
    )


async def _events(visit: Visit, draft: Draft) -> web.StreamResponse:
    read = await read_support(visit)
    listed = life_events.listed(read.body, visit.request.query)
    return await support_page(
        visit,
        "life_events.html",
        read,
        draft=draft,
        listed=listed,
        events=life_events.lines(listed.rows, read.body, visit.setting),
        kinds=[(one.code, one.label) for one in read.form.life_events],
    )
