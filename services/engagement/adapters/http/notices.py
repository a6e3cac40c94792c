"""How colleagues are told outside the portal, and what was sent."""

from collections.abc import Sequence
from datetime import datetime, time
from uuid import UUID

from services.engagement.adapters.db import SqlWork
from services.engagement.application.choose_notices import choose_notices
from services.engagement.domain.errors import UnsafeAddress
from services.engagement.domain.notice import (
    Channel,
    Notice,
    Pace,
    Preference,
    Quiet,
    Wording,
)
from services.engagement.domain.rules import Rules
from shared.api.body import Page
from shared.api.identity import CLINICIANS, Role
from shared.api.notices import (
    NewPreference,
    NoticeBody,
    NoticeQuery,
    PreferenceBody,
)
from shared.runtime.auth import Principal
from shared.runtime.egress import NotAllowed, require_safe
from shared.runtime.http import Api, ApiError, Call, decode_cursor, encode_cursor


def add_notices(api: Api, rules: Rules) -> None:
    """Add this file's routes."""

    @api.get("/api/v1/notice-preferences", roles=CLINICIANS)
    async def read_notice_preferences(call: Call) -> PreferenceBody:
        """How the caller is told outside the portal."""
        wish = await SqlWork(call.tx, rules).notices.preference(call.principal.staff_id)
        call.tx.audit("notices.read", object=f"staff:{call.principal.staff_id}")
        return _preference(wish, rules)

    @api.put("/api/v1/notice-preferences", roles=CLINICIANS, raises=(412, 422), if_match=True)
    async def choose_notice_preferences(call: Call, body: NewPreference) -> PreferenceBody:
        """Say how to be told."""
        work, staff_id = SqlWork(call.tx, rules), call.principal.staff_id
        known = await work.notices.preference(staff_id)
        wish = _wish(body, known, call.principal)
        await choose_notices(work, wish=wish, seen_version=call.if_match, by=staff_id)
        return _preference(await work.notices.preference(staff_id), rules)

    @api.get("/api/v1/notices", roles=CLINICIANS, raises=(403, 422))
    async def read_notices(call: Call, query: NoticeQuery) -> Page[NoticeBody]:
        """What was sent to the caller, or what could not be sent in a lead's teams."""
        work, who = SqlWork(call.tx, rules), call.principal
        if query.unsent and who.role is not Role.LEAD:
            raise ApiError(403, "not-allowed", "Only a lead sees what others were not sent.")
        after, limit = decode_cursor(query.cursor, datetime, UUID), query.limit + 1
        found = (
            await work.notices.unsent(tuple(who.teams), limit=limit, after=after)
            if query.unsent
            else await work.notices.of_staff(who.staff_id, limit=limit, after=after)
        )
        call.tx.audit("notices.read", object=f"staff:{who.staff_id}")
        return _page(found, query.limit)


def _page(found: Sequence[Notice], limit: int) -> Page[NoticeBody]:
    """As many as were asked for; one more says that there is a next page."""
    shown = found[:limit]
    last = shown[-1] if len(found) > limit else None
    return Page(
        items=tuple(_notice(one) for one in shown),
        next=encode_cursor(last.made_at.isoformat(), str(last.notice_id)) if last else None,
    )


def _wish(body: NewPreference, known: Preference | None, who: Principal) -> Preference:
    """A secret that is left out stays as it was, with the address it belongs to."""
    if body.webhook_url is not None:
        try:
            require_safe(body.webhook_url)
        except NotAllowed as error:
            raise UnsafeAddress from error
    secret = body.webhook_secret.get_secret_value() if body.webhook_secret else None
    if secret is None and known is not None and known.webhook_url == body.webhook_url:
        secret = known.webhook_secret
    quiet = None
    if body.quiet_begins and body.quiet_ends:
        quiet = Quiet(
            begins=time.fromisoformat(body.quiet_begins), ends=time.fromisoformat(body.quiet_ends)
        )
    return Preference(
        staff_id=who.staff_id,
        channels=tuple(Channel(channel) for channel in body.channels),
        email=body.email,
        webhook_url=body.webhook_url,
        webhook_secret=secret,
        pace=Pace(body.pace),
        wording=Wording(body.wording),
        quiet=quiet,
    )


def _preference(wish: Preference | None, rules: Rules) -> PreferenceBody:
    quiet = (wish.quiet if wish else None) or rules.delivery.quiet
    return PreferenceBody(
        version=wish.version if wish else 0,
        channels=tuple(channel.value for channel in wish.channels) if wish else (),
        email=wish.email if wish else None,
        webhook_url=wish.webhook_url if wish else None,
        has_secret=bool(wish and wish.webhook_secret),
        pace=wish.pace.value if wish else Pace.NONE.value,
        wording=wish.wording.value if wish else Wording.COUNT.value,
        quiet_begins=f"{quiet.begins:%H:%M}",
        quiet_ends=f"{quiet.ends:%H:%M}",
    )


def _notice(one: Notice) -> NoticeBody:
    return NoticeBody(
        notice_id=one.notice_id,
        purpose=one.purpose.value,
        staff_id=one.staff_id,
        patient_id=one.patient_id,
        count=one.count,
        state=one.state.value,
        reason=None if one.reason is None else one.reason.value,
        tries=one.tries,
        made_at=one.made_at,
        ended_at=one.ended_at,
    )
