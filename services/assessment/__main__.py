"""``python -m services.assessment``."""

from shared.runtime import loading

# isort: split
from services.assessment.adapters.cli import add_engine
from services.assessment.adapters.demo import play
from services.assessment.adapters.signed import recorded
from services.assessment.adapters.tables import SIGNATURE
from services.assessment.main import SCHEMA, build
from services.assessment.settings import Settings
from shared.runtime import signatures
from shared.runtime.cli import service_cli

loading.over()

app = service_cli(
    name="assessment",
    build=build,
    schema=SCHEMA,
    database_url=lambda: Settings().database_url,
    play=play,
)
add_engine(app)


@app.command()
def verify_signatures() -> None:
    """Check every kept signature, and the decision it is of, without the portal."""
    signatures.verify(Settings().database_url, SIGNATURE, service="assessment", recorded=recorded)


if __name__ == "__main__":
    app()
