"""Notices a connection that is dead and does not know it (nats.py issue 914).

A broker that is away is no reason to die: the client says so and reconnects. A client that
claims to be connected while nothing comes back is, because it would never recover.
"""

import asyncio

from shared.runtime.bus.connection import Connection
from shared.runtime.bus.faults import FAULTS
from shared.runtime.logs import get_logger

EVERY_S = 10.0
MOST_FAILURES = 3

log = get_logger()


class DeadConnection(Exception):
    """Connected by its own account, and three round trips in a row did not come back."""


async def watch(connection: Connection, *, every_s: float = EVERY_S) -> None:
    """Probe until the connection turns out dead.

    Raises:
        DeadConnection: it did.
    """
    failures = 0
    while failures < MOST_FAILURES and not connection.reader_ended:
        await asyncio.sleep(every_s)
        failures = 0 if await _answers(connection) else failures + 1
    raise DeadConnection(connection.user)


async def _answers(connection: Connection) -> bool:
    """Whether a round trip works, or the client knows that it is disconnected."""
    try:
        await connection.round_trip()
    except FAULTS as error:
        log.warning("broker_probe_failed", error=type(error).__name__)
        return not connection.is_connected
    return True
