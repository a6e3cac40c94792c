"""The reader's own list on paper: today's, another day's, and a morning's as it was."""

from aiohttp import web

from services.portal.clients import Refused
from services.portal.pages.visit import Visit
from services.portal.presenters import rounds
from shared.api.notices import RoundList

_NOT_FOUND = 404


async def show_round(visit: Visit) -> web.StreamResponse:
    """Everything on the list until the end of a day; ``kept`` is the list of that morning."""
    query = visit.request.query
    on, kept = rounds.day_of(query.get("on", "")), rounds.day_of(query.get("kept", ""))
    told = None
    if kept is not None:
        told = await _kept(visit, kept.isoformat())
    if told is None:
        asked = {"on": on.isoformat()} if on else {}
        told = await visit.care.engagement.get("/round-list", RoundList, asked)
        is_kept = False
    else:
        is_kept = True
    return visit.page(
        "round.html",
        round=rounds.page(told, visit.setting),
        is_kept=is_kept,
        none_kept=kept is not None and not is_kept,
        kept_href=f"/round?kept={told.day.isoformat()}",
        reader=visit.visitor.staff.display_name,
    )


async def _kept(visit: Visit, day: str) -> RoundList | None:
    """The list as it was that morning; None when none was kept."""
    try:
        return await visit.care.engagement.get(f"/digests/{day}", RoundList)
    except Refused as refused:
        if refused.problem.status != _NOT_FOUND:
            raise
        return None
