"""An identity provider that signs with its own key whatever a test tells it to."""

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from shared.runtime import clock

CLIENT = "mooring"
NONCE = "the nonce of this attempt"


class Issuer:
    """Answers every code with ``id_token``, and counts who asks for its keys."""

    def __init__(self) -> None:
        self.key = ECKey.generate_key("P-256", parameters={"kid": "its-own"})
        self.address, self.id_token = "", ""
        self.asked, self.is_away = 0, False
        self.published = KeySet([self.key]).as_dict(private=False)

    def claims(self, **changes: Any) -> dict[str, Any]:
        """What a good ID token says, but for the changes; None leaves a claim out."""
        now = int(clock.real_now().timestamp())
        whole = {
            "iss": self.address,
            "aud": CLIENT,
            "sub": "nora",
            "iat": now,
            "exp": now + 300,
            "nonce": NONCE,
        } | changes
        return {name: value for name, value in whole.items() if value is not None}

    def signed(self, claims: Mapping[str, Any], *, kid: str = "its-own") -> str:
        """An ID token with the signature of the provider's own key."""
        return jwt.encode({"alg": "ES256", "kid": kid}, dict(claims), self.key)

    def unsigned(self, claims: Mapping[str, Any]) -> str:
        """One that says it needs no signature."""
        return f"{_parts({'alg': 'none', 'kid': 'its-own'}, claims)}."

    def signed_with_what_is_public(self, claims: Mapping[str, Any]) -> str:
        """One whose shared secret is the public key, which anybody can have."""
        parts = _parts({"alg": "HS256", "kid": "its-own"}, claims)
        secret = self.key.as_pem(private=False)
        return f"{parts}.{_plain(hmac.digest(secret, parts.encode(), hashlib.sha256))}"

    async def _about(self, _request: web.Request) -> web.Response:
        ends = {"authorization": "authorize", "token": "token"}
        about = {f"{name}_endpoint": f"{self.address}/{path}" for name, path in ends.items()}
        about |= {"issuer": self.address, "jwks_uri": f"{self.address}/keys"}
        return web.json_response(about)

    async def _keys(self, _request: web.Request) -> web.Response:
        self.asked += 1
        if self.is_away:
            raise web.HTTPServiceUnavailable
        return web.json_response(self.published)

    async def _token(self, _request: web.Request) -> web.Response:
        return web.json_response({"access_token": "x", "id_token": self.id_token})


@asynccontextmanager
async def listening() -> AsyncIterator[Issuer]:
    """The provider while it listens on this machine."""
    issuer, app = Issuer(), web.Application()
    app.router.add_get("/.well-known/openid-configuration", issuer._about)
    app.router.add_get("/keys", issuer._keys)
    app.router.add_post("/token", issuer._token)
    async with TestServer(app) as server:
        issuer.address = str(server.make_url("")).rstrip("/")
        yield issuer


def _parts(header: Mapping[str, Any], claims: Mapping[str, Any]) -> str:
    return ".".join(_plain(json.dumps(part).encode()) for part in (header, claims))


def _plain(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
