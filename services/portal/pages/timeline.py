"""One person's timeline: three services asked side by side, a silent one named."""

from datetime import date, datetime, time, timedelta

from aiohttp import web

from services.portal.clients import Refused, Unreachable
from services.portal.pages.records import read_record, record_page
from services.portal.pages.together import together
from services.portal.pages.visit import Visit
from services.portal.presenters import listing, places, timelines, words
from shared.api.body import Page
from shared.api.timeline import TimelineEntry

_NOT_TOLD = frozenset({403, 404, 409})
"""A part this role does not see, or of a service that has not heard of the person yet."""


async def show_timeline(visit: Visit) -> web.StreamResponse:
    """What happened, on one axis and as a list; as it was known then, where a day is given."""
    patient_id = visit.id("patient_id")
    query = {name: value for name, value in visit.request.query.items() if value}
    day = _day(query.get("as_of", ""))
    if day is None:
        query.pop("as_of", None)
    read, told = await together(read_record(visit, patient_id), parts_of(visit, as_of=day))
    page = timelines.of(timelines.told(told, read.courses or ()), patient_id, query, visit.setting)
    return await record_page(
        visit,
        "timeline.html",
        read,
        tab="Timeline",
        timeline=page,
        draft=visit.draft(as_of=query.get("as_of", "")),
        as_of=words.day(day) if day else "",
        now_href=listing.address(places.patient(patient_id, "timeline"), query, as_of=None),
        kept=[(name, query[name]) for name in ("zoom", "show") if name in query],
    )


async def parts_of(
    visit: Visit, *, as_of: date | None = None
) -> tuple[tuple[TimelineEntry, ...], ...]:
    """Each service's part of the timeline."""
    care = visit.care
    return await together(
        _part(visit, care.assessment.service, as_of),
        _part(visit, care.treatment.service, as_of),
        _part(visit, care.engagement.service, as_of),
    )


async def _part(visit: Visit, service: str, as_of: date | None) -> tuple[TimelineEntry, ...]:
    query = {}
    if as_of is not None:
        end = datetime.combine(as_of + timedelta(days=1), time.min, tzinfo=visit.setting.zone)
        query["as_of"] = end.isoformat()
    path = f"/patients/{visit.id('patient_id')}/timeline"
    try:
        page = await visit.care.service(service).get(path, Page[TimelineEntry], query)
    except Unreachable:
        visit.missing.append(service)
    except Refused as refused:
        if refused.problem.status not in _NOT_TOLD:
            raise
    else:
        return page.items
    return ()


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if date(2000, 1, 1) <= found < date(8999, 1, 1) else None
