"""Signing in with an identity provider: OpenID Connect, code flow with PKCE.

Nothing is believed that the provider's own key has not signed for this client, this browser and
this attempt: state, nonce, code verifier, issuer, audience and time are all checked.
"""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import aiohttp
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from pydantic import SecretStr
from yarl import URL

from shared.runtime import clock
from shared.runtime.fetched_keys import FetchedKeys

ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")
SCOPE = "openid profile email"
LEEWAY_S = 60
_STEP_UP_LEEWAY_S = 30
"""How much earlier than asked for a fresh sign-in may be by the provider's clock. A longer one
would take an earlier sign-in for a fresh one."""
_TIMEOUT = aiohttp.ClientTimeout(total=5)
_KEPT_S = 3600.0


class ProviderRefused(Exception):
    """The sign-in cannot be believed; ``code`` says why, for the audit trail."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class ProviderAway(Exception):
    """The provider gave no usable answer in time."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One sign-in on its way: what was sent along, to be compared with what comes back."""

    state: str
    nonce: str
    verifier: str

    @property
    def challenge(self) -> str:
        """The verifier's hash, as PKCE sends it ahead (RFC 7636, S256)."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def attempt() -> Attempt:
    """Fresh secrets for one sign-in."""
    return Attempt(clock.new_secret(), clock.new_secret(), clock.new_secret() + clock.new_secret())


@dataclass(slots=True)
class Provider:
    """One identity provider, by its issuer address."""

    issuer: str
    client_id: str
    client_secret: SecretStr | None
    redirect_uri: str
    session: aiohttp.ClientSession
    _about: dict[str, Any] = field(default_factory=dict)
    _about_at: float = float("-inf")
    _fetched: FetchedKeys = field(init=False)

    def __post_init__(self) -> None:
        self._fetched = FetchedKeys(self._fetch, away=ProviderAway)

    async def address(self, made: Attempt, *, anew: bool = False) -> str:
        """Where to send the browser. ``anew``: the provider has to ask for the proof again even
        if it knows the browser, and has to say when it did.

        Raises:
            ProviderAway: the provider does not say where.
        """
        about = await self._discover()
        fresh = {"prompt": "login", "max_age": "0"} if anew else {}
        return str(
            URL(about["authorization_endpoint"]).update_query(
                response_type="code",
                client_id=self.client_id,
                redirect_uri=self.redirect_uri,
                scope=SCOPE,
                state=made.state,
                nonce=made.nonce,
                code_challenge=made.challenge,
                code_challenge_method="S256",
                **fresh,
            )
        )

    async def claims(self, *, code: str, nonce: str, verifier: str) -> Mapping[str, Any]:
        """What the provider says of whoever came back with this code.

        Raises:
            ProviderRefused: the code or the ID token is not good.
            ProviderAway: no usable answer.
        """
        about = await self._discover()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "client_id": self.client_id,
            "code_verifier": verifier,
        }
        headers = {}
        if self.client_secret is not None:
            secret = self.client_secret.get_secret_value()
            headers["Authorization"] = aiohttp.encode_basic_auth(self.client_id, secret)
            del form["client_id"]
        answer = await self._json("POST", about["token_endpoint"], data=form, headers=headers)
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise ProviderRefused("code")
        return await self._verified(token, nonce=nonce)

    async def _verified(self, token: str, *, nonce: str) -> Mapping[str, Any]:
        try:
            decoded = jwt.decode(token, await self._keys_for(token), algorithms=list(ALGORITHMS))
            self._registry().validate(decoded.claims)
        except (JoseError, ValueError) as error:
            raise ProviderRefused("id-token") from error
        claims = decoded.claims
        audience = claims["aud"]
        several = isinstance(audience, list) and len(audience) > 1
        if claims.get("azp", self.client_id if not several else None) != self.client_id:
            raise ProviderRefused("authorised-party")
        if claims.get("nonce") != nonce:
            raise ProviderRefused("nonce")
        return claims

    def _registry(self) -> jwt.JWTClaimsRegistry:
        return jwt.JWTClaimsRegistry(
            now=int(clock.real_now().timestamp()),
            leeway=LEEWAY_S,
            iss={"essential": True, "value": self.issuer},
            aud={"essential": True, "value": self.client_id},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
        )

    async def _keys_for(self, token: str) -> KeySet:
        from joserfc.jws import extract_compact

        return await self._fetched.knowing(extract_compact(token.encode()).headers().get("kid"))

    async def _fetch(self) -> KeySet:
        about = await self._discover()
        found = _only_signing(await self._json("GET", about["jwks_uri"]))
        try:
            return KeySet.import_key_set(found)
        except (ValueError, KeyError, JoseError) as error:
            raise ProviderAway("no usable keys") from error

    async def _discover(self) -> dict[str, Any]:
        if clock.monotonic() - self._about_at < _KEPT_S:
            return self._about
        url = self.issuer.rstrip("/") + "/.well-known/openid-configuration"
        found = await self._json("GET", url)
        needed = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        if found.get("issuer") != self.issuer or not all(found.get(name) for name in needed):
            raise ProviderAway("another issuer answers there")
        self._about, self._about_at = found, clock.monotonic()
        return found

    async def _json(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, **sent: Any
    ) -> dict[str, Any]:
        headers = {"Accept": "application/json"} | dict(headers or {})
        try:
            async with self.session.request(
                method, url, timeout=_TIMEOUT, allow_redirects=False, headers=headers, **sent
            ) as answer:
                if method == "POST" and answer.status in {400, 401, 403}:
                    raise ProviderRefused("code")
                if answer.status != 200:
                    raise ProviderAway(str(answer.status))
                found = await answer.json(content_type=None)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise ProviderAway(type(error).__name__) from error
        if not isinstance(found, dict):
            raise ProviderAway("not an object")
        return found


def signed_in_at(claims: Mapping[str, Any], *, since: datetime, now: datetime) -> datetime:
    """When the provider last saw the person's own proof; it has to be ``since`` they were sent.

    Raises:
        ProviderRefused: it does not say, or that was before: it let them in unasked.
    """
    at = claims.get("auth_time")
    if not isinstance(at, int | float) or isinstance(at, bool):
        raise ProviderRefused("auth-time-missing")
    if not since.timestamp() - _STEP_UP_LEEWAY_S <= at <= now.timestamp() + LEEWAY_S:
        raise ProviderRefused("auth-time")
    return min(datetime.fromtimestamp(at, tz=UTC), now)


def _only_signing(found: dict[str, Any]) -> Any:
    keys = found.get("keys")
    if not isinstance(keys, list):
        raise ProviderAway("no keys")
    public = {"RSA", "EC", "OKP"}  # a shared secret among them would let anybody sign
    return {
        "keys": [
            key
            for key in keys
            if isinstance(key, dict) and key.get("kty") in public and key.get("use", "sig") == "sig"
        ]
    }
