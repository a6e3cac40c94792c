"""The realiser against brute force: every way to fill a dose, tried one by one."""

from decimal import Decimal
from itertools import product as every
from math import ceil

import pytest

from services.treatment.adapters.content import load
from services.treatment.domain.products import Form, Product, Shelf
from services.treatment.domain.realiser import RealisedDose, dose_table

LIMIT = 50


def portions(item: Product, limit: int) -> list[tuple[Decimal, Decimal]]:
    """Every number of units of one product up to a limit, with its dose."""
    step = item.smallest_units * item.unit_mg
    return [(n * item.smallest_units, n * step) for n in range(int(limit / step) + 1)]


def handling(units: tuple[Decimal, ...]) -> tuple[int, int]:
    """Pieces, then products: what the realiser promises to keep small."""
    return sum(ceil(count) for count in units), sum(count > 0 for count in units)


def brute_force(shelf: Shelf, limit: int) -> dict[Decimal, tuple[int, int]]:
    best: dict[Decimal, tuple[int, int]] = {}
    for combination in every(*(portions(item, limit) for item in shelf.products)):
        dose = sum((mg for _, mg in combination), Decimal(0))
        cost = handling(tuple(units for units, _ in combination))
        if dose <= limit and cost < best.get(dose, (10**9, 0)):
            best[dose] = cost
    return best


def cost_of(dose: RealisedDose) -> tuple[int, int]:
    return handling(tuple(part.units for part in dose.products))


def shelves() -> list[Shelf]:
    return [
        Shelf(
            code=f"{drug.code}-{jurisdiction}-{family}",
            products=tuple(
                item
                for item in drug.products
                if jurisdiction in item.jurisdictions and item.family == family
            ),
        )
        for drug in load().drugs.values()
        for jurisdiction in ("uk", "us")
        for family in drug.families
        if any(jurisdiction in p.jurisdictions and p.family == family for p in drug.products)
    ]


@pytest.mark.parametrize("shelf", shelves(), ids=lambda shelf: shelf.code)
def test_every_dose_of_every_formulary_shelf_equals_brute_force(shelf: Shelf) -> None:
    limit = LIMIT
    expected = brute_force(shelf, limit)

    table = dose_table(shelf, Decimal(limit))

    found = {}
    dose = table.at_least(Decimal("0.001"))
    while dose is not None and dose.dose_mg <= limit:
        found[dose.dose_mg] = cost_of(dose)
        assert sum(p.units * p.product.unit_mg for p in dose.products) == dose.dose_mg
        dose = table.at_least(dose.dose_mg + Decimal("0.001"))
    assert found == {mg: cost for mg, cost in expected.items() if mg}


def tablet(mg: str, smallest: str = "1") -> Product:
    return Product(
        code=f"tablet-{mg}-{smallest}",
        label=f"{mg} mg tablet",
        form=Form.TABLET,
        jurisdictions=frozenset({"uk"}),
        family="immediate-release",
        unit_mg=Decimal(mg),
        label_mg=Decimal(mg),
        smallest_units=Decimal(smallest),
        source="test",
        grade="PD",
    )


def test_a_whole_tablet_is_taken_before_half_of_a_larger_one() -> None:
    shelf = Shelf("s", (tablet("50", "0.5"), tablet("25", "0.5")))

    made = dose_table(shelf, Decimal(100)).exactly(Decimal(25))

    assert made is not None
    assert made.text == "one 25 mg tablet"


def test_one_strength_is_preferred_to_two_for_the_same_number_of_pieces() -> None:
    shelf = Shelf("s", (tablet("50", "0.5"), tablet("25", "0.5")))

    made = dose_table(shelf, Decimal(100)).exactly(Decimal("37.5"))

    assert made is not None
    assert made.text == "one and a half 25 mg tablets"
