"""What the pharmacy hands out: to the half, bottles by their life, nothing unnoticed (T-19)."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from services.treatment.domain.findings import Level
from services.treatment.domain.live_taper import Dose
from services.treatment.domain.schedule import Expected
from services.treatment.domain.shelf_watch import gone_from_the_shelf
from services.treatment.domain.supply import Period, SupplyPart, order_text, orders
from tests.support.courses import CONTENT

START = date(2026, 6, 1)


def a_period(ordinal: int, units: str, *, days: int = 21, **part: object) -> Period:
    made = SupplyPart(
        product="t25", label="25 mg tablet", unit="tablet", strength_mg=Decimal(25),
        units=Decimal(units),
    )  # fmt: skip
    return Period(
        ordinal=ordinal,
        starts_on=START,
        days=days,
        dose_mg=Decimal("12.5"),
        dose_text="half a 25 mg tablet",
        parts=(replace(made, **part),),
    )


def test_a_half_that_is_left_is_used_in_the_next_period():
    first, second, third = orders([a_period(1, "10.5"), a_period(2, "10.5"), a_period(3, "3.5")])

    assert [order.lines[0].dispense for order in (first, second, third)] == [11, 10, 4]
    assert [order.lines[0].left_after for order in (first, second, third)] == [
        Decimal("0.5"),
        0,
        Decimal("0.5"),
    ]


def test_what_is_at_home_is_counted_in():
    (order,) = orders([a_period(1, "10.5")], at_home={"t25": Decimal(20)})

    assert (order.lines[0].dispense, order.lines[0].left_after) == (0, Decimal("9.5"))
    assert "Nothing to supply" in order_text(order, drug_name="Sertraline")[3]


def test_a_bottle_is_opened_anew_when_its_life_ends():
    liquid = {"unit": "mL", "is_solid": False, "carries": False, "opened_life_days": 30}
    for days, bottles in ((30, 1), (31, 2), (61, 3)):
        (order,) = orders([a_period(1, "42.0", days=days, **liquid)])
        assert (order.lines[0].bottles, order.lines[0].dispense) == (bottles, 42)


def test_an_order_is_written_in_whole_words():
    (order,) = orders([a_period(2, "10.5")])

    assert order_text(order, drug_name="Sertraline") == (
        "Step 2: 12.5 milligrams a day",
        "From 1 June 2026 to 21 June 2026, 21 days",
        "Take each day: half a 25 mg tablet",
        "Please supply: Sertraline 25 mg tablet. Quantity: 11 tablets",
    )


def test_a_product_withdrawn_in_the_middle_of_a_taper_is_said_with_what_else_makes_the_dose():
    drug = CONTENT.drug("sertraline")
    code = "sertraline-tablet-25mg-uk"
    part = SupplyPart(
        product=code, label="25 mg tablet", unit="tablet", strength_mg=Decimal(25),
        units=Decimal(28),
    )  # fmt: skip
    step = Expected(
        ordinal=3,
        on=START,
        days=28,
        dose=Dose(Decimal(25), "one 25 mg tablet"),
        supply_text="28 x 25 mg tablet",
        supply_parts=(part,),
        is_scheduled=True,
    )

    def said(last_day: date | None) -> tuple:
        products = tuple(
            replace(product, valid_to=last_day) if product.code == code else product
            for product in drug.products
        )
        changed = replace(drug, products=products)
        return gone_from_the_shelf((step,), drug=changed, jurisdiction="uk", today=START)

    assert said(None) == ()
    assert said(date(2026, 6, 2)) == ()
    (finding,) = said(START)
    assert (finding.rule, finding.level) == ("F-03", Level.STRONG_WARN)
    assert "step 3" in finding.detail
    assert "can be made as" in finding.detail
