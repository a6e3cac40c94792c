"""For operations: how the services are, parked messages, the demo clock. No clinical data."""

from datetime import timedelta

from aiohttp import web

from services.portal.clients import SERVICES, Caller, Unreachable
from services.portal.pages.forms import attempt
from services.portal.pages.together import all_of, together
from services.portal.pages.visit import Visit
from services.portal.presenters import machinery
from services.portal.presenters.drafts import Draft, Fault
from services.portal.presenters.language import gettext as _
from shared.api.body import Page
from shared.api.identity import Role
from shared.api.operations import OperationsBody, ParkedBody, Resolve
from shared.runtime import clock
from shared.runtime.demo_clock import ClockRefused, DemoClock

_CLOCK_TOKEN = timedelta(minutes=15)


async def show_operations(visit: Visit) -> web.StreamResponse:
    """The state of every service on one screen."""
    return await _operations(visit, visit.draft(by="1d"))


async def move_clock(visit: Visit) -> web.StreamResponse:
    """Let the demo's time pass; every reminder on the way is dealt with in its turn."""
    draft = visit.sent()
    by = machinery.STRIDES.get(draft.value("by"))
    if not visit.desk.manner.demo or by is None:
        fault = Fault("by", _("Choose how far the demo clock goes. Outside a demo it never moves."))
        return await _operations(visit, draft.refused([fault]))
    addresses = visit.desk.addresses
    demo = DemoClock(
        visit.desk.session,
        {service: getattr(addresses, service) for service in SERVICES},
        await visit.desk.front_door.fresh_token(
            visit.visitor.staff, audience=SERVICES, lifetime=_CLOCK_TOKEN
        ),
    )
    try:
        await demo.advance(by, moved=lambda _state: None)
    except (ClockRefused, ExceptionGroup):
        fault = Fault("by", _("The clock stopped on the way: a service did not follow."))
        return await _operations(visit, draft.refused([fault], status=409))
    raise web.HTTPSeeOther("/?done=clock")


async def resolve(visit: Visit) -> web.StreamResponse:
    """Replay or discard one parked message, with a reason."""
    draft = visit.sent()
    service, act = draft.value("service"), draft.value("act")
    if service not in SERVICES or act not in {"replay", "discard"}:
        raise web.HTTPNotFound
    caller = visit.care.service(service)

    async def send() -> ParkedBody:
        body = Resolve.model_validate(visit.fields("reason"))
        path = f"/parked/{draft.value('parked_id')}/{act}"
        return await caller.post(path, body, ParkedBody, key=draft.part(act))

    outcome = await attempt(draft, send)
    if isinstance(outcome, Draft):
        return await _operations(visit, outcome)
    done = "proposed-parked" if outcome.proposed else "parked"
    raise web.HTTPSeeOther(f"/operations?done={done}")


async def _operations(visit: Visit, draft: Draft) -> web.StreamResponse:
    asked = await all_of(*(_asked(caller) for caller in visit.care.everyone))
    found = [state for state, _parked in asked]
    pages = [page for _state, page in asked if page is not None]
    states = [
        machinery.state(service, one, visit.setting, real_now=clock.real_now())
        for service, one in zip(SERVICES, found, strict=True)
    ]
    return visit.page(
        "operations.html",
        status=draft.status,
        draft=draft,
        states=states,
        fact_names=machinery.fact_names(),
        parked=[
            (service, machinery.parked(message, visit.setting))
            for service, (_state, page) in zip(SERVICES, asked, strict=True)
            for message in (page.items if page else ())
        ],
        more_parked=any(page.next for page in pages),
        all_answered=len(pages) == len(asked),
        reasons=machinery.REASONS,
        clock=machinery.clock([one for one in found if one], visit.setting),
        strides=machinery.STRIDE_WORDS,
        own_files=visit.desk.manner.own_files,
        moves_clock=visit.visitor.staff.role is Role.OPERATIONS,
    )


async def _asked(caller: Caller) -> tuple[OperationsBody | None, Page[ParkedBody] | None]:
    """A service's state and what waits there to be dealt with; nothing of one that is silent."""
    try:
        return await together(
            caller.get("/operations", OperationsBody),
            caller.get("/parked", Page[ParkedBody], {"limit": "50", "status": "parked"}),
        )
    except Unreachable:
        return None, None
