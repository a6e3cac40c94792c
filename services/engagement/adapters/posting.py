"""The tick that sends notices: claim, send outside any transaction, record what became of it."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from services.engagement.adapters.channels import Channels
from services.engagement.adapters.db import SqlWork
from services.engagement.application.keep_digests import keep_digests
from services.engagement.application.keep_rota import follow_rota
from services.engagement.application.plan_cover import follow_absences
from services.engagement.application.send_notices import Office, Parcel, pick_notices, record_try
from shared.runtime import clock
from shared.runtime.db import Database
from shared.runtime.ticker import Tick

FORGOTTEN_AT_ONCE = 500
AT_ONCE = 5
"""Messages on their way at the same time: a mail server takes few connections from one sender.
Should each of a batch of twenty wait its ten seconds, the last is through after forty, while its
lease of two minutes lasts."""


@dataclass(slots=True)
class Postman:
    """Any number may run; a claimed notice is nobody else's until its lease ends."""

    db: Database
    office: Office
    channels: Channels
    kept_for: timedelta | None = None
    """How long a message is kept after it ended; without end when nobody said."""

    @property
    def ticks(self) -> tuple[Tick, ...]:
        """What the ticker runs."""
        return (
            Tick("notices", every_s=5.0, run=self.send),
            Tick("digests", every_s=15.0, run=self.keep_digests),
            Tick("absences", every_s=15.0, run=self.follow_absences),
            Tick("rota", every_s=15.0, run=self.follow_rota),
            Tick("kept-notices", every_s=15.0, run=self.forget),
        )

    async def send(self) -> int:
        """Send one batch; how many notices were looked at."""
        async with self.db.transaction(actor=self._actor) as tx:
            looked_at, parcels = await pick_notices(
                SqlWork(tx, self.office.rules),
                office=self.office,
                now=tx.now,
                real_now=clock.real_now(),
            )
            if looked_at:
                tx.audit("notices.claimed", object=f"notices:{looked_at}")
        await self._deliver_all(parcels)
        return looked_at

    async def keep_digests(self) -> int:
        """Keep the next few of this morning's lists; how many."""
        async with self.db.transaction(actor=self._actor) as tx:
            return await keep_digests(
                SqlWork(tx, self.office.rules),
                rules=self.office.rules,
                now=tx.now,
                real_now=clock.real_now(),
            )

    async def forget(self) -> int:
        """Delete the next few messages that were kept long enough; how many."""
        if self.kept_for is None:
            return 0
        async with self.db.transaction(actor=self._actor) as tx:
            before = tx.now - self.kept_for
            work = SqlWork(tx, self.office.rules)
            gone = await work.notices.forget_ended(before, limit=FORGOTTEN_AT_ONCE)
            if gone:
                tx.audit("notices.forgotten", object=f"notices:{gone}")
        return gone

    async def follow_absences(self) -> int:
        """Let the lists follow who is away; how many absences began or ended."""
        async with self.db.transaction(actor=self._actor) as tx:
            return await follow_absences(
                SqlWork(tx, self.office.rules), rules=self.office.rules, now=tx.now
            )

    async def follow_rota(self) -> int:
        """Tell whoever is on call from now on; how many times on call began or ended."""
        async with self.db.transaction(actor=self._actor) as tx:
            return await follow_rota(
                SqlWork(tx, self.office.rules),
                rules=self.office.rules,
                now=tx.now,
                real_now=clock.real_now(),
            )

    @property
    def _actor(self) -> str:
        return f"service:{self.db.source}"

    async def _deliver_all(self, parcels: Iterable[Parcel]) -> None:
        few = asyncio.Semaphore(AT_ONCE)

        async def deliver(parcel: Parcel) -> None:
            async with few:
                await self._deliver(parcel)

        await asyncio.gather(*map(deliver, parcels))

    async def _deliver(self, parcel: Parcel) -> None:
        answer, code = await self.channels.send(parcel, at=clock.real_now())
        async with self.db.transaction(actor=self._actor) as tx:
            await record_try(
                SqlWork(tx, self.office.rules),
                parcel,
                answer,
                code,
                rules=self.office.rules,
                now=tx.now,
                real_now=clock.real_now(),
            )
            tx.audit(f"notice.{answer}", object=f"notice:{parcel.notice_id}")
