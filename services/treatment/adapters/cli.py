"""The taper engine at a terminal: no server, no database."""

import typer
from rich.console import Console

from services.treatment.adapters.content import BadContent, load

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Tapers and the formulary.")
formulary = typer.Typer(no_args_is_help=True, help="The drugs and what is known of them.")
app.add_typer(formulary, name="formulary")


@app.callback()
def _treatment() -> None:
    """Medication courses."""


@formulary.command("check")
def check() -> None:
    """Validate all content; list what is recalled or provisional, and the review status."""
    console = Console()
    try:
        content = load()
    except BadContent as problem:
        console.print(str(problem), style="red")
        raise typer.Exit(1) from problem
    for drug in content.drugs.values():
        console.print(f"{drug.code}: {len(drug.products)} products, {drug.review_status}")
