"""Who works here, and the keys that prove it: the portal's, whose own commands do the work."""

import os
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import typer

from services.commands.asking import ILL, Data, err

app = typer.Typer()

_ANYTHING = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


@app.command(context_settings=_ANYTHING)
def users(context: typer.Context, data: Data = Path("data")) -> None:
    """Open, close and unlock accounts: `users --help` lists how."""
    _of_the_portal("users", context.args, data)


@app.command(context_settings=_ANYTHING)
def keys(context: typer.Context, data: Data = Path("data")) -> None:
    """Replace the key that tokens are signed with: `keys rotate`."""
    _of_the_portal("keys", context.args, data)


def _of_the_portal(part: str, arguments: list[str], data: Path) -> NoReturn:
    environment = dict(os.environ)
    only_asks = not arguments or "--help" in arguments
    if not only_asks and not {"MOORING_DATABASE_URL", "MOORING_SECRETS_DIR"} & environment.keys():
        file = data.resolve() / "portal.db"
        if not file.exists():
            err.print(f"no accounts in {data}: name the folder with --data, or start it once")
            raise typer.Exit(ILL)
        environment["MOORING_DATABASE_URL"] = f"sqlite+aiosqlite:///{file}"
    command = [sys.executable, "-m", "services.portal", part, *arguments]
    raise typer.Exit(subprocess.run(command, env=environment, check=False).returncode)  # noqa: S603
