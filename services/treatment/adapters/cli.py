"""The taper engine at a terminal: no server, no database."""

import typer

from services.treatment.adapters.check_command import check_schedule
from services.treatment.adapters.formulary_command import formulary
from services.treatment.adapters.occupancy_command import occupancy
from services.treatment.adapters.plan_command import plan

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Tapers and the formulary.")
app.command()(plan)
app.command()(occupancy)
app.command()(check_schedule)
app.add_typer(formulary, name="formulary")
