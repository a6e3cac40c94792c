"""Who works here. The accounts are the portal's: its own command does the work."""

import os
import subprocess
import sys
from pathlib import Path

import typer

from services.commands.asking import ILL, Data, err

app = typer.Typer()

_ANYTHING = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


@app.command(context_settings=_ANYTHING)
def users(context: typer.Context, data: Data = Path("data")) -> None:
    """Open, close and unlock accounts: `users --help` lists how."""
    environment = dict(os.environ)
    only_asks = not context.args or "--help" in context.args
    if not only_asks and not {"MOORING_DATABASE_URL", "MOORING_SECRETS_DIR"} & environment.keys():
        file = data.resolve() / "portal.db"
        if not file.exists():
            err.print(f"no accounts in {data}: name the folder with --data, or start it once")
            raise typer.Exit(ILL)
        environment["MOORING_DATABASE_URL"] = f"sqlite+aiosqlite:///{file}"
    command = [sys.executable, "-m", "services.portal", "users", *context.args]
    raise typer.Exit(subprocess.run(command, env=environment, check=False).returncode)  # noqa: S603
