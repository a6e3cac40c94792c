"""What a pharmacy can hand over, and into which portions each product can be divided."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum

from services.treatment.domain.findings import RuleRefusal


class Form(StrEnum):
    TABLET = "tablet"
    CAPSULE = "capsule"
    MODIFIED_RELEASE_TABLET = "modified-release tablet"
    PELLET_CAPSULE = "pellet capsule"
    LIQUID = "liquid"
    DROPS = "drops"
    POUCH = "pouch"


SOLID = frozenset(Form) - {Form.LIQUID, Form.DROPS}
DIVISIBLE = frozenset({Form.TABLET, Form.LIQUID})


@dataclass(frozen=True, slots=True)
class Product:
    """One product row. Milligrams of one family compare with each other and with no other.

    ``unit_mg`` is the dose one tablet, capsule, millilitre, drop or pouch delivers, counted in
    the milligrams of its family; ``label_mg`` is what the label says where the two differ.
    ``smallest_units`` is the least that may be planned: 0.5 for a tablet that halves, the
    smallest measurable volume in mL for a liquid. ``beads`` is set when this maker's capsule
    is opened and counted; its units are then beads. A ``special_order`` is on no shelf until named.
    """

    code: str
    label: str
    form: Form
    jurisdictions: frozenset[str]
    family: str
    unit_mg: Decimal
    label_mg: Decimal
    smallest_units: Decimal
    source: str
    grade: str
    countable: bool = False
    special_order: bool = False
    beads: int | None = None
    opened_life_days: int | None = None
    note: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    not_with: frozenset[str] = frozenset()
    """Other medicines this product must not meet, whatever its drug may (I-06)."""

    def __post_init__(self) -> None:
        if not (self.unit_mg.is_finite() and self.unit_mg > 0):
            raise RuleRefusal("F-13", "unit_mg", f"{self.label}: the strength must be above 0 mg.")
        if not (self.smallest_units.is_finite() and 0 < self.smallest_units <= 1):
            raise RuleRefusal(
                "F-04", "smallest_units", f"{self.label}: the smallest portion is in (0, 1]."
            )
        if (1 / self.smallest_units) % 1:
            raise RuleRefusal(
                "F-04", "smallest_units", f"{self.label}: portions must add up to a whole unit."
            )
        if self.smallest_units < 1 and self.form not in DIVISIBLE:
            raise RuleRefusal(
                "T-13", "smallest_units", f"{self.label}: a {self.form} is never split."
            )
        if self.form is Form.TABLET and self.smallest_units not in {Decimal(1), Decimal("0.5")}:
            raise RuleRefusal(
                "F-04", "smallest_units", f"{self.label}: only halves of a tablet can be planned."
            )

    def counted(self, beads: int) -> "Product":
        """The same capsule opened and counted; bead numbers differ by maker, so a person says.

        Raises:
            RuleRefusal: T-13, where the label does not allow opening this product.
        """
        if not self.countable:
            raise RuleRefusal("T-13", "beads", f"{self.label}: must not be opened and counted.")
        if not 2 <= beads <= 2_000:
            raise RuleRefusal("T-13", "beads", f"{self.label}: state between 2 and 2000 beads.")
        return replace(self, code=f"{self.code}-beads", beads=beads)

    def sold_on(self, day: date) -> bool:
        opened = self.valid_from is None or self.valid_from <= day
        return opened and (self.valid_to is None or day < self.valid_to)


@dataclass(frozen=True, slots=True)
class ProductUnits:
    """So many units (tablets, mL, drops, beads) of one product."""

    product: Product
    units: Decimal


def gathered(parts: Iterable[ProductUnits]) -> tuple[ProductUnits, ...]:
    """The same units with each product named once."""
    units: dict[Product, Decimal] = {}
    for part in parts:
        units[part.product] = units.get(part.product, Decimal(0)) + part.units
    return tuple(ProductUnits(product, count) for product, count in units.items())


@dataclass(frozen=True, slots=True)
class Shelf:
    """The products a plan may use, all of one family of milligrams (F-15)."""

    code: str
    products: tuple[Product, ...]

    def __post_init__(self) -> None:
        if not self.products:
            raise RuleRefusal(
                "F-13", "shelf", f"Shelf {self.code} is empty: name at least one product."
            )
        if len({product.family for product in self.products}) > 1:
            raise RuleRefusal(
                "F-15", "shelf", f"Shelf {self.code} mixes formulations: plan one at a time."
            )
        if len({product.code for product in self.products}) < len(self.products):
            raise RuleRefusal("F-13", "shelf", f"Shelf {self.code} names a product twice.")
        if sum(product.beads is not None for product in self.products) > 1:
            raise RuleRefusal(
                "T-13", "shelf", f"Shelf {self.code} counts two capsules: count beads of one."
            )

    @property
    def family(self) -> str:
        return self.products[0].family
