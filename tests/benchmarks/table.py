"""How every benchmark prints: what was measured, the limit, and the ratio to it."""

from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure. ``ratio`` above 1 is worse than the limit."""

    what: str
    measured: float
    limit: float
    unit: str

    @property
    def ratio(self) -> float:
        return self.measured / self.limit


def show(title: str, figures: list[Figure]) -> None:
    """Print the figures with their ratio to the stated limit."""
    table = Table("what", "measured", "limit", "ratio", title=title, title_justify="left", box=None)
    for figure in figures:
        measured, limit = f"{figure.measured:.1f}", f"{figure.limit:g} {figure.unit}"
        table.add_row(figure.what, f"{measured} {figure.unit}", limit, f"{figure.ratio:.2f}")
    Console().print(table)
