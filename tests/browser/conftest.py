"""A real browser on the real system: Debian's Chromium, or whichever is on the path."""

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import pytest
from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    async_playwright,
    expect,
)

from shared.runtime.demo_clock import DemoClock
from tests.system.clinic import Clinic

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
PATIENCE_MS = 20_000
expect.set_options(timeout=PATIENCE_MS)  # as long as a page may take, also on a busy machine

SignIn = Callable[[str], Awaitable[Page]]
LetPass = Callable[[timedelta], Awaitable[None]]


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One browser for all tests."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip("there is no browser: install chromium (make test does so on Debian, as root)")
    async with async_playwright() as driver:
        running = await driver.chromium.launch(executable_path=path, args=FLAGS)
        yield running
        await running.close()


@pytest.fixture
async def sign_in(browser: Browser, clinic: Clinic) -> AsyncIterator[SignIn]:
    """Signs somebody in through the sign-in page and gives their page. Whatever a page writes to
    the browser's console or asks from elsewhere fails the test."""
    complaints: list[str] = []
    portal = clinic.services["portal"]
    contexts: list[BrowserContext] = []

    async def go(username: str) -> Page:
        context = await browser.new_context(locale="en-GB", timezone_id="Europe/London")
        contexts.append(context)
        page = await context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if is_bad(said) else None)
        page.on("request", lambda asked: complaints.append(asked.url) if away(asked.url) else None)
        await page.goto(f"{portal}/sign-in")
        await page.get_by_label("User name").fill(username)
        await page.get_by_label("Password").fill(clinic.password)
        await page.get_by_role("button", name="Sign in").click()
        await page.get_by_role("button", name="Sign out").wait_for()
        return page

    def is_bad(said: ConsoleMessage) -> bool:
        """A refused form is a status, and the test looks at the page that came with it."""
        refused = "the server responded with a status of 4" in said.text
        return said.type in {"error", "warning"} and not refused

    def away(url: str) -> bool:
        return not url.startswith(portal)

    yield go
    for context in contexts:
        await context.close()
    assert complaints == []


@pytest.fixture
async def let_pass(clinic: Clinic) -> LetPass:
    """Moves the demo clock of every service."""

    async def move(span: timedelta) -> None:
        clock = DemoClock(clinic.session, clinic.services, await clinic.token("oona"))
        await clock.advance(span, moved=lambda _state: None)

    return move
