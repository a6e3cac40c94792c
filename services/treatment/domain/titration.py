"""The way up: start, smallest steps, target. Every dose rounds down to one that can be made."""

from collections.abc import Iterator
from decimal import Decimal

from services.treatment.domain.course import TitrationStep
from services.treatment.domain.drug import DoseRange
from services.treatment.domain.errors import BadDose
from services.treatment.domain.live_taper import Dose
from services.treatment.domain.quantities import plain
from services.treatment.domain.realiser import DoseTable


def titration(
    row: DoseRange, *, start_mg: Decimal, target_mg: Decimal, table: DoseTable
) -> tuple[TitrationStep, ...]:
    """The doses from the first to the target with the day each begins (F-12).

    Raises:
        BadDose: the target is below the start, or either cannot be made (F-13).
    """
    if target_mg < start_mg:
        raise BadDose("The target is below the start dose.", field="target_dose_mg")
    start = exactly(table, start_mg, field="start_dose_mg")
    target = exactly(table, target_mg, field="target_dose_mg")
    steps = [TitrationStep(ordinal=1, from_day=0, dose=start)]
    for day, wanted_mg in _climb(row, start_mg, target_mg):
        dose = target if wanted_mg == target_mg else _at_most(table, wanted_mg)
        if dose.mg > steps[-1].dose.mg:
            steps.append(TitrationStep(ordinal=len(steps) + 1, from_day=day, dose=dose))
    return tuple(steps)


def exactly(table: DoseTable, dose_mg: Decimal, *, field: str) -> Dose:
    """That dose in product units.

    Raises:
        BadDose: no combination of products makes it (F-13), with the nearest below and above.
    """
    made = table.exactly(dose_mg)
    if made is not None:
        return Dose(made.dose_mg, made.text)
    above = table.at_least(dose_mg)
    near = [table.below(dose_mg), *([above] if above else [])]
    doses = " or ".join(f"{plain(dose.dose_mg)} mg" for dose in near if dose.dose_mg)
    raise BadDose(f"F-13: this dose cannot be made; nearest: {doses}.", field=field)


def _climb(row: DoseRange, start_mg: Decimal, target_mg: Decimal) -> Iterator[tuple[int, Decimal]]:
    day, dose_mg = 0, start_mg
    if row.then_mg is not None and row.start_for_days is not None and start_mg < row.then_mg:
        day, dose_mg = row.start_for_days, min(row.then_mg, target_mg)
        yield day, dose_mg
    while dose_mg < target_mg:
        day += row.step_after_days or 0
        dose_mg = min(target_mg, dose_mg + row.step_mg) if row.step_mg else target_mg
        yield day, dose_mg


def _at_most(table: DoseTable, dose_mg: Decimal) -> Dose:
    made = table.exactly(dose_mg) or table.below(dose_mg)
    return Dose(made.dose_mg, made.text)
