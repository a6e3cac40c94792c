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
from services.portal.identity.front_door import FrontDoor
from services.portal.identity.keyring import Keyring
from services.portal.identity.staff import Staff
from services.portal.pages.signals import Signals
from services.portal.pages.theme import Theme
from services.portal.presenters.crisis import Crisis
from shared.runtime import clock
from shared.runtime.db import Database

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


@dataclass(frozen=True, slots=True)
class Desk:
    """Built once by ``main``."""

    manner: Manner
    front_door: FrontDoor
    keyring: Keyring
    directory: Directory
    addresses: Addresses
    session: aiohttp.ClientSession
    theme: Theme
    signals: Signals
    crisis: Crisis


desk_key = web.AppKey("desk", Desk)
