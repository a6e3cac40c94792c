"""``formulary check``: is every file valid, and what in it still waits for a signature."""

import typer
from rich.console import Console
from rich.table import Table

from services.treatment.adapters.cli_options import refusals_shown
from services.treatment.adapters.content import files, load
from services.treatment.adapters.course_content import check_names, course_files, load_rulebook
from services.treatment.adapters.formulary_check import provisional

JURISDICTIONS = ("uk", "us")

formulary = typer.Typer(no_args_is_help=True, help="The drugs and what is known of them.")


@formulary.callback()
def _formulary() -> None:
    """The drugs and what is known of them."""


@formulary.command()
def check() -> None:
    """Validate all content; list what is recalled or provisional, and the review status."""
    with refusals_shown():
        content = load()
        for jurisdiction in JURISDICTIONS:
            load_rulebook(jurisdiction)
        check_names(content.drugs)
        read = (*files(), *course_files())
    console = Console()
    waiting = Table("file", "key", "grade", "source", title="Recalled or decided by the project")
    for name, file in read:
        for row in provisional(name, file):
            waiting.add_row(row.file, row.key, row.grade, row.source)
    console.print(waiting)
    status = Table("file", "version", "review status", title="Review status")
    for name, file in read:
        status.add_row(name, str(file.version), file.review_status)
    console.print(status)
    console.print(
        f"{len(content.drugs)} drugs, {len(content.policy_files)} policy files, "
        f"{len(read) - len(content.drugs) - len(content.policy_files)} files of rules: valid."
    )
