"""The one module that reads the time, makes ids and draws secrets."""

import secrets
import time
from datetime import UTC, datetime
from uuid import UUID, uuid4


def real_now() -> datetime:
    """The machine's own time, aware UTC. For tokens, sessions, leases and heartbeats only;
    a clinical ``now`` is the database's time of the transaction (``Transaction.now``)."""
    return datetime.now(UTC)


def monotonic() -> float:
    """Seconds on a clock that never steps, for measuring durations."""
    return time.monotonic()


def elapsed() -> float:
    """Seconds that really pass, also while the machine sleeps; never stepped."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def new_id() -> UUID:
    """A random identifier."""
    return uuid4()


def new_secret() -> str:
    """A 256-bit random token, URL-safe."""
    return secrets.token_urlsafe(32)
