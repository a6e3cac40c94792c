"""``plan``: calculate a taper at a terminal, judge it, and print it."""

import json
from datetime import date, datetime
from typing import Annotated

import typer
from rich.console import Console

from services.treatment.adapters.cli_options import (
    AsJson,
    DrugCode,
    Formulation,
    number,
    refusals_shown,
)
from services.treatment.adapters.content import Content, load
from services.treatment.adapters.plan_json import plan_json
from services.treatment.adapters.plan_screen import show_plan
from services.treatment.domain.drug import Drug
from services.treatment.domain.findings import RuleRefusal
from services.treatment.domain.policies import OWN_ROWS, Policy, own_rows
from services.treatment.domain.products import Shelf
from services.treatment.domain.taper import plan_taper
from services.treatment.domain.taper_rules import default_interval_days
from services.treatment.domain.withdrawal_risk import WithdrawalHistory, assess_risk
from shared.runtime.clock import real_now

JURISDICTIONS = ("uk", "us")
SOLIDS = "-solids"
Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First day, not past.")]


def plan(
    *,
    drug: DrugCode,
    start: Annotated[str, typer.Option("--from", help="Today's dose in mg a day.")],
    policy: Annotated[str, typer.Option(help="Such as occupancy-5, proportional-10, own-rows.")],
    shelf: Annotated[str, typer.Option(help="uk, us, uk-solids or us-solids.")] = "uk",
    formulation: Formulation = None,
    product: Annotated[list[str] | None, typer.Option(help="Only these products.")] = None,
    beads: Annotated[str | None, typer.Option(help="Count beads: PRODUCT=NUMBER.")] = None,
    rows: Annotated[str | None, typer.Option(help="Own rows in mg: 75,50,25,0.")] = None,
    last_dose: Annotated[str | None, typer.Option(help="The last dose before zero, mg.")] = None,
    floor: Annotated[str, typer.Option(help="Stay at this dose, mg.")] = "0",
    interval: Annotated[int | None, typer.Option(help="Days each dose is held.")] = None,
    starts: Day = None,
    region: Annotated[str | None, typer.Option(help="Brain region of the curve.")] = None,
    use_months: Annotated[int, typer.Option(help="Months of use so far.", min=0)] = 0,
    missed_dose_symptoms: Annotated[bool, typer.Option("--missed-dose-symptoms")] = False,
    failed_attempt: Annotated[bool, typer.Option("--failed-attempt")] = False,
    past_withdrawal: Annotated[bool, typer.Option("--past-withdrawal")] = False,
    as_json: AsJson = False,
) -> None:
    """Calculate a taper that the shelf can make, and judge it."""
    with refusals_shown():
        content, today = load(), real_now().date()
        chosen = content.drug(drug)
        start_mg = number(start, "from")
        way = _policy(content, chosen, policy, rows)
        history = WithdrawalHistory(
            dose_mg=start_mg,
            use_months=use_months,
            missed_dose_symptoms=missed_dose_symptoms,
            failed_attempt=failed_attempt,
            past_withdrawal=past_withdrawal,
        )
        rules = content.taper_rules
        supplied = _shelf(chosen, shelf, today, formulation, product)
        found = plan_taper(
            drug=chosen,
            policy=way,
            start_mg=start_mg,
            shelf=_with_beads(supplied, beads) if beads else supplied,
            start_on=starts.date() if starts else today,
            interval_days=interval
            if interval is not None
            else default_interval_days(chosen, way, rules, use_months=use_months),
            rules=rules,
            today=today,
            last_dose_mg=number(last_dose, "last-dose") if last_dose else None,
            floor_mg=number(floor, "floor"),
            region=region,
            risk=assess_risk(chosen, history, rules),
        )
    if as_json:
        typer.echo(json.dumps(plan_json(found), ensure_ascii=False, indent=2))
    else:
        show_plan(Console(), found, way, chosen)


def _policy(content: Content, drug: Drug, code: str, rows: str | None) -> Policy:
    if code != OWN_ROWS:
        return content.policy(code)
    doses = tuple(number(row.strip(), "rows") for row in (rows or "").split(",") if row.strip())
    return own_rows(drug, doses)


def _shelf(
    drug: Drug,
    code: str,
    today: date,
    formulation: str | None,
    products: list[str] | None,
) -> Shelf:
    jurisdiction = code.removesuffix(SOLIDS)
    if jurisdiction not in JURISDICTIONS:
        raise RuleRefusal("F-13", "shelf", "Shelves are uk, us, uk-solids and us-solids.")
    return drug.shelf(
        jurisdiction,
        on=today,
        family=formulation,
        solids_only=code.endswith(SOLIDS),
        only=frozenset(products or ()),
    )


def _with_beads(shelf: Shelf, beads: str) -> Shelf:
    code, _, count = beads.partition("=")
    for product in shelf.products:
        if product.code == code:
            amount = number(count, "beads")
            if amount % 1:
                raise RuleRefusal("T-13", "beads", "Beads are counted in whole numbers.")
            counted = product.counted(int(amount))
            return Shelf(f"{shelf.code}-beads", (*shelf.products, counted))
    raise RuleRefusal("T-13", "beads", f"Not on the {shelf.code} shelf: {code}.")
