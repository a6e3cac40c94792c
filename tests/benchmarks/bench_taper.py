"""What planning costs: every drug, shelf and policy from the highest dose to zero.

Limits, in processor time: 1 ms a plan on a shelf already seen and 20 ms on a new one, stated for
200 mg of sertraline in the slowest tier with all products; the worst of all is named beside it.
Run as ``python -m tests.benchmarks.bench_taper``.
"""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from statistics import median
from time import process_time

from services.treatment.domain.drug import Drug
from services.treatment.domain.findings import RuleRefusal
from services.treatment.domain.products import Shelf
from services.treatment.domain.realiser import dose_table, forget_shelves
from services.treatment.domain.taper import TaperPlan, plan_taper
from tests.support.tapers import CONTENT, RULES, TODAY, every_shelf

KNOWN_LIMIT_MS, NEW_LIMIT_MS = 1.0, 20.0
STATED = "all products, occupancy-2.5"
REPEATS = 25
POLICIES = ("linear-5", "proportional-5", "occupancy-10", "occupancy-2.5")


@dataclass(frozen=True, slots=True)
class Cost:
    name: str
    steps: int
    known_ms: float
    new_ms: float


def shelves() -> Iterator[tuple[Drug, Shelf]]:
    """What pharmacies have, and everything one jurisdiction sells side by side."""
    yield from every_shelf()
    for jurisdiction in ("uk", "us"):
        drug = CONTENT.drug("sertraline")
        everything = tuple(p for p in drug.products if jurisdiction in p.jurisdictions)
        yield drug, Shelf(f"{jurisdiction}, all products", everything)


def milliseconds(work: Callable[[], object], before: Callable[[], None]) -> float:
    taken = []
    for _ in range(REPEATS):
        before()
        start = process_time()
        work()
        taken.append((process_time() - start) * 1000)
    return median(taken)


def cost(drug: Drug, shelf: Shelf, policy: str) -> Cost | None:
    highest = dose_table(shelf, drug.taper.highest_start_mg).below(
        drug.taper.highest_start_mg + Decimal("0.001")
    )

    def plan() -> TaperPlan:
        return plan_taper(
            drug=drug,
            policy=CONTENT.policy(policy),
            start_mg=highest.dose_mg,
            shelf=shelf,
            start_on=TODAY,
            interval_days=28,
            rules=RULES,
            today=TODAY,
            last_dose_mg=Decimal(1),
        )

    try:
        steps = len(plan().steps)
    except RuleRefusal:
        return None
    name = f"{drug.code} {highest.dose_mg.normalize():f} mg, {shelf.family} {shelf.code}, {policy}"
    return Cost(
        name=name,
        steps=steps,
        known_ms=milliseconds(plan, before=lambda: None),
        new_ms=milliseconds(plan, before=forget_shelves),
    )


def main() -> int:
    costs = [
        found
        for drug, shelf in shelves()
        for policy in POLICIES
        if (found := cost(drug, shelf, policy)) is not None
    ]
    known = max(costs, key=lambda found: found.known_ms)
    new = max(costs, key=lambda found: found.new_ms)
    print(f"{len(costs)} plans, {sum(found.steps for found in costs)} steps")
    print(f"median on a known shelf: {median(found.known_ms for found in costs):.2f} ms")
    _worst("known shelf", known, known.known_ms, KNOWN_LIMIT_MS)
    _worst("new shelf", new, new.new_ms, NEW_LIMIT_MS)
    stated = [found for found in costs if STATED in found.name]
    slowest = max(stated, key=lambda found: found.known_ms)
    _worst("known shelf, stated case", slowest, slowest.known_ms, KNOWN_LIMIT_MS)
    _worst("new shelf, stated case", slowest, slowest.new_ms, NEW_LIMIT_MS)
    within = slowest.known_ms <= KNOWN_LIMIT_MS and slowest.new_ms <= NEW_LIMIT_MS
    return 0 if within else 1


def _worst(kind: str, found: Cost, taken_ms: float, limit_ms: float) -> None:
    print(
        f"worst on a {kind}: {taken_ms:.2f} ms, {taken_ms / limit_ms:.2f} of the limit "
        f"({found.name}, {found.steps} steps)"
    )


if __name__ == "__main__":
    sys.exit(main())
