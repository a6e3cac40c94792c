"""Which database errors say that it is away or busy, whatever the driver calls them."""

import sqlite3

import sqlalchemy.exc


class DatabaseAway(Exception):
    """The database is unreachable or busy, or ended our connection. Try again later: what was
    tried changed nothing, unless the connection broke while it was being committed."""


class LostRace(DatabaseAway):
    """Another transaction came first and this one was undone: run it again at once."""


TRANSIENT = (DatabaseAway,)
"""What a job survives: the next try may find the database there again."""

_SQLITE_AWAY = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
}
_POSTGRES_AWAY = ("08", "53", "57", "58", "55P03")
"""Connection, resources, operator, system; and a lock not had in time."""
_POSTGRES_RACES = ("40001", "40P01")
"""A serialization failure; a deadlock."""


def outage(error: Exception) -> DatabaseAway | None:
    """The error as an outage, or None if it is something else, such as a mistake in a query."""
    name = type(error).__name__
    if isinstance(error, sqlalchemy.exc.DBAPIError):
        return _of_driver(error, type(error.orig).__name__)
    if isinstance(error, sqlalchemy.exc.TimeoutError | ConnectionError):
        return DatabaseAway(name)
    return None


def _of_driver(error: sqlalchemy.exc.DBAPIError, name: str) -> DatabaseAway | None:
    state = getattr(error.orig, "sqlstate", None) or ""
    if state.startswith(_POSTGRES_RACES):
        return LostRace(state)
    if error.connection_invalidated or state.startswith(_POSTGRES_AWAY):
        return DatabaseAway(name)
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code is not None and code & 0xFF in _SQLITE_AWAY:
        return DatabaseAway(name)
    return None
