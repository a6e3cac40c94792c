"""The operator's side of signing in: accounts with one-time codes, from a shell."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pyotp
import pytest
from aiohttp.test_utils import TestClient

from services.commands import asking
from services.portal.identity import second_factor, staff
from services.portal.pages.desk import desk_key
from services.remote import CodeNeeded, Remote, RemoteError
from shared.demo.staff import staff_id
from shared.runtime import clock
from tests.unit.portal.conftest import PASSWORD


@pytest.fixture
async def there(portal: TestClient) -> AsyncIterator[Remote]:
    async with aiohttp.ClientSession() as session:
        yield Remote(session, {"portal": str(portal.make_url("")).rstrip("/")})


@pytest.fixture
async def secret(portal: TestClient) -> str:
    """Operations' account has codes, set up three minutes ago, as on a live installation."""
    front_door = portal.app[desk_key].front_door
    async with front_door._db.reading() as tx:
        oona = await staff.by_id(tx, staff_id("oona"))
    assert oona is not None
    made = await front_door.offer_code(oona)
    long_ago = int(clock.real_now().timestamp()) - 45
    assert await front_door.confirm_code(oona, pyotp.TOTP(made).at(long_ago + 30)) is not None
    async with front_door._db.transaction(actor="test") as tx:
        assert await second_factor.is_needed(tx, oona.staff_id)
        await second_factor._set(tx, oona.staff_id, last_step=0)
        tx.audit("test.time-passed", object=f"staff:{oona.staff_id}")
    return made


async def test_a_code_is_asked_for_and_opens_the_door(there: Remote, secret: str) -> None:
    with pytest.raises(CodeNeeded, match="one-time code"):
        await there.token("oona", PASSWORD)

    code = pyotp.TOTP(secret).now()
    assert (await there.token("oona", PASSWORD, code=code)).access_token
    with pytest.raises(CodeNeeded):  # each works once
        await there.token("oona", PASSWORD, code=code)


async def test_a_command_takes_the_code_from_its_environment(
    there: Remote, secret: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOORING_PASSWORD", PASSWORD)
    with pytest.raises(RemoteError, match="set MOORING_CODE to oona's present one-time code"):
        await asking.bearer(there, "oona", tmp_path)

    monkeypatch.setenv("MOORING_CODE", pyotp.TOTP(secret).now())
    assert await asking.bearer(there, "oona", tmp_path)


async def test_a_command_asks_whoever_sits_at_the_terminal(
    there: Remote, secret: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOORING_PASSWORD", PASSWORD)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("typer.prompt", lambda *_, **__: pyotp.TOTP(secret).now())

    assert await asking.bearer(there, "oona", tmp_path)


async def test_codes_cannot_be_guessed_at_speed_by_whoever_has_the_password(
    there: Remote, secret: str
) -> None:
    for _ in range(5):
        with pytest.raises(CodeNeeded):
            await there.token("oona", PASSWORD, code="000000")
    with pytest.raises(RemoteError, match="Too many tries"):
        await there.token("oona", PASSWORD, code=pyotp.TOTP(secret).now())


async def test_a_wrong_password_is_said_in_words(there: Remote) -> None:
    with pytest.raises(RemoteError, match="do not belong together") as refused:
        await there.token("oona", "another password", code="123456")
    assert not isinstance(refused.value, CodeNeeded)
