"""What every page of one person's support is made from, read side by side."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from aiohttp import web

from services.portal.clients import Refused, or_missing
from services.portal.pages.forms import attempt, signature
from services.portal.pages.records import read_record, record_page
from services.portal.pages.together import together
from services.portal.pages.visit import Visit
from services.portal.presenters import listing, overview, support
from services.portal.presenters.drafts import Draft
from services.portal.presenters.record import Record
from shared.api.support import SupportBody, SupportForm

TAB = "Support"
_UNHEARD = frozenset({404, 409})
Options = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Support:
    """A person's record and support, with what may be recorded about it."""

    record: Record
    body: SupportBody
    form: SupportForm


async def read_support(visit: Visit) -> Support:
    """Three services side by side; engagement's three answers travel as one call.

    Raises:
        Refused: the person is not this member of staff's to see.
        Unreachable: support or the name cannot be read.
    """
    patient_id = visit.id("patient_id")
    engagement = visit.care.engagement
    record, body, form = await together(
        read_record(visit, patient_id),
        engagement.get(f"/patients/{patient_id}/support", SupportBody, newcomer=True),
        engagement.get("/support-form", SupportForm),
    )
    return Support(record, body, form)


async def support_beside(visit: Visit, patient_id: UUID) -> SupportBody | None:
    """Support for a page about something else; None while engagement cannot say.

    Raises:
        Refused: the person is not this member of staff's to see.
    """
    call = visit.care.engagement.get(f"/patients/{patient_id}/support", SupportBody)
    try:
        return await or_missing(call, missing=visit.missing)
    except Refused as refused:
        if refused.problem.status not in _UNHEARD:
            raise
        return None


async def support_page(
    visit: Visit, template: str, read: Support, *, draft: Draft, **context: object
) -> web.Response:
    """A page of a person's support under the head of their record."""
    return await record_page(
        visit,
        template,
        read.record,
        tab=TAB,
        status=draft.status,
        draft=draft,
        here=support.place(read.body.patient_id),
        parts_of_support=support.parts(read.body.patient_id, visit.request.path),
        **context,
    )


async def change(
    draft: Draft,
    send: Callable[[], Awaitable[SupportBody]],
    *,
    back: Callable[[Draft], Awaitable[web.StreamResponse]],
    to: str,
    notice: str,
    state: Mapping[str, str] | None = None,
) -> web.StreamResponse:
    """Send what was typed: on to ``to`` when it was kept, ``back`` to the form when not. ``state``
    is what the address asked of the list there."""
    outcome = await attempt(draft, send)
    if isinstance(outcome, Draft):
        return await back(outcome)
    raise web.HTTPSeeOther(listing.address(to, state or {}, done=notice))


async def engagement_signature(visit: Visit, hash_: str, meaning: str) -> str:
    """A signature about support, with the password just typed. Raises as ``signature`` does."""
    return await signature(visit, hash_=hash_, meaning=meaning, audience="engagement")


def facilitators(visit: Visit, form: SupportForm) -> Options:
    """Colleagues who may be named, as the rules say who facilitates."""
    mine = set(visit.visitor.staff.teams)
    return tuple(
        (str(person.staff_id), overview.colleague(person.display_name, person.role))
        for person in visit.people.values()
        if person.active
        and person.role.value in form.facilitator_roles
        and mine & set(person.teams)
    )


def colleagues(visit: Visit) -> Options:
    """Everybody who works in the teams of whoever is asking."""
    mine = set(visit.visitor.staff.teams)
    return tuple(
        (str(person.staff_id), overview.colleague(person.display_name, person.role))
        for person in visit.people.values()
        if person.active and mine & set(person.teams)
    )
