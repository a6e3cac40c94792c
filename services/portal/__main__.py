"""``python -m services.portal``."""

from shared.runtime import loading

# isort: split
from services.portal.identity import key_commands
from services.portal.identity.commands import commands
from services.portal.main import build, database_url, play, schema
from shared.runtime.cli import service_cli

loading.over()

app = service_cli(
    name="portal",
    build=build,
    schema=schema,
    database_url=database_url,
    play=play,
    held_when_restored=True,
)
app.add_typer(commands(database_url), name="users")
app.add_typer(key_commands.commands(database_url), name="keys")

if __name__ == "__main__":
    app()
