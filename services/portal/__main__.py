"""``python -m services.portal run|migrate|seed``."""

import asyncio
from datetime import datetime
from typing import Annotated

import typer

from services.portal.main import build, migrate_database, seed_demo
from services.portal.settings import Settings
from shared.runtime import service

app = typer.Typer(
    help="The staff's web and their accounts.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.command()
def run(
    migrate: Annotated[bool, typer.Option(help="Bring the database up to date first.")] = False,  # noqa: FBT002
) -> None:
    """Serve until a signal."""
    settings = Settings()
    if migrate:
        migrate_database(settings)
    raise typer.Exit(service.run(lambda: build(settings)))


@app.command()
def migrate() -> None:
    """Bring the database up to date."""
    migrate_database(Settings())


@app.command()
def seed(
    today: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The demo's day.")],  # noqa: ARG001
) -> None:
    """Open the demo accounts; refused outside demo mode."""
    settings = Settings()
    migrate_database(settings)
    asyncio.run(seed_demo(settings))


if __name__ == "__main__":
    app()
