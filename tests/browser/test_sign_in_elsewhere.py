"""Signing in with an identity provider in a real browser: the provider's pages, and back.

The provider is one from PyPI in this process; `make sign-in-certified` plays the same with an
OpenID Certified one from npm, which is asked to insist on PKCE. Browser, portal and provider are
on different sites, as they are at a clinic, so that a strict cookie would be lost on the way.
"""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer, unused_port
from joserfc.jwk import KeySet
from playwright.async_api import Browser, Page, expect

from services.portal.main import build, schema
from services.portal.pages.desk import HTTP_COOKIE
from shared.runtime.auth import StaticKeys
from tests.browser.conftest import PATIENCE_MS
from tests.support.identity_provider import identity_provider
from tests.support.sites import whole

pytestmark = [
    pytest.mark.browser,
    # The provider from PyPI is ours to talk to, not ours to mend.
    pytest.mark.filterwarnings("ignore:get_jwt_config:DeprecationWarning"),
]

ASKED = os.environ.get("MOORING_CERTIFIED") == "1"
HERE = Path(__file__).parent / "provider"
INSTALLED = Path("build/certified-provider")
START_S = 30.0
OTHERS = ("ASSESSMENT", "TREATMENT", "ENGAGEMENT")
MAPPING = """
claim = "groups"
[[role]]
when = "mooring-nurses"
role = "nurse"
teams = ["harbour"]
"""


class OfPyPI:
    """A page that asks who one would like to be."""

    @asynccontextmanager
    async def running(self, _back: str) -> AsyncIterator[str]:
        with identity_provider() as address:
            yield address

    async def agree(self, page: Page, who: str) -> None:
        await page.get_by_role("button", name=who, exact=True).click()


class Certified:
    """A page for name and password, then one that asks whether the portal may know them."""

    @asynccontextmanager
    async def running(self, back: str) -> AsyncIterator[str]:
        _lay_out()
        install = ("npm", "ci", "--silent", "--no-audit", "--no-fund", "--ignore-scripts")
        installing = await asyncio.create_subprocess_exec(*install, cwd=INSTALLED)
        assert await installing.wait() == 0
        port = unused_port()
        command = ("node", "provider.mjs", str(port), back)
        provider = await asyncio.create_subprocess_exec(
            *command, cwd=INSTALLED, stdout=asyncio.subprocess.PIPE
        )
        try:
            assert provider.stdout
            async with asyncio.timeout(START_S):
                assert b"listening" in await provider.stdout.readline()
            yield f"http://localhost:{port}"
        finally:
            provider.terminate()
            await provider.wait()

    async def agree(self, page: Page, who: str) -> None:
        await page.get_by_placeholder("Enter any login").fill(who)
        await page.get_by_placeholder("and password").fill("any will do")
        await page.get_by_role("button", name="Sign-in").click()
        await page.get_by_role("button", name="Continue").click()


def _lay_out() -> None:
    """What npm installs by, in a folder that may be thrown away."""
    INSTALLED.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json", "provider.mjs"):
        shutil.copy(HERE / name, INSTALLED)


@pytest.fixture(params=[Certified() if ASKED else OfPyPI()], ids=lambda one: type(one).__name__)
async def provider(request: pytest.FixtureRequest) -> OfPyPI | Certified:
    """The one that was asked for."""
    found: OfPyPI | Certified = request.param
    return found


@pytest.fixture
async def portal(
    provider: OfPyPI | Certified, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[str]:
    """A portal alone that knows the provider by its settings."""
    port = unused_port()
    address = f"http://127.0.0.1:{port}"
    roles = tmp_path / "roles.toml"
    roles.write_text(MAPPING)
    url = f"sqlite+aiosqlite:///{tmp_path / 'portal'}.db"
    await schema.upgrade_async(url)
    async with provider.running(f"{address}/sign-in/back") as issuer:
        for name, value in {
            "DEMO": "true",
            "DEMO_PASSWORD": "a demo password",
            "DATABASE_URL": url,
            "PUBLIC_URL": address,
            "OIDC_ISSUER": issuer,
            "OIDC_CLIENT_ID": "mooring",
            "OIDC_CLIENT_SECRET": "a secret",
            "OIDC_ROLES_FILE": str(roles),
            **{f"{other}_URL": f"http://127.0.0.1:{unused_port()}" for other in OTHERS},
        }.items():
            monkeypatch.setenv(f"MOORING_{name}", value)
        async with build() as service:
            app = whole(service, StaticKeys(KeySet([])))
            async with TestServer(app, host="127.0.0.1", port=port):
                yield address


@pytest.fixture
async def page(browser: Browser) -> AsyncIterator[Page]:
    """A browser nobody is signed in with."""
    context = await browser.new_context(locale="en-GB")
    page = await context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    yield page
    await context.close()


async def test_somebody_with_a_role_comes_in_stays_in_and_leaves(
    provider: OfPyPI | Certified, portal: str, page: Page
) -> None:
    await page.goto(f"{portal}/sign-in?then=/account")
    await page.get_by_role("link", name="Sign in with your organisation's account").click()
    await page.wait_for_url("http://localhost:*/**")
    await provider.agree(page, "nora")

    await page.get_by_role("button", name="Sign out", exact=True).wait_for()
    assert page.url == f"{portal}/account"
    await expect(page.get_by_text("Nora Oidc").first).to_be_visible()
    cookies = {each["name"]: each for each in await page.context.cookies(portal)}
    session = cookies[HTTP_COOKIE]
    assert (session["httpOnly"], session["sameSite"]) == (True, "Strict")
    assert set(cookies) == {HTTP_COOKIE, f"{HTTP_COOKIE}-device"}, "the way's own secret is gone"

    await page.get_by_role("button", name="Sign out", exact=True).click()
    await page.goto(f"{portal}/account")
    await page.get_by_role("link", name="Sign in with your organisation's account").wait_for()


async def test_somebody_without_a_role_is_told_so_and_stays_out(
    provider: OfPyPI | Certified, portal: str, page: Page
) -> None:
    await page.goto(f"{portal}/sign-in")
    await page.get_by_role("link", name="Sign in with your organisation's account").click()
    await provider.agree(page, "stranger")

    await expect(page.get_by_text("nothing here is yours to do")).to_be_visible()
    await page.goto(f"{portal}/account")
    await page.get_by_role("link", name="Sign in with your organisation's account").wait_for()
