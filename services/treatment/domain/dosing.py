"""Anybody's prescription as the checker sees it: medicines, instructions, dates, amounts.

Nothing here needs a formulary. ``where`` names the place in the file that was read, so that a
finding can point at it. What a prescription does not say is None and is not checked.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from services.treatment.domain.drug import Drug

COUNTED = frozenset({"tablet", "capsule", "pill", "caplet", "dose"})
"""Units of which each carries the strength of the medicine."""
_PER_MILLIGRAM = {
    "mg": Decimal(1),
    "milligram": Decimal(1),
    "milligrams": Decimal(1),
    "g": Decimal(1000),
    "gram": Decimal(1000),
    "grams": Decimal(1000),
    "ug": Decimal("0.001"),
    "µg": Decimal("0.001"),
    "mcg": Decimal("0.001"),
    "microgram": Decimal("0.001"),
    "micrograms": Decimal("0.001"),
}


@dataclass(frozen=True, slots=True)
class Amount:
    """So much of a unit; units are written small and in the singular."""

    value: Decimal
    unit: str

    @property
    def milligrams(self) -> Decimal | None:
        factor = _PER_MILLIGRAM.get(self.unit)
        return None if factor is None else self.value * factor


@dataclass(frozen=True, slots=True, kw_only=True)
class Medicine:
    """``name`` as written; ``drug`` where the formulary knows it; ``strength_mg`` of one unit.

    ``whole_only`` says that the name calls it modified-release or gastro-resistant (T-13).
    """

    name: str
    key: str
    drug: Drug | None = None
    strength_mg: Decimal | None = None
    form: str | None = None
    whole_only: bool = False

    def milligrams(self, amount: Amount) -> Decimal | None:
        """An amount in milligrams, through the strength where it counts units."""
        if amount.milligrams is not None:
            return amount.milligrams
        if self.strength_mg is None or amount.unit not in COUNTED:
            return None
        return amount.value * self.strength_mg


@dataclass(frozen=True, slots=True, kw_only=True)
class Portion:
    """Units of one product of the formulary, as our own plans name them."""

    product: str
    units: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruction:
    """One dosage instruction. ``first`` and ``last`` are both taken; ``days`` is a stated length.

    ``per_day`` is how often on a day the ``dose`` is taken, ``every_days`` how many days apart
    such days lie (2 is alternate days). ``daily_mg`` is stated where our own plans do.
    """

    where: str
    sequence: int | None = None
    text: str = ""
    first: date | None = None
    last: date | None = None
    days: int | None = None
    dose: Amount | None = None
    per_day: Decimal | None = None
    every_days: Decimal | None = None
    as_needed: bool = False
    daily_mg: Decimal | None = None
    portions: tuple[Portion, ...] = ()
    other_day: tuple[Portion, ...] | None = None

    @property
    def length_days(self) -> int | None:
        """Days covered: both ends counted, or the stated length."""
        if self.first is not None and self.last is not None:
            return (self.last - self.first).days + 1
        return self.days

    @property
    def is_stop(self) -> bool:
        """Whether it says to take nothing."""
        stated = self.daily_mg if self.daily_mg is not None else self.dose and self.dose.value
        return stated is not None and not stated

    def units_a_day(self) -> Decimal | None:
        """The mean of a day, in the dose's own unit."""
        if self.dose is None or self.per_day is None:
            return None
        return self.dose.value * self.per_day / (self.every_days or 1)

    def milligrams_a_day(self, medicine: Medicine) -> Decimal | None:
        """The mean of a day in milligrams, through the strength where the dose counts units."""
        if self.daily_mg is not None:
            return self.daily_mg
        units = self.units_a_day()
        if units is None or self.dose is None:
            return None
        return medicine.milligrams(Amount(units, self.dose.unit))


@dataclass(frozen=True, slots=True, kw_only=True)
class Prescription:
    """One medicine for one person. ``priors`` and ``bases`` name others of the same file."""

    where: str
    name: str
    subject: str
    medicine: Medicine
    instructions: tuple[Instruction, ...]
    group: str | None = None
    quantity: Amount | None = None
    supply_days: int | None = None
    fills: int = 1
    supplied: tuple[Portion, ...] | None = None
    priors: tuple[str, ...] = ()
    bases: tuple[str, ...] = ()
    is_live: bool = True


@dataclass(frozen=True, slots=True)
class Span:
    """Days that are covered, both ends taken; ``last`` is None where there is no end."""

    first: date
    last: date | None

    @property
    def following(self) -> date | None:
        return None if self.last is None else self.last + timedelta(days=1)
