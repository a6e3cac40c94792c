"""Treatment put together: content read, routes and subscriptions built, nothing decided."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from services.treatment.adapters.content import load
from services.treatment.adapters.course_content import load_rulebook
from services.treatment.adapters.events import subscriptions
from services.treatment.adapters.http.api import build_api
from services.treatment.adapters.http.desk import Desk
from services.treatment.adapters.sealing import keys_guard, sealing_names
from services.treatment.adapters.tables import metadata
from services.treatment.adapters.ticks import Watch
from services.treatment.settings import Settings
from shared.runtime.auth import JwksKeys
from shared.runtime.db import Database
from shared.runtime.person_keys import PersonKeys
from shared.runtime.schema import Schema
from shared.runtime.service import Service

SCHEMA = Schema(
    service="treatment", metadata=metadata, versions=Path(__file__).parent / "migrations"
)

SEALED_FROM = "0011"
"""The migration that waits for the end of the last release that cannot read sealed names."""


@asynccontextmanager
async def build(settings: Settings | None = None) -> AsyncIterator[Service]:
    """Everything this service consists of; the environment says where when nothing is given."""
    settings = settings or Settings()
    content = load()
    book = load_rulebook(settings.jurisdiction)
    async with aiohttp.ClientSession() as session:
        keys = JwksKeys(settings.jwks_url, session)
        desk = Desk(book=book, formulary=content, keys=keys, clinic_time=settings.clinic_time)
        db = Database.open(
            settings.database_url,
            source="treatment",
            person_keys=PersonKeys(settings.person_keys, makes=False),
            sealed_from=SEALED_FROM,
        )
        try:
            yield Service(
                settings=settings,
                api=build_api(desk, content),
                db=db,
                schema=SCHEMA,
                subscriptions=subscriptions(book, content),
                ticks=(*Watch(db=db, formulary=content, book=book).ticks, sealing_names(db)),
                keys=keys,
                keys_guard=keys_guard(db),
            )
        finally:
            await db.close()
