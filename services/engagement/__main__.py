"""``python -m services.engagement``."""

from datetime import date

from services.engagement.main import SCHEMA, build
from services.engagement.settings import Settings
from shared.runtime.cli import service_cli
from shared.runtime.db import Database


async def nothing_of_its_own(_db: Database, _today: date) -> None:
    """Engagement derives the demo's reminders from what the other services tell."""


app = service_cli(
    name="engagement",
    build=build,
    schema=SCHEMA,
    database_url=lambda: Settings().database_url,
    play=nothing_of_its_own,
)

if __name__ == "__main__":
    app()
