"""The command line for signing keys: a new one before its time, and an end of one that leaked."""

import asyncio
import json
from collections.abc import Callable
from typing import Annotated

import typer

from services.portal.identity.keyring import Keyring
from shared.runtime.db import Database

BY = "service:command-line"


def commands(database_url: Callable[[], str]) -> typer.Typer:
    """``keys ...`` for the database that the settings name."""
    app = typer.Typer(help="The keys that tokens are signed with.", no_args_is_help=True)

    @app.callback()
    def keys() -> None:
        """The keys that tokens are signed with."""

    @app.command(name="rotate")
    def rotate(
        leaked: Annotated[  # noqa: FBT002
            bool, typer.Option("--leaked", help="End the old keys now, and every token with them.")
        ] = False,
        for_machines: Annotated[  # noqa: FBT002
            bool, typer.Option("--json", help="Print for machines.")
        ] = False,
    ) -> None:
        """Make a new key. It is published for half an hour before it signs, and the old ones for
        a day after that, so nobody notices."""
        made, ended = asyncio.run(_rotate(database_url(), leaked=leaked))
        if for_machines:
            print(json.dumps({"made": made, "ended": ended}))  # noqa: T201 - the answer of a command
            return
        print(f"New key {made}.")  # noqa: T201
        if leaked:
            print(f"{ended} old keys ended; within a minute nobody believes them.")  # noqa: T201

    return app


async def _rotate(url: str, *, leaked: bool) -> tuple[str, int]:
    db = Database.open(url, source="portal")
    try:
        return await Keyring(db).replace(end_old=leaked, by=BY)
    finally:
        await db.close()
