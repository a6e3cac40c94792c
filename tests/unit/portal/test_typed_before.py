"""A form of a session that ended meanwhile: it waits in its page while somebody signs in elsewhere,
and comes back to whoever had typed it, unsent (0024)."""

import re
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import select, update

from services.portal.identity.tables import lock
from services.portal.identity.tables import session as session_table
from shared.runtime import clock
from shared.runtime.db import Database
from tests.unit.portal.conftest import PASSWORD
from tests.unit.portal.test_gate import form_token, sign_in
from tests.unit.portal.test_step_up import HELD, WISH, hold, provider
from tests.unit.portal.test_vouched_for_elsewhere import vouched_for

__all__ = ["provider"]

TYPED = {
    "given_name": "Ada <i>",
    "family_name": "Marsh",
    "birth_date": "1970-01-02",
    "time_zone": "Europe/London",
    "language": "en",
    "team": "harbour",
}
ADDRESS = "/patients/new"
IS_BACK = "look at it, and send it once more"


@pytest.fixture
def heard() -> list[str]:
    """What the services were asked to do."""
    return []


@pytest.fixture
async def neighbours(provider: None, heard: list[str]) -> AsyncIterator[dict[str, str]]:
    """An assessment that takes whatever it is sent."""

    async def answer(request: web.Request) -> web.Response:
        if request.path != "/api/v1/reads":
            heard.append(f"{request.method} {request.path}")
        return web.json_response({}, status=500)

    app = web.Application()
    app.router.add_route("*", "/{anything:.*}", answer)
    async with TestServer(app) as server:
        yield {"assessment": str(server.make_url("")).rstrip("/")}


@pytest.fixture
async def db(portal: TestClient, tmp_path: Path) -> AsyncIterator[Database]:
    """The portal's own."""
    opened = Database.open(f"sqlite+aiosqlite:///{tmp_path / 'portal.db'}", source="portal")
    yield opened
    await opened.close()


async def typed(
    portal: TestClient, db: Database, words: Mapping[str, str] = TYPED
) -> dict[str, str]:
    """Nell has typed, and her session is over before she sends it."""
    await sign_in(portal)
    form = {**words, "csrf": await form_token(portal), "key": "a-key-of-a-form"}
    async with db.housekeeping() as tx:
        await tx.session.execute(update(session_table).values(ended_at=clock.real_now()))
    return form


def waiting(page: str) -> dict[str, str]:
    """What the page sends once one is signed in again."""
    form = re.search(rf'<form method="post" action="{ADDRESS}">(.*?)</form>', page, re.DOTALL)
    assert form
    return dict(re.findall(r'name="([\w.-]+)" value="([^"]*)"', form[1]))


async def test_it_waits_in_its_page_while_one_signs_in_beside_it(
    portal: TestClient, db: Database, heard: list[str]
) -> None:
    form = await typed(portal, db)

    answer = await portal.post(ADDRESS, data=form | {"password": "hers"})
    page = await answer.text()

    assert answer.status == 401
    assert 'href="/sign-in/elsewhere?beside=yes" target="_blank" rel="noopener"' in page
    assert waiting(page) == form | {"given_name": "Ada &lt;i&gt;"}
    assert "hers" not in page
    early = await portal.post(ADDRESS, data=form)
    assert early.status == 401
    assert waiting(await early.text()) == waiting(page), "too early, and nothing is lost"
    assert not heard


async def test_it_comes_back_unsent_and_is_sent_from_there(
    portal: TestClient, db: Database, heard: list[str]
) -> None:
    form = await typed(portal, db)
    await portal.post(ADDRESS, data=form)
    await sign_in(portal)  # elsewhere: nothing of the form comes along

    answer = await portal.post(ADDRESS, data=form)
    page = await answer.text()

    assert answer.status == 409
    assert IS_BACK in page
    assert 'value="Ada &lt;i&gt;"' in page
    assert form["csrf"] not in page, "it has the token of the session there is"
    assert "POST /api/v1/patients" not in heard
    again = re.search(r'name="csrf" value="(\w+)"', page)
    assert again
    await portal.post(ADDRESS, data=form | {"csrf": again[1]})
    assert "POST /api/v1/patients" in heard


async def test_so_does_one_of_another_tab_that_did_not_notice(
    portal: TestClient, db: Database
) -> None:
    """One tab led to the sign-in; the form in the other is of the session before."""
    form = await typed(portal, db)
    await portal.get("/patients")
    await sign_in(portal)

    answer = await portal.post(ADDRESS, data=form)

    assert (answer.status, IS_BACK in await answer.text()) == (409, True)


async def test_somebody_else_does_not_see_it(portal: TestClient, db: Database) -> None:
    form = await typed(portal, db)
    await portal.post(ADDRESS, data=form)
    await sign_in(portal, "tomas")

    answer = await portal.post(ADDRESS, data=form)

    assert answer.status == 403
    assert "Marsh" not in await answer.text()


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}]
)
async def test_another_site_does_not_bring_it(
    portal: TestClient, db: Database, headers: Mapping[str, str]
) -> None:
    form = await typed(portal, db)
    await portal.post(ADDRESS, data=form)
    await sign_in(portal)

    answer = await portal.post(ADDRESS, data=form, headers=headers)

    assert answer.status == 403
    assert "Marsh" not in await answer.text()


async def test_another_browser_does_not_bring_it(portal: TestClient, db: Database) -> None:
    form = await typed(portal, db)
    portal.session.cookie_jar.clear()
    await sign_in(portal)

    assert (await portal.post(ADDRESS, data=form)).status == 403


@pytest.mark.parametrize("address", ["/account/sign-out-everywhere", "/sign-out"])
async def test_what_the_portal_does_itself_is_not_done_by_it(
    portal: TestClient, db: Database, address: str
) -> None:
    form = await typed(portal, db)
    await portal.post(ADDRESS, data=form)
    await sign_in(portal)

    answer = await portal.post(address, data={"csrf": form["csrf"]})

    assert answer.status == 403
    assert (await portal.get("/patients/new")).status == 200, "still signed in"


async def test_it_uses_up_no_sign_in_to_sign(
    portal: TestClient, db: Database, tmp_path: Path
) -> None:
    form = await typed(portal, db, WISH)
    await portal.post("/emergency", data=form)
    await sign_in(portal)
    await (await vouched_for(tmp_path)).close()
    await hold(db, clock.real_now())

    page = await (await portal.post("/emergency", data=form)).text()

    assert IS_BACK in page
    assert WISH["words"] in page
    assert HELD in page
    assert HELD in await (await portal.get("/emergency")).text()


async def test_it_is_no_wrong_password(portal: TestClient, db: Database) -> None:
    """A form to sign travels through the sign-in here without its password."""
    form = await typed(portal, db, WISH)
    interrupted = await (await portal.post("/emergency", data=form)).text()
    travels = dict(re.findall(r'name="(kept[\w.-]+)" value="([^"]*)"', interrupted))
    back = await sign_in(portal, then="/emergency", **travels)
    token = re.search(r'name="csrf" value="(\w+)"', await back.text())
    assert token

    sent = WISH | {"csrf": token[1], "signed-in-again": "true", "key": form["key"]}
    page = await (await portal.post("/emergency", data=sent)).text()

    assert IS_BACK in page
    assert "not your password" not in page
    async with db.reading() as tx:
        assert not (await tx.session.execute(select(lock))).all()


async def test_whoever_signs_out_leaves_nothing_to_go_on_with(
    portal: TestClient, db: Database
) -> None:
    form = await typed(portal, db)
    await portal.post(ADDRESS, data=form)
    await sign_in(portal)
    await portal.post("/sign-out", data={"csrf": await form_token(portal)})
    await sign_in(portal)

    assert (await portal.post(ADDRESS, data=form)).status == 403


async def test_a_session_that_is_not_over_holds_nothing_back(
    portal: TestClient, db: Database, heard: list[str]
) -> None:
    """Whatever a browser says had been before."""
    secret = (await sign_in(portal)).cookies["mooring"].value
    form = TYPED | {"csrf": await form_token(portal), "key": "a-key-of-a-form"}

    await portal.post(ADDRESS, data=form, cookies={"mooring-before": secret})

    assert "POST /api/v1/patients" in heard


async def test_the_session_s_cookie_outlives_it(portal: TestClient) -> None:
    """The database ends it, after ten hours at the latest; the cookie says whose it was."""
    cookie = (await sign_in(portal)).cookies["mooring"]

    assert int(cookie["max-age"]) > 10 * 60 * 60
    assert PASSWORD not in cookie.value
