"""``occupancy``: what a dose occupies, and which dose occupies so much, region by region."""

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from services.treatment.adapters.cli_options import (
    AsJson,
    DrugCode,
    Formulation,
    number,
    refusals_shown,
)
from services.treatment.adapters.content import load
from services.treatment.adapters.plan_json import JsonObject, percent_text
from services.treatment.domain.drug import Drug
from services.treatment.domain.findings import RuleRefusal
from services.treatment.domain.occupancy import FULL, OccupancyModel, Region
from services.treatment.domain.quantities import ZERO, plain

THOUSANDTH = Decimal("0.001")
HIGHEST_MG = 10_000


@dataclass(frozen=True, slots=True)
class Figure:
    """One region's answer; ``dose_mg`` is None where no dose occupies that much."""

    region: Region
    dose_mg: Decimal | None
    percent: Decimal


def occupancy(
    *,
    drug: DrugCode,
    dose: Annotated[str | None, typer.Option(help="Dose in mg a day.")] = None,
    percent: Annotated[str | None, typer.Option(help="Occupancy in percent.")] = None,
    formulation: Formulation = None,
    as_json: AsJson = False,
) -> None:
    """How much of the transporter a dose occupies, or which dose occupies that much."""
    with refusals_shown():
        chosen = load().drug(drug)
        family, model = _model(chosen, formulation)
        figures = _figures(model, dose, percent)
    if as_json:
        body = _json(chosen, family, model, figures)
        typer.echo(json.dumps(body, ensure_ascii=False, indent=2))
    else:
        _show(Console(), f"{chosen.name} {family}", model, figures)


def _model(drug: Drug, family: str | None) -> tuple[str, OccupancyModel]:
    for known, model in drug.occupancy.items():
        if family in {None, known}:
            return known, model
    subject = f"{drug.name} {family}" if family else drug.name
    raise RuleRefusal("O-01", "drug", f"No occupancy parameters are known for {subject}.")


def _figures(model: OccupancyModel, dose: str | None, percent: str | None) -> list[Figure]:
    if dose is not None and percent is None:
        dose_mg = number(dose, "dose")
        if not 0 <= dose_mg <= HIGHEST_MG:
            raise RuleRefusal("O-01", "dose", f"State a dose of 0 to {HIGHEST_MG} mg.")
        return [Figure(region, dose_mg, region.percent(dose_mg)) for region in model.regions]
    if percent is not None and dose is None:
        wanted = number(percent, "percent")
        if not 0 <= wanted <= FULL:
            raise RuleRefusal("O-01", "percent", "State 0 to 100 percent.")
        return [Figure(region, _dose(region, wanted), wanted) for region in model.regions]
    raise RuleRefusal("O-01", "dose", "State either --dose or --percent.")


def _dose(region: Region, percent: Decimal) -> Decimal | None:
    return region.dose_mg(percent).quantize(THOUSANDTH) if percent < region.vmax else None


def _json(drug: Drug, family: str, model: OccupancyModel, figures: list[Figure]) -> JsonObject:
    return {
        "drug": drug.code,
        "formulation": family,
        "model": model.name,
        "source": model.source,
        "grade": model.grade,
        "regions": [
            {
                "region": figure.region.name,
                "dose_mg": None if figure.dose_mg is None else plain(figure.dose_mg),
                "occupancy_percent": percent_text(figure.percent),
                "beyond_published_range": _extrapolated(figure),
            }
            for figure in figures
        ],
    }


def _extrapolated(figure: Figure) -> bool:
    return (figure.dose_mg or ZERO) > figure.region.plotted_to_mg


def _show(console: Console, subject: str, model: OccupancyModel, figures: list[Figure]) -> None:
    table = Table("region", "mg a day", "occupancy %", title=f"{subject}, {model.name}")
    for figure in figures:
        dose = "no dose reaches it" if figure.dose_mg is None else plain(figure.dose_mg)
        note = " (beyond the published curve)" if _extrapolated(figure) else ""
        table.add_row(figure.region.name, f"{dose}{note}", percent_text(figure.percent))
    console.print(table)
    console.print(f"Source: {model.source} ({model.grade})", soft_wrap=True)
