"""Which doses a shelf can make, and the simplest way to make each: an exact optimum.

A dose is a whole number of the shelf's quantum, the largest dose that divides every portion.
One pass per product over all doses (dynamic programming) leaves, for each dose, the fewest
pieces, then the fewest products, then the fewest split tablets. A piece is what a person
handles: a tablet, a half, a millilitre begun, a drop, an opened capsule. A shelf is solved
once and remembered; after that a dose is a look-up.
"""

from bisect import bisect_left
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from math import gcd, lcm

from services.treatment.domain.dose_text import dose_text
from services.treatment.domain.findings import RuleRefusal
from services.treatment.domain.products import SOLID, Form, Product, ProductUnits, Shelf
from services.treatment.domain.quantities import ZERO, micrograms

PIECE, PRODUCT, SPLIT = 1 << 20, 1 << 10, 1
UNREACHABLE = 1 << 60
MOST_DOSES = 50_000
SMALLEST_TABLE_MG = 50


@dataclass(frozen=True, slots=True)
class RealisedDose:
    """One dose and what to take for it; with ``other_day`` set, two days alternate."""

    dose_mg: Decimal
    products: tuple[ProductUnits, ...]
    text: str
    other_day: tuple[ProductUnits, ...] | None = None


NOTHING = RealisedDose(ZERO, (), dose_text(()))


@dataclass(frozen=True, slots=True)
class _Portion:
    """A product in quanta: ``step`` is one portion, ``whole`` portions make one unit.

    ``repeats`` is False for a counted capsule: only part of one is ever taken.
    """

    product: Product
    step: int
    whole: int
    repeats: bool

    @property
    def part_cost(self) -> int:
        return PIECE + PRODUCT + (SPLIT if self.product.form is Form.TABLET else 0)


class DoseTable:
    """Every dose up to a limit that a shelf can make."""

    def __init__(self, shelf: Shelf, up_to_mg: int) -> None:
        ordered = sorted(shelf.products, key=lambda p: (p.form not in SOLID, -p.unit_mg, p.code))
        sizes = [_portion_mg(product) for product in ordered]
        quantum = _common_divisor(sizes)
        count = int(up_to_mg / quantum) + 1
        if count > MOST_DOSES:
            raise RuleRefusal(
                "F-13", "shelf", f"Shelf {shelf.code} divides too finely: coarsen its portions."
            )
        self._portions = [
            _portion(product, int(size / quantum))
            for product, size in zip(ordered, sizes, strict=True)
        ]
        self._layers = [[0] + [UNREACHABLE] * (count - 1)]
        self._used: list[list[int]] = []
        for portion in self._portions:
            used = _costs_when_used(self._layers[-1], portion)
            self._used.append(used)
            self._layers.append(list(map(min, self._layers[-1], used)))
        self._makeable = [dose for dose, cost in enumerate(self._layers[-1]) if cost < UNREACHABLE]
        self._micrograms = [_nearest_microgram(dose * quantum) for dose in self._makeable]
        self._known: dict[int, RealisedDose] = {0: NOTHING}

    @property
    def smallest(self) -> RealisedDose:
        return self._realised(1)

    def exactly(self, dose_mg: Decimal) -> RealisedDose | None:
        found = self.at_least(dose_mg)
        return found if found is not None and found.dose_mg == dose_mg else None

    def at_least(self, target_mg: Decimal) -> RealisedDose | None:
        """The smallest makeable dose that is not below the target."""
        place = bisect_left(self._micrograms, micrograms(target_mg))
        return self._realised(place) if place < len(self._makeable) else None

    def below(self, dose_mg: Decimal) -> RealisedDose:
        """The largest makeable dose under this one; nothing at all is the last."""
        place = bisect_left(self._micrograms, micrograms(dose_mg))
        return self._realised(max(0, place - 1))

    def _realised(self, place: int) -> RealisedDose:
        known = self._known.get(place)
        if known is None:
            parts = self._composition(self._makeable[place])
            dose_mg = Decimal(self._micrograms[place]).scaleb(-3)
            known = self._known[place] = RealisedDose(dose_mg, parts, dose_text(parts))
        return known

    def _composition(self, quanta: int) -> tuple[ProductUnits, ...]:
        parts: list[ProductUnits] = []
        for index in reversed(range(len(self._portions))):
            if self._layers[index + 1][quanta] == self._layers[index][quanta]:
                continue
            portion = self._portions[index]
            taken = _taken(quanta, self._layers[index], self._used[index], portion)
            quanta -= taken * portion.step
            units = taken if portion.product.beads else taken * portion.product.smallest_units
            parts.append(ProductUnits(portion.product, Decimal(units)))
        return tuple(reversed(parts))


def dose_table(shelf: Shelf, up_to_mg: Decimal) -> DoseTable:
    """The shelf's table, solved on first sight; sizes double so that plans share one."""
    size = SMALLEST_TABLE_MG
    while size < up_to_mg:
        size *= 2
    return _solved(shelf, size)


@lru_cache(maxsize=256)
def _solved(shelf: Shelf, up_to_mg: int) -> DoseTable:
    return DoseTable(shelf, up_to_mg)


def forget_shelves() -> None:
    """Drop every solved table, so that the next plan meets a new shelf."""
    _solved.cache_clear()


def _nearest_microgram(dose_mg: Fraction) -> int:
    """Half up; only a counted bead is ever between two."""
    return (2 * 1000 * dose_mg.numerator + dose_mg.denominator) // (2 * dose_mg.denominator)


def _portion_mg(product: Product) -> Fraction:
    if product.beads is not None:
        return Fraction(product.unit_mg) / product.beads
    return Fraction(product.unit_mg) * Fraction(product.smallest_units)


def _portion(product: Product, step: int) -> _Portion:
    if product.beads is not None:
        return _Portion(product, step, product.beads, repeats=False)
    return _Portion(product, step, int(1 / product.smallest_units), repeats=True)


def _common_divisor(sizes: list[Fraction]) -> Fraction:
    denominator = lcm(*(size.denominator for size in sizes))
    return Fraction(gcd(*(int(size * denominator) for size in sizes)), denominator)


def _costs_when_used(before: list[int], portion: _Portion) -> list[int]:
    """The least cost of each dose if this product takes part, given the products before it."""
    whole = portion.step * portion.whole
    part_cost = portion.part_cost
    used = [UNREACHABLE] * len(before)
    for dose in range(portion.step, len(before)):
        stop = dose - whole
        best = UNREACHABLE
        if portion.whole > 1:
            parts = before[dose - portion.step : stop if stop >= 0 else None : -portion.step]
            best = min(parts) + part_cost
        if portion.repeats and stop >= 0:
            best = min(best, before[stop] + PIECE + PRODUCT, used[stop] + PIECE)
        if best < UNREACHABLE:
            used[dose] = best
    return used


def _taken(quanta: int, before: list[int], used: list[int], portion: _Portion) -> int:
    """How many portions of this product stand in the cheapest way to make the dose."""
    taken, whole = 0, portion.step * portion.whole
    while portion.repeats and quanta >= whole and used[quanta] == used[quanta - whole] + PIECE:
        taken += portion.whole
        quanta -= whole
    if (
        portion.repeats
        and quanta >= whole
        and used[quanta] == before[quanta - whole] + (PIECE + PRODUCT)
    ):
        return taken + portion.whole
    wanted = used[quanta] - portion.part_cost
    parts = range(1, min(portion.whole, quanta // portion.step + 1))
    return taken + next(n for n in parts if before[quanta - n * portion.step] == wanted)
