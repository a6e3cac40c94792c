"""The first page, by role: today's list for whoever cares for people, health for operations."""

from collections.abc import Awaitable
from typing import Any, TypeVar

from aiohttp import web

from services.portal.clients import Refused, or_missing
from services.portal.pages import auditing, operating
from services.portal.pages.together import together
from services.portal.pages.visit import Visit
from services.portal.presenters import caseload, listing, narrowing, on_call, strips, today, waiting
from services.portal.presenters.drafts import Draft, Fault
from services.portal.presenters.language import gettext as _
from services.portal.presenters.narrowing import Narrowing
from services.portal.presenters.strips import Around
from services.portal.presenters.today import Group, Sources
from shared.api.absences import AbsenceBody
from shared.api.assessment import FlagBody, PatientCounts, WaitingProposal
from shared.api.body import Body, Page
from shared.api.engagement import ReminderBody, ReminderKey, Scope, Worklist, WorklistSearch
from shared.api.identity import Role
from shared.api.on_call import TeamOnCall
from shared.api.support import Caseload
from shared.api.treatment import DueItem
from shared.runtime import clock

T = TypeVar("T")
P = TypeVar("P", bound=Body)
_NOT_FOR_THIS_ROLE = 403
_LONGEST_PAGE, _TEAM = 50, "team"
_MOST_DUE = 200
"""What a service hands out at most. A plan knows of what is due when nobody else does, so as much
of it is read as there is; if there is more, the page says so."""
_PROGRAMMES = "5"
"""How many of a facilitator's programmes stand above their list; the caseload has them all."""
_SHORTEST_NAME, _LONGEST_NAME = 2, 100


async def show_home(visit: Visit) -> web.StreamResponse:
    """What this person comes for in the morning."""
    role = visit.visitor.staff.role
    if role is Role.OPERATIONS:
        return await operating.show_operations(visit)
    if role is Role.AUDITOR:
        return await auditing.show_audit(visit)
    wanted = _wanted(visit)
    return await _list_page(visit, "home.html", wanted, _draft(visit, wanted))


async def show_list(visit: Visit) -> web.StreamResponse:
    """The list alone, for a page that refreshes itself."""
    wanted = _wanted(visit)
    return await _list_page(visit, "today_list.html", wanted, _draft(visit, wanted))


async def find_on_list(visit: Visit) -> web.StreamResponse:
    """The rows of people by name. The name travels in the body, never in the address."""
    draft = visit.sent()
    name = " ".join(draft.value("name").split())
    alone = visit.request.headers.get("HX-Request") == "true"
    wanted = narrowing.read(
        {field: draft.value(field) for field in ("view", "section", "work", "free")},
        usual_view=_usual_view(visit),
    )
    if not _SHORTEST_NAME <= len(name) <= _LONGEST_NAME:
        fault = Fault("name", _("Write at least two letters of a name."))
        return await _list_page(visit, "home.html", wanted, draft.refused([fault]))
    template = "today_list.html" if alone else "home.html"
    return await _list_page(visit, template, narrowing.looked_for(wanted, name), draft)


async def _list_page(
    visit: Visit, template: str, wanted: Narrowing, draft: Draft
) -> web.StreamResponse:
    staff = visit.visitor.staff
    proposes = staff.role is Role.PRESCRIBER and wanted.begins and not wanted.is_narrow
    begins = wanted.begins and not wanted.is_narrow
    (sources, page, engine_late), proposals, around, support = await together(
        _sources(visit, wanted),
        _waiting(visit, asked=proposes),
        _around(visit, asked=begins),
        _support(visit, asked=begins and staff.role is Role.FACILITATOR),
    )
    everything = today.grouped(sources, visit.setting)
    own = today.mine(everything, staff.staff_id, staff.role)
    groups = narrowing.narrowed(everything if wanted.is_team else own, wanted)
    return visit.page(
        template,
        strip=strips.of(staff.role, everything, around, more=_goes_on(page)) if begins else (),
        support=None if support is None else caseload.doses(support, visit.setting),
        status=draft.status,
        draft=draft,
        wanted=wanted,
        views=narrowing.views(wanted),
        sections=narrowing.sections(),
        works=narrowing.works(),
        groups=groups,
        waiting=waiting.rows(proposals.items, visit.setting) if proposals else (),
        more_is_waiting=proposals is not None and proposals.next is not None,
        others=_count(everything) - _count(own),
        pages=listing.pages(
            "/",
            dict(wanted.query) | ({"cursor": wanted.cursor} if wanted.cursor else {}),
            next_cursor=None if page is None or wanted.name else page.next,
            shown=_count(groups),
            of=None,
        ),
        engine_late=engine_late,
        more_is_due=sources.more_is_due and sources.reminders is None,
        more_flags=sources.more_flags,
        today=today.heading(visit.setting),
    )


async def _sources(visit: Visit, wanted: Narrowing) -> tuple[Sources, Worklist | None, bool]:
    """The views of what is owed, asked for side by side. What came up to somebody is on their
    own list alone, so the first page asks for both lists. A list that is narrow or long leaves
    reminders out; what is due is not taken for unknown because of that."""
    care, limit, all_due = visit.care, {"limit": str(_LONGEST_PAGE)}, {"limit": str(_MOST_DUE)}
    due, page, other, flags = await together(
        _view(visit, care.treatment.get("/due-steps", Page[DueItem], all_due)),
        _view(visit, _worklist(visit, wanted, wanted.view)),
        _view(visit, _other_list(visit, wanted)),
        _view(visit, care.assessment.get("/flags", Page[FlagBody], limit)),
    )
    reminders = None if page is None else (*page.items, *_items_or_none(other))
    sources = Sources(
        due=_items(due),
        reminders=reminders,
        flags=_items(flags),
        more_is_due=due is not None and due.next is not None,
        more_flags=flags is not None and flags.next is not None,
    )
    if wanted.begins:
        sources = today.not_beyond(sources, (*_beyond(page), *_beyond(other)))
    else:
        sources = today.only_known(sources)
    shown = page if isinstance(page, Worklist) else None
    return sources, shown, shown is not None and _late(shown)


def _late(page: Worklist) -> bool:
    """Whether reminders come late, by an engine that is silent or one that does not keep up."""
    return today.engine_is_late(
        page.engine_seen_at, now=clock.real_now()
    ) or today.engine_is_behind(page.oldest_due_at, as_of=page.as_of)


async def _worklist(visit: Visit, wanted: Narrowing, scope: str) -> Worklist:
    beyond = wanted.begins and scope == _TEAM
    asked = dict(wanted.asked) | {"scope": scope, "limit": str(_LONGEST_PAGE), "counted": "false"}
    asked |= {"beyond": "true"} if beyond else {}
    if not wanted.name:
        return await visit.care.engagement.get("/worklist", Worklist, asked)
    search = WorklistSearch(
        name=wanted.name,
        scope=Scope(scope),
        section=wanted.section,
        action=wanted.work,
        free=wanted.free,
        beyond=beyond,
        counted=False,
        limit=_LONGEST_PAGE,
    )
    return await visit.care.engagement.ask("/worklist/search", search, Worklist)


async def _other_list(visit: Visit, wanted: Narrowing) -> Page[ReminderBody] | Worklist:
    if not wanted.begins:
        return Page(items=())
    return await _worklist(visit, wanted, "mine" if wanted.is_team else _TEAM)


async def _waiting(visit: Visit, *, asked: bool) -> Page[WaitingProposal] | None:
    """Pathway proposals only a prescriber can decide."""
    if not asked:
        return None
    query = {"limit": str(_LONGEST_PAGE)}
    call = visit.care.assessment.get("/pathway-proposals", Page[WaitingProposal], query)
    return await or_missing(call, missing=visit.missing)


async def _around(visit: Visit, *, asked: bool) -> Around:
    """What the numbers above the list count beside it, for the two roles that have them."""
    role = visit.visitor.staff.role
    if not asked or role not in {Role.PRESCRIBER, Role.LEAD}:
        return Around()
    people = visit.care.assessment.get("/patient-counts", PatientCounts)
    if role is Role.PRESCRIBER:
        return Around(people=await or_missing(people, missing=visit.missing))
    absences = visit.care.engagement.get("/absences", Page[AbsenceBody])
    rota = visit.care.engagement.get("/on-call", Page[TeamOnCall])
    counts, away, calls = await together(
        or_missing(people, missing=visit.missing),
        or_missing(absences, missing=visit.missing),
        or_missing(rota, missing=visit.missing),
    )
    return Around(
        people=counts,
        absences=None if away is None else away.items,
        on_call=() if calls is None else on_call.now(calls.items, visit.setting),
    )


async def _support(visit: Visit, *, asked: bool) -> Caseload | None:
    """A facilitator's own programmes, the most pressing of them."""
    if not asked:
        return None
    query = {"scope": "mine", "limit": _PROGRAMMES}
    call = visit.care.engagement.get("/support-caseload", Caseload, query)
    return await or_missing(call, missing=visit.missing)


async def _view(visit: Visit, call: Awaitable[P]) -> P | Page[Any] | None:
    """One service's view: None is silence, and a view this role does not have is empty."""
    try:
        return await or_missing(call, missing=visit.missing)
    except Refused as refused:
        if refused.problem.status != _NOT_FOR_THIS_ROLE:
            raise
        return Page[Any](items=())


def _wanted(visit: Visit) -> Narrowing:
    return narrowing.read(visit.request.query, usual_view=_usual_view(visit))


def _usual_view(visit: Visit) -> str:
    """A lead looks after the whole team; everybody else first after their own list."""
    return "team" if visit.visitor.staff.role is Role.LEAD else "mine"


def _draft(visit: Visit, wanted: Narrowing) -> Draft:
    return visit.draft(
        section=wanted.section or "",
        work=wanted.work or "",
        free="true" if wanted.free else "",
        name=wanted.name,
    )


def _items_or_none(page: Page[T] | None) -> tuple[T, ...]:
    return () if page is None else page.items


def _items(page: Page[T] | None) -> tuple[T, ...] | None:
    return None if page is None else page.items


def _beyond(page: Page[Any] | None) -> tuple[ReminderKey, ...]:
    return page.beyond if isinstance(page, Worklist) else ()


def _goes_on(page: Worklist | None) -> bool:
    return page is not None and page.next is not None


def _count(groups: tuple[Group, ...]) -> int:
    return sum(len(group.rows) for group in groups)
