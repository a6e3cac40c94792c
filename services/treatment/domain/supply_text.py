"""What must be in the person's hands for a whole step (T-19): packs are the pharmacy's affair."""

from decimal import ROUND_CEILING, Decimal

from services.treatment.domain.products import SOLID, Product, ProductUnits
from services.treatment.domain.quantities import plain

NOTHING = "nothing more; ask for what is left to be brought back"


def supply_text(
    daily: tuple[ProductUnits, ...], other_day: tuple[ProductUnits, ...] | None, *, days: int
) -> str:
    """``14 x 50 mg tablet``: whole units for every day of the step."""
    second = days // 2 if other_day is not None else 0
    needed: dict[Product, Decimal] = {}
    for parts, count in ((daily, days - second), (other_day or (), second)):
        for part in parts:
            needed[part.product] = needed.get(part.product, Decimal(0)) + part.units * count
    if not needed:
        return NOTHING
    return ", ".join(amount(product, units) for product, units in needed.items())


def amount(product: Product, units: Decimal) -> str:
    """So much of one product: whole solids, measured liquids."""
    if product.beads is not None:
        capsules = (units / product.beads).to_integral_value(rounding=ROUND_CEILING)
        return f"at least {plain(capsules)} x {product.label}"
    if product.form in SOLID:
        return f"{plain(units.to_integral_value(rounding=ROUND_CEILING))} x {product.label}"
    unit = "mL" if product.form == "liquid" else "drops"
    return f"{plain(units)} {unit} of the {product.label}"
