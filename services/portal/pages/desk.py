"""What every page needs of the process: identity, the other services, templates, live signals."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import aiohttp
from aiohttp import web

from services.portal.clients import Addresses
from services.portal.identity import staff
from services.portal.identity.federation import Federation
from services.portal.identity.front_door import FrontDoor
from services.portal.identity.keyring import Keyring
from services.portal.identity.office import Office
from services.portal.identity.staff import Staff
from services.portal.pages.signals import Signals
from services.portal.pages.theme import Theme
from services.portal.presenters.crisis import Crisis
from shared.runtime import clock
from shared.runtime.db import Database
from shared.runtime.http.address import Network, client_address
from shared.runtime.http.limits import Rate

_STAFF_KEPT_S = 30.0
HTTPS_COOKIE = "__Host-mooring"
HTTP_COOKIE = "mooring"


@dataclass(frozen=True, slots=True)
class Manner:
    """How this portal presents itself. ``zone`` is the clinic's; ``origin`` is the address
    browsers know us by, such as ``https://care.example``; empty on loopback."""

    zone: ZoneInfo
    origin: str
    demo: bool
    demo_password: str
    script_token_lifetime: timedelta
    proxies: tuple[Network, ...] = ()
    second_factor: bool = False
    """Whether everybody with a password has to show one-time codes too."""
    local: bool = True
    """Whether passwords open the door."""
    own_files: bool = False
    """Whether the data are files beside the programs, which nobody backs up by itself."""

    def address(self, request: web.Request) -> str:
        """Where a request comes from, behind our own proxies."""
        return client_address(request, proxies=self.proxies)

    @property
    def before_cookie(self) -> str:
        """What a browser keeps of its session that ended: its secret opens nothing any more, and
        tells whose the forms are that were filled in with it."""
        return f"{self.cookie}-before"

    @property
    def device_cookie(self) -> str:
        """What a browser keeps that was let in before."""
        return f"{self.cookie}-device"

    def device(self, request: web.Request) -> str:
        """The secret of a browser that was let in before; empty for any other."""
        return request.cookies.get(self.device_cookie, "")

    @property
    def flow_cookie(self) -> str:
        """What binds a browser to the sign-in it began elsewhere."""
        return f"{self.cookie}-flow"

    @property
    def secure(self) -> bool:
        """Whether browsers reach us over https."""
        return self.origin.startswith("https://")

    @property
    def cookie(self) -> str:
        """The name of the session cookie; the prefix makes browsers refuse a forged one."""
        return HTTPS_COOKIE if self.secure else HTTP_COOKIE


@dataclass(slots=True)
class Directory:
    """The staff list, read again every half minute."""

    db: Database
    _people: Mapping[UUID, Staff] = field(default_factory=dict)
    _read_at: float = float("-inf")

    async def people(self) -> Mapping[UUID, Staff]:
        """Everybody by id, those who left included."""
        if clock.monotonic() - self._read_at > _STAFF_KEPT_S:
            async with self.db.reading() as tx:
                self._people = {person.staff_id: person for person in await staff.everyone(tx)}
            self._read_at = clock.monotonic()
        return self._people

    def forget(self) -> None:
        """Somebody's account was changed here: read anew."""
        self._read_at = float("-inf")


@dataclass(frozen=True, slots=True)
class Desk:
    """Built once by ``main``."""

    manner: Manner
    front_door: FrontDoor
    office: Office
    keyring: Keyring
    directory: Directory
    addresses: Addresses
    session: aiohttp.ClientSession
    theme: Theme
    signals: Signals
    crisis: Crisis
    callers: Rate = field(default_factory=lambda: Rate(None))
    """How much one person may ask."""
    origins: Rate = field(default_factory=lambda: Rate(None))
    """How much one address may ask."""
    provider: Federation | None = None
    """The identity provider to sign in with, if there is one."""


desk_key = web.AppKey("desk", Desk)
