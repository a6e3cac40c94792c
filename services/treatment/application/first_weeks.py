"""The first weeks of a course before it is signed: when somebody looks, and what to hand out."""

from dataclasses import dataclass
from decimal import Decimal

from services.treatment.domain.course import TitrationStep
from services.treatment.domain.products import ProductUnits, Shelf, gathered
from services.treatment.domain.realiser import dose_table
from services.treatment.domain.reviews import CadenceRow, Review, Start, reviews_from, rows_for
from services.treatment.domain.rulebook import FirstSupply, Rulebook


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstWeeks:
    """``supply`` is for ``supply_days`` from the first dose, each product once.

    ``rows`` are the lines of the cadence behind ``reviews``, in the same order.
    """

    reviews: tuple[Review, ...]
    rows: tuple[CadenceRow, ...]
    supply: tuple[ProductUnits, ...]
    supply_days: int
    supply_rule: FirstSupply


def first_weeks(
    titration: tuple[TitrationStep, ...], start: Start, *, shelf: Shelf, book: Rulebook
) -> FirstWeeks:
    """What signing would plan (6.1), and tablets per strength; little at a time where P-03 says."""
    supply = book.first_supply
    days = supply.days_with_suicide_concern if start.suicide_concern else supply.days
    return FirstWeeks(
        reviews=reviews_from(book.cadence.start, start, first=1),
        rows=rows_for(book.cadence.start, start),
        supply=_supply(titration, shelf, days=days),
        supply_days=days,
        supply_rule=supply,
    )


def _supply(
    titration: tuple[TitrationStep, ...], shelf: Shelf, *, days: int
) -> tuple[ProductUnits, ...]:
    table = dose_table(shelf, max(step.dose.mg for step in titration))
    ends = [step.from_day for step in titration[1:]] + [days]
    parts: list[ProductUnits] = []
    for step, end in zip(titration, ends, strict=True):
        made = table.exactly(step.dose.mg)
        held = max(0, min(end, days) - step.from_day)
        if made is not None and held:
            parts += [
                ProductUnits(part.product, part.units * Decimal(held)) for part in made.products
            ]
    return gathered(parts)
