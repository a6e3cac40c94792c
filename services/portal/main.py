"""The portal, put together by hand."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import aiohttp

from services.portal.clients import Addresses
from services.portal.identity import demo, roles
from services.portal.identity.federation import Federation
from services.portal.identity.front_door import TOKEN_LIFETIME, FrontDoor
from services.portal.identity.keyring import Keyring
from services.portal.identity.office import Office
from services.portal.identity.passwords import Passwords
from services.portal.identity.provider import Provider
from services.portal.identity.tables import metadata
from services.portal.pages import routes, theme
from services.portal.pages.desk import Desk, Directory, Manner
from services.portal.pages.scripts import add_scripts
from services.portal.pages.signals import Signals
from services.portal.presenters import crisis
from services.portal.relations import Carrier
from services.portal.settings import Settings, networks
from shared.events.listeners import WATCHED
from shared.runtime.bus.refused_logins import RefusedLogins
from shared.runtime.bus.speaker import access_from
from shared.runtime.bus.topology import OBSERVER
from shared.runtime.db import Database
from shared.runtime.http import Api
from shared.runtime.http.limits import Rate
from shared.runtime.schema import Schema
from shared.runtime.service import Refused, Service
from shared.runtime.settings import requests_per_minute
from shared.runtime.ticker import Tick

_HOUSEKEEPING_S = 15.0
DEMO_SCRIPT_TOKEN = timedelta(minutes=15)
"""Scripts play a demo for minutes; of made-up people nothing has to be taken away."""

schema = Schema("portal", metadata, Path(__file__).parent / "migrations")


@asynccontextmanager
async def build() -> AsyncIterator[Service]:
    """Everything the portal consists of."""
    settings = Settings()
    db = Database.open(settings.database_url, source="portal")
    keyring = Keyring(db)
    passwords = Passwords()
    front_door = FrontDoor(db, keyring=keyring, passwords=passwords)
    signals = Signals()
    housekeeping = Tick(
        "housekeeping", every_s=_HOUSEKEEPING_S, run=_housekeeping(keyring, front_door)
    )
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        carrier = Carrier(session, _addresses(settings), front_door.own_token)
        desk = Desk(
            manner=manner_of(settings),
            front_door=front_door,
            office=Office(db, passwords),
            keyring=keyring,
            directory=Directory(db),
            addresses=_addresses(settings),
            session=session,
            theme=theme.load(),
            signals=signals,
            crisis=crisis.load(settings.jurisdiction),
            callers=Rate(requests_per_minute(settings)),
            origins=Rate(settings.address_requests_per_minute * (10 if settings.demo else 1)),
            provider=_provider(settings, db, session),
        )
        logins = _logins(settings, db)
        api = Api(service="portal", title="Mooring portal")
        add_scripts(api, desk)
        try:
            yield Service(
                settings=settings,
                api=api,
                db=db,
                schema=schema,
                watches=dict.fromkeys(WATCHED["portal"], signals.seen),
                ticks=(housekeeping, carrier.tick, *(each.tick for each in logins)),
                keys=keyring,
                extend=routes.extension(desk),
            )
        finally:
            for each in logins:
                await each.close()
            await db.close()


def database_url() -> str:
    """The identity database."""
    return Settings().database_url


async def play(db: Database, _today: date) -> None:
    """Open the demo accounts.

    Raises:
        Refused: nobody said what their password is.
    """
    password = Settings().demo_password
    if password is None:
        raise Refused("MOORING_DEMO_PASSWORD is needed to open the demo accounts")
    await demo.open_accounts(db, Passwords(), password=password.get_secret_value())


def _housekeeping(keyring: Keyring, front_door: FrontDoor) -> Callable[[], Awaitable[int]]:
    async def run() -> int:
        await keyring.refresh()
        await front_door.sweep()
        return 0

    return run


def _logins(settings: Settings, db: Database) -> tuple[RefusedLogins, ...]:
    """Who listens for logins that the broker refuses; nobody without a password."""
    password = settings.nats_observer_password
    if password is None:
        return ()
    ours = access_from(settings, user=OBSERVER)
    access = replace(ours, user=OBSERVER, password=password.get_secret_value())
    return (RefusedLogins(db, access),)


def manner_of(settings: Settings) -> Manner:
    """How the portal presents itself, as it was told from outside."""
    password = settings.demo_password
    return Manner(
        zone=ZoneInfo(settings.clinic_zone),
        origin=settings.public_url,
        demo=settings.demo,
        demo_password=password.get_secret_value() if settings.demo and password else "",
        script_token_lifetime=DEMO_SCRIPT_TOKEN if settings.demo else TOKEN_LIFETIME,
        proxies=networks(settings.trusted_proxies),
        second_factor=not settings.demo
        if settings.second_factor is None
        else settings.second_factor,
        local=settings.local_sign_in,
        own_files=settings.database_url.startswith("sqlite"),
    )


def _provider(
    settings: Settings, db: Database, session: aiohttp.ClientSession
) -> Federation | None:
    """The identity provider of the settings.

    Raises:
        Refused: its file of roles cannot be used.
    """
    if not settings.oidc_issuer or settings.oidc_roles_file is None:
        return None
    try:
        mapping = roles.read(settings.oidc_roles_file)
    except roles.BadMapping as error:
        raise Refused(str(error)) from error
    there = Provider(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret,
        redirect_uri=f"{settings.public_url}/sign-in/back",
        session=session,
    )
    return Federation(db, there, mapping)


def _addresses(settings: Settings) -> Addresses:
    return Addresses(
        portal=f"http://{settings.http_host}:{settings.http_port}",
        assessment=settings.assessment_url,
        treatment=settings.treatment_url,
        engagement=settings.engagement_url,
    )
