"""Callers who are refused, or export, unusually often: counted from the audit trail as it grows.

Each replica reads the trail of its database itself, so that all count the same; a start looks some
way back, so that a restart does not begin at nothing. The metric says how many such callers there
are, never who: that is in the trail.
"""

from collections import Counter, deque
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import func, select

from shared.runtime import metrics
from shared.runtime.db import Database
from shared.runtime.logs import get_logger
from shared.runtime.tables import audit
from shared.runtime.ticker import Tick

_LOOKED_BACK = 50_000
"""Entries, of all kinds, a start looks back; also the most that are kept of one kind. A busy clinic
writes more in a day: a caller who was busy before that and is no longer is then not counted."""

log = get_logger()


class Limit(NamedTuple):
    """So many of one kind of entry by one caller within this time are unusual
    (reliability.md 4e, cases 4 and 21); what a broker refuses is at once."""

    what: str
    action: str
    times: int
    within: timedelta


LIMITS = (
    Limit("refused", "access.denied", 20, timedelta(hours=1)),
    Limit("outcomes-exported", "outcomes.exported", 10, timedelta(days=1)),
    Limit("broker-denied", "broker.denied", 1, timedelta(hours=1)),
    Limit("broker-login-refused", "broker.login-refused", 1, timedelta(hours=1)),
    Limit("audit-exported", "audit.exported", 10, timedelta(days=1)),
)
_newest = select(func.coalesce(func.max(audit.c.seq), 0))
_entries = select(audit.c.at, audit.c.actor, audit.c.action).where(
    audit.c.action.in_([limit.action for limit in LIMITS])
)


def counting(db: Database, service: str) -> Tick:
    """The tick that keeps ``mooring_unusual_callers`` current."""
    read_to: list[int] = []
    said: dict[Limit, int] = {}
    kept: dict[str, deque[tuple[datetime, str]]] = {
        limit.action: deque(maxlen=_LOOKED_BACK) for limit in LIMITS
    }

    async def run() -> int:
        async with db.reading() as tx:
            newest = (await tx.session.execute(_newest)).scalar_one()
            start = min(read_to[0], newest) if read_to else newest - _LOOKED_BACK
            new = _entries.where(audit.c.seq > start, audit.c.seq <= newest)
            for row in await tx.session.execute(new):
                kept[row.action].append((row.at, row.actor))
            now = tx.now
        read_to[:] = [newest]
        for limit in LIMITS:
            callers = _callers(limit, kept[limit.action], now=now)
            metrics.UNUSUAL.labels(service, limit.what).set(callers)
            if callers != said.get(limit, 0):
                log.warning("unusual_callers", kind=limit.what, count=callers)
            said[limit] = callers
        return 0

    return Tick("unusual-callers", every_s=15.0, run=run)


def _callers(limit: Limit, entries: deque[tuple[datetime, str]], *, now: datetime) -> int:
    """How many are at the limit; entries that are too old to count are forgotten."""
    recent = [(at, actor) for at, actor in entries if now - at < limit.within]
    entries.clear()
    entries.extend(recent)
    each = Counter(actor for _, actor in recent)
    return sum(times >= limit.times for times in each.values())
