"""One person's support at a glance."""

from aiohttp import web

from services.portal.pages.support_records import read_support, support_page
from services.portal.pages.visit import Visit
from services.portal.presenters import contact_log, doses, life_events, motivation, support


async def show_support(visit: Visit) -> web.StreamResponse:
    """Programmes, what is pressing, and support beside dose and scores."""
    read = await read_support(visit)
    body, setting = read.body, visit.setting
    return await support_page(
        visit,
        "support.html",
        read,
        draft=visit.draft(),
        cards=support.cards(body, setting),
        proposals=support.proposals(body),
        ladder=contact_log.ladder(body, read.form, setting),
        events=[one for one in life_events.lines(body.life_events, body, setting) if one.is_open],
        drops=[one for one in motivation.drops(body, setting) if one.is_open],
        latest=contact_log.entries(body.contacts[:5], body, read.form, setting),
        chart=doses.beside(body, setting.today),
        undrawn=doses.undrawn(body, read.form),
        kinds=support.startable(body, read.form),
        carers=support.carers(body, setting),
        plan=body.relapse_plan,
        actions=body.actions,
    )
