"""One process per SQLite file: its engine and relay assume there is no second one."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import make_url


class AlreadyRunning(Exception):
    """Another process has this database open. The sentence is for the operator."""


@contextmanager
def single_process(database_url: str) -> Iterator[None]:
    """Hold the file's lock while inside; nothing to do for a database server.

    Raises:
        AlreadyRunning: another process holds it.
    """
    url = make_url(database_url)
    if url.get_backend_name() != "sqlite" or not url.database:
        yield
        return
    with Path(f"{url.database}.lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            name = Path(url.database).name
            raise AlreadyRunning(f"another process is already using {name}") from error
        yield
