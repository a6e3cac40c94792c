"""``check-schedule``: does anybody's schedule hold together?"""

import json
from pathlib import Path
from typing import Annotated

import typer

from services.treatment.adapters.cli_options import BROKEN, REFUSED, AsJson, refusals_shown
from services.treatment.adapters.content import load
from services.treatment.adapters.schedules.read import Checked, check_bytes
from shared.runtime.clock import real_now


def check_schedule(
    file: Annotated[Path, typer.Argument(help="Our JSON, or FHIR MedicationRequest; - is stdin.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Check a schedule for gaps, overlaps, contradictions and doses nobody can dispense.

    Ends with 1 when there is any finding, with 0 when there is none.
    """
    with refusals_shown():
        content = load()
    try:
        raw = typer.get_binary_stream("stdin").read() if str(file) == "-" else file.read_bytes()
    except OSError as problem:
        typer.echo(f"{file}: {problem.strerror}", err=True)
        raise typer.Exit(REFUSED) from problem
    checked = check_bytes(raw, content, on=real_now().date())
    if as_json:
        typer.echo(json.dumps(_json(checked), ensure_ascii=False, indent=2))
    else:
        _show(checked)
    if checked.findings:
        raise typer.Exit(BROKEN)


def _json(checked: Checked) -> dict[str, object]:
    return {
        "findings": [
            {
                "code": found.code,
                "severity": found.severity.value,
                "message": found.message,
                "where": found.where,
            }
            for found in checked.findings
        ]
    }


def _show(checked: Checked) -> None:
    for found in checked.findings:
        typer.echo(f"{found.severity.value}: {found.message}")
        typer.echo(f"    {found.code}, at {found.where}")
    looked = f"{checked.prescriptions} prescriptions, {checked.instructions} instructions checked"
    typer.echo(f"{looked}; {len(checked.findings) or 'no'} findings.")
    if checked.unknown:
        typer.echo(
            "Not in the formulary, so neither alternate days nor what can be dispensed was "
            f"checked: {', '.join(checked.unknown[:10])}."
        )
