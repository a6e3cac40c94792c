"""A service is an HTTP site and a few jobs under one task group: one ends, all end.

A dead relay inside a process that looks healthy is the failure that hurts people, so a job
that dies takes the process down and whoever supervises it starts it again.
"""

import asyncio
import gc
import os
import signal
import ssl
import sys
import threading
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import aiohttp
import sqlalchemy.exc
from aiohttp import web
from pydantic import ValidationError

from shared.events.envelope import Fact
from shared.runtime import audit_check, clock, logs, metrics, tracing, unusual
from shared.runtime.anchors import Anchors
from shared.runtime.auth import JwksKeys, Keys
from shared.runtime.bus.connection import Seen
from shared.runtime.bus.speaker import Speaker
from shared.runtime.db import Database, Transaction, UnsafeDatabase
from shared.runtime.http import Api, build_app
from shared.runtime.inbox import Handler, Inbox
from shared.runtime.keys_guard import KeysGuard
from shared.runtime.lock import AlreadyRunning, single_process
from shared.runtime.operations import Installation, Link, add_operations, add_probes
from shared.runtime.relations import add_relations
from shared.runtime.schema import Schema, WrongSchema
from shared.runtime.settings import (
    ServiceSettings,
    faults,
    requests_per_minute,
    unknown_names,
)
from shared.runtime.ticker import Tick, Ticker
from shared.runtime.untraced import refuse_tracing

SHUTDOWN_S = 4.0
HEAD_WITHIN_S = 15.0
"""A connection without a whole request head for so long is closed: idle, or half a head."""
LINGERS_S = 2.0
"""How long an unread rest of a body is waited for after the answer."""
CLOCKS_EVERY_S = 5.0
STUCK_AFTER_S = 30.0
EXIT_STUCK = 70
EXIT_REFUSED = 78

NextDue = Callable[[Transaction], Awaitable[datetime | None]]
log = logs.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What one service consists of; its ``main`` builds this once, by hand.

    ``watches`` follows broker subjects live, without delivery guarantee. ``next_due`` tells the
    demo clock when something will next be due. ``extend`` adds routes that are not part of the
    typed API (the portal's pages).
    """

    settings: ServiceSettings
    api: Api
    db: Database
    schema: Schema
    subscriptions: Mapping[type[Fact], Handler] = field(default_factory=dict)
    watches: Mapping[str, Seen] = field(default_factory=dict)
    ticks: tuple[Tick, ...] = ()
    next_due: NextDue | None = None
    keys: Keys | None = None
    extend: Callable[[web.Application], None] | None = None
    keys_guard: KeysGuard | None = None


class Refused(Exception):
    """The service will not start like this. The sentence is for the operator."""


@asynccontextmanager
async def running(service: Service) -> AsyncIterator[int]:
    """Start the site and the jobs, yield the port, and stop both on leaving.

    Raises:
        Refused: the port is taken, the database is unsafe, older, newer or in use.
        ExceptionGroup: a job died.
    """
    name = service.api.service
    _trace(service.settings, name)
    speaker = Speaker(service.db, service.settings, service.subscriptions, service.watches)
    anchors = Anchors(name, service.settings.anchors_folder)
    ours = (
        _clock_tick(service.db, name),
        audit_check.hourly(service.db, anchors),
        unusual.counting(service.db, name),
    )
    guarding = (service.keys_guard.tick,) if service.keys_guard else ()
    ticker = Ticker(name, (*service.ticks, *guarding, *ours))
    async with AsyncExitStack() as stack:
        await _check(service, stack)
        if service.keys_guard:
            await service.keys_guard.look()
        keys = service.keys or await _jwks(service.settings, stack)
        installation = _installation(service, link=speaker, ticker=ticker, anchors=anchors)
        add_operations(service.api, installation)
        add_relations(service.api, Inbox(service.db, service.subscriptions))
        per_minute = requests_per_minute(service.settings)
        app = build_app(service.api, db=service.db, keys=keys, per_minute=per_minute)
        add_probes(app, installation)
        if service.extend:
            service.extend(app)
        port = await _listen(app, service.settings, stack)
        log.info("service_started", port=port, version=release())
        async with asyncio.TaskGroup() as jobs:
            tasks = [jobs.create_task(speaker.run()), jobs.create_task(ticker.run())]
            try:
                yield port
            finally:
                for task in tasks:
                    task.cancel()


def _trace(settings: ServiceSettings, name: str) -> None:
    if not settings.otlp_endpoint:
        return
    try:
        tracing.export_to(settings.otlp_endpoint, service=name)
    except tracing.TracingUnavailable as error:
        raise Refused(f"{name}: {error}") from error


def _clock_tick(db: Database, service: str) -> Tick:
    async def compare() -> int:
        await db.compare_clocks()
        metrics.CLOCK_DISAGREEMENT.labels(service).set(db.guard.disagreement.total_seconds())
        if db.guard.is_suspect:
            log.warning("clock_suspect", lag_s=db.guard.disagreement.total_seconds())
        return 0

    return Tick("clock-guard", every_s=CLOCKS_EVERY_S, run=compare)


Build = Callable[[], AbstractAsyncContextManager[Service]]


def run(build: Build) -> int:
    """Run a service until a signal; the process's exit code."""
    refuse_tracing()
    try:
        return asyncio.run(_run(build))
    except ValidationError as error:  # only the settings are read outside of a job
        refusal: object = faults(error)
    except Refused as refused:
        refusal = refused
    print(refusal, file=sys.stderr)  # noqa: T201 - one line for whoever started us
    return EXIT_REFUSED


async def _run(build: Build) -> int:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stopped.set)
    _watch_loop(loop)
    try:
        async with build() as service:
            logs.configure(service=service.api.service, level=service.settings.log_level)
            if names := unknown_names(type(service.settings)):
                log.warning("unknown_settings", names=list(names))
            async with running(service):
                gc.collect()
                gc.freeze()  # what was built for good is never looked through again
                await stopped.wait()
    except BaseExceptionGroup as failed:
        for error in _leaves(failed):
            place = traceback.extract_tb(error.__traceback__)[-1:]
            log.error(  # noqa: TRY400 - a group's parts have no current traceback
                "job_died",
                error=type(error).__name__,
                where=", ".join(f"{Path(f.filename).name}:{f.lineno}" for f in place),
            )
        return 1
    log.info("service_stopped")
    return 0


def _installation(
    service: Service, *, link: Link, ticker: Ticker, anchors: Anchors
) -> Installation:
    return Installation(
        db=service.db,
        link=link,
        ticker=ticker,
        release=release(),
        instance=service.settings.instance,
        schema_version=service.schema.head,
        demo=service.settings.demo,
        next_due=service.next_due,
        anchors=anchors,
        keys_guard=service.keys_guard,
    )


async def _check(service: Service, stack: AsyncExitStack) -> None:
    try:
        stack.enter_context(single_process(service.settings.database_url))
        await service.db.check()
        await service.schema.require_head(service.db)
    except (UnsafeDatabase, WrongSchema, AlreadyRunning) as error:
        raise Refused(f"{service.api.service}: {error}") from error
    except (sqlalchemy.exc.DBAPIError, OSError) as error:
        detail = f"the database cannot be reached ({type(error).__name__})"
        raise Refused(f"{service.api.service}: {detail}") from error


async def _jwks(settings: ServiceSettings, stack: AsyncExitStack) -> Keys:
    session = await stack.enter_async_context(aiohttp.ClientSession())
    return JwksKeys(settings.jwks_url, session)


async def _listen(app: web.Application, settings: ServiceSettings, stack: AsyncExitStack) -> int:
    runner = web.AppRunner(
        app,
        access_log=None,
        keepalive_timeout=HEAD_WITHIN_S,
        lingering_time=LINGERS_S,
        shutdown_timeout=SHUTDOWN_S / 2,
    )
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    try:
        tls = _tls(settings)
        await web.TCPSite(runner, settings.http_host, settings.http_port, ssl_context=tls).start()
    except OSError as error:
        where = f"{settings.http_host}:{settings.http_port}"
        raise Refused(f"cannot listen on {where}: {os.strerror(error.errno or 0)}") from error
    address = runner.addresses[0]
    return int(address[1])


def _tls(settings: ServiceSettings) -> ssl.SSLContext | None:
    if settings.http_cert_file is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(settings.http_cert_file, settings.http_key_file)
    except OSError as error:
        raise Refused(f"cannot use {settings.http_cert_file}: {error.strerror}") from error
    return context


def release() -> str:
    """The version of this program."""
    try:
        return version("mooring")
    except PackageNotFoundError:
        return "source"


def _watch_loop(loop: asyncio.AbstractEventLoop) -> None:
    """End the process when its event loop has been stuck for half a minute."""
    seen = [clock.monotonic()]

    def breathe() -> None:
        seen[0] = clock.monotonic()
        loop.call_later(1, breathe)

    def watch() -> None:
        while not threading.Event().wait(5):
            if clock.monotonic() - seen[0] > STUCK_AFTER_S:
                os._exit(EXIT_STUCK)

    breathe()
    threading.Thread(target=watch, name="loop-watch", daemon=True).start()


def _leaves(group: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    found: list[BaseException] = []
    for error in group.exceptions:
        found += _leaves(error) if isinstance(error, BaseExceptionGroup) else [error]
    return found
