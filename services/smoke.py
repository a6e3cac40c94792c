"""A short journey through the front door: is what answers there really the whole system?"""

import asyncio
import os
from pathlib import Path
from typing import Annotated

import aiohttp
import typer

from services.remote import Remote, RemoteError

TIMEOUT_S = 15.0
APIS = ("assessment", "treatment", "engagement")
DEMO_NURSE = "nell"

app = typer.Typer(add_completion=False)


class SmokeFailed(Exception):
    """One line: what was asked, what came back."""


@app.command()
def smoke(
    base: Annotated[str, typer.Argument(help="The address of the front door.")],
) -> None:
    """Ask for pages, keys and interfaces, and be refused where one must be; exit 1 if not so."""
    try:
        for line in asyncio.run(_journey(base.rstrip("/"))):
            print(f"    {line}")  # noqa: T201
    except (SmokeFailed, RemoteError, aiohttp.ClientError, TimeoutError) as failure:
        print(f"smoke: {failure or type(failure).__name__}")  # noqa: T201
        raise typer.Exit(1) from failure


async def _journey(base: str) -> list[str]:
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        await _pages(session, base)
        await _interfaces(session, base)
        await _inside_stays_inside(session, base)
        done = ["pages, keys and interfaces answer; strangers are refused; the inside is closed"]
        password = _demo_password()
        if not password:
            return [*done, "live data: no account was used and nobody was made up"]
        await _sign_in(session, base, password)
        return [*done, f"{DEMO_NURSE} signed in and read the patients, the due steps and the list"]


async def _pages(session: aiohttp.ClientSession, base: str) -> None:
    async with session.get(f"{base}/sign-in") as answer:
        _require(answer.status == 200, f"/sign-in answered {answer.status}")
        for name in ("Strict-Transport-Security", "Content-Security-Policy"):
            _require(name in answer.headers, f"/sign-in has no {name}")
    async with session.get(f"{base}/.well-known/jwks.json") as answer:
        keys = (await answer.json())["keys"]
        _require(bool(keys), "the portal publishes no signing key")


async def _interfaces(session: aiohttp.ClientSession, base: str) -> None:
    for service in APIS:
        async with session.get(f"{base}/{service}/openapi.json") as answer:
            _require(answer.status == 200, f"{service}/openapi.json answered {answer.status}")
        async with session.get(f"{base}/{service}/api/v1/clock") as answer:
            _require(answer.status == 401, f"{service} answered a stranger {answer.status}")


async def _inside_stays_inside(session: aiohttp.ClientSession, base: str) -> None:
    for path in ("metrics", "health/ready", *(f"{service}/metrics" for service in APIS)):
        async with session.get(f"{base}/{path}") as answer:
            _require(answer.status == 404, f"/{path} answered {answer.status} from outside")


async def _sign_in(session: aiohttp.ClientSession, base: str, password: str) -> None:
    token = (await Remote(session, {"portal": base}).token(DEMO_NURSE, password)).access_token
    for path in (
        "assessment/api/v1/patients",
        "treatment/api/v1/due-steps",
        "engagement/api/v1/worklist",
    ):
        headers = {"Authorization": f"Bearer {token}"}
        async with session.get(f"{base}/{path}", headers=headers) as answer:
            _require(answer.status == 200, f"{path} answered {answer.status} to {DEMO_NURSE}")


def _require(holds: bool, otherwise: str) -> None:  # noqa: FBT001 - reads as a sentence
    if not holds:
        raise SmokeFailed(otherwise)


def _demo_password() -> str:
    """The demo's password, where this process was given it; live, there is none."""
    file = Path(os.environ.get("MOORING_SECRETS_DIR", "")) / "mooring_demo_password"
    is_demo = os.environ.get("MOORING_DEMO") == "true"
    return file.read_text().strip() if is_demo and file.exists() else ""
