"""What is supplied against what the schedule takes."""

from collections.abc import Sequence
from decimal import Decimal

from services.treatment.domain.dosing import COUNTED, Amount, Instruction, Medicine, Prescription
from services.treatment.domain.dosing_findings import (
    Found,
    ScheduleFinding,
    Severity,
    amount_text,
    error,
    warning,
)
from services.treatment.domain.dosing_steps import Step
from services.treatment.domain.quantities import plain


def check_supply(one: Prescription, steps: Sequence[Step]) -> Found:
    yield from _stated_supply(one, steps)
    quantity = one.quantity
    if quantity is None or any(line.as_needed for line in one.instructions):
        return
    needed = _needed(one, steps, quantity.unit)
    if needed is None:
        return
    given = quantity.value * one.fills
    takes = amount_text(Amount(needed, quantity.unit))
    if needed > given:
        yield error(
            "quantity-against-schedule",
            f"The schedule takes {takes}, {plain(given)} are supplied.",
            f"{one.where}.dispenseRequest.quantity",
        )
    elif needed < given:
        yield warning(
            "quantity-against-schedule",
            f"The schedule takes {takes}, {plain(given)} are supplied: "
            f"{plain(given - needed)} would be left.",
            f"{one.where}.dispenseRequest.quantity",
        )


def _needed(one: Prescription, steps: Sequence[Step], unit: str) -> Decimal | None:
    """What the whole schedule takes in the quantity's unit; None where it does not say."""
    total = Decimal(0)
    for step in steps:
        for line in step:
            units = _in_unit(line, unit, one.medicine)
            days = line.length_days
            if days is None and len(steps) == 1 and one.supply_days is not None:
                days = one.supply_days * one.fills
            if units is None or days is None or days < 0:
                return None
            total += units * days
    return total


def _in_unit(line: Instruction, unit: str, medicine: Medicine) -> Decimal | None:
    units = line.units_a_day()
    if units is None or line.dose is None:
        return Decimal(0) if line.is_stop else None
    if line.dose.unit == unit:
        return units
    milligrams, strength = line.milligrams_a_day(medicine), medicine.strength_mg
    counted = unit in COUNTED
    return milligrams / strength if milligrams is not None and strength and counted else None


def _stated_supply(one: Prescription, steps: Sequence[Step]) -> Found:
    """Our own plans: each product's units over all days, against what is to be handed out."""
    if one.supplied is None:
        return
    needed: dict[str, Decimal] = {}
    for line in (line for step in steps for line in step):
        days = line.length_days
        if days is None:
            return
        low_days = days // 2 if line.other_day is not None else 0
        for parts, count in ((line.portions, days - low_days), (line.other_day or (), low_days)):
            for part in parts:
                needed[part.product] = needed.get(part.product, Decimal(0)) + part.units * count
    given = {part.product: part.units for part in one.supplied}
    for product in sorted(needed.keys() | given.keys()):
        takes, has = needed.get(product, Decimal(0)), given.get(product, Decimal(0))
        if takes != has:
            yield ScheduleFinding(
                "quantity-against-schedule",
                Severity.ERROR if takes > has else Severity.WARNING,
                f"The schedule takes {plain(takes)} of {product}, {plain(has)} are supplied.",
                f"{one.where}.supply",
            )
