"""A product that a plan still needs is not sold any more: what else makes the dose (H-38, F-03)."""

from collections.abc import Iterator
from datetime import date

from services.treatment.domain.drug import Drug
from services.treatment.domain.findings import Finding, Level, RuleRefusal
from services.treatment.domain.realiser import dose_table
from services.treatment.domain.schedule import Expected


def gone_from_the_shelf(
    steps: tuple[Expected, ...], *, drug: Drug, jurisdiction: str, today: date
) -> tuple[Finding, ...]:
    """One strong warning for each product that is missing on the day a step needs it.

    It names the steps, and for the first of them what could be taken instead. It changes nothing:
    the dose goes on and a prescriber re-plans, because running out would be an abrupt stop.
    """
    return tuple(_gone(steps, drug=drug, jurisdiction=jurisdiction, today=today))


def _gone(
    steps: tuple[Expected, ...], *, drug: Drug, jurisdiction: str, today: date
) -> Iterator[Finding]:
    sold = {product.code: product for product in drug.products}
    missing: dict[str, list[Expected]] = {}
    for step in steps:
        for part in step.supply_parts:
            product = sold.get(part.product.removesuffix("-beads"))
            on = max(step.on, today)
            if (
                product is None
                or jurisdiction not in product.jurisdictions
                or not product.sold_on(on)
            ):
                missing.setdefault(part.label, []).append(step)
    for label, needing in missing.items():
        numbers = ", ".join(str(step.ordinal) for step in needing)
        yield Finding(
            "F-03",
            Level.STRONG_WARN,
            f"The {label} is not sold on the day that step {numbers} needs it. "
            f"{_instead(needing[0], drug=drug, jurisdiction=jurisdiction, today=today)} "
            "Re-plan with other products; do not let the person run out.",
        )


def _instead(step: Expected, *, drug: Drug, jurisdiction: str, today: date) -> str:
    found = []
    for family in drug.families:
        try:
            shelf = drug.shelf(jurisdiction, on=max(step.on, today), family=family)
        except RuleRefusal:
            continue
        dose = dose_table(shelf, drug.taper.highest_start_mg).exactly(step.dose.mg)
        if dose is not None:
            found.append(dose.text)
    if not found:
        return f"Nothing else on the shelf makes step {step.ordinal} exactly."
    return f"Step {step.ordinal} can be made as {' or '.join(found)}."
