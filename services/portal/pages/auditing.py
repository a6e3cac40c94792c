"""For auditors: whether each service's trail is unbroken, the trail itself, and a copy to keep."""

from collections.abc import AsyncIterator
from datetime import date, datetime, time, timedelta

from aiohttp import web

from services.portal.clients import SERVICES, Refused, Unreachable
from services.portal.pages.together import all_of
from services.portal.pages.visit import Visit
from services.portal.presenters import machinery, trail
from services.portal.presenters.drafts import Draft, Fault
from services.portal.presenters.language import gettext as _
from shared.api.body import Page
from shared.api.operations import AuditEntryBody, AuditVerdict

_PAGE = "50"
_EXPORT_PAGE = "200"
MOST_EXPORTED = 50_000
_FILTERS = ("actor", "action", "subject")


async def show_audit(visit: Visit) -> web.StreamResponse:
    """The newest entries of one service; or, when asked, every chain checked from its first
    entry, which takes the longer the more there is."""
    service, draft = _service(visit), _asked(visit)
    page: Page[AuditEntryBody] | None = None
    checked: tuple[str, ...] = ()
    verdicts: tuple[AuditVerdict | None, ...] = ()
    if "check" in visit.request.query:
        checked = SERVICES
        verdicts = await all_of(*(_verdict(visit, one) for one in checked))
    else:
        draft, page = await _trail(visit, service, draft)
    kept = trail.query(draft, service)
    return visit.page(
        "audit.html",
        status=draft.status,
        draft=draft,
        verdicts=[machinery.verdict(*one) for one in zip(checked, verdicts, strict=True)],
        service=service,
        check_href=f"/?{kept}&check=yes",
        trail_href=f"/?{kept}",
        services=SERVICES,
        people=trail.people(visit.setting),
        entries=[machinery.entry(one, visit.setting) for one in page.items] if page else [],
        export_href=f"/audit.csv?{kept}",
        next_href=f"/?{kept}&cursor={page.next}" if page and page.next else "",
    )


async def export(visit: Visit) -> web.StreamResponse:
    """The entries a filter finds, as a table that spreadsheets read."""
    service, draft = _service(visit), _asked(visit)
    try:
        wanted = _wanted(visit, draft)
        first = await _page(visit, service, wanted | {"limit": _EXPORT_PAGE})
    except (ValueError, Refused):
        raise web.HTTPBadRequest from None
    await visit.desk.office.note_export(service, by=f"staff:{visit.visitor.staff.staff_id}")
    response = web.StreamResponse(
        headers={
            "Content-Type": "text/csv; charset=utf-8",
            "Content-Disposition": f'attachment; filename="audit-{service}.csv"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        }
    )
    await response.prepare(visit.request)
    await response.write(trail.csv_head())
    async for entries in _pages(visit, service, wanted, first):
        await response.write(trail.csv_lines(entries))
    await response.write_eof()
    return response


async def _pages(
    visit: Visit, service: str, wanted: dict[str, str], page: Page[AuditEntryBody]
) -> AsyncIterator[tuple[AuditEntryBody, ...]]:
    found = 0
    while True:
        yield page.items
        found += len(page.items)
        if page.next is None or found >= MOST_EXPORTED:
            return
        more = wanted | {"limit": _EXPORT_PAGE, "cursor": page.next}
        page = await _page(visit, service, more)


def _service(visit: Visit) -> str:
    service = visit.request.query.get("service", "assessment")
    if service not in SERVICES:
        raise web.HTTPNotFound
    return service


def _asked(visit: Visit) -> Draft:
    """The filter as it stands in the address: codes and ids, never a name."""
    asked = {name: visit.request.query.get(name, "") for name in (*_FILTERS, "since", "until")}
    return visit.draft(**{name: value for name, value in asked.items() if value})


def _wanted(visit: Visit, draft: Draft) -> dict[str, str]:
    """The filter as a service takes it; days are the clinic's.

    Raises:
        ValueError: a day is none.
    """
    wanted = {name: draft.value(name).strip() for name in _FILTERS if draft.value(name).strip()}
    for name, days in (("since", 0), ("until", 1)):
        if given := draft.value(name):
            day = date.fromisoformat(given) + timedelta(days=days)
            wanted[name] = datetime.combine(day, time.min, visit.setting.zone).isoformat()
    return wanted


async def _verdict(visit: Visit, service: str) -> AuditVerdict | None:
    try:
        return await visit.care.service(service).get_slowly("/audit/verify", AuditVerdict)
    except Unreachable:
        return None


async def _trail(
    visit: Visit, service: str, draft: Draft
) -> tuple[Draft, Page[AuditEntryBody] | None]:
    try:
        query = _wanted(visit, draft) | {"limit": _PAGE}
        if cursor := visit.request.query.get("cursor"):
            query["cursor"] = cursor
        return draft, await _page(visit, service, query)
    except Unreachable:
        return draft, None
    except ValueError:
        fault = Fault("since", _("Write a date as year-month-day, such as 2027-05-04."))
        return draft.refused([fault]), None
    except Refused as refused:
        if refused.problem.status != 422:
            raise
        fault = Fault("subject", _("This is no number of a record."))
        return draft.refused([fault]), None


async def _page(visit: Visit, service: str, query: dict[str, str]) -> Page[AuditEntryBody]:
    return await visit.care.service(service).get("/audit", Page[AuditEntryBody], query)
