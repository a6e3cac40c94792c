"""For auditors: whether each service's trail is unbroken, and the trail itself."""

from aiohttp import web

from services.portal.clients import SERVICES, Unreachable
from services.portal.pages.together import all_of
from services.portal.pages.visit import Visit
from services.portal.presenters import machinery
from shared.api.body import Page
from shared.api.operations import AuditEntryBody, AuditVerdict

_PAGE = "50"


async def show_audit(visit: Visit) -> web.StreamResponse:
    """Every chain checked from its first entry, and the newest entries of one service."""
    service = visit.request.query.get("service", "assessment")
    if service not in SERVICES:
        raise web.HTTPNotFound
    verdicts = await all_of(*(_verdict(visit, one) for one in SERVICES))
    page = await _trail(visit, service)
    return visit.page(
        "audit.html",
        verdicts=[machinery.verdict(*one) for one in zip(SERVICES, verdicts, strict=True)],
        service=service,
        services=SERVICES,
        entries=[machinery.entry(one, visit.setting) for one in page.items] if page else [],
        next_href=f"/?service={service}&cursor={page.next}" if page and page.next else "",
    )


async def _verdict(visit: Visit, service: str) -> AuditVerdict | None:
    try:
        return await visit.care.service(service).get("/audit/verify", AuditVerdict)
    except Unreachable:
        return None


async def _trail(visit: Visit, service: str) -> Page[AuditEntryBody] | None:
    query = {"limit": _PAGE}
    if cursor := visit.request.query.get("cursor"):
        query["cursor"] = cursor
    try:
        return await visit.care.service(service).get("/audit", Page[AuditEntryBody], query)
    except Unreachable:
        return None
