"""Programs with credentials of their own, and what one address may ask, over the portal's HTTP."""

from datetime import timedelta

import pytest
import time_machine
from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient
from joserfc.jwk import KeySet

from services.portal.identity import programs
from services.portal.pages.desk import Desk, desk_key
from services.portal.settings import Settings
from shared.api.identity import Role
from shared.runtime import auth, clock

BY = "staff:test"
ONE_EACH_TEN_SECONDS = 6


def desk_of(portal: TestClient) -> Desk:
    assert portal.app is not None
    return portal.app[desk_key]


async def ask(portal: TestClient, client_id: str, secret: str) -> ClientResponse:
    """Client credentials (RFC 6749, 4.4)."""
    body = {
        "grant_type": "client_credentials",
        "client_id": client_id,
        "client_secret": secret,
    }
    return await portal.post("/api/v1/program-tokens", json=body)


async def test_the_right_secret_gives_a_token_of_a_program_for_less_than_a_minute(
    portal: TestClient,
) -> None:
    secret = await programs.add(desk_of(portal).office.db, "lab-feed", by=BY)
    keys = auth.StaticKeys(KeySet.import_key_set(await desk_of(portal).keyring.published()))

    with time_machine.travel(clock.real_now(), tick=False) as machine:
        answer = await ask(portal, "lab-feed", secret)
        told = await answer.json()
        principal = await auth.verify_access_token(
            told["access_token"], keys=keys, audience="treatment"
        )

        assert (answer.status, told["role"], told["expires_in"]) == (200, "service", 50)
        assert (principal.role, principal.teams) == (Role.SERVICE, ())
        assert str(principal.staff_id) == told["staff_id"] != str(auth.PORTAL_ITSELF)
        machine.shift(timedelta(seconds=told["expires_in"] + auth.LEEWAY_S + 1))
        with pytest.raises(auth.Unauthenticated):
            await auth.verify_access_token(told["access_token"], keys=keys, audience="treatment")


async def test_a_wrong_secret_and_a_program_that_does_not_exist_get_the_same_answer(
    portal: TestClient,
) -> None:
    db = desk_of(portal).office.db
    await programs.add(db, "lab-feed", by=BY)
    other = await programs.add(db, "another", by=BY)

    answers = [
        await ask(portal, client_id, secret)
        for client_id, secret in [("lab-feed", "wrong"), ("lab-feed", other), ("nobody", other)]
    ]

    assert [answer.status for answer in answers] == [401] * 3
    assert len({(await answer.json())["detail"] for answer in answers}) == 1


async def test_a_closed_program_gets_nothing_more(portal: TestClient) -> None:
    db = desk_of(portal).office.db
    secret = await programs.add(db, "lab-feed", by=BY)
    await programs.close(db, "lab-feed", by=BY)

    assert (await ask(portal, "lab-feed", secret)).status == 401


async def test_secrets_of_programs_cannot_be_guessed_at_speed(portal: TestClient) -> None:
    secret = await programs.add(desk_of(portal).office.db, "lab-feed", by=BY)
    with time_machine.travel(clock.real_now(), tick=False):
        statuses = [(await ask(portal, "lab-feed", f"guess {n}")).status for n in range(6)]
        last = await ask(portal, "lab-feed", secret)

    assert statuses == [401] * 5 + [429]
    assert (last.status, last.headers["Retry-After"]) == (429, "2")


async def test_one_address_may_ask_so_much_and_no_more(portal: TestClient) -> None:
    """Before anybody is known, and whatever address a stranger claims. Probes are not counted."""
    rate = desk_of(portal).origins
    assert rate.per_minute == 10 * Settings().address_requests_per_minute  # it is a demo
    rate.per_minute = ONE_EACH_TEN_SECONDS
    assert (await portal.get("/sign-in")).status == 200

    ways = ("/sign-in", "/.well-known/jwks.json", "/patients", "/nowhere")
    claimed = {"X-Forwarded-For": "203.0.113.9"}
    refused = [await portal.get(way, headers=claimed, allow_redirects=False) for way in ways]
    refused.append(await ask(portal, "lab-feed", "wrong"))

    assert [answer.status for answer in refused] == [429] * len(refused)
    assert all(1 <= int(answer.headers["Retry-After"]) <= 11 for answer in refused)
    assert (await portal.get("/health/live")).status != 429
