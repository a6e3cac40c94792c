"""One-time codes from an authenticator app (RFC 6238), and recovery codes for a lost phone."""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime

import pyotp

ISSUER = "Mooring"
STEP_S = 30
RECOVERY_CODES = 10
_ALPHABET = "ABCDEFGHJKMNPQRSTVWXYZ23456789"  # pragma: allowlist secret
_RECOVERY_LENGTH = 16  # of 30 signs: 78 bits, so that a plain hash of it is enough


def new_secret() -> str:
    """160 random bits in base 32, as authenticator apps take them."""
    return pyotp.random_base32()


def address(secret: str, *, username: str) -> str:
    """What the QR code says."""
    return pyotp.TOTP(secret, interval=STEP_S).provisioning_uri(name=username, issuer_name=ISSUER)


def step_of(code: str, *, secret: str, after: int, now: datetime) -> int | None:
    """The time step this code belongs to: the present one or a neighbour, and later than
    ``after``, so that no code works twice. None: it is not right."""
    totp = pyotp.TOTP(secret, interval=STEP_S)
    current = int(now.timestamp()) // STEP_S
    found = None
    for step in (current - 1, current, current + 1):
        fits = hmac.compare_digest(totp.generate_otp(step).encode(), _digits(code).encode())
        if fits and step > after:
            found = step
    return found


def recovery_codes() -> tuple[str, ...]:
    """Codes to print and lock away; each opens the door once."""
    return tuple(
        "".join(secrets.choice(_ALPHABET) for _ in range(_RECOVERY_LENGTH))
        for _ in range(RECOVERY_CODES)
    )


def spaced(code: str) -> str:
    """A recovery code as people can copy it."""
    return "-".join(code[at : at + 4] for at in range(0, len(code), 4))


def digest(recovery_code: str) -> str:
    """What is stored in its place."""
    plain = "".join(sign for sign in recovery_code.upper() if sign in _ALPHABET)
    return hashlib.sha256(plain.encode()).hexdigest()


def without(codes: Sequence[str], given: str) -> tuple[str, ...] | None:
    """The stored codes that are left when this one is used; None: it is none of them."""
    wanted = digest(given)
    if not any(hmac.compare_digest(wanted, one) for one in codes):
        return None
    return tuple(one for one in codes if one != wanted)


def _digits(code: str) -> str:
    return "".join(sign for sign in code if sign.isascii() and sign.isdigit())[:8]
