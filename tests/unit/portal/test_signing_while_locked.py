"""Guesses from outside lock an account for others, and not for the person at their own desk."""

import re

import pytest
from aiohttp.test_utils import TestClient

from services.portal.identity import locks
from services.portal.pages.desk import desk_key
from shared.demo.staff import staff_id
from shared.runtime import clock
from tests.unit.portal.conftest import PASSWORD

WISH = {
    "given_name": "Ada",
    "family_name": "Example",
    "birth_date": "1950-03-04",
    "number": "",
    "reason": "person-at-risk",
    "words": "Found unwell at the front desk.",
}


@pytest.fixture
async def locked(portal: TestClient) -> TestClient:
    """Nell is signed in; then strangers guess until her account is locked."""
    await portal.post("/sign-in", data={"username": "nell", "password": PASSWORD})
    assert portal.app is not None
    async with portal.app[desk_key].office.db.transaction(actor="service:portal") as tx:
        for _ in range(locks.LOCKED_AFTER):
            await locks.count_failure(tx, staff_id("nell"), now=clock.real_now())
    return portal


async def test_a_known_browser_gets_a_signature(locked: TestClient) -> None:
    wish = {"username": "nell", "password": PASSWORD, "hash": "ab" * 32, "meaning": "test"}

    assert (await locked.post("/api/v1/signatures", json=wish)).status == 200
    locked.session.cookie_jar.clear()
    assert (await locked.post("/api/v1/signatures", json=wish)).status == 403


async def test_a_known_browser_opens_a_record_in_an_emergency(locked: TestClient) -> None:
    page = await (await locked.get("/emergency")).text()
    form = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))

    answer = await locked.post("/emergency", data=form | WISH | {"password": PASSWORD})

    assert answer.status == 503  # signed, and on its way to a service that is away
    assert "locked" not in await answer.text()
