"""The gate before every page, met the way a browser and an attacker meet it."""

import re
from uuid import NAMESPACE_URL, uuid5

import pytest
from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient

from services.portal.pages.routes import PAGES
from shared.api.identity import CLINICIANS, Role
from tests.unit.portal.conftest import PASSWORD

SOMEBODY = uuid5(NAMESPACE_URL, "somebody")


async def sign_in(portal: TestClient, username: str = "nell", **form: str) -> ClientResponse:
    data = {"username": username, "password": PASSWORD, "then": "/"} | form
    return await portal.post("/sign-in", data=data, allow_redirects=False)


async def form_token(portal: TestClient, address: str = "/patients/new") -> str:
    page = await (await portal.get(address)).text()
    found = re.search(r'name="csrf" value="(\w+)"', page)
    assert found
    return found[1]


async def test_a_page_without_a_session_leads_to_the_sign_in_page_and_back(
    portal: TestClient,
) -> None:
    answer = await portal.get("/patients", allow_redirects=False)

    assert answer.status == 303
    assert answer.headers["Location"] == "/sign-in?then=/patients"


@pytest.mark.parametrize(
    "address",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "x"],
)
async def test_signing_in_never_leads_to_another_site(portal: TestClient, address: str) -> None:
    answer = await sign_in(portal, then=address)

    assert (answer.status, answer.headers["Location"]) == (303, "/")


async def test_the_cookie_is_out_of_reach_for_scripts_and_other_sites(portal: TestClient) -> None:
    cookie = (await sign_in(portal)).headers["Set-Cookie"]

    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "Path=/" in cookie


async def test_a_session_brought_along_is_replaced_at_sign_in(portal: TestClient) -> None:
    planted = {"mooring": "planted-by-somebody-else"}
    answer = await portal.post(
        "/sign-in",
        data={"username": "nell", "password": PASSWORD},
        cookies=planted,
        allow_redirects=False,
    )

    assert "planted" not in answer.headers["Set-Cookie"]


async def test_a_wrong_password_gives_the_form_back_with_the_name(portal: TestClient) -> None:
    answer = await sign_in(portal, password="wrong")
    page = await answer.text()

    assert answer.status == 401
    assert 'value="nell"' in page
    assert 'href="#password"' in page


async def test_signing_in_from_another_site_is_refused(portal: TestClient) -> None:
    answer = await portal.post(
        "/sign-in",
        data={"username": "nell", "password": PASSWORD},
        headers={"Origin": "https://evil.example"},
    )

    assert answer.status == 403
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}],
)
async def test_a_form_from_another_site_changes_nothing(
    portal: TestClient, headers: dict[str, str]
) -> None:
    await sign_in(portal)
    token = await form_token(portal)

    answer = await portal.post("/sign-out", data={"csrf": token}, headers=headers)

    assert answer.status == 403
    assert (await portal.get("/patients/new")).status == 200


async def test_a_form_without_its_token_changes_nothing(portal: TestClient) -> None:
    await sign_in(portal)

    answer = await portal.post("/sign-out", data={})

    assert answer.status == 403
    assert (await portal.get("/patients/new")).status == 200


async def test_after_signing_out_the_cookie_is_worth_nothing(portal: TestClient) -> None:
    cookie = (await sign_in(portal)).cookies["mooring"].value
    await portal.post("/sign-out", data={"csrf": await form_token(portal)})

    answer = await portal.get("/", cookies={"mooring": cookie}, allow_redirects=False)

    assert answer.headers["Location"] == "/sign-in?then=/"


async def test_a_form_sent_after_signing_out_travels_through_the_sign_in(
    portal: TestClient,
) -> None:
    form = {"given_name": "Ada <i>", "password": "hers", "csrf": "token"}
    answer = await portal.post("/patients/new", data=form)
    text = await answer.text()

    assert answer.status == 401
    assert "What you typed is kept" in text
    assert '<input type="hidden" name="kept.given_name" value="Ada &lt;i&gt;">' in text
    assert "hers" not in text


async def test_a_form_of_another_site_is_not_kept(portal: TestClient) -> None:
    headers = {"Origin": "https://elsewhere.example"}
    answer = await portal.post("/patients/new", data={"given_name": "Ada"}, headers=headers)

    assert answer.status == 403
    assert "Ada" not in await answer.text()


async def test_what_signs_for_itself_is_typed_anew(portal: TestClient) -> None:
    answer = await portal.post("/account/password", data={"new": "something long"})

    assert answer.status == 401
    assert "something long" not in await answer.text()


@pytest.mark.parametrize("username", ["oona", "arun"])
async def test_operations_and_auditors_reach_no_clinical_page(
    portal: TestClient, username: str
) -> None:
    await sign_in(portal, username)
    clinical = [path for method, path, _, roles in PAGES if method == "GET" and roles == CLINICIANS]
    assert len(clinical) > 20

    for path in clinical:
        address = re.sub(r"{\w+}", str(SOMEBODY), path)
        answer = await portal.get(address, allow_redirects=False)

        assert answer.status == 403, path


def test_every_page_names_its_roles() -> None:
    assert all(roles and roles <= set(Role) - {Role.SERVICE} for _, _, _, roles in PAGES)


async def test_a_page_says_what_it_may_load_and_is_never_kept(portal: TestClient) -> None:
    await sign_in(portal)
    answer = await portal.get("/")

    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["Cache-Control"] == "no-store"


async def test_pages_hold_no_inline_script_or_style(portal: TestClient) -> None:
    await sign_in(portal)
    for address in ("/", "/patients/new", "/nowhere"):
        page = await (await portal.get(address)).text()

        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", page)


async def test_nothing_is_answered_in_parts(portal: TestClient) -> None:
    page = await (await portal.get("/sign-in")).text()
    address = re.search(r'href="(/static/[^"]+\.css)"', page)
    assert address is not None
    whole = await (await portal.get(address[1])).read()
    many = "bytes=" + ",".join(f"{start}-" for start in range(1_000))

    for path in (address[1], "/sign-in"):
        answer = await portal.get(path, headers={"Range": many, "If-Range": '"x"'})
        assert (answer.status, answer.headers.get("Accept-Ranges")) == (200, None)
        if path != "/sign-in":
            assert await answer.read() == whole


async def test_static_files_may_be_kept_for_ever(portal: TestClient) -> None:
    page = await (await portal.get("/sign-in")).text()
    address = re.search(r'href="(/static/[^"]+\.css)"', page)
    assert address

    answer = await portal.get(address[1])

    assert answer.status == 200
    assert "immutable" in answer.headers["Cache-Control"]
    assert (await portal.get("/static/other/mooring.css")).status == 404


async def test_a_list_that_could_not_be_read_is_never_called_empty(portal: TestClient) -> None:
    await sign_in(portal)

    page = await (await portal.get("/")).text()

    assert "This list may be incomplete" in page
    assert page.count("cannot be read right now") == 3
    assert "Nothing is waiting" not in page


async def test_a_silent_service_is_named_with_what_to_do(portal: TestClient) -> None:
    await sign_in(portal)

    answer = await portal.get(f"/patients/{SOMEBODY}")

    assert answer.status == 503
    assert "not answering" in await answer.text()


async def test_a_refused_form_keeps_what_was_typed_and_links_to_the_field(
    portal: TestClient,
) -> None:
    await sign_in(portal)
    typed = {
        "csrf": await form_token(portal),
        "given_name": "<b>Ada</b>",
        "family_name": "Marsh",
        "birth_date": "4 May",
    }
    answer = await portal.post("/patients/new", data=typed)
    page = await answer.text()

    assert answer.status == 422
    assert 'href="#birth_date"' in page
    assert 'id="birth_date"' in page
    assert "&lt;b&gt;Ada&lt;/b&gt;" in page
    assert "<b>Ada" not in page


@pytest.mark.parametrize(
    "path", ["/patients/not-an-id", "/patients/..%2f..%2fetc", "/api/v1/nothing", "/.git/config"]
)
async def test_an_address_that_does_not_exist_is_not_found(portal: TestClient, path: str) -> None:
    await sign_in(portal)

    assert (await portal.get(path)).status == 404


async def test_every_field_has_a_label(portal: TestClient) -> None:
    await sign_in(portal)
    page = await (await portal.get("/patients/new")).text()

    fields = re.findall(r'<(?:input|select|textarea)[^>]*\bid="([^"]+)"', page)
    labels = set(re.findall(r'<label for="([^"]+)"', page))
    wrapped = set(re.findall(r'<label><input id="([^"]+)"', page))

    assert fields
    assert set(fields) <= labels | wrapped


async def test_ids_on_a_page_are_unique(portal: TestClient) -> None:
    await sign_in(portal)
    page = await (await portal.get("/patients/new")).text()
    ids = re.findall(r'\bid="([^"]+)"', page)

    assert len(ids) == len(set(ids))


async def test_a_script_gets_a_token_for_the_password(portal: TestClient) -> None:
    answer = await portal.post("/api/v1/tokens", json={"username": "nell", "password": PASSWORD})

    assert answer.status == 200
    token = await answer.json()
    assert (token["role"], token["expires_in"]) == ("nurse", 900)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ('{"username": "nell", "password": "wrong"}', 401),
        ('{"username": "nell"}', 422),
        ('{"username": "nell", "password": "x", "extra": 1}', 422),
        ('{"username": "nell", "username": "oona", "password": "x"}', 400),
        ("not json", 400),
    ],
)
async def test_a_bad_token_request_is_a_problem_that_repeats_nothing(
    portal: TestClient, body: str, status: int
) -> None:
    answer = await portal.post(
        "/api/v1/tokens", data=body, headers={"Content-Type": "application/json"}
    )
    problem = await answer.json()

    assert answer.status == status == problem["status"]


async def test_the_key_set_is_public_and_holds_nothing_private(portal: TestClient) -> None:
    keys = (await (await portal.get("/.well-known/jwks.json")).json())["keys"]

    assert keys
    assert all("d" not in key for key in keys)


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}],
)
async def test_the_live_stream_is_not_opened_from_another_site(
    portal: TestClient, headers: dict[str, str]
) -> None:
    await sign_in(portal)

    answer = await portal.get("/live", headers={"Accept": "text/event-stream"} | headers)

    assert answer.status == 403


async def test_the_live_stream_is_for_people_signed_in(portal: TestClient) -> None:
    answer = await portal.get("/live", headers={"Accept": "text/event-stream"})

    assert answer.status == 204
