"""Exact milligrams: written plainly, counted in micrograms."""

from decimal import ROUND_CEILING, Decimal

MICROGRAM = Decimal("0.001")
ZERO = Decimal(0)


def plain(number: Decimal) -> str:
    """``12.5`` rather than ``12.500`` or ``1.25E+1``."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def up_to_microgram(dose_mg: Decimal) -> Decimal:
    """Rounded up, so that a calculated cut never grows by being written down."""
    return dose_mg.quantize(MICROGRAM, rounding=ROUND_CEILING)


def micrograms(dose_mg: Decimal) -> int:
    """Whole micrograms, rounded up."""
    return int(dose_mg.scaleb(3).to_integral_value(rounding=ROUND_CEILING))
