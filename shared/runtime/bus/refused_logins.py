"""Somebody was not let in at a broker: an entry of the trail, which raises an alert (``unusual``).

Brokers tell of it in an account of their own, to one user who may hear that and do nothing else.
"""

from shared.runtime.bus.connection import Access, Connection
from shared.runtime.bus.faults import FAULTS, Denied, Unreachable, UnsuitableBroker
from shared.runtime.bus.topology import LOGINS_REFUSED
from shared.runtime.db import Database
from shared.runtime.logs import get_logger
from shared.runtime.ticker import Tick

EVERY_S = 5.0
"""However many try meanwhile, they are one entry."""

log = get_logger()


class RefusedLogins:
    """Listens at the brokers, and is never in the way: brokers that are away or know no such user
    are tried again at the next tick."""

    def __init__(self, db: Database, access: Access) -> None:
        self.tick = Tick("refused-logins", every_s=EVERY_S, run=self._run)
        self._db = db
        self._access = access
        self._connection: Connection | None = None
        self._refused = 0

    async def close(self) -> None:
        """Listen no longer."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    async def _run(self) -> int:
        if self._connection is None or self._connection.is_over:
            await self.close()
            await self._listen()
        if self._refused:
            async with self._db.transaction(actor=f"service:{self._db.source}") as tx:
                tx.audit("broker.login-refused", object="broker")
            self._refused = 0
        return 0

    async def _listen(self) -> None:
        try:
            connection = await Connection.open(self._access)
        except (Unreachable, Denied, UnsuitableBroker, *FAULTS) as error:
            log.warning("refused_logins_unheard", error=type(error).__name__)
            return
        self._connection = connection
        try:
            await connection.watch(LOGINS_REFUSED, self._seen)
        except FAULTS as error:
            log.warning("refused_logins_unheard", error=type(error).__name__)
            await self.close()

    async def _seen(self, _subject: str, _body: bytes) -> None:
        self._refused += 1
        log.warning("broker_login_refused")
