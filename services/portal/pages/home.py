"""The first page, by role: today's list for whoever cares for people, health for operations."""

from collections.abc import Awaitable
from typing import Any, TypeVar

from aiohttp import web

from services.portal.clients import Refused, or_missing
from services.portal.pages import auditing, operating
from services.portal.pages.together import together
from services.portal.pages.visit import Visit
from services.portal.presenters import today, waiting
from services.portal.presenters.today import Group, Sources
from services.portal.presenters.waiting import Waiting
from shared.api.assessment import FlagBody, PatientSummary, WaitingProposal
from shared.api.body import Body, Page
from shared.api.engagement import Worklist
from shared.api.identity import Role
from shared.api.treatment import DueItem
from shared.runtime import clock

T = TypeVar("T")
P = TypeVar("P", bound=Body)
_NOT_FOR_THIS_ROLE = 403
_LONGEST_PAGE = "100"
_SEES_ALL = frozenset({Role.LEAD})


async def show_home(visit: Visit) -> web.StreamResponse:
    """What this person comes for in the morning."""
    role = visit.visitor.staff.role
    if role is Role.OPERATIONS:
        return await operating.show_operations(visit)
    if role is Role.AUDITOR:
        return await auditing.show_audit(visit)
    return await _list_page(visit, "home.html")


async def show_list(visit: Visit) -> web.StreamResponse:
    """The list alone, for a page that refreshes itself."""
    return await _list_page(visit, "today_list.html")


async def _list_page(visit: Visit, template: str) -> web.StreamResponse:
    sources, engine_late = await _sources(visit)
    everything = today.grouped(sources, visit.setting)
    role = visit.visitor.staff.role
    whole = role in _SEES_ALL or visit.request.query.get("view") == "team"
    groups = everything if whole else today.for_role(everything, role)
    return visit.page(
        template,
        groups=groups,
        waiting=await _waiting(visit) if role is Role.PRESCRIBER else (),
        others=_count(everything) - _count(groups),
        whole=whole,
        can_narrow=role not in _SEES_ALL,
        engine_late=engine_late,
        today=today.heading(visit.setting),
    )


async def _sources(visit: Visit) -> tuple[Sources, bool]:
    """The three views of what is owed, asked for side by side."""
    care, limit = visit.care, {"limit": _LONGEST_PAGE}
    due, worklist, flags = await together(
        _view(visit, care.treatment.get("/due-steps", Page[DueItem])),
        _view(visit, care.engagement.get("/worklist", Worklist, {"scope": "team"} | limit)),
        _view(visit, care.assessment.get("/flags", Page[FlagBody], limit)),
    )
    sources = Sources(due=_items(due), reminders=_items(worklist), flags=_items(flags))
    if today.needs_names(sources):
        sources = Sources(sources.due, sources.reminders, sources.flags, await _people(visit))
    seen_at = worklist.engine_seen_at if isinstance(worklist, Worklist) else clock.real_now()
    return sources, today.engine_is_late(seen_at, now=clock.real_now())


async def _waiting(visit: Visit) -> tuple[Waiting, ...]:
    """Pathway proposals only a prescriber can decide."""
    call = visit.care.assessment.get("/pathway-proposals", Page[WaitingProposal])
    found = await or_missing(call, missing=visit.missing)
    return waiting.rows(found.items, visit.setting) if found else ()


async def _view(visit: Visit, call: Awaitable[P]) -> P | Page[Any] | None:
    """One service's view: None is silence, and a view this role does not have is empty."""
    try:
        return await or_missing(call, missing=visit.missing)
    except Refused as refused:
        if refused.problem.status != _NOT_FOR_THIS_ROLE:
            raise
        return Page[Any](items=())


async def _people(visit: Visit) -> tuple[PatientSummary, ...]:
    people = await or_missing(
        visit.care.assessment.get("/patients", Page[PatientSummary], {"limit": "200"}),
        missing=visit.missing,
    )
    return people.items if people else ()


def _items(page: Page[T] | None) -> tuple[T, ...] | None:
    return None if page is None else page.items


def _count(groups: tuple[Group, ...]) -> int:
    return sum(len(group.rows) for group in groups)
