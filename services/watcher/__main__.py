"""``python -m services.watcher run|check``."""

import asyncio
import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from services.watcher.main import Mute, once, watch
from services.watcher.settings import Settings
from shared.runtime import logs
from shared.runtime.untraced import refuse_tracing

EXIT_REFUSED = 78

app = typer.Typer(
    help="The outside eye.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.command()
def run(
    sign: Annotated[Path, typer.Option(help="Touched after each look, for a health check.")],
) -> None:
    """Look every half minute and tell a person what is wrong."""
    refuse_tracing()
    logs.configure(service="watcher")
    try:
        with suppress(KeyboardInterrupt):
            asyncio.run(watch(Settings(), looked=sign.touch))
    except Mute as refusal:
        print(refusal, file=sys.stderr)  # noqa: T201 - one line for whoever started us
        raise typer.Exit(EXIT_REFUSED) from refusal


@app.command()
def check() -> None:
    """Look once and print what is wrong; exit 1 when anything is."""
    logs.configure(service="watcher")
    alarms = asyncio.run(once(Settings()))
    for alarm in alarms:
        print(f"{alarm.code:<24} {alarm.text}")  # noqa: T201
    raise typer.Exit(int(bool(alarms)))


if __name__ == "__main__":
    app()
