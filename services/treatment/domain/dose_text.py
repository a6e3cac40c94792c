"""A dose in the words a person can follow: product units, never bare milligrams."""

from decimal import Decimal

from services.treatment.domain.products import SOLID, Form, Product, ProductUnits, gathered
from services.treatment.domain.quantities import plain

NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
STOP = "nothing: the drug is stopped"


def dose_text(parts: tuple[ProductUnits, ...]) -> str:
    """``one 50 mg tablet and half a 25 mg tablet``."""
    if not parts:
        return STOP
    phrases = [_phrase(part.product, part.units) for part in parts]
    if len(phrases) == 1:
        return phrases[0]
    return f"{', '.join(phrases[:-1])} and {phrases[-1]}"


def alternate_day_text(one_day: str, other_day: str | None) -> str:
    """Two days in turn; ``other_day`` is None where nothing is taken."""
    if other_day is None:
        return f"{one_day} every other day"
    return f"{one_day} one day and {other_day} the next, in turn"


def divided_text(parts: tuple[ProductUnits, ...]) -> str:
    """The day's pieces shared between morning and evening, as evenly as they allow."""
    morning, evening = _shared(parts)
    if not evening:
        return dose_text(parts)
    return f"{dose_text(morning)} in the morning and {dose_text(evening)} in the evening"


def _shared(
    parts: tuple[ProductUnits, ...],
) -> tuple[tuple[ProductUnits, ...], tuple[ProductUnits, ...]]:
    """The heavier half is the morning's; a measured liquid stays in one piece."""
    pieces = [piece for part in parts for piece in _pieces(part)]
    pieces.sort(key=_weight, reverse=True)
    halves: tuple[list[ProductUnits], list[ProductUnits]] = ([], [])
    for piece in pieces:
        min(halves, key=lambda half: sum(map(_weight, half))).append(piece)
    return gathered(halves[0]), gathered(halves[1])


def _pieces(part: ProductUnits) -> list[ProductUnits]:
    if part.product.form not in SOLID or part.product.beads is not None:
        return [part]
    whole, rest = divmod(part.units, 1)
    units = [Decimal(1)] * int(whole) + ([rest] if rest else [])
    return [ProductUnits(part.product, unit) for unit in units]


def _weight(piece: ProductUnits) -> Decimal:
    return piece.units * piece.product.unit_mg


def _phrase(product: Product, units: Decimal) -> str:
    if product.beads is not None:
        beads = "bead" if units == 1 else "beads"
        return f"{plain(units)} {beads} counted out of one {product.label} of {product.beads}"
    if product.form is Form.LIQUID:
        return f"{plain(units)} mL of the {product.label}"
    if product.form is Form.DROPS:
        return _drops(product, units)
    return _solids(product.label, units)


def _drops(product: Product, units: Decimal) -> str:
    drops = f"{_count(int(units))} drop{'' if units == 1 else 's'} of the {product.label}"
    if product.label_mg == product.unit_mg:
        return drops
    return (
        f"{drops} ({plain(units * product.label_mg)} mg in drops, "
        f"equal to {plain(units * product.unit_mg)} mg in tablets)"
    )


def _solids(label: str, units: Decimal) -> str:
    whole, part = int(units), units % 1
    if not part:
        return f"{_count(whole)} {label}{'' if whole == 1 else 's'}"
    if not whole:
        return f"half a {label}"
    return f"{_count(whole)} and a half {label}s"


def _count(number: int) -> str:
    return NUMBERS[number] if number < len(NUMBERS) else str(number)
