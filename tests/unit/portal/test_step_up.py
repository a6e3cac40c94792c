"""What a form to sign says to somebody who signs by signing in again at the provider (0024)."""

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer, unused_port
from sqlalchemy import update

from services.portal.identity.step_up import LIFETIME
from services.portal.identity.tables import session as session_table
from shared.runtime import clock
from shared.runtime.db import Database
from tests.unit.portal.test_gate import form_token, sign_in
from tests.unit.portal.test_vouched_for_elsewhere import vouched_for

NOBODY = {
    "type": "about:blank",
    "title": "No",
    "status": 404,
    "code": "nobody-found",
    "detail": "Nobody was found.",
    "correlation_id": "x",
}
WISH = {
    "birth_date": "1970-01-02",
    "number": "0123abcd",
    "reason": "person-at-risk",
    "words": "said on the telephone that she wants to die",
}
THERE = "/sign-in/again"
HELD = "You signed in again at"


@pytest.fixture
def provider(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings name a provider, and nothing listens there."""
    (tmp_path / "roles.toml").write_text(
        'claim = "groups"\n[[role]]\nwhen = "nurses"\nrole = "nurse"\nteams = ["harbour"]\n'
    )
    for name, value in {
        "PUBLIC_URL": f"http://127.0.0.1:{unused_port()}",
        "OIDC_ISSUER": f"http://127.0.0.1:{unused_port()}",
        "OIDC_CLIENT_ID": "mooring",
        "OIDC_ROLES_FILE": str(tmp_path / "roles.toml"),
    }.items():
        monkeypatch.setenv(f"MOORING_{name}", value)


@pytest.fixture
async def neighbours(provider: None) -> AsyncIterator[dict[str, str]]:
    """An assessment that knows nobody, whoever signs."""

    async def answer(_request: web.Request) -> web.Response:
        return web.json_response(NOBODY, status=404, content_type="application/problem+json")

    app = web.Application()
    app.router.add_route("*", "/{anything:.*}", answer)
    async with TestServer(app) as server:
        yield {"assessment": str(server.make_url("")).rstrip("/")}


@pytest.fixture
async def again(portal: TestClient, tmp_path: Path) -> AsyncIterator[Database]:
    """Nell is signed in, and the provider vouches for her from then on."""
    await sign_in(portal)
    db = await vouched_for(tmp_path)
    yield db
    await db.close()


async def hold(db: Database, at: datetime) -> None:
    """She has signed in again at that time."""
    async with db.housekeeping() as tx:
        await tx.session.execute(update(session_table).values(stepped_up_at=at))


async def form(portal: TestClient) -> dict[str, str]:
    return {"csrf": await form_token(portal, "/emergency"), "key": "a-key-of-a-form"}


async def test_it_is_said_until_when_it_serves(portal: TestClient, again: Database) -> None:
    at = clock.real_now()
    await hold(again, at)

    page = await (await portal.get("/emergency")).text()

    said = [f"{one.astimezone(ZoneInfo('Europe/London')):%H:%M}" for one in (at, at + LIFETIME)]
    assert f"{HELD} {said[0]}. You can sign once with it, until {said[1]}." in page
    assert THERE not in page
    await hold(again, at - LIFETIME)
    assert THERE in await (await portal.get("/emergency")).text()


async def test_a_form_that_was_not_signed_uses_nothing_up(
    portal: TestClient, again: Database
) -> None:
    await hold(again, clock.real_now())

    answer = await portal.post("/emergency", data=await form(portal))

    assert answer.status == 422
    assert HELD in await answer.text()
    assert HELD in await (await portal.get("/emergency")).text()


async def test_a_form_that_comes_back_after_signing_asks_anew(
    portal: TestClient, again: Database
) -> None:
    await hold(again, clock.real_now())

    answer = await portal.post("/emergency", data=await form(portal) | WISH)

    assert answer.status == 404
    page = await answer.text()
    assert WISH["words"] in page
    assert THERE in page
    assert HELD not in page
    assert THERE in await (await portal.get("/emergency")).text()


async def test_the_way_there_is_for_them_alone(portal: TestClient) -> None:
    outside = await portal.get(THERE, allow_redirects=False)
    await sign_in(portal)
    local = await portal.get(THERE, allow_redirects=False)

    assert (outside.status, outside.headers["Location"]) == (303, f"/sign-in?then={THERE}")
    assert local.status == 404


async def test_a_provider_that_is_away_is_said_to_be(portal: TestClient, again: Database) -> None:
    answer = await portal.get(f"{THERE}?then=/emergency", allow_redirects=False)

    assert answer.status == 503
    page = await answer.text()
    assert "You cannot sign right now" in page
    assert "Nothing was signed. Go back to your form" in page
    assert "flow" not in str(answer.cookies)


async def test_an_answer_to_no_question_is_none(portal: TestClient, again: Database) -> None:
    answer = await portal.get("/sign-in/back?state=x&code=y", allow_redirects=False)

    assert answer.status == 401
    assert THERE in await (await portal.get("/emergency")).text()
