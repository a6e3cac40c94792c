"""How long a person has to wait after wrong passwords. Nobody is ever locked out for good."""

from dataclasses import dataclass
from datetime import datetime, timedelta

FORGOTTEN_AFTER = timedelta(minutes=15)
LONGEST_WAIT = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Tries:
    """Sign-in attempts that have not succeeded, counted under one key.

    An attempt is counted before its password is checked, so that a hundred at the same
    moment gain nothing; success gives it back, and no more than that where others count too.
    """

    count: int
    last_at: datetime


def counted(tries: Tries, *, now: datetime) -> Tries:
    """One more attempt."""
    return Tries(_remembered(tries, now=now) + 1, now)


def given_back(tries: Tries, *, before: Tries, counted_at: datetime) -> Tries:
    """Without the one attempt that was counted at ``counted_at``, when ``before`` was known: as if
    it had not been, so that whoever is let in often keeps no old failures alive."""
    nobody_since = tries.last_at == counted_at
    return Tries(max(tries.count - 1, 0), before.last_at if nobody_since else tries.last_at)


def wait(tries: Tries, *, free: int, now: datetime) -> timedelta:
    """How long until the next attempt is looked at: nothing for the first ``free`` ones,
    then 1, 2, 4 ... seconds and at most a minute."""
    count = _remembered(tries, now=now)
    if count < free:
        return timedelta(0)
    pause = min(timedelta(seconds=2 ** min(count - free, 16)), LONGEST_WAIT)
    return max(tries.last_at + pause - now, timedelta(0))


def _remembered(tries: Tries, *, now: datetime) -> int:
    if now - tries.last_at >= FORGOTTEN_AFTER:
        return 0
    return tries.count
