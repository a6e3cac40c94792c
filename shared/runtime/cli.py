"""The command line every service has: run, migrate, seed, restored."""

import asyncio
import sys
from collections.abc import Callable
from datetime import datetime
from typing import Annotated

import typer
from pydantic import ValidationError

from shared.runtime import epochs
from shared.runtime.db import Database
from shared.runtime.outage import DatabaseAway
from shared.runtime.schema import Schema
from shared.runtime.seeding import Play, seed
from shared.runtime.service import EXIT_REFUSED, Build, Refused, run
from shared.runtime.settings import faults

Today = Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The cohort's last day.")]
WhenTold = Annotated[bool, typer.Option(help="Take in what is told until a line comes.")]


def service_cli(
    *,
    name: str,
    build: Build,
    schema: Schema,
    database_url: Callable[[], str],
    play: Play,
    held_when_restored: bool = False,
) -> typer.Typer:
    """The commands of one service; ``run`` when none is given. ``held_when_restored``: a copy of
    its database waits for two people (``epochs``)."""

    app = typer.Typer(
        help=f"The {name} service.", add_completion=False, pretty_exceptions_enable=False
    )

    @app.callback(invoke_without_command=True)
    def main(context: typer.Context) -> None:
        if context.invoked_subcommand is None:
            raise typer.Exit(run(build))

    @app.command(name="run")
    def run_service(
        migrate: Annotated[bool, typer.Option(help="Bring the database up to date first.")] = False,  # noqa: FBT002
    ) -> None:
        """Listen, relay, consume and tick until told to stop."""
        if migrate:
            schema.upgrade(_told(database_url))
        raise typer.Exit(run(build))

    @app.command(name="migrate")
    def migrate_database(
        new: Annotated[str, typer.Option(help="Write a new revision with this message.")] = "",
        beside_old: Annotated[  # noqa: FBT002
            bool, typer.Option(help="Only what the release before this one gets on with.")
        ] = False,
    ) -> None:
        """Bring the database to this release's schema, or write a new revision.

        With --beside-old, print what is left to apply: its first word is ``stop`` when the old
        release must end first, ``post`` when it can wait until that has ended.
        """
        _migrate(schema, _told(database_url), new=new, beside_old=beside_old)

    @app.command(name="restored")
    def begin_epoch() -> None:
        """Say that this database was just restored, before its service starts.

        Everybody who holds newer versions then takes this database's word, and lists what they
        held. Exit 1 when nothing happened here since it was said last.
        """
        _begin_epoch(name, _told(database_url), held=held_when_restored)

    @app.command(name="seed")
    def seed_demo(today: Today, *, when_told: WhenTold = False) -> None:
        """Play this service's part of the demo's past; for an empty demo database."""
        schema.upgrade(_told(database_url))
        _seed(build, play, today, when_told=when_told)

    return app


def _migrate(schema: Schema, url: str, *, new: str, beside_old: bool) -> None:
    if new:
        schema.new_revision(url, new)
    elif beside_old:
        for revision, phase in schema.upgrade_beside_old(url):
            print(phase, revision)  # noqa: T201 - for the upgrade script
    elif (current := schema.current(url)) is not None and current > schema.head:
        # The job of a release that was there before: whether it may still run, it says itself.
        newer = f"the database is at schema {current}, newer than this release's {schema.head}"
        print(f"{schema.service}: {newer}: nothing to migrate", file=sys.stderr)  # noqa: T201
    else:
        schema.upgrade(url)


def _begin_epoch(service: str, url: str, *, held: bool) -> None:
    async def begin() -> epochs.Begun:
        db = Database.open(url, source=service)
        try:
            return await epochs.begin(db, actor=f"service:{service}", held=held)
        finally:
            await db.close()

    try:
        begun = asyncio.run(begin())
    except epochs.NothingRestored as error:
        print(f"{service}: nothing happened since the last restore", file=sys.stderr)  # noqa: T201
        raise typer.Exit(1) from error
    except DatabaseAway as error:
        print(f"{service}: the database cannot be reached ({error})", file=sys.stderr)  # noqa: T201
        raise typer.Exit(EXIT_REFUSED) from error
    print(  # noqa: T201 - for the restore script
        f"{service}: epoch {begun.number}, as of {begun.restored_to:%Y-%m-%d %H:%M:%S} UTC,"
        f" {begun.restated} states told again"
    )


def _told(setting: Callable[[], str]) -> str:
    """A setting, or the end of this command with one line about what is wrong."""
    try:
        return setting()
    except ValidationError as error:
        print(faults(error), file=sys.stderr)  # noqa: T201 - one line for whoever started us
        raise typer.Exit(EXIT_REFUSED) from error


def _seed(build: Build, play: Play, today: datetime, *, when_told: bool) -> None:
    try:
        asyncio.run(seed(build, play, today=today.date(), when_told=when_told))
    except Refused as refusal:
        print(refusal, file=sys.stderr)  # noqa: T201 - one line for whoever started us
        raise typer.Exit(EXIT_REFUSED) from refusal
