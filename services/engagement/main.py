"""Engagement put together: rules from the content files, routes, events, and the engine."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import aiohttp

from services.engagement.adapters import ticks
from services.engagement.adapters.channels import Channels, Mailbox
from services.engagement.adapters.content import load
from services.engagement.adapters.events import subscriptions
from services.engagement.adapters.http import build_api
from services.engagement.adapters.posting import Postman
from services.engagement.adapters.sealing import keys_guard, sealing_names
from services.engagement.adapters.tables import metadata
from services.engagement.application.send_notices import Office
from services.engagement.domain.support.outside import Letterhead
from services.engagement.settings import Settings
from shared.runtime.auth import JwksKeys
from shared.runtime.db import Database, Transaction
from shared.runtime.person_keys import PersonKeys
from shared.runtime.retention_file import read_kept
from shared.runtime.schema import Schema
from shared.runtime.service import Service

SCHEMA = Schema(
    service="engagement", metadata=metadata, versions=Path(__file__).parent / "migrations"
)

SEALED_FROM = "0013"
"""The migration that waits for the end of the last release that cannot read sealed names."""


def mailbox(settings: Settings) -> Mailbox:
    """Where mail goes."""
    return Mailbox(
        sender=settings.mail_from,
        host=settings.smtp_host,
        port=settings.smtp_port,
        start_tls=settings.smtp_tls,
        user=settings.smtp_user,
        password=settings.smtp_password,
        folder=settings.mail_folder,
    )


@asynccontextmanager
async def build(settings: Settings | None = None) -> AsyncIterator[Service]:
    """Everything this service consists of; the environment says where when nothing is given."""
    settings = settings or Settings()
    letterhead = Letterhead(clinic=settings.clinic, address=settings.mail_from)
    rules = replace(load(), letterhead=letterhead)
    db = Database.open(
        settings.database_url,
        source="engagement",
        person_keys=PersonKeys(settings.person_keys, makes=False),
        sealed_from=SEALED_FROM,
    )

    engine = ticks.Engine(db=db, rules=rules, instance=settings.instance)
    office = Office(rules=rules, portal_url=settings.portal_url)
    kept = read_kept(settings.retention_file).notices
    postman = Postman(
        db=db,
        office=office,
        channels=Channels(mailbox(settings)),
        kept_for=timedelta(days=kept.days) if kept else None,
    )

    async def next_due(tx: Transaction) -> datetime | None:
        return await ticks.next_due(tx, rules)

    async with aiohttp.ClientSession() as session:
        keys = JwksKeys(settings.jwks_url, session)
        try:
            yield Service(
                settings=settings,
                api=build_api(rules, keys),
                db=db,
                schema=SCHEMA,
                subscriptions=subscriptions(rules),
                ticks=(*engine.ticks, *postman.ticks, sealing_names(db)),
                next_due=next_due,
                keys=keys,
                keys_guard=keys_guard(db),
            )
        finally:
            await db.close()
