"""Accounts of an identity provider: no password opens them, and none signs for them (0024)."""

import asyncio
import re
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient
from sqlalchemy import insert, select, update
from typer.testing import CliRunner

from services.portal.identity.commands import commands
from services.portal.identity.federation import NO_PASSWORD
from services.portal.identity.front_door import FrontDoor, WrongPassword
from services.portal.identity.keyring import Keyring
from services.portal.identity.office import KnownElsewhere, Office
from services.portal.identity.passwords import Passwords
from services.portal.identity.tables import federated
from services.portal.identity.tables import staff as staff_table
from shared.demo.staff import staff_id
from shared.runtime.db import Database
from tests.unit.portal.conftest import PASSWORD
from tests.unit.portal.test_gate import form_token, sign_in

HERE = "192.0.2.1"
TEMPLATES = Path(__file__).parents[3] / "services/portal/templates"
NELL = staff_id("nell")


async def vouched_for(folder: Path, *, password_hash: str | None = NO_PASSWORD) -> Database:
    """The portal's own database, where Nell's account is the provider's from now on."""
    db = Database.open(f"sqlite+aiosqlite:///{folder / 'portal.db'}", source="portal")
    async with db.housekeeping() as tx:
        theirs = {"issuer": "https://id.example.org", "subject": "n", "staff_id": NELL}
        await tx.session.execute(insert(federated).values(theirs))
        if password_hash is not None:
            account = update(staff_table).where(staff_table.c.staff_id == NELL)
            await tx.session.execute(account.values(password_hash=password_hash))
    return db


async def test_nobody_gives_them_a_password(portal: TestClient, tmp_path: Path) -> None:
    db = await vouched_for(tmp_path)

    with pytest.raises(KnownElsewhere):
        await Office(db, Passwords()).set_password(NELL, password="long enough", by="staff:1")

    async with db.reading() as tx:
        query = select(staff_table.c.password_hash).where(staff_table.c.staff_id == NELL)
        assert (await tx.session.execute(query)).scalar_one() == NO_PASSWORD
    await db.close()


async def test_the_command_says_why_not(portal: TestClient, tmp_path: Path) -> None:
    await (await vouched_for(tmp_path)).close()
    users = commands(lambda: f"sqlite+aiosqlite:///{tmp_path / 'portal.db'}")

    said = await asyncio.to_thread(
        CliRunner().invoke, users, ["password", "nell"], input="one long enough to be taken\n"
    )

    assert said.exit_code == 1
    assert "they sign in with the identity provider" in said.stderr


async def test_a_password_of_an_earlier_release_opens_nothing(
    portal: TestClient, tmp_path: Path
) -> None:
    db = await vouched_for(tmp_path, password_hash=None)
    door = FrontDoor(db, keyring=Keyring(db), passwords=Passwords())

    with pytest.raises(WrongPassword):
        await door.sign_in("nell", PASSWORD, address=HERE)
    with pytest.raises(WrongPassword):
        await door.signature("nell", PASSWORD, hash_="0" * 64, meaning="sign", address=HERE)
    await db.close()


async def test_a_form_leads_to_the_provider_and_takes_no_password(
    portal: TestClient, tmp_path: Path
) -> None:
    await sign_in(portal)
    asked = await (await portal.get("/emergency")).text()
    await (await vouched_for(tmp_path)).close()

    page = await (await portal.get("/emergency?a=1")).text()
    form = {
        "csrf": await form_token(portal),
        "key": "a-key-of-a-form",
        "birth_date": "1970-01-02",
        "number": "0123abcd",
        "reason": "person-at-risk",
        "words": "said on the telephone that she wants to die",
        "password": PASSWORD,
    }
    answer = await portal.post("/emergency", data=form)

    assert re.search('type="password"', asked)
    assert "/sign-in/again" not in asked
    assert 'href="/sign-in/again?then=%2Femergency%3Fa%3D1"' in page
    assert "What you typed stays here" in page
    assert 'target="_blank" rel="noopener">Sign in again at your organisation' in page
    assert not re.search('type="password"', page)
    assert answer.status == 403
    refused = await answer.text()
    assert "Nothing was signed: first sign in again" in refused
    assert 'href="/sign-in/again?then=%2Femergency"' in refused
    assert "said on the telephone" in refused
    assert "not your password" not in refused


def test_every_form_to_sign_knows_who_asks() -> None:
    """A page that extends another uses that one's import of the parts: without the page's context
    neither knows whether the visitor can sign, and the page fails."""
    pages = {page.name: page.read_text() for page in TEMPLATES.glob("*.html")}
    sign = [
        name for name, text in pages.items() if re.search(r"parts\.(password|signature)\(", text)
    ]
    assert len(sign) >= 6
    for name in sign:
        within: str | None = name
        while within is not None:
            assert 'import "parts.html" as parts %}' not in pages[within], f"{name} by {within}"
            extended = re.search(r'{% extends "([^"]+)"', pages[within])
            within = extended.group(1) if extended else None
