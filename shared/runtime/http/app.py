"""The aiohttp application of a service: middlewares, routes, OpenAPI."""

import asyncio
import socket

from aiohttp import web, web_response
from aiohttp.typedefs import Handler, Middleware

from shared.runtime import access, clock, metrics, tracing
from shared.runtime.access import Access, BadTable, Rule, Unlisted
from shared.runtime.auth import Keys
from shared.runtime.db import Database
from shared.runtime.http import reads
from shared.runtime.http.dispatch import correlation_key, handler, traceparent
from shared.runtime.http.limits import Place, Rate, Room, place_key
from shared.runtime.http.openapi import document
from shared.runtime.http.problems import TITLES, ApiError, respond
from shared.runtime.http.router import Api, Mode
from shared.runtime.logs import get_logger

MAX_BODY_BYTES = 64 * 1024
MAX_IN_FLIGHT = 50
MAX_ARRIVING = 1000
"""Bodies that may be on their way at once, none larger than ``MAX_BODY_BYTES``."""
UNREAD_MS = 20_000
"""How long what we sent may stay unread before the connection is cut (not on every system)."""
_USER_TIMEOUT = getattr(socket, "TCP_USER_TIMEOUT", 18)
LONG_LIVED = "long-lived"
"""The name of a route whose answers stay open for hours; it limits itself."""

SECURITY_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Server": "mooring",
}

vars(web_response)["SERVER_SOFTWARE"] = SECURITY_HEADERS["Server"]
"""What answers to unreadable requests say of us, which no application sees: no version."""

log = get_logger()


def build_app(
    api: Api,
    *,
    db: Database,
    keys: Keys,
    table: Access | None = None,
    per_minute: int | None = None,
) -> web.Application:
    """The service's own routes behind the middlewares every service has. ``per_minute``: how many
    requests one caller may send; None is without limit.

    Raises:
        Unlisted: routes have no line in the access table; nothing is served.
        BadTable: a route was meant for other roles than its line says.
    """
    rules = _rules(api, table or access.table())
    app = web.Application(
        middlewares=[correlate, trace, measure(api.service), shield, bounded()],
        client_max_size=MAX_BODY_BYTES,
    )
    app.on_response_prepare.append(_mark)
    rate = Rate(per_minute)
    for operation in api.operations:
        rule = rules[operation.name]
        answer = handler(api, operation, rule=rule, db=db, keys=keys, rate=rate)
        app.router.add_route(operation.method, operation.path, answer)
    openapi = document(api, rules)

    async def read_openapi(_request: web.Request) -> web.Response:
        return web.json_response(openapi)

    app.router.add_get("/openapi.json", read_openapi)
    line = (table or access.table()).lines(api.service).get(("POST", reads.PATH))
    if line is not None:
        inside = (shield, measure(api.service))
        several = reads.answerer(
            api.operations, service=api.service, rule=line, db=db, keys=keys, inside=inside
        )
        app.router.add_post(reads.PATH, several)
    return app


def _rules(api: Api, table: Access) -> dict[str, Rule]:
    """The access table's line of each operation, by the operation's name."""
    lines = table.lines(api.service)
    asked = {(one.method, one.path): one for one in api.operations}
    if unlisted := {route: one.roles for route, one in asked.items() if route not in lines}:
        raise Unlisted(access.missing(api.service, unlisted))
    for route, operation in asked.items():
        if lines[route].public is not (operation.mode is Mode.PUBLIC):
            raise BadTable(f"{' '.join(route)} is public on one side only")
        if operation.roles not in {None, lines[route].roles}:
            meant = ", ".join(sorted(operation.roles or ()))
            raise BadTable(f"{' '.join(route)} is meant for {meant}, which its line does not say")
    return {operation.name: lines[route] for route, operation in asked.items()}


@web.middleware
async def correlate(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Give every request an id that its events, audit entries and log lines share."""
    given = request.headers.get("X-Request-Id", "")
    usable = 8 <= len(given) <= 64 and all(
        c.isascii() and (c.isalnum() or c in "-_") for c in given
    )
    request[correlation_key] = given if usable else str(clock.new_id())
    _cut_off_slow_readers(request)
    return await handler(request)


async def _mark(request: web.Request, response: web.StreamResponse) -> None:
    """Say with every answer, also one that is sent in pieces, how it is to be treated."""
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    if correlation_key in request:
        response.headers["X-Request-Id"] = request[correlation_key]


def _cut_off_slow_readers(request: web.Request) -> None:
    """Have the kernel end a connection whose other end takes nothing in any more."""
    line = request.transport.get_extra_info("socket") if request.transport else None
    if line is not None and line.family in {socket.AF_INET, socket.AF_INET6}:
        line.setsockopt(socket.IPPROTO_TCP, _USER_TIMEOUT, UNREAD_MS)


@web.middleware
async def trace(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A span around each request, by route pattern, within the caller's trace if there is one."""
    resource = request.match_info.route.resource
    name = f"{request.method} {resource.canonical if resource else 'unmatched'}"
    with tracing.span(name, kind="SERVER", parent=traceparent(request)):
        return await handler(request)


def measure(service: str) -> Middleware:
    """Count and time each request by route pattern, never by path."""

    @web.middleware
    async def count(request: web.Request, handler: Handler) -> web.StreamResponse:
        resource = request.match_info.route.resource
        route = resource.canonical if resource else "unmatched"
        began = clock.monotonic()
        response = await handler(request)
        elapsed = clock.monotonic() - began
        metrics.LATENCY.labels(service, route).observe(elapsed)
        metrics.REQUESTS.labels(service, route, request.method, str(response.status)).inc()
        log.info(
            "request_answered",
            method=request.method,
            route=route,
            status=response.status,
            duration_ms=round(elapsed * 1000, 1),
            correlation_id=request[correlation_key],
        )
        return response

    return count


@web.middleware
async def shield(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every refusal and every failure leaves as a problem document without internals."""
    correlation_id = request[correlation_key]
    try:
        if not request.raw_path.startswith("/"):
            raise ApiError(400, "request-target", "Ask for a path of this service.")
        return await handler(request)
    except ApiError as error:
        return respond(error, correlation_id=correlation_id)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        return respond(_from_http(error), correlation_id=correlation_id)
    except asyncio.CancelledError:
        raise
    except Exception as error:
        log.exception("request_failed", error=type(error).__name__, correlation_id=correlation_id)
        detail = "Something failed here. Nothing of this request was stored."
        return respond(ApiError(500, "internal", detail), correlation_id=correlation_id)


def bounded() -> Middleware:
    """Answer 503 early instead of slowly when too many requests are being worked on."""
    working, arriving = Room(MAX_IN_FLIGHT), Room(MAX_ARRIVING)

    @web.middleware
    async def admit(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.match_info.route.name == LONG_LIVED or request.path.startswith("/health/"):
            return await handler(request)
        place = request[place_key] = Place(working, arriving)
        place.work()
        try:
            return await handler(request)
        finally:
            place.leave()

    return admit


def _from_http(error: web.HTTPException) -> ApiError:
    headers = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else None
    code = {404: "no-such-route", 405: "method", 413: "too-large"}.get(error.status, "refused")
    detail = TITLES.get(error.status, "Refused") + "."
    return ApiError(error.status, code, detail, headers=headers)
