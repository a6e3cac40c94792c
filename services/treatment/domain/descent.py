"""A whole way down with everything the rules look at, and which of its cuts are too large."""

from dataclasses import dataclass
from decimal import Decimal

from services.treatment.domain.drug import Drug
from services.treatment.domain.occupancy import Region
from services.treatment.domain.policies import EqualOccupancy, Policy
from services.treatment.domain.products import Shelf
from services.treatment.domain.realiser import RealisedDose
from services.treatment.domain.rungs import Rung
from services.treatment.domain.taper_rules import TaperRules
from services.treatment.domain.withdrawal_risk import Risk


@dataclass(frozen=True, slots=True)
class Descent:
    """Everything the rules look at."""

    drug: Drug
    policy: Policy
    shelf: Shelf
    rungs: tuple[Rung, ...]
    region: Region | None
    smallest: RealisedDose
    rules: TaperRules
    risk: Risk | None

    @property
    def equal_steps(self) -> EqualOccupancy | None:
        method = self.policy.method
        return method if isinstance(method, EqualOccupancy) and self.region else None

    @property
    def last_limit(self) -> Decimal:
        """T-10: an occupancy policy limits the last drop like any other of its steps."""
        method = self.equal_steps
        return method.limit_points if method else self.rules.last_drop_points

    def over_limit(self, rung: Rung) -> bool:
        """Whether the shelf forced a larger cut than the policy allows (T-14, T-10)."""
        method = self.equal_steps
        if method is None:
            return rung.dose.dose_mg < rung.target_mg
        points = rung.drop_points
        return points is not None and points > method.limit_points

    def steep_end(self) -> bool:
        """Whether the last drop to zero is above the limit."""
        last = self.rungs[-1]
        points = last.drop_points
        return not last.dose.dose_mg and points is not None and points > self.last_limit

    def shelf_ends_steeply(self) -> bool:
        """Whether even the smallest dose on the shelf leaves too large a last drop."""
        if self.region is None or not self.steep_end():
            return False
        return self.region.percent(self.smallest.dose_mg) > self.last_limit
