"""Signing keys: which one signs, which ones are published, and when a new one is made.

A new key is published for a while before it signs and for a while after its successor took
over, so that no reader of the key set ever meets a signature it cannot check.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from joserfc.jwk import ECKey

from shared.runtime.auth import ALGORITHM

SIGNS_FOR = timedelta(days=30)
ANNOUNCED_FOR = timedelta(minutes=30)
PUBLISHED_AFTER = timedelta(days=1)
"""Longer than any token lives."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key, by its thumbprint."""

    key_id: str
    private_jwk: dict[str, Any]
    made_at: datetime

    def private(self) -> ECKey:
        """The key to sign with."""
        return ECKey.import_key({**self.private_jwk, "kid": self.key_id})

    def public_jwk(self) -> dict[str, Any]:
        """What readers of our tokens need, and nothing more."""
        public = self.private().as_dict(private=False)
        return {**public, "kid": self.key_id, "use": "sig", "alg": ALGORITHM}


def make(*, now: datetime) -> SigningKey:
    """A new key."""
    key = ECKey.generate_key("P-256", private=True)
    return SigningKey(key.thumbprint(), key.as_dict(private=True), now)


def signing(keys: Sequence[SigningKey], *, now: datetime) -> SigningKey:
    """The newest key that everybody has had the time to learn; the first one signs at once."""
    known = [key for key in keys if now - key.made_at >= ANNOUNCED_FOR]
    if known:
        return max(known, key=_age)
    return min(keys, key=_age)


def is_due(keys: Sequence[SigningKey], *, now: datetime) -> bool:
    """Whether a new key has to be made."""
    return all(now - key.made_at >= SIGNS_FOR for key in keys)


def retired(keys: Sequence[SigningKey], *, now: datetime) -> tuple[SigningKey, ...]:
    """Keys nothing valid can be signed with any more."""
    current = signing(keys, now=now) if keys else None
    if current is None or now - current.made_at < ANNOUNCED_FOR + PUBLISHED_AFTER:
        return ()
    return tuple(key for key in keys if key.made_at < current.made_at)


def _age(key: SigningKey) -> tuple[datetime, str]:
    return key.made_at, key.key_id
