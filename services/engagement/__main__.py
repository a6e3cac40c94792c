"""``python -m services.engagement``."""

from shared.runtime import loading

# isort: split
from services.engagement.adapters.demo import play
from services.engagement.main import SCHEMA, build
from services.engagement.settings import Settings
from shared.runtime.cli import service_cli

loading.over()

app = service_cli(
    name="engagement",
    build=build,
    schema=SCHEMA,
    database_url=lambda: Settings().database_url,
    play=play,
)

if __name__ == "__main__":
    app()
