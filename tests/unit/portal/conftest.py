"""A portal for tests: the real application on its real database, its neighbours switched off."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer, unused_port

from services.portal.identity.demo import open_accounts
from services.portal.identity.front_door import FrontDoor
from services.portal.identity.keyring import Keyring
from services.portal.identity.passwords import Passwords
from services.portal.main import build, schema
from shared.runtime.db import Database
from tests.support.databases import Databases
from tests.support.sites import whole

PASSWORD = "a demo password"


@pytest.fixture
async def db(databases: Databases) -> AsyncIterator[Database]:
    """An identity database with the demo accounts, on both engines."""
    opened = Database.open(await databases.migrated(schema), source="portal")
    await open_accounts(opened, Passwords(), password=PASSWORD)
    yield opened
    await opened.close()


@pytest.fixture
def door(db: Database) -> FrontDoor:
    return FrontDoor(db, keyring=Keyring(db), passwords=Passwords())


@pytest.fixture
def neighbours() -> dict[str, str]:
    """Where the other services listen, by name; a test may say so for one of them."""
    return {}


@pytest.fixture
async def portal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, neighbours: dict[str, str]
) -> AsyncIterator[TestClient]:
    """A browser's view of the portal. The other services are silent: nothing listens there."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'portal.db'}"
    await schema.upgrade_async(url)
    db = Database.open(url, source="portal")
    await open_accounts(db, Passwords(), password=PASSWORD)
    await db.close()
    monkeypatch.setenv("MOORING_DATABASE_URL", url)
    monkeypatch.setenv("MOORING_DEMO", "true")
    monkeypatch.setenv("MOORING_DEMO_PASSWORD", PASSWORD)
    for service in ("ASSESSMENT", "TREATMENT", "ENGAGEMENT"):
        silent = f"http://127.0.0.1:{unused_port()}"
        monkeypatch.setenv(f"MOORING_{service}_URL", neighbours.get(service.lower(), silent))
    async with build() as service:
        app = whole(service, service.keys)
        async with TestClient(TestServer(app)) as browser:
            yield browser
