"""Who is calling: short-lived ES256 tokens the portal issues and every service verifies.

The portal owns the private keys and publishes the public ones (JWKS). A token names its
audience, so one service's token is worthless at another. A signature token binds one person,
one meaning and the SHA-256 of exactly one version of a document.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

import aiohttp
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet

from shared.api.identity import Role
from shared.runtime import clock
from shared.runtime.fetched_keys import FetchedKeys

ISSUER = "mooring-portal"
ALGORITHM = "ES256"
ACCESS = "at+jwt"
SIGNATURE = "signature+jwt"
BY_PASSWORD = "password"  # noqa: S105 - a word for how, not a secret  # pragma: allowlist secret
BY_PROVIDER = "provider"
LEEWAY_S = 5
PORTAL_ITSELF = UUID(int=0)
"""Whose token it is when the portal asks for nobody: not an account, and no other program."""
_FETCH_TIMEOUT_S = 3.0


class Unauthenticated(Exception):
    """The token is missing, expired, for another audience, or not ours. The text is a code."""


class KeysUnavailable(Exception):
    """The portal's keys cannot be had now, so nobody's token can be judged."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Whoever is acting, as their token says."""

    staff_id: UUID
    role: Role
    teams: tuple[str, ...]
    version: int = 1
    """The account's own counter when the token was made; a later one ends the token."""

    @property
    def actor(self) -> str:
        """How the audit trail names them. Only the portal has tokens without a person."""
        if self.role is Role.SERVICE:
            return "service:portal"
        return f"staff:{self.staff_id}"


@dataclass(frozen=True, slots=True)
class VerifiedSignature:
    """Proof that a person, having proved once more who they are, signed one exact version."""

    staff_id: UUID
    hash: str
    meaning: str
    signed_at: datetime
    token_id: str
    proof: str = ""
    """The token, the public key and when it was checked, to verify it again by ``proven``."""
    checked_at: datetime | None = None
    """When it was found good, in real time; releases before did not keep that."""
    by: str = BY_PASSWORD
    """How they proved it: by the password, or by signing in again at the identity provider."""


class Keys(Protocol):
    """Where the public keys come from."""

    async def find(self, kid: str) -> ECKey:
        """The key of that id.

        Raises:
            Unauthenticated: there is no such key.
            KeysUnavailable: whether there is one cannot be known now.
        """
        ...


class StaticKeys:
    """Keys known beforehand: the portal's own, and those of tests."""

    def __init__(self, keys: KeySet) -> None:
        self._keys = keys

    async def find(self, kid: str) -> ECKey:
        return _pick(self._keys, kid)


class JwksKeys:
    """Keys fetched from the portal, as seldom as ``FetchedKeys`` says."""

    def __init__(
        self,
        url: str,
        session: aiohttp.ClientSession,
        *,
        monotonic: Callable[[], float] = clock.monotonic,
    ) -> None:
        self._url = url
        self._session = session
        self._fetched = FetchedKeys(self._fetch, away=KeysUnavailable, monotonic=monotonic)

    async def find(self, kid: str) -> ECKey:
        return _pick(await self._fetched.knowing(kid), kid)

    async def _fetch(self) -> KeySet:
        timeout = aiohttp.ClientTimeout(total=_FETCH_TIMEOUT_S)
        try:
            async with self._session.get(self._url, timeout=timeout) as answer:
                answer.raise_for_status()
                return KeySet.import_key_set(await answer.json())
        except (aiohttp.ClientError, TimeoutError, ValueError, KeyError, JoseError) as error:
            raise KeysUnavailable(type(error).__name__) from error


def issue_access_token(
    key: ECKey,
    *,
    staff_id: UUID,
    role: Role,
    teams: Sequence[str],
    audience: Sequence[str],
    lifetime: timedelta,
    version: int = 1,
) -> str:
    """A bearer token for the named services. ``version`` is the account's own counter."""
    claims = {
        "sub": str(staff_id),
        "role": role.value,
        "teams": list(teams),
        "aud": list(audience),
        "ver": version,
    }
    return _encode(key, claims, typ=ACCESS, lifetime=lifetime)


def issue_signature(
    key: ECKey,
    *,
    staff_id: UUID,
    hash_: str,
    meaning: str,
    audience: str,
    lifetime: timedelta = timedelta(minutes=5),
    by: str = BY_PASSWORD,
) -> str:
    """A signature over one version; the caller has just checked ``by`` what the person proved
    once more who they are."""
    claims = {"sub": str(staff_id), "hash": hash_, "meaning": meaning, "aud": [audience], "by": by}
    return _encode(key, claims, typ=SIGNATURE, lifetime=lifetime)


async def verify_access_token(token: str, *, keys: Keys, audience: str) -> Principal:
    """Read a bearer token.

    Raises:
        Unauthenticated: with a code saying why.
        KeysUnavailable: it cannot be judged now.
    """
    claims = await _decode(token, keys=keys, audience=audience, typ=ACCESS)
    try:
        return Principal(
            staff_id=UUID(claims["sub"]),
            role=Role(claims["role"]),
            teams=tuple(claims["teams"]),
            version=int(claims["ver"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Unauthenticated("claims") from error


async def verify_signature(token: str, *, keys: Keys, audience: str) -> VerifiedSignature:
    """Read a signature token. The caller still compares hash, meaning and person.

    Raises:
        Unauthenticated: with a code saying why.
        KeysUnavailable: it cannot be judged now.
    """
    claims = await _decode(token, keys=keys, audience=audience, typ=SIGNATURE)
    key = await keys.find(str(_header(token).get("kid")))
    kept = {
        "token": token,
        "key": key.as_dict(private=False),
        "checked_at": clock.real_now().isoformat(),
    }
    return _signature(claims, kept)


def proven(proof: str, *, audience: str) -> VerifiedSignature:
    """Verify a signature again, however long ago it was made and wherever the portal is, with the
    key that was kept with it, as of the moment it was checked. That the key was the portal's, the
    audit trail holds (``signatures``).

    Raises:
        Unauthenticated: the token, or what it is kept with, was changed, or it was checked after
            its end.
    """
    try:
        kept: dict[str, Any] = json.loads(proof)
        key = ECKey.import_key(kept["key"])
        decoded = jwt.decode(kept["token"], key, algorithms=[ALGORITHM])
        if decoded.header.get("typ") != SIGNATURE or decoded.header.get("kid") != key.kid:
            raise Unauthenticated("type")
        at = _checked_at(kept)
        seen = int(decoded.claims["iat"]) if at is None else int(at.timestamp())
        _registry(audience, now=seen).validate(decoded.claims)
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise Unauthenticated(type(error).__name__) from error
    return _signature(decoded.claims, kept)


def _checked_at(kept: dict[str, Any]) -> datetime | None:
    return datetime.fromisoformat(kept["checked_at"]) if "checked_at" in kept else None


def _signature(claims: dict[str, Any], kept: dict[str, Any]) -> VerifiedSignature:
    try:
        return VerifiedSignature(
            staff_id=UUID(claims["sub"]),
            hash=str(claims["hash"]),
            meaning=str(claims["meaning"]),
            signed_at=datetime.fromtimestamp(claims["iat"], tz=clock.real_now().tzinfo),
            token_id=str(claims["jti"]),
            proof=json.dumps(kept),
            checked_at=_checked_at(kept),
            by=str(claims.get("by", BY_PASSWORD)),  # releases before knew no other way
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Unauthenticated("claims") from error


def _encode(key: ECKey, claims: dict[str, Any], *, typ: str, lifetime: timedelta) -> str:
    now = clock.real_now()
    stamped = claims | {
        "iss": ISSUER,
        "iat": int(now.timestamp()),
        "exp": int((now + lifetime).timestamp()),
        "jti": str(clock.new_id()),
    }
    return jwt.encode({"alg": ALGORITHM, "typ": typ, "kid": key.kid}, stamped, key)


async def _decode(token: str, *, keys: Keys, audience: str, typ: str) -> dict[str, Any]:
    try:
        header = _header(token)
        if header.get("typ") != typ or header.get("alg") != ALGORITHM:
            raise Unauthenticated("type")
        key = await keys.find(str(header.get("kid")))
        decoded = jwt.decode(token, key, algorithms=[ALGORITHM])
        _registry(audience).validate(decoded.claims)
    except (JoseError, ValueError) as error:
        raise Unauthenticated(type(error).__name__) from error
    return decoded.claims


def _header(token: str) -> dict[str, Any]:
    from joserfc.jws import extract_compact

    return dict(extract_compact(token.encode()).headers())


def _registry(audience: str, *, now: int | None = None) -> jwt.JWTClaimsRegistry:
    return jwt.JWTClaimsRegistry(
        now=int(clock.real_now().timestamp()) if now is None else now,
        leeway=LEEWAY_S,
        iss={"essential": True, "value": ISSUER},
        aud={"essential": True, "value": audience},
        exp={"essential": True},
        iat={"essential": True},
        sub={"essential": True},
    )


def _pick(keys: KeySet, kid: str) -> ECKey:
    for key in keys.keys:
        if key.kid == kid and isinstance(key, ECKey):
            return key
    raise Unauthenticated("unknown-key")
