"""Assessment put together: clinical content from its files, routes, events."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from services.assessment.adapters.content import load
from services.assessment.adapters.events import subscriptions
from services.assessment.adapters.http import build_api
from services.assessment.adapters.keeping_keys import keeping
from services.assessment.adapters.rights import with_rights
from services.assessment.adapters.tables import PATIENT, metadata
from services.assessment.adapters.wording import load_wording
from services.assessment.settings import Settings
from shared.runtime.auth import JwksKeys
from shared.runtime.db import Database
from shared.runtime.keys_guard import KeysGuard
from shared.runtime.person_keys import PersonKeys
from shared.runtime.retention_file import read_kept
from shared.runtime.schema import Schema
from shared.runtime.service import Service

SCHEMA = Schema(
    service="assessment", metadata=metadata, versions=Path(__file__).parent / "migrations"
)

SEALED_FROM = "0012"
"""The migration that waits for the end of the last release that cannot read sealed names."""


@asynccontextmanager
async def build(settings: Settings | None = None) -> AsyncIterator[Service]:
    """Everything this service consists of; the environment says where when nothing is given."""
    settings = settings or Settings()
    content = with_rights(load(shadow_rules=settings.shadow_rules_dir), settings.rights_file)
    kept = read_kept(settings.retention_file)
    wording = load_wording(settings.wording_dir, content.instruments)
    person_keys = PersonKeys(settings.person_keys)
    db = Database.open(
        settings.database_url,
        source="assessment",
        person_keys=person_keys,
        sealed_from=SEALED_FROM,
    )
    async with aiohttp.ClientSession() as session:
        keys = JwksKeys(settings.jwks_url, session)
        try:
            yield Service(
                settings=settings,
                api=build_api(content, wording, keys=keys, kept=kept),
                db=db,
                schema=SCHEMA,
                subscriptions=subscriptions(content),
                keys=keys,
                ticks=(keeping(db, person_keys),),
                keys_guard=KeysGuard(db, PATIENT, PATIENT.c.contact.is_not(None)),
            )
        finally:
            await db.close()
