"""The operations routes of a service that has no broker: parked events, clock, audit."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from shared.runtime.anchors import Anchors
from shared.runtime.db import Database
from shared.runtime.http import Api
from shared.runtime.keys_guard import KeysGuard
from shared.runtime.operations import Installation, add_operations, add_probes
from shared.runtime.ticker import Ticker
from tests.support.callers import Site, site


@dataclass(slots=True)
class NoBroker:
    """A link to nowhere that remembers what was to be replayed."""

    replayed: list[tuple[UUID, str]] = field(default_factory=list)

    async def pending(self) -> int | None:
        return None

    async def replay(self, parked_id: UUID, *, actor: str, reason: str) -> None:
        self.replayed.append((parked_id, actor))


@asynccontextmanager
async def operated(
    db: Database,
    *,
    anchors: Anchors | None = None,
    link: NoBroker | None = None,
    keys_guard: KeysGuard | None = None,
) -> AsyncIterator[Site]:
    """Serve them on this database."""
    api = Api(service=db.source, title="A service")
    at = installed(db, anchors=anchors, link=link, keys_guard=keys_guard)
    add_operations(api, at)
    async with site(api, db) as there:
        yield there


@asynccontextmanager
async def probed(db: Database, keys_guard: KeysGuard) -> AsyncIterator[TestClient[Any, Any]]:
    """The probes of a service with people's keys."""
    app = web.Application()
    add_probes(app, installed(db, keys_guard=keys_guard))
    async with TestClient(TestServer(app)) as client:
        yield client


def installed(
    db: Database,
    *,
    anchors: Anchors | None = None,
    link: NoBroker | None = None,
    keys_guard: KeysGuard | None = None,
) -> Installation:
    return Installation(
        db=db,
        link=link or NoBroker(),
        ticker=Ticker(db.source, ()),
        release="test",
        instance="test",
        schema_version=None,
        demo=False,
        anchors=anchors or Anchors(db.source, None),
        next_due=None,
        keys_guard=keys_guard,
    )
