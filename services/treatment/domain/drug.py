"""A drug as the formulary describes it."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from services.treatment.domain.findings import RuleRefusal
from services.treatment.domain.occupancy import OccupancyModel
from services.treatment.domain.products import SOLID, Product, Shelf


@dataclass(frozen=True, slots=True)
class DoseRange:
    """Adult oral doses for one indication in one jurisdiction, milligrams a day.

    A row with ``over_age`` is for people older than that (strictly, F-08) and goes before others.
    """

    indication: str
    jurisdictions: frozenset[str]
    start_mg: Decimal
    usual_low_mg: Decimal | None
    usual_high_mg: Decimal | None
    maximum_mg: Decimal | None
    step_mg: Decimal | None
    step_after_days: int | None
    source: str
    grade: str
    family: str | None = None
    start_for_days: int | None = None
    then_mg: Decimal | None = None
    over_age: int | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class DoseCap:
    """A ceiling that holds under a condition. Age tests are strict: 60 is not over 60 (F-08).

    ``maximum_mg`` 0 means that the drug is not for this group.
    """

    condition: str
    jurisdictions: frozenset[str]
    maximum_mg: Decimal
    source: str
    grade: str
    family: str | None = None
    over_age: int | None = None


@dataclass(frozen=True, slots=True)
class MaoiGap:
    """Days without either drug, counted from the last dose actually taken."""

    after_maoi_days: int
    before_maoi_days: int
    source: str
    grade: str


@dataclass(frozen=True, slots=True)
class TaperTraits:
    """What the taper rules need to know about a drug.

    ``low_dose_line_mg`` is the minimum licensed daily dose (T-03, PD). ``interval_days`` is the
    drug's own default where it differs from the general one; ``most_cut_mg`` per
    ``most_cut_days`` is the label's ceiling on a cut (T-15). Above ``split_above_mg`` the day's
    dose is taken in two parts (only in ``split_family``, where one is named).
    ``alternate_day_condition`` allows every-other-day dosing outside a taper (T-11).
    """

    low_dose_line_mg: Decimal
    highest_start_mg: Decimal
    fast_tier: bool
    withdrawal_risk: str
    source: str
    grade: str
    alternate_days: bool = False
    alternate_day_condition: str | None = None
    interval_days: int | None = None
    interval_floor_days: int | None = None
    most_cut_mg: Decimal | None = None
    most_cut_days: int | None = None
    split_above_mg: Decimal | None = None
    split_family: str | None = None

    def divided(self, dose_mg: Decimal, family: str) -> bool:
        """Whether this day's dose is taken in two parts."""
        if self.split_above_mg is None or self.split_family not in {None, family}:
            return False
        return dose_mg > self.split_above_mg

    def alternate_days_allowed(self, *, in_taper: bool, conditions: frozenset[str]) -> bool:
        """T-11: a taper by alternate days needs a long half-life; a label may allow a dose."""
        if in_taper:
            return self.alternate_days
        return self.alternate_days or self.alternate_day_condition in conditions


@dataclass(frozen=True, slots=True)
class Codes:
    """Terminology; never trusted without a check against a terminology service (F-01)."""

    atc: str
    rxnorm: str | None
    snomed: str | None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Drug:
    """One ingredient: its products, doses, caps, gaps, and how it behaves in a taper."""

    code: str
    name: str
    drug_class: str
    codes: Codes
    half_life_hours: tuple[Decimal, Decimal]
    review_status: str
    version: int
    taper: TaperTraits
    maoi: MaoiGap
    doses: tuple[DoseRange, ...]
    caps: tuple[DoseCap, ...]
    products: tuple[Product, ...]
    occupancy: dict[str, OccupancyModel]
    other_names: frozenset[str] = frozenset()
    """Brands and spellings of the same ingredient: a duplicate under another name (F-05)."""

    @property
    def families(self) -> tuple[str, ...]:
        """Formulations whose milligrams compare, the usual one first."""
        return tuple(dict.fromkeys(product.family for product in self.products))

    def families_in(self, jurisdiction: str) -> tuple[str, ...]:
        """Formulations that are sold there, the usual one first."""
        return tuple(
            dict.fromkeys(
                product.family for product in self.products if jurisdiction in product.jurisdictions
            )
        )

    def shelf(
        self,
        jurisdiction: str,
        *,
        on: date,
        family: str | None = None,
        solids_only: bool = False,
        only: frozenset[str] = frozenset(),
        taken: frozenset[str] = frozenset(),
    ) -> Shelf:
        """What is sold there on that day, in one formulation; ``only`` names product codes.

        ``taken`` are the person's other medicines: a product that must not meet one of them is
        on no shelf (I-06).

        Unless named, only the finest liquid is on it: two strengths of liquid in one home are
        an invitation to measure the right volume of the wrong one (H-34).

        Raises:
            RuleRefusal: F-03 or F-13, where nothing is left.
        """
        family = family or self.usual_family(jurisdiction)
        products = tuple(
            product
            for product in self.products
            if jurisdiction in product.jurisdictions
            and product.family == family
            and product.sold_on(on)
            and not (solids_only and product.form not in SOLID)
            and (product.code in only if only else not product.special_order)
            and not product.not_with & taken
        )
        missing = only - {product.code for product in products}
        if missing:
            clashing = [
                product
                for product in self.products
                if product.code in missing and product.not_with & taken
            ]
            if clashing:
                raise RuleRefusal(
                    "I-06",
                    "shelf",
                    f"{clashing[0].label}: must not meet another medicine this person takes.",
                )
            raise RuleRefusal(
                "F-03",
                "shelf",
                f"Not on the {jurisdiction} shelf on {on}: {', '.join(sorted(missing))}.",
            )
        suffix = "-solids" if solids_only else ""
        if not products:
            sold = ", ".join(
                sorted({place for one in self.products for place in one.jurisdictions})
            )
            raise RuleRefusal(
                "F-13",
                "shelf",
                f"{self.name}: nothing of it is on the {jurisdiction}{suffix} shelf on {on}; it is "
                f"known in: {sold}. Choose another shelf, formulation or product.",
            )
        return Shelf(
            code=f"{jurisdiction}{suffix}", products=products if only else _one_liquid(products)
        )

    def usual_family(self, jurisdiction: str) -> str | None:
        """The formulation meant when none is named: the first that is sold there."""
        for product in self.products:
            if jurisdiction in product.jurisdictions:
                return product.family
        return None


def _one_liquid(products: tuple[Product, ...]) -> tuple[Product, ...]:
    liquids = [product for product in products if product.form not in SOLID]
    if not liquids:
        return products
    finest = min(liquids, key=lambda product: product.unit_mg * product.smallest_units)
    return tuple(product for product in products if product.form in SOLID or product is finest)
