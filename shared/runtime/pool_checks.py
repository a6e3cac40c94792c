"""Whether a connection from the pool still is one, before anybody uses it.

A server that ends closes its connections, and the driver knows that without asking. Only what a
server cannot say any more has to be asked, and only of a connection that lay idle: SQLAlchemy's
own check (``pool_pre_ping``) asks each time, in a transaction of its own, which takes three
journeys to the database where the whole of a transaction takes a dozen.
"""

from typing import Any

from sqlalchemy import event, exc
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.runtime import clock

ASKED_AFTER_S = 10.0
"""A connection that was used less long ago is believed. If its host is gone all the same, the
statement fails, as it does when the host goes during a transaction."""
_GIVEN_BACK = "given_back_at"


def check_connections(engine: AsyncEngine) -> None:
    """Have each connection looked at on its way out of the pool."""

    def given_back(_connection: Any, record: Any) -> None:
        record.info[_GIVEN_BACK] = clock.monotonic()

    def taken(connection: Any, record: Any, _fairy: Any) -> None:
        if connection.driver_connection.is_closed():
            raise exc.DisconnectionError("closed by the server")
        idle_s = clock.monotonic() - record.info.get(_GIVEN_BACK, clock.monotonic())
        if idle_s < ASKED_AFTER_S:
            return
        try:
            engine.sync_engine.dialect.do_ping(connection)
        except engine.sync_engine.dialect.loaded_dbapi.Error as error:
            raise exc.DisconnectionError("does not answer") from error

    event.listen(engine.sync_engine, "checkin", given_back)
    event.listen(engine.sync_engine, "checkout", taken)
