"""The engine's heart: every second what is due is claimed, and a sign of life is left.

The list does not need it: it shows what is due by itself. The tick announces and escalates.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite

from services.engagement.adapters.db import SqlWork
from services.engagement.adapters.rows import reminder
from services.engagement.adapters.summaries import sum_up
from services.engagement.application.recount import recount
from services.engagement.application.show_due_reminders import show_due_reminders
from services.engagement.domain.reminder import State
from services.engagement.domain.rules import Rules
from shared.runtime import clock, metrics
from shared.runtime.db import Database, Transaction
from shared.runtime.tables import heartbeat
from shared.runtime.ticker import Tick

COMPONENT = "reminders"
BEAT_EVERY_S = 5.0
RECOUNTED_AT_ONCE = 5
SUMMED_UP_AT_ONCE = 10
_OPEN_RUNGS = (
    select(func.count())
    .select_from(reminder)
    .where(reminder.c.state == State.VISIBLE.value, reminder.c.level > 0)
)


@dataclass(slots=True)
class Engine:
    """Makes due reminders visible. Any number may run; the claim keeps them apart."""

    db: Database
    rules: Rules
    instance: str
    monotonic: Callable[[], float] = clock.monotonic
    _number: int = 0
    _last_beat: float | None = None
    _recounted: UUID | None = field(default=None)

    @property
    def ticks(self) -> tuple[Tick, ...]:
        """What the ticker runs."""
        return (
            Tick("reminders", every_s=1.0, run=self.show_due),
            Tick("recount", every_s=15.0, run=self.recount),
            Tick("summaries", every_s=5.0, run=self.sum_up),
        )

    async def show_due(self) -> int:
        """Claim and announce one batch; how many there were."""
        async with self.db.transaction(actor=f"service:{self.db.source}") as tx:
            now = self.db.guard.cautious(tx.now)
            shown = await show_due_reminders(
                SqlWork(tx, self.rules), rules=self.rules, now=now, real_now=clock.real_now()
            )
        await self._beat()
        return shown

    async def recount(self) -> int:
        """Look again at the next few people; always 0, for the rest can wait for the next tick."""
        async with self.db.housekeeping() as tx:
            recounted = await recount(
                SqlWork(tx, self.rules),
                after=self._recounted,
                limit=RECOUNTED_AT_ONCE,
                rules=self.rules,
                now=tx.now,
            )
            rungs = (await tx.session.execute(_OPEN_RUNGS)).scalar_one()
        metrics.ESCALATIONS.labels(self.db.source).set(rungs)
        self._recounted = recounted.last
        return 0

    async def sum_up(self) -> int:
        """Sum up the histories of the next few people about whom something was recorded since."""
        async with self.db.housekeeping() as tx:
            return await sum_up(tx, self.rules.support.outcomes, limit=SUMMED_UP_AT_ONCE)

    async def _beat(self) -> None:
        """A sign of life in real time, which the demo clock does not move."""
        self._number += 1
        last, now = self._last_beat, self.monotonic()
        if last is not None and now - last < BEAT_EVERY_S:
            return
        self._last_beat = now
        async with self.db.housekeeping() as tx:
            planned = await next_due(tx, self.rules)
            overdue = planned if planned is not None and planned <= tx.now else None
            waits = tx.now - overdue if overdue is not None else timedelta()
            metrics.OLDEST_DUE.labels(self.db.source).set(waits.total_seconds())
            await self._leave(tx, oldest_due_at=overdue)

    async def _leave(self, tx: Transaction, *, oldest_due_at: datetime | None) -> None:
        insert = sqlite.insert if self.db.dialect == "sqlite" else postgresql.insert
        new = insert(heartbeat).values(
            component=COMPONENT,
            instance=self.instance[:64],
            tick_no=self._number,
            at=clock.real_now(),
            oldest_due_at=oldest_due_at,
        )
        changed = {name: new.excluded[name] for name in ("tick_no", "at", "oldest_due_at")}
        await tx.session.execute(
            new.on_conflict_do_update(index_elements=["component", "instance"], set_=changed)
        )


async def next_due(tx: Transaction, rules: Rules) -> datetime | None:
    """When the next planned reminder falls due, for the demo clock."""
    return await SqlWork(tx, rules).reminders.next_due()
