"""How much of the serotonin transporter a dose occupies: Michaelis-Menten, per brain region.

Occupancy % = Vmax x dose / (Km + dose), clamped to 0-100. The curve explains and orders steps;
for drugs that also act on noradrenaline it sees only half of the picture.
"""

from dataclasses import dataclass
from decimal import Decimal

from services.treatment.domain.findings import RuleRefusal

FULL = Decimal(100)


@dataclass(frozen=True, slots=True)
class Region:
    """One fitted curve. ``plotted_to_mg`` is where the fit's own picture ends."""

    name: str
    vmax: Decimal
    km_mg: Decimal
    plotted_to_mg: Decimal

    def percent(self, dose_mg: Decimal) -> Decimal:
        return min(FULL, self.vmax * dose_mg / (self.km_mg + dose_mg))

    def dose_mg(self, percent: Decimal) -> Decimal:
        """The dose that occupies this much.

        Raises:
            RuleRefusal: O-01, where no dose reaches it.
        """
        if not (percent.is_finite() and 0 <= percent < self.vmax and percent <= FULL):
            raise RuleRefusal(
                "O-01",
                "percent",
                f"No dose reaches this in the {self.name}: "
                f"state at least 0 and less than {min(FULL, self.vmax)} percent.",
            )
        return percent * self.km_mg / (self.vmax - percent)

    @property
    def steepness(self) -> Decimal:
        """Points per milligram at zero: how hard the last drop is felt."""
        return self.vmax / self.km_mg


@dataclass(frozen=True, slots=True)
class OccupancyModel:
    """The regions fitted for one drug, under the name of the model that made them."""

    name: str
    source: str
    grade: str
    regions: tuple[Region, ...]

    @property
    def steepest(self) -> Region:
        """The region that plans use unless told otherwise: the gentlest last steps."""
        return max(self.regions, key=lambda region: region.steepness)

    def region(self, name: str | None) -> Region:
        """By name, or the steepest.

        Raises:
            RuleRefusal: O-01, for a region the model does not have.
        """
        if name is None:
            return self.steepest
        for region in self.regions:
            if region.name == name:
                return region
        known = ", ".join(region.name for region in self.regions)
        raise RuleRefusal("O-01", "region", f"{self.name} has no such region; it has {known}.")

    def band(self, dose_mg: Decimal) -> tuple[Decimal, Decimal]:
        """The lowest and the highest region's figure for this dose."""
        figures = [region.percent(dose_mg) for region in self.regions]
        return min(figures), max(figures)
