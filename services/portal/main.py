"""The portal, put together by hand."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import aiohttp
from joserfc.jwk import KeySet

from services.portal.clients import Addresses
from services.portal.identity import demo
from services.portal.identity.front_door import FrontDoor
from services.portal.identity.keyring import Keyring
from services.portal.identity.passwords import Passwords
from services.portal.identity.tables import metadata
from services.portal.pages import routes, theme
from services.portal.pages.desk import Desk, Directory, Manner
from services.portal.pages.signals import SUBJECTS, Signals
from services.portal.settings import Settings
from shared.runtime.auth import Keys, StaticKeys
from shared.runtime.db import Database
from shared.runtime.http import Api
from shared.runtime.schema import Schema
from shared.runtime.service import Refused, Service
from shared.runtime.ticker import Tick

_SCRIPT_TOKEN = timedelta(minutes=5)
_DEMO_SCRIPT_TOKEN = timedelta(minutes=15)

schema = Schema("portal", metadata, Path(__file__).parent / "migrations")


@asynccontextmanager
async def build(settings: Settings) -> AsyncIterator[Service]:
    """Everything the portal consists of."""
    db = Database.open(settings.database_url, source="portal")
    keyring = Keyring(db)
    front_door = FrontDoor(db, keyring=keyring, passwords=Passwords())
    signals = Signals()
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        desk = Desk(
            manner=_manner(settings),
            front_door=front_door,
            keyring=keyring,
            directory=Directory(db),
            addresses=_addresses(settings),
            session=session,
            templates=theme.templates(),
            signals=signals,
        )
        try:
            yield Service(
                settings=settings,
                api=Api(service="portal", title="Mooring portal: identity and pages"),
                db=db,
                schema=schema,
                watches=dict.fromkeys(SUBJECTS, signals.seen),
                ticks=(Tick("housekeeping", every_s=15, run=_housekeeping(keyring, front_door)),),
                keys=keyring,
                extend=routes.extend(desk),
            )
        finally:
            await db.close()
