"""The way down, one cut after another: what is asked for, and what the shelf makes of it."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import NamedTuple

from services.treatment.domain.dose_text import alternate_day_text
from services.treatment.domain.drug import Drug
from services.treatment.domain.findings import RuleRefusal
from services.treatment.domain.policies import Policy, Situation
from services.treatment.domain.quantities import ZERO, up_to_microgram
from services.treatment.domain.realiser import NOTHING, DoseTable, RealisedDose


class Rung(NamedTuple):
    """One cut: asked for, and as dispensed. ``held_up`` when the label's ceiling limited it.

    ``occupancy_percent`` is the dispensed dose's, ``drop_points`` what the cut takes of it; both
    None without a curve.
    """

    previous_mg: Decimal
    target_mg: Decimal
    dose: RealisedDose
    held_up: bool
    occupancy_percent: Decimal | None
    drop_points: Decimal | None

    @property
    def cut_percent(self) -> Decimal:
        return 100 * (self.previous_mg - self.dose.dose_mg) / self.previous_mg


def rungs_down(
    policy: Policy,
    start: RealisedDose,
    table: DoseTable,
    situation: Situation,
    *,
    floor_mg: Decimal,
    most_steps: int,
) -> Iterator[Rung]:
    """From the start to the floor; each cut is taken from the dose before it as dispensed.

    Raises:
        RuleRefusal: T-10, where the policy does not get there in a sane number of steps.
    """
    previous, count = start, 0
    region = situation.region
    before = region.percent(start.dose_mg) if region else None
    ceiling = situation.drug.taper.most_cut_mg
    while previous.dose_mg > floor_mg:
        count += 1
        if count > most_steps:
            raise RuleRefusal(
                "T-10",
                "policy",
                f"More than {most_steps} steps: choose larger cuts or a higher last dose.",
            )
        wanted = max(floor_mg, policy.method.next_target(previous.dose_mg, situation))
        limited = wanted if ceiling is None else max(wanted, previous.dose_mg - ceiling)
        target = up_to_microgram(limited)
        if _as_near_as_can_be(target, previous.dose_mg, table, situation):
            target = floor_mg
        dose = _dispensed(target, previous.dose_mg, table, situation.drug)
        now = region.percent(dose.dose_mg) if region else None
        yield Rung(
            previous_mg=previous.dose_mg,
            target_mg=target,
            dose=dose,
            held_up=limited > wanted,
            occupancy_percent=now,
            drop_points=None if before is None or now is None else before - now,
        )
        previous, before = dose, now


def _as_near_as_can_be(
    target_mg: Decimal, previous_mg: Decimal, table: DoseTable, situation: Situation
) -> bool:
    """Whether the last dose is next, and the previous one is the nearest above it on the shelf."""
    if target_mg != situation.last_dose_mg:
        return False
    nearest = table.at_least(target_mg)
    return nearest is not None and nearest.dose_mg >= previous_mg


def _dispensed(
    target_mg: Decimal, previous_mg: Decimal, table: DoseTable, drug: Drug
) -> RealisedDose:
    """The smallest dose not under the target that still is a cut, else the next one down."""
    if not target_mg:
        return NOTHING
    daily = table.at_least(target_mg)
    if daily is None or daily.dose_mg < previous_mg:
        return daily or table.below(previous_mg)
    if drug.taper.alternate_days:
        alternating = _alternating(daily, target_mg, table)
        if alternating.dose_mg < previous_mg:
            return alternating
    return table.below(previous_mg)


def _alternating(high: RealisedDose, target_mg: Decimal, table: DoseTable) -> RealisedDose:
    low = table.at_least(max(ZERO, 2 * target_mg - high.dose_mg)) or high
    return replace(
        high,
        dose_mg=(high.dose_mg + low.dose_mg) / 2,
        other_day=low.products,
        text=alternate_day_text(high.text, low.text if low.products else None),
    )
