"""Needs, privacy, and the plan shared with others: three pages over one profile."""

from dataclasses import dataclass

from aiohttp import web

from services.portal.pages.forms import attempt, is_stale, overtaken_meanwhile
from services.portal.pages.support_records import (
    Support,
    change,
    colleagues,
    read_support,
    support_page,
)
from services.portal.pages.together import together
from services.portal.pages.visit import Visit
from services.portal.presenters import profile_form, support
from services.portal.presenters.drafts import Draft
from services.portal.presenters.profile_form import Sent, Typed
from shared.api.support import MessageWords, PreviewBody, SupportBody


@dataclass(frozen=True, slots=True)
class Part:
    """One of the three pages."""

    name: str
    template: str
    typed: Typed
    sent: Sent


NEEDS = Part("needs", "needs.html", profile_form.needs_typed, profile_form.needs_sent)
PRIVACY = Part("privacy", "privacy.html", profile_form.privacy_typed, profile_form.privacy_sent)
PLAN = Part("shared-plan", "shared_plan.html", profile_form.plan_typed, profile_form.plan_sent)


async def show_needs(visit: Visit) -> web.StreamResponse:
    """Interests, distance, cost, access, and what makes support hard to reach."""
    return await _page(visit, NEEDS)


async def save_needs(visit: Visit) -> web.StreamResponse:
    """Keep them."""
    return await _save(visit, NEEDS)


async def show_privacy(visit: Visit) -> web.StreamResponse:
    """What others could see of a message."""
    return await _page(visit, PRIVACY)


async def save_privacy(visit: Visit) -> web.StreamResponse:
    """Keep what the person chose, or show first what others could see of it."""
    if visit.one("act") != "preview":
        return await _save(visit, PRIVACY)
    draft = visit.sent()
    path = f"/patients/{visit.id('patient_id')}/message-preview"

    async def show() -> PreviewBody:
        wish = MessageWords.model_validate(profile_form.privacy_sent(draft))
        return await visit.care.engagement.ask(path, wish, PreviewBody)

    outcome, read = await together(attempt(draft, show), read_support(visit))
    if isinstance(outcome, Draft):
        return await _shown(visit, PRIVACY, read, outcome)
    return await _shown(visit, PRIVACY, read, draft, tried=outcome)


async def show_plan(visit: Visit) -> web.StreamResponse:
    """Who else is involved, who coordinates, and what was agreed."""
    return await _page(visit, PLAN)


async def save_plan(visit: Visit) -> web.StreamResponse:
    """Keep the plan."""
    return await _save(visit, PLAN)


async def _save(visit: Visit, part: Part) -> web.StreamResponse:
    draft = visit.sent()
    patient_id = visit.id("patient_id")
    read = await read_support(visit)
    profile = read.body.profile

    async def send() -> SupportBody:
        body = profile_form.whole(profile, part.sent(draft))
        path = f"/patients/{patient_id}/support-profile"
        return await visit.care.engagement.put(path, body, SupportBody, version=visit.version())

    async def again(refused: Draft) -> web.StreamResponse:
        moved = overtaken_meanwhile(refused, visit, read=profile.version)
        return await _shown(visit, part, await read_support(visit) if moved else read, refused)

    return await change(
        draft,
        send,
        back=again,
        to=support.place(patient_id, part.name),
        notice="profile",
    )


async def _page(visit: Visit, part: Part) -> web.StreamResponse:
    return await _shown(visit, part, await read_support(visit), None)


async def _shown(
    visit: Visit, part: Part, read: Support, sent: Draft | None, *, tried: PreviewBody | None = None
) -> web.StreamResponse:
    profile = read.body.profile
    lines = profile_form.seen_lines(profile)
    draft = sent or visit.draft(**part.typed(profile))
    if is_stale(draft):
        draft = draft.overtaken(lines)
    return await support_page(
        visit,
        part.template,
        read,
        draft=draft,
        profile=profile,
        seen=lines,
        preview=profile_form.preview(tried or profile.preview),
        tried=tried is not None,
        barriers=tuple(profile_form.BARRIERS.items()),
        offers=tuple(profile_form.PRIVACY.items()),
        agencies=range(1, profile_form.lines_of(draft) + 1),
        colleagues=colleagues(visit),
        coordinator=visit.setting.staff.get(profile.coordinator_id)
        if profile.coordinator_id
        else "",
    )
