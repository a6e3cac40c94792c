"""What a step takes of each product, counted exactly, and what the pharmacy hands out for it.

Halves are counted as halves: what is left of a packet's units is used up in the next period. A
liquid is not carried over, because an opened bottle has a life of its own (F-07).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, Decimal

from services.treatment.domain.products import SOLID, Product, ProductUnits
from services.treatment.domain.quantities import ZERO, plain


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplyPart:
    """Units of one product for the days of a step: tablets, millilitres, drops, whole capsules.

    ``units`` is exact. ``is_solid`` parts are handed out whole; ``carries`` says whether what is
    left may be used in the next period. ``opened_life_days`` is how long an opened bottle keeps.
    """

    product: str
    label: str
    unit: str
    strength_mg: Decimal
    units: Decimal
    is_solid: bool = True
    carries: bool = True
    opened_life_days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """One dispensing period: the days of one step, from the day its dose is first taken."""

    ordinal: int
    starts_on: date
    days: int
    dose_mg: Decimal
    dose_text: str
    parts: tuple[SupplyPart, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One product of one period: ``left_before + dispense - taken == left_after``, to the half.

    ``bottles`` is how many are opened in the period, none kept open beyond its life; None for a
    product that does not come in bottles with a stated life.
    """

    product: str
    label: str
    unit: str
    strength_mg: Decimal
    taken: Decimal
    left_before: Decimal
    dispense: Decimal
    left_after: Decimal
    bottles: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is dispensed for one period."""

    period: Period
    lines: tuple[Line, ...]


def parts_for(
    daily: tuple[ProductUnits, ...], other_day: tuple[ProductUnits, ...] | None, *, days: int
) -> tuple[SupplyPart, ...]:
    """Exactly what those days take; alternating days begin with the first of the two."""
    second = days // 2 if other_day is not None else 0
    needed: dict[Product, Decimal] = {}
    for parts, count in ((daily, days - second), (other_day or (), second)):
        for part in parts:
            needed[part.product] = needed.get(part.product, ZERO) + part.units * count
    return tuple(_part(product, units) for product, units in needed.items())


def orders(
    periods: Iterable[Period], *, at_home: Mapping[str, Decimal] | None = None
) -> tuple[Order, ...]:
    """Each period's order, what is left of one used up in the next.

    ``at_home`` is what is left of earlier supplies, by product code.
    """
    left = dict(at_home or {})
    found = []
    for period in periods:
        lines = []
        for part in period.parts:
            before = left.get(part.product, ZERO) if part.carries else ZERO
            short = max(ZERO, part.units - before)
            hand_out = short.to_integral_value(rounding=ROUND_CEILING) if part.is_solid else short
            after = before + hand_out - part.units
            left[part.product] = after if part.carries else ZERO
            lines.append(
                Line(
                    product=part.product,
                    label=part.label,
                    unit=part.unit,
                    strength_mg=part.strength_mg,
                    taken=part.units,
                    left_before=before,
                    dispense=hand_out,
                    left_after=after,
                    bottles=_bottles(part, period.days),
                )
            )
        found.append(Order(period=period, lines=tuple(lines)))
    return tuple(found)


def order_text(order: Order, *, drug_name: str, number: str = "") -> tuple[str, ...]:
    """The order as lines for a pharmacy, in whole words: no abbreviation that is misread, no
    naked decimal point, no trailing zero (H-34)."""
    period = order.period
    last = date.fromordinal(period.starts_on.toordinal() + period.days - 1)
    head = (
        f"Step {period.ordinal}{number}: {plain(period.dose_mg)} milligrams a day",
        f"From {_day(period.starts_on)} to {_day(last)}, {period.days} days",
        f"Take each day: {period.dose_text}",
    )
    return (*head, *(sentence for line in order.lines for sentence in _order_line(line, drug_name)))


def _order_line(line: Line, drug_name: str) -> tuple[str, ...]:
    what = f"{drug_name} {line.label}"
    said = [f"Please supply: {what}. Quantity: {plain(line.dispense)} {_units(line.unit)}"]
    if not line.dispense:
        said = [f"Nothing to supply of {what}: what is left at home is enough"]
    if line.left_before:
        said.append(f"Counted in: {plain(line.left_before)} {_units(line.unit)} left at home")
    if line.bottles is not None and line.dispense:
        noun = "bottle" if line.bottles == 1 else "bottles"
        said.append(f"In at least {line.bottles} {noun}: an opened bottle is not kept longer")
    return tuple(said)


def _part(product: Product, units: Decimal) -> SupplyPart:
    solid = product.form in SOLID
    beads = product.beads
    if beads is not None:
        return SupplyPart(
            product=product.code,
            label=product.label,
            unit="capsule",
            strength_mg=product.label_mg,
            units=(units / beads).to_integral_value(rounding=ROUND_CEILING),
            carries=False,
        )
    unit = {"liquid": "mL", "drops": "drop"}.get(
        product.form.value, product.form.value.split(" ")[-1]
    )
    return SupplyPart(
        product=product.code,
        label=product.label,
        unit=unit,
        strength_mg=product.label_mg,
        units=units,
        is_solid=solid,
        carries=solid,
        opened_life_days=product.opened_life_days,
    )


def _bottles(part: SupplyPart, days: int) -> int | None:
    """How many bottles are opened so that none is open longer than it keeps."""
    if part.is_solid or part.opened_life_days is None:
        return None
    return -(-days // part.opened_life_days)


def _units(unit: str) -> str:
    return {"mL": "millilitres", "pouch": "pouches"}.get(unit, f"{unit}s")


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
