"""The calendar behind a secret link, for a program that has no account: somebody's telephone.

The secret is in the path, because calendars can send it in no other way. So this is the one path
that is written down nowhere: logs, traces and figures hold the route's pattern.
"""

import hashlib
from http import HTTPStatus

from aiohttp import web
from pydantic import ValidationError

from services.portal.clients import Refused, Unreachable, care_for
from services.portal.identity.restored import Held
from services.portal.pages.desk import desk_key
from shared.api.treatment import CalendarFeed, CalendarSecret
from shared.runtime.http.dispatch import correlation_key

_ASK_AGAIN_S = 600


async def show_feed(request: web.Request) -> web.StreamResponse:
    """The file; only that nothing changed for a calendar that has read it already."""
    desk = request.app[desk_key]
    treatment = care_for(
        desk.session,
        desk.addresses,
        token=desk.front_door.link_token,
        correlation_id=request[correlation_key],
    ).treatment
    try:
        secret = CalendarSecret(secret=request.match_info["secret"])
        feed = await treatment.ask("/calendar-links/open", secret, CalendarFeed)
    except ValidationError:
        return _no_such_calendar()
    except Refused as refused:
        if refused.problem.status == HTTPStatus.NOT_FOUND:
            return _no_such_calendar()
        return _later()
    except (Unreachable, Held):
        return _later()
    body = feed.calendar.encode()
    etag = hashlib.sha256(body).hexdigest()
    headers = {"ETag": f'"{etag}"', "Cache-Control": "private, no-cache"}
    if any(known.value in {etag, "*"} for known in request.if_none_match or ()):
        return web.Response(status=304, headers=headers)
    headers["Content-Disposition"] = 'inline; filename="calendar.ics"'
    return web.Response(body=body, content_type="text/calendar", charset="utf-8", headers=headers)


def _no_such_calendar() -> web.Response:
    return web.Response(status=404, text="There is no such calendar.\n")


def _later() -> web.Response:
    """Any answer but the file and "no such calendar": a calendar that hears the latter may forget
    its days, so a busy neighbour must not sound like it."""
    later = {"Retry-After": str(_ASK_AGAIN_S)}
    return web.Response(status=503, text="Please ask again later.\n", headers=later)
