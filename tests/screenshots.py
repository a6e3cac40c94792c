"""Every page of the portal as a picture, from the demo cohort: two widths, light and dark.

``make screenshots`` writes them to build/screenshots and renews the three of the README. Which
pages there are comes from following the links of the running demo, so none is forgotten.
"""

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

import typer
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from services import group as embedded
from shared.runtime import clock
from tests.support import tour
from tests.support.ports import free_ports
from tests.support.tour import Sight

WIDTHS = (1280, 360)
SCHEMES = ("light", "dark")
FLAGS = ["--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
BRITISH = {"LANGUAGE": "en_GB"}
"""A browser writes the fields of dates as its own language does, whatever the page's is. Without
the package chromium-l10n it knows no other than American."""
README = Path(__file__).parent.parent / "services" / "portal" / "screenshots"
BENCH = "/patients/{patient_id}/courses/{course_id}/taper/bench"
"""One of the README's three; the others are a nurse's list and the timeline of the same person."""

app = typer.Typer(add_completion=False)


@app.command()
def main(
    to: Annotated[Path, typer.Option(help="the folder to write into")] = Path("build/screenshots"),
    portal: Annotated[str, typer.Option(help="a demo that runs already")] = "",
    password: Annotated[str, typer.Option(help="the password of its accounts")] = "",
    only: Annotated[str, typer.Option(help="kinds of pages that hold this word")] = "",
) -> None:
    """Take them all."""
    to.mkdir(parents=True, exist_ok=True)
    README.mkdir(exist_ok=True)
    asyncio.run(_main(to, portal, password, only))


async def _main(to: Path, portal: str, password: str, only: str) -> None:
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
    if path is None:
        raise typer.BadParameter("a browser is missing: install the package chromium")
    async with _demo(portal, password) as (address, secret), async_playwright() as driver:
        found = [sight for sight in await tour.sights(address, secret) if only in sight.kind]
        missing = tour.kinds() - {sight.kind for sight in found}
        browser = await driver.chromium.launch(
            executable_path=path, args=FLAGS, env={**os.environ, **BRITISH}
        )
        await _all_pages(browser, address, secret, list(tour.one_of_each(found)), to)
        if not only:
            await _readme(browser, address, secret, found)
        await browser.close()
    if missing and not only:
        typer.echo(f"no link led to {', '.join(sorted(missing))}", err=True)
        raise typer.Exit(1)


@asynccontextmanager
async def _demo(portal: str, password: str) -> AsyncIterator[tuple[str, str]]:
    if portal:
        yield portal, password
        return
    with tempfile.TemporaryDirectory() as folder:
        group = embedded.Group(
            folder=Path(folder),
            ports=dict(zip(embedded.PORTS, free_ports(len(embedded.PORTS)), strict=True)),
            demo=True,
            today=clock.real_now().date().isoformat(),
        )
        async with embedded.running(group, say=typer.echo):
            yield group.address("portal"), group.demo_password


async def _all_pages(
    browser: Browser, address: str, secret: str, sights: list[Sight], to: Path
) -> None:
    for scheme in SCHEMES:
        for who in tour.PEOPLE:
            mine = [sight for sight in sights if sight.who == who]
            async with _signed_in(browser, address, secret, who, scheme) as page:
                for sight in mine:
                    await page.goto(address + sight.address)
                    for width in WIDTHS:
                        await page.set_viewport_size({"width": width, "height": 800})
                        file = to / f"{sight.name}-{width}-{scheme}.png"
                        await page.screenshot(path=file, full_page=True)
    typer.echo(f"{len(sights)} pages in {to}")


async def _readme(browser: Browser, address: str, secret: str, found: list[Sight]) -> None:
    bench = next(one for one in found if one.kind == BENCH)
    person = bench.address.partition("/courses/")[0]
    pages = {
        "today": ("/", "nell"),
        "timeline": (f"{person}/timeline", bench.who),
        "bench": (bench.address, bench.who),
    }
    for name, (place, who) in pages.items():
        async with _signed_in(browser, address, secret, who, "light") as page:
            await page.set_viewport_size({"width": 1200, "height": 820})
            await page.get_by_role("button", name="I know what this is").click()
            await page.goto(address + place)
            await page.screenshot(path=README / f"{name}.png")


@asynccontextmanager
async def _signed_in(
    browser: Browser, address: str, secret: str, who: str, scheme: str
) -> AsyncIterator[Page]:
    context: BrowserContext = await browser.new_context(
        locale="en-GB",
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
    )
    page = await context.new_page()
    await page.goto(f"{address}/sign-in")
    await page.get_by_label("User name").fill(who)
    await page.get_by_label("Password").fill(secret)
    await page.get_by_role("button", name="Sign in").click()
    await page.get_by_role("button", name="Sign out").wait_for()
    yield page
    await context.close()


if __name__ == "__main__":
    app()
