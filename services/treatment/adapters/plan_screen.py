"""A plan on a terminal of 80 columns: a table with a small chart, and what the rules say."""

from collections.abc import Iterator
from decimal import Decimal

from rich import box
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from services.treatment.domain.bench import bands
from services.treatment.domain.drug import Drug
from services.treatment.domain.findings import Level
from services.treatment.domain.policies import Policy
from services.treatment.domain.quantities import ZERO, plain
from services.treatment.domain.taper import TaperPlan, TaperStep
from services.treatment.domain.taper_verdict import Verdict

BAR_CELLS = 8
COLOURS = {
    Level.BLOCK: "bold red",
    Level.STRONG_WARN: "red",
    Level.WARN: "yellow",
    Level.INFORM: "dim",
}
CLOSING = (
    "A proposal: nothing changes a dose before a prescriber signs, and the person sets the pace."
)


def show_plan(console: Console, plan: TaperPlan, policy: Policy, drug: Drug) -> None:
    for part in _parts(plan, policy, drug):
        console.print(part)


def _parts(plan: TaperPlan, policy: Policy, drug: Drug) -> Iterator[RenderableType]:
    yield Text(f"{plan.drug} from {plain(plan.start_mg)} mg ({plan.start_text})", style="bold")
    yield Text(f"Policy: {policy.name}. Shelf: {plan.shelf}.")
    yield Text(f"Source: {policy.source} ({policy.grade}; {policy.review_status}).")
    yield Text(f"Occupancy: {plan.model or 'no parameters for this drug'}.")
    yield _numbers(plan, bands(plan, drug))
    yield _words(plan)
    safe = plan.verdict is Verdict.DISPENSABLE
    yield Text(f"Verdict: {plan.verdict.value}.", style="green" if safe else "bold red")
    for finding in plan.findings:
        line = f"{finding.rule} {finding.level.value}: {finding.detail}"
        yield Text(line, style=COLOURS[finding.level])
    yield Text(CLOSING)


def _numbers(plan: TaperPlan, spread: tuple[tuple[Decimal, Decimal], ...]) -> Table:
    """The regions' spread is a column of its own wherever they differ."""
    regions = any(low != high for low, high in spread)
    table = Table(box=box.SIMPLE, padding=(0, 1, 0, 0))
    for name in ("step", "from", "days", "asked", "mg"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("dose", no_wrap=True)
    table.add_column("occ.%", justify="right", no_wrap=True)
    table.add_column("drop", justify="right", no_wrap=True)
    table.add_column("occupied", no_wrap=True)
    if regions:
        table.add_column("regions", justify="right", no_wrap=True)
    for place, step in enumerate(plan.steps):
        low, high = spread[place] if regions else (ZERO, ZERO)
        band = (f"{low:.0f}-{high:.0f}",) if regions else ()
        table.add_row(*_cells(step, plan.start_mg), *band)
    return table


def _cells(step: TaperStep, start_mg: Decimal) -> tuple[str, ...]:
    occupancy, drop = step.occupancy_percent, step.drop_points
    return (
        str(step.index),
        step.start.isoformat(),
        str(step.days),
        plain(step.target_mg),
        plain(step.dose_mg),
        _bar(step.dose_mg / start_mg),
        "-" if occupancy is None else f"{occupancy:.1f}",
        "-" if drop is None else f"{drop:.1f}",
        "" if occupancy is None else _bar(occupancy / 100),
    )


def _words(plan: TaperPlan) -> Table:
    table = Table(box=box.SIMPLE, padding=(0, 1, 0, 0))
    table.add_column("step", justify="right")
    table.add_column("each day")
    for step in plan.steps:
        table.add_row(str(step.index), step.dose_text)
    return table


def _bar(share: Decimal) -> str:
    filled = round(share * BAR_CELLS)
    return "█" * filled + "·" * (BAR_CELLS - filled)
