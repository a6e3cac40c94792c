"""The live stream of a page: "changed", whenever something did, and once at the start."""

import asyncio
from contextlib import suppress

from aiohttp import web
from aiohttp_sse import sse_response

from services.portal.pages.gate import visitor_of
from services.portal.pages.visit import Visit, is_same_origin

_RECHECK_S = 60.0
_QUIET_S = 1.0


async def stream_changes(visit: Visit) -> web.StreamResponse:
    """Signals until the browser leaves or the session ends. They carry nothing but the word.

    Raises:
        HTTPForbidden: the stream was opened from another site's page.
    """
    request, desk = visit.request, visit.desk
    if not is_same_origin(request, origin=desk.manner.origin):
        raise web.HTTPForbidden
    async with sse_response(request) as stream:
        with suppress(ConnectionResetError), desk.signals.listening() as changed:
            changed.set()
            while stream.is_connected() and await visitor_of(request, desk, noting=False):
                try:
                    await asyncio.wait_for(changed.wait(), _RECHECK_S)
                except TimeoutError:
                    continue
                changed.clear()
                await stream.send("", event="changed")
                await asyncio.sleep(_QUIET_S)
    return stream
