"""``python -m services.engagement``."""

from shared.runtime import loading

# isort: split
from services.engagement.adapters.demo import play
from services.engagement.adapters.tables import SIGNATURE
from services.engagement.main import SCHEMA, build
from services.engagement.settings import Settings
from shared.runtime import signatures
from shared.runtime.cli import service_cli

loading.over()

app = service_cli(
    name="engagement",
    build=build,
    schema=SCHEMA,
    database_url=lambda: Settings().database_url,
    play=play,
)


@app.command()
def verify_signatures() -> None:
    """Check every kept signature against its own key, without the portal."""
    signatures.verify(Settings().database_url, SIGNATURE, service="engagement")


if __name__ == "__main__":
    app()
