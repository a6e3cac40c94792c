"""The applications of all services as they are served, with every route they really have."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import unused_port

from services.assessment import main as assessment
from services.engagement import main as engagement
from services.portal import main as portal
from services.treatment import main as treatment
from shared.runtime.anchors import Anchors
from shared.runtime.auth import Keys
from shared.runtime.bus.speaker import Speaker
from shared.runtime.http import build_app
from shared.runtime.inbox import Inbox
from shared.runtime.operations import Installation, add_operations, add_probes
from shared.runtime.relations import add_relations
from shared.runtime.service import Service
from shared.runtime.ticker import Ticker

BUILDS = {
    "assessment": (assessment.build, assessment.SCHEMA),
    "treatment": (treatment.build, treatment.SCHEMA),
    "engagement": (engagement.build, engagement.SCHEMA),
    "portal": (portal.build, portal.schema),
}


def routes(app: web.Application) -> set[tuple[str, str]]:
    """Every method and path pattern an application answers to."""
    return {
        (route.method, route.resource.canonical)
        for route in app.router.routes()
        if route.resource is not None and route.method != "HEAD"
    }


def whole(service: Service, keys: Keys) -> web.Application:
    """One service's application as ``running`` puts it together, without its jobs."""
    at = Installation(
        db=service.db,
        link=Speaker(service.db, service.settings, service.subscriptions),
        ticker=Ticker(service.api.service, service.ticks),
        release="test",
        instance="test",
        schema_version=service.schema.head,
        demo=service.settings.demo,
        next_due=service.next_due,
        anchors=Anchors(service.api.service, None),
        keys_guard=service.keys_guard,
    )
    add_operations(service.api, at)
    add_relations(service.api, Inbox(service.db, service.subscriptions))
    app = build_app(service.api, db=service.db, keys=service.keys or keys)
    add_probes(app, at)
    if service.extend:
        service.extend(app)
    return app


@asynccontextmanager
async def everything(
    folder: Path, environment: pytest.MonkeyPatch, keys: Keys
) -> AsyncIterator[dict[str, tuple[Service, web.Application]]]:
    """All four services on databases of their own in ``folder``, listening nowhere."""
    environment.setenv("MOORING_DEMO", "true")
    environment.setenv("MOORING_DEMO_PASSWORD", "a demo password")
    for name in ("ASSESSMENT", "TREATMENT", "ENGAGEMENT"):
        environment.setenv(f"MOORING_{name}_URL", f"http://127.0.0.1:{unused_port()}")
    async with AsyncExitStack() as stack:
        found = {}
        for name, (build, schema) in BUILDS.items():
            url = f"sqlite+aiosqlite:///{folder / name}.db"
            environment.setenv("MOORING_DATABASE_URL", url)
            await schema.upgrade_async(url)
            service = await stack.enter_async_context(build())
            if name != "portal":  # which has its own; the others would ask it for them
                service = replace(service, keys=keys)
            found[name] = service, whole(service, keys)
        yield found
