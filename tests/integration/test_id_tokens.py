"""ID tokens that the provider's own key has signed, and what is wrong with them all the same."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from pydantic import SecretStr

from services.portal.identity.provider import (
    Provider,
    ProviderAway,
    ProviderRefused,
    signed_in_at,
)
from shared.runtime import clock
from tests.support.issuer import CLIENT, NONCE, Issuer, listening

BACK = "http://127.0.0.1:1/sign-in/back"
HOUR_S = 3600


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    async with listening() as found:
        yield found


@pytest.fixture
async def provider(issuer: Issuer) -> AsyncIterator[Provider]:
    async with aiohttp.ClientSession() as session:
        yield Provider(issuer.address, CLIENT, SecretStr("a secret"), BACK, session)


async def believed(provider: Provider, issuer: Issuer, id_token: str) -> Mapping[str, Any]:
    """What the token says, if the portal believes it when the provider hands it out."""
    issuer.id_token = id_token
    return await provider.claims(code="a code", nonce=NONCE, verifier="a verifier")


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"aud": [CLIENT]},
        {"azp": CLIENT},
        {"aud": [CLIENT, "another"], "azp": CLIENT},
    ],
)
async def test_a_token_for_this_client_and_this_attempt_is_believed(
    provider: Provider, issuer: Issuer, changes: dict[str, Any]
) -> None:
    claims = await believed(provider, issuer, issuer.signed(issuer.claims(**changes)))

    assert claims["sub"] == "nora"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"iss": "https://another.example"}, "id-token"),
        ({"iss": None}, "id-token"),
        ({"aud": "another"}, "id-token"),
        ({"aud": ["another"]}, "id-token"),
        ({"aud": []}, "id-token"),
        ({"aud": None}, "id-token"),
        ({"sub": None}, "id-token"),
        ({"exp": None}, "id-token"),
        ({"iat": None}, "id-token"),
        ({"azp": "another"}, "authorised-party"),
        ({"aud": [CLIENT, "another"]}, "authorised-party"),
        ({"aud": [CLIENT, "another"], "azp": "another"}, "authorised-party"),
        ({"nonce": "of another attempt"}, "nonce"),
        ({"nonce": None}, "nonce"),
    ],
)
async def test_a_token_of_the_right_key_for_another_purpose_is_refused(
    provider: Provider, issuer: Issuer, changes: dict[str, Any], code: str
) -> None:
    with pytest.raises(ProviderRefused, match=code):
        await believed(provider, issuer, issuer.signed(issuer.claims(**changes)))


@pytest.mark.parametrize(
    ("issued", "expires"),
    [(-2 * HOUR_S, -HOUR_S), (-300, -61), (HOUR_S, 2 * HOUR_S)],
    ids=["long ago", "just over", "not yet"],
)
async def test_a_token_of_another_time_is_refused(
    provider: Provider, issuer: Issuer, issued: int, expires: int
) -> None:
    now = int(clock.real_now().timestamp())
    claims = issuer.claims(iat=now + issued, exp=now + expires)

    with pytest.raises(ProviderRefused, match="id-token"):
        await believed(provider, issuer, issuer.signed(claims))


async def test_a_token_that_anybody_can_make_is_refused(provider: Provider, issuer: Issuer) -> None:
    made = [
        issuer.unsigned(issuer.claims()),
        issuer.signed_with_what_is_public(issuer.claims()),
        issuer.signed(issuer.claims())[:-4] + "AAAA",
    ]
    for id_token in made:
        with pytest.raises(ProviderRefused, match="id-token"):
            await believed(provider, issuer, id_token)


SENT = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
BACK_AT = SENT + timedelta(seconds=40)


@pytest.mark.parametrize("after_s", [-30, 0, 20.5, 40])
async def test_a_fresh_sign_in_is_as_old_as_the_provider_says(
    provider: Provider, issuer: Issuer, after_s: float
) -> None:
    at = SENT + timedelta(seconds=after_s)
    claims = await believed(
        provider, issuer, issuer.signed(issuer.claims(auth_time=at.timestamp()))
    )

    assert signed_in_at(claims, since=SENT, now=BACK_AT) == at


async def test_a_fresh_sign_in_is_never_in_the_future() -> None:
    ahead = {"auth_time": BACK_AT.timestamp() + 60}

    assert signed_in_at(ahead, since=SENT, now=BACK_AT) == BACK_AT


@pytest.mark.parametrize(
    ("claim", "code"),
    [
        (None, "auth-time-missing"),
        ("1772618400", "auth-time-missing"),
        (True, "auth-time-missing"),
        (SENT.timestamp() - 31, "auth-time"),
        (BACK_AT.timestamp() + 61, "auth-time"),
        (0, "auth-time"),
        (-1, "auth-time"),
        (10**30, "auth-time"),
    ],
)
async def test_a_sign_in_that_is_not_fresh_is_refused(
    provider: Provider, issuer: Issuer, claim: object, code: str
) -> None:
    claims = await believed(provider, issuer, issuer.signed(issuer.claims(auth_time=claim)))

    with pytest.raises(ProviderRefused, match=f"^{code}$"):
        signed_in_at(claims, since=SENT, now=BACK_AT)


async def test_unknown_keys_at_the_same_moment_are_looked_up_once(
    provider: Provider, issuer: Issuer
) -> None:
    issuer.id_token = issuer.signed(issuer.claims(), kid="made-up")
    asked = [provider.claims(code="a", nonce=NONCE, verifier="b") for _ in range(50)]
    answers = await asyncio.gather(*asked, return_exceptions=True)

    assert {type(answer) for answer in answers} == {ProviderRefused}
    assert issuer.asked == 1


async def test_a_provider_that_gives_no_keys_is_left_alone_for_a_few_seconds(
    provider: Provider, issuer: Issuer
) -> None:
    issuer.is_away = True
    for _ in range(50):
        with pytest.raises(ProviderAway):
            await believed(provider, issuer, issuer.signed(issuer.claims()))

    assert issuer.asked == 1


@pytest.mark.parametrize(
    "published",
    [
        {"keys": [{"kty": "EC", "kid": "its-own", "crv": "P-0", "x": "AA", "y": "AA"}]},
        {"keys": [{"kty": "RSA", "kid": "its-own"}]},
        {"keys": "none"},
        {},
    ],
)
async def test_keys_that_cannot_be_used_are_the_providers_trouble_and_no_refusal(
    provider: Provider, issuer: Issuer, published: dict[str, Any]
) -> None:
    issuer.published = published
    for _ in range(2):
        with pytest.raises(ProviderAway):
            await believed(provider, issuer, issuer.signed(issuer.claims()))
