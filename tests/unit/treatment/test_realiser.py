"""The realiser against brute force: every way to fill a dose, tried one by one."""

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from math import ceil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.treatment.domain.findings import RuleRefusal
from services.treatment.domain.products import Form, Product, Shelf
from services.treatment.domain.realiser import DoseTable, RealisedDose, dose_table
from tests.support.tapers import CONTENT, a_product, a_shelf, every_shelf

MICROGRAM = Decimal("0.001")
Cost = tuple[int, int]


def mg_of(item: Product, units: Decimal) -> Decimal:
    return units * item.unit_mg / item.beads if item.beads else units * item.unit_mg


def shown(dose_mg: Decimal) -> Decimal:
    return dose_mg.quantize(MICROGRAM, rounding=ROUND_HALF_UP)


def ways(item: Product, room: Decimal) -> Iterator[Decimal]:
    """Every number of units of one product that still fits."""
    portion = Decimal(1) if item.beads else item.smallest_units
    for count in range(item.beads or 10**9):
        if mg_of(item, count * portion) > room:
            return
        yield count * portion


def pieces(item: Product, units: Decimal) -> int:
    return 1 if item.beads and units else ceil(units)


def combinations(
    products: tuple[Product, ...], room: Decimal
) -> Iterator[tuple[Decimal, int, int]]:
    """The dose, the pieces and the number of products of every combination that fits."""
    if not products:
        yield Decimal(0), 0, 0
        return
    first, rest = products[0], products[1:]
    for units in ways(first, room):
        mg = mg_of(first, units)
        for dose, handled, kinds in combinations(rest, room - mg):
            yield dose + mg, handled + pieces(first, units), kinds + (units > 0)


def brute_force(shelf: Shelf, limit: int) -> dict[Decimal, Cost]:
    best: dict[Decimal, Cost] = {}
    for dose, handled, kinds in combinations(shelf.products, Decimal(limit)):
        if dose:
            known = best.setdefault(shown(dose), (handled, kinds))
            best[shown(dose)] = min(known, (handled, kinds))
    return best


def from_table(table: DoseTable, limit: int) -> dict[Decimal, Cost]:
    found: dict[Decimal, Cost] = {}
    dose: RealisedDose | None = table.at_least(MICROGRAM)
    while dose is not None and dose.dose_mg <= limit:
        taken = [(part.product, part.units) for part in dose.products]
        total = sum((mg_of(*pair) for pair in taken), Decimal(0))
        assert shown(total) == dose.dose_mg
        found[dose.dose_mg] = (sum(pieces(*pair) for pair in taken), len(taken))
        dose = table.at_least(dose.dose_mg + MICROGRAM)
    return found


def limit_for(shelf: Shelf) -> int:
    """Far enough for every product to take part, near enough to try everything."""
    finest = min(item.unit_mg * item.smallest_units for item in shelf.products)
    largest = max(item.unit_mg for item in shelf.products)
    return int(max(largest, min(24 * finest, 2 * largest)))


FORMULARY = [shelf for _, shelf in every_shelf()]
NAMES = [f"{drug.code}-{shelf.family}-{shelf.code}" for drug, shelf in every_shelf()]


@pytest.mark.parametrize("shelf", FORMULARY, ids=NAMES)
def test_every_dose_of_every_formulary_shelf_equals_brute_force(shelf: Shelf) -> None:
    limit = limit_for(shelf)

    assert from_table(dose_table(shelf, Decimal(limit)), limit) == brute_force(shelf, limit)


@pytest.mark.parametrize("drug", ["sertraline", "citalopram"])
def test_two_liquids_side_by_side_equal_brute_force(drug: str) -> None:
    liquids = [p for p in CONTENT.drug(drug).products if p.form in {Form.LIQUID, Form.DROPS}]
    tablet = next(p for p in CONTENT.drug(drug).products if p.form is Form.TABLET)
    shelf = Shelf("two-liquids", (tablet, *liquids[:2]))

    assert from_table(dose_table(shelf, Decimal(40)), 40) == brute_force(shelf, 40)


@pytest.mark.parametrize("beads", [2, 37, 120])
def test_counted_beads_equal_brute_force(beads: int) -> None:
    capsules = a_shelf("venlafaxine")
    shelf = Shelf("beads", (*capsules.products, capsules.products[-1].counted(beads)))

    assert from_table(dose_table(shelf, Decimal(120)), 120) == brute_force(shelf, 120)


def made_up_products() -> st.SearchStrategy[Product]:
    tablets = st.builds(
        lambda mg, smallest: a_product(str(mg), smallest=smallest),
        st.decimals("0.5", 60, places=1),
        st.sampled_from(["1", "0.5"]),
    )
    liquids = st.builds(
        lambda mg, smallest: a_product(str(mg), form=Form.LIQUID, smallest=smallest),
        st.decimals(1, 20, places=0),
        st.sampled_from(["1", "0.5", "0.25", "0.2"]),
    )
    pouches = st.builds(
        lambda mg: a_product(str(mg), form=Form.POUCH), st.decimals(1, 30, places=2)
    )
    return tablets | liquids | pouches


@settings(max_examples=60, deadline=None)
@given(st.lists(made_up_products(), min_size=1, max_size=3, unique_by=lambda item: item.code))
def test_any_shelf_equals_brute_force(products: list[Product]) -> None:
    shelf = Shelf("made-up", tuple(products))

    assert from_table(dose_table(shelf, Decimal(30)), 30) == brute_force(shelf, 30)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(FORMULARY), st.decimals("0.001", 100, places=3))
def test_at_least_and_below_stand_on_either_side(shelf: Shelf, wished: Decimal) -> None:
    table = dose_table(shelf, Decimal(200))

    above, under = table.at_least(wished), table.below(wished)

    assert under.dose_mg < wished
    assert above is not None
    assert above.dose_mg >= wished
    between = table.at_least(under.dose_mg + MICROGRAM)
    assert between is not None
    assert between.dose_mg == above.dose_mg


def made(shelf: Shelf, dose_mg: str) -> RealisedDose:
    found = dose_table(shelf, Decimal(100)).exactly(Decimal(dose_mg))
    assert found is not None
    return found


def test_a_whole_tablet_is_taken_before_half_of_a_larger_one() -> None:
    shelf = Shelf("s", (a_product("50", smallest="0.5"), a_product("25", smallest="0.5")))

    assert made(shelf, "25").text == "one 25 mg tablet"


def test_one_strength_is_preferred_to_two_for_the_same_number_of_pieces() -> None:
    shelf = Shelf("s", (a_product("50", smallest="0.5"), a_product("25", smallest="0.5")))

    assert made(shelf, "37.5").text == "one and a half 25 mg tablets"


def test_a_tablet_is_preferred_to_a_measured_liquid() -> None:
    assert made(a_shelf("sertraline"), "75").text == "one 50 mg tablet and one 25 mg tablet"


@pytest.mark.parametrize(
    ("dose", "text"),
    [
        ("62.5", "one 50 mg tablet and half a 25 mg tablet"),
        ("100", "one 100 mg tablet"),
        ("2", "0.1 mL of the 20 mg/mL oral concentrate"),
        ("29", "one 25 mg tablet and 0.2 mL of the 20 mg/mL oral concentrate"),
        (
            "64.5",
            "one 50 mg tablet, half a 25 mg tablet and 0.1 mL of the 20 mg/mL oral concentrate",
        ),
    ],
)
def test_doses_in_plain_words(dose: str, text: str) -> None:
    assert made(a_shelf("sertraline", "us"), dose).text == text


def test_a_dose_nothing_makes_is_not_made() -> None:
    table = dose_table(a_shelf("sertraline", solids_only=True), Decimal(100))

    assert table.exactly(Decimal("12.5")) is None


def test_a_shelf_that_divides_too_finely_is_refused() -> None:
    shelf = Shelf("dust", (a_product("0.001", form=Form.POUCH),))

    with pytest.raises(RuleRefusal) as refused:
        dose_table(shelf, Decimal(200))

    assert refused.value.rule == "F-13"


def test_a_shelf_is_solved_once() -> None:
    shelf = a_shelf("sertraline")

    assert dose_table(shelf, Decimal(60)) is dose_table(shelf, Decimal(100))
