"""Who works here: for leads and operations, to unlock, sign out and close accounts."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from aiohttp import web

from services.portal.identity.office import Seen
from services.portal.identity.staff import LastOfTeam
from services.portal.pages.visit import Visit
from services.portal.presenters import listing
from services.portal.presenters import staff as presenter
from services.portal.presenters.drafts import Draft, Fault
from services.portal.presenters.language import gettext as _
from shared.api.identity import Role


async def show_staff(visit: Visit) -> web.StreamResponse:
    """Everybody, with what is the matter with their account."""
    return await _page(visit, visit.draft())


async def change_staff(visit: Visit) -> web.StreamResponse:
    """Unlock an account, end its sessions, take its codes off or close it; never one's own, and
    the last two only after a question."""
    draft, me = visit.sent(), visit.visitor.staff
    act = visit.one("act")
    allowed = presenter.acts_of(me.role)
    try:
        staff_id = UUID(visit.one("staff_id"))
    except ValueError:
        raise web.HTTPNotFound from None
    # As the page lists them: somebody new may not be in what is known of everybody yet.
    listed = {one.staff.staff_id: one.staff for one in await visit.desk.office.everyone()}
    if act not in allowed or staff_id not in listed:
        raise web.HTTPNotFound
    if staff_id == me.staff_id:
        fault = Fault("", _("Your own account is for somebody else to change."))
        return await _page(visit, draft.refused([fault], status=403))
    if me.role is Role.LEAD and not set(listed[staff_id].teams) & set(me.teams):
        raise web.HTTPNotFound
    asked = presenter.question(act, staff_id=staff_id, name=listed[staff_id].display_name)
    if asked and visit.one("sure") != "yes":
        return await _page(visit, draft, question=asked)
    by, office = f"staff:{me.staff_id}", visit.desk.office
    acts: dict[str, Callable[[], Awaitable[None]]] = {
        "unlock": lambda: office.unlock(staff_id, by=by),
        "sign-out": lambda: office.sign_out(staff_id, by=by),
        "take-off": lambda: office.take_codes_off(staff_id, by=by),
        "close": lambda: office.close(staff_id, by=by),
    }
    try:
        await acts[act]()
    except LastOfTeam as last:
        why = presenter.what_first(last.staff.display_name, last.team, is_lead=last.is_lead)
        return await _page(visit, draft.refused([Fault("", why)], status=409))
    visit.desk.directory.forget()
    raise web.HTTPSeeOther("/staff?done=account")


async def _page(
    visit: Visit, draft: Draft, *, question: presenter.Question | None = None
) -> web.StreamResponse:
    me = visit.visitor.staff
    seen = await visit.desk.office.everyone()
    mine = [one for one in seen if me.role is not Role.LEAD or set(one.staff.teams) & set(me.teams)]
    query = presenter.wanted(visit.request.query)
    accounts = presenter.arranged([_account(one) for one in mine], query)
    shown, pages = listing.portion(accounts, presenter.PATH, query)
    return visit.page(
        "staff.html",
        status=draft.status,
        draft=draft,
        question=question,
        columns=presenter.columns(query),
        roles=presenter.roles([one.staff.role for one in mine], query),
        pages=pages,
        rows=[
            presenter.row(one, me=me.staff_id, my_role=me.role, setting=visit.setting)
            for one in shown
        ],
    )


def _account(seen: Seen) -> presenter.Account:
    one = seen.staff
    return presenter.Account(
        staff_id=one.staff_id,
        username=one.username,
        name=one.display_name,
        role=one.role,
        teams=one.teams,
        active=one.active,
        locked_at=seen.locked_at,
        has_codes=seen.has_codes,
    )
