"""The days ahead of a plan being lived: the scheduled step, and what to expect after it.

Every day beyond the scheduled step waits for the gates before it, so it is an expectation (T-06).
"""

from dataclasses import dataclass
from datetime import date, timedelta

from services.treatment.domain.live_taper import (
    Dose,
    PlannedStep,
    StepCadence,
    Taper,
    last_taken,
    next_on,
)
from services.treatment.domain.supply import Period, SupplyPart


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """A step that is still ahead. ``is_scheduled``: its gate is open, the day is settled."""

    ordinal: int
    on: date
    days: int
    dose: Dose
    supply_text: str
    supply_parts: tuple[SupplyPart, ...]
    is_scheduled: bool


def expected(taper: Taper, *, today: date, cadence: StepCadence) -> tuple[Expected, ...]:
    """Every step that is not taken yet, in order; nothing for a plan that is over."""
    if not taper.is_live:
        return ()
    taken = last_taken(taper)
    reached = taken.ordinal if taken else None
    ahead = [step for step in taper.planned if reached is None or step.ordinal > reached]
    waiting = taper.last if taper.last.taken_at is None else None
    found: list[Expected] = []
    day = waiting.change_on if waiting else today
    if waiting is None and taken is not None:
        gate_on = max(today, taken.check_in_gate_on or today)
        day = next_on(taper, taken, today=gate_on, cadence=cadence)
    for step in ahead:
        is_scheduled = waiting is not None and waiting.ordinal == step.ordinal
        found.append(_expected(step, on=day, is_scheduled=is_scheduled))
        day += timedelta(days=step.days)
    return tuple(found)


def periods(steps: tuple[Expected, ...]) -> tuple[Period, ...]:
    """The same steps as the pharmacy sees them; the day of the stop takes nothing."""
    return tuple(
        Period(
            ordinal=step.ordinal,
            starts_on=step.on,
            days=step.days,
            dose_mg=step.dose.mg,
            dose_text=step.dose.text,
            parts=step.supply_parts,
        )
        for step in steps
        if step.dose.mg
    )


def _expected(step: PlannedStep, *, on: date, is_scheduled: bool) -> Expected:
    return Expected(
        ordinal=step.ordinal,
        on=on,
        days=step.days,
        dose=step.dose,
        supply_text=step.supply_text,
        supply_parts=step.supply_parts,
        is_scheduled=is_scheduled,
    )
