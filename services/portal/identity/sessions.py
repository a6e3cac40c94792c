"""A browser session: a secret in a cookie, its hash in the database, two limits in real time."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

IDLE_LIMIT = timedelta(minutes=15)
ABSOLUTE_LIMIT = timedelta(hours=10)
CODE_LIMIT = timedelta(minutes=5)
"""How long after the password the one-time code may come."""
MOST_AT_ONCE = 5
"""Browsers somebody may be signed in with; the oldest goes."""
SEEN_EVERY = timedelta(minutes=1)
"""How precisely the last use is kept, so that a page view is not a write."""


@dataclass(frozen=True, slots=True)
class Session:
    """What the database knows about one signed-in browser."""

    staff_id: UUID
    started_at: datetime
    seen_at: datetime
    ended_at: datetime | None = None
    awaits_code: bool = False
    stepped_up_at: datetime | None = None


def is_live(session: Session, *, now: datetime) -> bool:
    """Whether it may still be used: not ended, used lately, and not older than a working day."""
    if session.ended_at is not None:
        return False
    if session.awaits_code:
        return now - session.started_at < CODE_LIMIT
    return now - session.seen_at < IDLE_LIMIT and now - session.started_at < ABSOLUTE_LIMIT


def needs_noting(session: Session, *, now: datetime) -> bool:
    """Whether the last use on record is old enough to be written anew."""
    return now - session.seen_at >= SEEN_EVERY


def digest(secret: str) -> str:
    """What is stored in place of the secret; a stolen table opens no session."""
    return hashlib.sha256(secret.encode()).hexdigest()


def csrf_token(secret: str, staff_id: UUID) -> str:
    """The token every form of this session carries; it reveals nothing about the secret. Whose
    session it was can be told from it when the session itself is long forgotten."""
    return hmac.new(secret.encode(), b"csrf" + staff_id.bytes, hashlib.sha256).hexdigest()


def is_csrf_token(candidate: str, *, secret: str, staff_id: UUID) -> bool:
    """Compared in constant time."""
    return hmac.compare_digest(candidate.encode(), csrf_token(secret, staff_id).encode())
