"""Somebody was not let in at a broker: an entry of the trail, which raises an alert (``unusual``).

Brokers tell of it in an account of their own, to one user who may hear that and do nothing else.
"""

import asyncio
from collections.abc import Callable

from shared.runtime import clock
from shared.runtime.bus.connection import Access, Connection
from shared.runtime.bus.faults import FAULTS, Denied, Unreachable, UnsuitableBroker
from shared.runtime.bus.topology import LOGINS_REFUSED
from shared.runtime.db import Database
from shared.runtime.logs import get_logger
from shared.runtime.ticker import Tick

EVERY_S = 5.0
"""However many try meanwhile, they are one entry."""
AGAIN_S = 30.0
"""From one attempt to listen to the next."""
PATIENCE_S = 2.0
"""For one attempt: whoever moves the demo's clock waits for it."""

log = get_logger()


class RefusedLogins:
    """Listens at the brokers, and is never in the way: brokers that are away or know no such user
    are tried again after half a minute. What happens meanwhile is in their logs alone."""

    def __init__(
        self, db: Database, access: Access, *, monotonic: Callable[[], float] = clock.monotonic
    ) -> None:
        self.tick = Tick("refused-logins", every_s=EVERY_S, run=self._run)
        self._db = db
        self._access = access
        self._monotonic = monotonic
        self._again_at = 0.0
        self._connection: Connection | None = None
        self._refused = 0

    async def close(self) -> None:
        """Listen no longer."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    async def _run(self) -> int:
        if refused := self._refused:
            async with self._db.transaction(actor=f"service:{self._db.source}") as tx:
                tx.audit("broker.login-refused", object="broker")
            self._refused -= refused
        hears = self._connection is not None and not self._connection.is_over
        if not hears and self._monotonic() >= self._again_at:
            await self._listen()
        return 0

    async def _listen(self) -> None:
        await self.close()
        self._again_at = self._monotonic() + AGAIN_S
        try:
            async with asyncio.timeout(PATIENCE_S):
                self._connection = await Connection.open(self._access)
                await self._connection.watch(LOGINS_REFUSED, self._seen)
        except (Unreachable, Denied, UnsuitableBroker, *FAULTS) as error:
            log.warning("refused_logins_unheard", error=type(error).__name__)
            await self.close()

    async def _seen(self, _subject: str, _body: bytes) -> None:
        self._refused += 1
        log.warning("broker_login_refused")
