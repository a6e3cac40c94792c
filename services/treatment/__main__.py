"""``python -m services.treatment``: the service, its database, and the taper engine by hand."""

from shared.runtime import loading

# isort: split
from services.treatment.adapters.cli import app as by_hand
from services.treatment.adapters.demo_past import play
from services.treatment.adapters.tables import SignatureRow
from services.treatment.main import SCHEMA, build
from services.treatment.settings import Settings
from shared.runtime import signatures
from shared.runtime.cli import service_cli

loading.over()

app = service_cli(
    name="treatment",
    build=build,
    schema=SCHEMA,
    database_url=lambda: Settings().database_url,
    play=play,
)


@app.command()
def verify_signatures() -> None:
    """Check every kept signature against its own key, without the portal."""
    table = SignatureRow.metadata.tables["signature"]
    signatures.verify(Settings().database_url, table, service="treatment", always_told=False)


app.registered_commands += by_hand.registered_commands
app.registered_groups += by_hand.registered_groups

if __name__ == "__main__":
    app()
