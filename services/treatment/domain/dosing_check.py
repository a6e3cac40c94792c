"""The checker for anybody's schedule: what does not hold together in it, and where.

Each check looks at one thing and stays silent where the prescription does not say enough. A
finding never says that a schedule is right; it says that two parts of it cannot both be.
"""

from collections.abc import Callable, Sequence

from services.treatment.domain.dosing import Prescription
from services.treatment.domain.dosing_between import check_between, check_circles
from services.treatment.domain.dosing_findings import Found, ScheduleFinding, error
from services.treatment.domain.dosing_lines import check_line
from services.treatment.domain.dosing_order import check_days, check_order, check_rises
from services.treatment.domain.dosing_steps import steps_of
from services.treatment.domain.dosing_supply import check_supply
from services.treatment.domain.products import Shelf

Shelves = Callable[[str], Sequence[Shelf]]
"""The shelves of a drug of the formulary, by its code."""


def check_schedule(
    prescriptions: Sequence[Prescription], shelves: Shelves
) -> tuple[ScheduleFinding, ...]:
    """Everything that does not hold; what was cancelled or stopped is not looked at."""
    findings: list[ScheduleFinding] = []
    for one in prescriptions:
        if one.is_live:
            findings += _one(one, shelves)
    findings += check_circles(prescriptions)
    findings += check_between(prescriptions)
    return tuple(findings)


def _one(one: Prescription, shelves: Shelves) -> Found:
    if not one.instructions:
        yield error("empty", "There is no dosage instruction to check.", one.where)
        return
    for line in one.instructions:
        yield from check_line(line, one.medicine, shelves)
    steps = steps_of(one.instructions)
    yield from check_order(one.instructions)
    yield from check_days(steps)
    yield from check_rises(steps, one.medicine)
    yield from check_supply(one, steps)
