"""The page of staff and one's own account, as a browser meets them."""

import re

import pytest
from aiohttp.test_utils import TestClient

from shared.demo.staff import staff_id
from tests.unit.portal.conftest import PASSWORD
from tests.unit.portal.test_gate import sign_in


async def form_of(portal: TestClient, address: str) -> dict[str, str]:
    page = await (await portal.get(address)).text()
    found = re.search(r'name="csrf" value="(\w+)"', page)
    assert found
    return {"csrf": found[1], "key": "a-key-of-a-form"}


async def test_operations_close_an_account_and_never_their_own(portal: TestClient) -> None:
    await sign_in(portal, "oona")
    form = await form_of(portal, "/staff")

    own = await portal.post(
        "/staff", data=form | {"staff_id": str(staff_id("oona")), "act": "close"}
    )
    assert own.status == 403
    close = form | {"staff_id": str(staff_id("nell")), "act": "close"}
    other = await portal.post("/staff", data=close | {"sure": "yes"}, allow_redirects=False)
    assert other.status == 303
    assert (await sign_in(portal, "nell")).status == 401


async def test_the_only_lead_of_a_team_stays_until_somebody_else_leads_it(
    portal: TestClient,
) -> None:
    await sign_in(portal, "oona")
    close = await form_of(portal, "/staff")
    close |= {"staff_id": str(staff_id("lena")), "act": "close", "sure": "yes"}

    refused = await portal.post("/staff", data=close, allow_redirects=False)

    assert refused.status == 409
    page = await refused.text()
    assert "Lena Fischer is the only team lead of harbour" in page
    assert "Give a colleague that role first" in page
    assert (await sign_in(portal, "lena")).status == 303, "nothing was changed"


@pytest.mark.parametrize("act", ["close", "take-off"])
async def test_what_is_not_easily_undone_is_asked_about_first(portal: TestClient, act: str) -> None:
    await sign_in(portal, "oona")
    form = await form_of(portal, "/staff")

    asked = await portal.post("/staff", data=form | {"staff_id": str(staff_id("nell")), "act": act})

    assert asked.status == 200
    page = await asked.text()
    assert re.search(r'<h2 id="question"[^>]*>[^<]*Nell Hughes\?</h2>', page)
    assert f'name="act" value="{act}"' in page
    assert (await sign_in(portal, "nell")).status == 303, "nothing was changed"


@pytest.mark.parametrize("act", ["close", "take-off", "promote", ""])
async def test_a_lead_does_not_close_accounts(portal: TestClient, act: str) -> None:
    await sign_in(portal, "lena")
    form = await form_of(portal, "/staff")

    answer = await portal.post(
        "/staff", data=form | {"staff_id": str(staff_id("nell")), "act": act}
    )

    assert answer.status == 404


async def test_another_password_needs_the_old_one_and_ends_the_session(portal: TestClient) -> None:
    await sign_in(portal, "nell")
    form = await form_of(portal, "/account")
    new = {"new": "four words by the sea", "again": "four words by the sea"}

    wrong = await portal.post("/account/password", data=form | new | {"password": "guess"})
    assert wrong.status == 403
    right = await portal.post(
        "/account/password", data=form | new | {"password": PASSWORD}, allow_redirects=False
    )
    assert (right.status, right.headers["Location"]) == (303, "/sign-in")
    assert (await portal.get("/account", allow_redirects=False)).status == 303


async def test_one_s_own_page_shows_a_picture_to_scan(portal: TestClient) -> None:
    await sign_in(portal, "nell")

    page = await (await portal.get("/account")).text()

    assert "<svg" in page
    assert "style=" not in page
